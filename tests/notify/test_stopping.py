"""Stopping notify: within its time, whatever its providers do."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

from deploy.local import child
from tests.notify.ground import heard, offer
from tests.notify.service import started
from tests.servers import Broker, Postgres
from tests.stubs.govuk_notify import KEY
from tests.stubs.govuk_shapes import TEMPLATES


class Endless:
    """A provider whose answer never ends: a byte now and then, so that no read takes too long."""

    def __init__(self) -> None:
        self.called = asyncio.Event()

    async def serve(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until its caller has gone or the test is over."""
        self.called.set()
        writer.write(b"HTTP/1.1 201 Created\r\nX-Endless: ")
        try:
            with suppress(ConnectionError, asyncio.CancelledError):
                while True:
                    writer.write(b".")
                    await writer.drain()
                    await asyncio.sleep(0.2)
        finally:
            writer.close()


@asynccontextmanager
async def endless() -> AsyncIterator[tuple[Endless, str]]:
    """One that listens, and where."""
    provider = Endless()
    server = await asyncio.start_server(provider.serve, "127.0.0.1", 0)
    try:
        yield provider, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def test_a_provider_that_hangs_holds_nobody_up(
    broker: Broker, postgres: Postgres, tmp_path: Path
) -> None:
    """It ends by itself, in less time than a supervisor gives it. By SIGINT, after which, as in a
    container after SIGTERM, the interpreter waits for every thread that it may not leave behind."""
    async with endless() as (provider, url), asyncio.timeout(60):
        settings = {
            "EMAIL_PROVIDERS": "govuk_notify",
            "GOVUK_NOTIFY_URL": url,
            "GOVUK_NOTIFY_API_KEY": KEY,
            "GOVUK_NOTIFY_EMAIL_TEMPLATE": str(TEMPLATES["email"]),
        }
        async with (
            started(broker, postgres, tmp_path, **settings) as service,
            service.emptied() as notify,
        ):
            soon = notify.clock() + timedelta(hours=1)
            await notify.hear(heard(offer(acknowledge_by=soon)))
            await provider.called.wait()
            await asyncio.to_thread(child.stop, service.process, signal.SIGINT)
            [message] = await notify.rows("message")
    assert service.process.returncode != -signal.SIGKILL
    assert message.state == "sending"  # and whoever comes next asks what became of it
