"""What every provider promises, fakes and real ones alike; the expectations are written by hand."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Final
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.local.child import free_port
from services.notify.messages import Outgoing
from services.notify.providers import OutcomeUnknown, Provider, TemporaryFailure
from services.notify.providers.govuk_notify import GovukNotify
from services.notify.providers.local_inbox import LocalInbox
from services.notify.providers.sms_gateway import SmsGateway
from services.notify.providers.smtp import Server, Smtp
from shared.events import Channel
from tests.notify.ground import Notify, Remembering
from tests.notify.mail_server import mail_server
from tests.stubs.govuk_notify import stub_notify
from tests.stubs.sms_gateway import stub_gateway

Arrived = tuple[str, str, str]
"""Recipient, subject and body, as they reached the other side."""

LINK: Final = "https://fp.example.gov.uk/triage/assignments/6b1f6d1e-58d2-4d0c-9a3e-5f8c1d2e3f40"


@dataclass(frozen=True)
class Side:
    """A provider, what reached its other side, and the same provider while that is away."""

    provider: Provider
    arrived: Callable[[], Awaitable[list[Arrived]]]
    away: Provider
    channel: Channel = "email"

    def letter(self, body: str = f"Something waits.\n\n{LINK}\n") -> Outgoing:
        """A message to Ada Lark."""
        if self.channel == "sms":
            return Outgoing(uuid4(), "sms", "07700900123", "", body)
        return Outgoing(uuid4(), "email", "ada@team.example", "Fingerpost: something waits", body)


@pytest.fixture(
    params=["remembering", "local_inbox", "smtp", "notify_email", "notify_sms", "sms_gateway"]
)
async def side(request: pytest.FixtureRequest, notify: Notify) -> AsyncIterator[Side]:
    """Each provider in its turn."""
    async with AsyncExitStack() as stack:
        match request.param:
            case "remembering":
                yield _remembering()
            case "local_inbox":
                yield _local_inbox(notify, stack)
            case "smtp":
                yield await _smtp(stack)
            case "notify_email":
                yield await _govuk_notify("email", stack)
            case "notify_sms":
                yield await _govuk_notify("sms", stack)
            case "sms_gateway":
                yield await _sms_gateway(stack)


async def test_it_arrives_as_it_was_written(side: Side) -> None:
    """Recipient, subject and every word."""
    await side.provider.send(side.letter())
    recipient, subject = {
        "email": ("ada@team.example", "Fingerpost: something waits"),
        "sms": ("07700900123", ""),
    }[side.channel]
    assert await side.arrived() == [
        (
            recipient,
            subject,
            "Something waits.\n"
            "\n"
            "https://fp.example.gov.uk/triage/assignments/6b1f6d1e-58d2-4d0c-9a3e-5f8c1d2e3f40\n",
        )
    ]


@pytest.mark.parametrize(
    "body", ["£5 and café, ναι, 👍\n", ".\n.. dots that begin a line\n.\n", "x" * 2000 + "\n"]
)
async def test_no_character_is_lost(side: Side, body: str) -> None:
    """Other alphabets, dots that a mail server reads as the end, and lines without an end."""
    await side.provider.send(side.letter(body))
    assert [words for _, _, words in await side.arrived()] == [body]


async def test_each_message_arrives(side: Side) -> None:
    """Two messages with the same words are two messages."""
    await side.provider.send(side.letter())
    await side.provider.send(side.letter())
    assert len(await side.arrived()) == 2


async def test_what_was_handed_over_is_never_denied(side: Side) -> None:
    """It says that it has it, or that it cannot be asked."""
    sent = side.letter()
    await side.provider.send(sent)
    assert await side.provider.find(sent.message_id) in ("taken", "delivered", None)


async def test_what_was_not_handed_over_is_never_claimed(side: Side) -> None:
    """It says that it does not have it, or that it cannot be asked."""
    assert await side.provider.find(uuid4()) in ("absent", None)


async def test_while_it_is_away_it_raises_what_the_port_names(side: Side) -> None:
    """No library's own error comes through, and no message is called refused."""
    with pytest.raises((TemporaryFailure, OutcomeUnknown)) as failure:
        await side.away.send(side.letter())
    assert "ada" not in str(failure.value)
    assert "07700" not in str(failure.value)


def _remembering() -> Side:
    fake = Remembering()

    async def arrived() -> list[Arrived]:
        return [(each.recipient, each.subject, each.body) for each in fake.letters]

    return Side(fake, arrived, Remembering(failures=[TemporaryFailure("away")]))


def _local_inbox(notify: Notify, stack: AsyncExitStack) -> Side:
    nowhere = create_async_engine(f"postgresql+asyncpg://notify:x@127.0.0.1:{free_port()}/none")
    stack.push_async_callback(nowhere.dispose)

    async def arrived() -> list[Arrived]:
        async with notify.engine.connect() as connection:
            rows = await connection.execute(text("SELECT * FROM local_inbox"))
            return [(row.recipient, row.subject, row.body) for row in rows]

    return Side(LocalInbox(notify.engine), arrived, LocalInbox(nowhere))


async def _smtp(stack: AsyncExitStack) -> Side:
    mail = await stack.enter_async_context(mail_server())
    nowhere = Server("127.0.0.1", free_port(), "fingerpost@borough.example", security="none")

    async def arrived() -> list[Arrived]:
        return [
            (to, each["Subject"], each.get_content().replace("\r\n", "\n"))
            for to, each in zip(mail.recipients, mail.letters, strict=True)
        ]

    return Side(Smtp(mail.server()), arrived, Smtp(nowhere))


async def _govuk_notify(channel: Channel, stack: AsyncExitStack) -> Side:
    stub = await stack.enter_async_context(stub_notify())
    provider = GovukNotify(stub.account())
    nowhere = GovukNotify(replace(stub.account(), base_url=f"http://127.0.0.1:{free_port()}"))
    for each in (provider, nowhere):
        stack.callback(each.close)

    async def arrived() -> list[Arrived]:
        return [(each.to, each.subject, each.body) for each in stub.kept.values()]

    return Side(provider, arrived, nowhere, channel)


async def _sms_gateway(stack: AsyncExitStack) -> Side:
    stub = await stack.enter_async_context(stub_gateway())
    nowhere = replace(stub.gateway(), url=f"http://127.0.0.1:{free_port()}")

    async def arrived() -> list[Arrived]:
        # It is given numbers as they are written abroad.
        return [(each.to.replace("+44", "0"), "", each.body) for each in stub.texts]

    return Side(SmsGateway(stub.gateway()), arrived, SmsGateway(nowhere), "sms")
