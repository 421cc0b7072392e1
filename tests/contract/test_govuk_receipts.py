"""The receipts of our own GOV.UK Notify: what the real one is documented to post."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import pytest

from deploy.local.child import free_port
from services.notify.messages import Outgoing
from services.notify.providers.govuk_notify import GovukNotify
from shared.events import Channel
from tests.stubs.govuk_notify import BEARER, Answer, StubNotify, stub_notify
from tests.stubs.govuk_shapes import shape
from tests.stubs.wire import Request, read_request, say


@dataclass
class Listener:
    """Whoever is given the callback URL."""

    port: int = 0
    heard: list[Request] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The callback URL."""
        return f"http://127.0.0.1:{self.port}/notify/callbacks/govuk-notify"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hear one receipt."""
        self.heard.append(await read_request(reader))
        await say(writer, 200, {})


@asynccontextmanager
async def listener() -> AsyncIterator[Listener]:
    """Somebody who hears receipts."""
    listening = Listener()
    server = await asyncio.start_server(listening.serve, "127.0.0.1", 0)
    listening.port = server.sockets[0].getsockname()[1]
    try:
        yield listening
    finally:
        server.close()
        await server.wait_closed()


@pytest.fixture
async def stub() -> AsyncIterator[StubNotify]:
    """A Notify of our own."""
    async with stub_notify() as running:
        yield running


async def send(stub: StubNotify, channel: Channel, to: str = "07700900123") -> Outgoing:
    """One message by the official client."""
    recipient = "ada@team.example" if channel == "email" else to
    message = Outgoing(uuid4(), channel, recipient, "Fingerpost", "Something waits.")
    provider = GovukNotify(stub.account())
    try:
        await provider.send(message)
    finally:
        provider.close()
    return message


@pytest.mark.parametrize("channel", ["email", "sms"])
async def test_a_receipt_is_as_documented(stub: StubNotify, channel: Channel) -> None:
    """Posted with the bearer token, and with our message's id as the reference."""
    async with listener() as listening:
        stub.callback_url = listening.url
        stub.answers = [Answer(after=("delivered",))]
        message = await send(stub, channel)
        await stub.finish()
    [heard] = listening.heard
    assert heard.headers["authorization"] == f"Bearer {BEARER}"
    assert heard.form.keys() == shape("govuk_receipt").keys()
    assert (heard.form["reference"], heard.form["status"]) == (str(message.message_id), "delivered")


async def test_a_receipt_may_come_before_the_answer_and_twice(stub: StubNotify) -> None:
    """In the order that the test names."""
    async with listener() as listening:
        stub.callback_url = listening.url
        stub.answers = [
            Answer(is_held=True, before=("temporary-failure",), after=("delivered", "delivered"))
        ]
        sending = asyncio.create_task(send(stub, "sms"))
        async with asyncio.timeout(20):
            while not listening.heard:
                await asyncio.sleep(0.01)
        assert not sending.done()
        stub.may_answer.set()
        await sending
        await stub.finish()
    statuses = [each.form["status"] for each in listening.heard]
    assert statuses == ["temporary-failure", "delivered", "delivered"]


async def test_nobody_hears_of_a_smoke_test(stub: StubNotify) -> None:
    """What was kept nowhere is reported nowhere."""
    async with listener() as listening:
        stub.callback_url = listening.url
        stub.answers = [Answer(after=("delivered",))]
        await send(stub, "sms", "07700900222")
        await stub.finish()
    assert listening.heard == []


async def test_a_receipt_that_reaches_nobody_is_told_when_asked(stub: StubNotify) -> None:
    """The stub does not post it again; what it reported is what it tells."""
    stub.callback_url = f"http://127.0.0.1:{free_port()}/"
    stub.answers = [Answer(leaves="sending", after=("delivered",))]
    message = await send(stub, "email")
    await stub.finish()
    [kept] = stub.of(message.message_id)
    assert kept.status == "delivered"
