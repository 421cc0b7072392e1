"""The running service with an SMS gateway: who is given a text, and where it is reported."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from tests.notify.ground import heard, offer
from tests.notify.service import Service, started
from tests.servers import Broker, Postgres
from tests.stubs.sms_gateway import (
    ACCOUNT,
    SENDER,
    TOKEN,
    Answer,
    StubGateway,
    refusal,
    stub_gateway,
)


@asynccontextmanager
async def with_gateway(
    broker: Broker, postgres: Postgres, folder: Path, providers: str
) -> AsyncIterator[tuple[Service, StubGateway]]:
    """Notify whose texts go by `providers`, its password for the gateway in a file."""
    (folder / "token").write_text(f"{TOKEN}\n")
    async with stub_gateway() as stub:
        settings = {
            "SMS_PROVIDERS": providers,
            "SMS_GATEWAY_URL": stub.url,
            "SMS_GATEWAY_ACCOUNT": ACCOUNT,
            "SMS_GATEWAY_TOKEN_FILE": str(folder / "token"),
            "SMS_GATEWAY_FROM": SENDER,
        }
        async with started(broker, postgres, folder, **settings) as service:
            yield service, stub


async def test_texts_go_by_the_gateway(broker: Broker, postgres: Postgres, tmp_path: Path) -> None:
    """To the number in the directory; and what becomes of it is to be told to us, of our message.
    Neither the number nor the password is in the log."""
    running = with_gateway(broker, postgres, tmp_path, "sms_gateway")
    async with running as (service, stub), service.emptied() as notify, asyncio.timeout(20):
        soon = notify.clock() + timedelta(hours=1)
        await notify.hear(heard(offer(urgent=True, acknowledge_by=soon)))
        await stub.called.get()
        [email] = await service.letters(1)
        [message] = [row for row in await notify.rows("message") if row.channel == "sms"]
    [text] = stub.texts
    assert (text.to, email["channel"]) == ("+447700900111", "email")
    assert text.callback == f"{service.url}/notify/callbacks/sms?message={message.sent_as}"
    log = service.log.read_text()
    assert "900111" not in log
    assert TOKEN not in log


async def test_what_the_gateway_has_not_goes_by_the_next(
    broker: Broker, postgres: Postgres, tmp_path: Path
) -> None:
    """In the order of the settings; and the next is told by name."""
    running = with_gateway(broker, postgres, tmp_path, "sms_gateway,local_inbox")
    async with running as (service, stub), service.emptied() as notify:
        stub.answers = [refusal(429, 20429)]
        await notify.hear(heard(offer(urgent=True)))
        letters = await service.letters(2)
    assert {letter["channel"] for letter in letters} == {"email", "sms"}
    assert stub.texts == []


async def test_reports_may_come_early_twice_and_in_any_order(
    broker: Broker, postgres: Postgres, tmp_path: Path
) -> None:
    """Before the answer to the call, again after it, and older ones last: it was delivered."""
    running = with_gateway(broker, postgres, tmp_path, "sms_gateway")
    async with running as (service, stub), service.emptied() as notify, asyncio.timeout(20):
        stub.answers = [Answer(before=("delivered",), after=("delivered", "sent"))]
        soon = notify.clock() + timedelta(hours=1)
        await notify.hear(heard(offer(urgent=True, acknowledge_by=soon)))
        while (await notify.states()).get("sms") != "delivered":
            await asyncio.sleep(0.02)
        await stub.finish()
        told = [subject for subject in await notify.told() if "delivered" in subject]
    assert told == ["event.notification.delivered"]


async def test_a_report_by_somebody_else_is_none(
    broker: Broker, postgres: Postgres, tmp_path: Path
) -> None:
    """Without the account's password nobody can say that a text was delivered."""
    running = with_gateway(broker, postgres, tmp_path, "sms_gateway")
    async with running as (service, stub), service.emptied() as notify, asyncio.timeout(20):
        soon = notify.clock() + timedelta(hours=1)
        await notify.hear(heard(offer(urgent=True, acknowledge_by=soon)))
        await stub.called.get()
        [text] = stub.texts
        form = {"MessageStatus": "delivered"}
        assert await stub.post(text.callback, form, token="another") == 403
        assert (await notify.states())["sms"] != "delivered"
