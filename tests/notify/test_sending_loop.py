"""The loop: woken by commits, not stopped by outages, and not cut off in the middle of a call."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from deploy.keys import SUPERUSER
from services.notify.messages import Outgoing
from services.notify.sending import Sending
from tests.notify.ground import Notify, Remembering, heard, offer
from tests.servers import Database

ONE = "p-nophone"  # is told by email alone


@dataclass
class Awaited(Remembering):
    """A provider that says when a letter has come, and may hold a call up."""

    arrived: "asyncio.Queue[Outgoing]" = field(default_factory=asyncio.Queue)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, message: Outgoing) -> None:
        """Keep it, say so, and answer when that is allowed."""
        await super().send(message)
        self.arrived.put_nowait(message)
        await self.may_answer.wait()


@asynccontextmanager
async def running(sending: Sending) -> AsyncIterator[None]:
    """The loop as the service runs it; stopped as the service stops it."""
    task = asyncio.create_task(sending.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_commit_wakes_every_sender(notify: Notify) -> None:
    """A queued message goes out though nobody polls, whichever process heard the offer."""
    provider = Awaited()
    provider.may_answer.set()
    sending = notify.sending(provider)
    sending.poll_seconds = 3600
    async with running(sending), asyncio.timeout(20):
        await notify.hear(heard(offer(practitioner_id=ONE)))
        await provider.arrived.get()
        await notify.hear(heard(offer(practitioner_id=ONE)))
        await provider.arrived.get()


async def test_lost_connections_are_made_anew(notify: Notify, notify_database: Database) -> None:
    """After the database has thrown everybody out the loop goes on."""
    provider = Awaited()
    provider.may_answer.set()
    async with running(notify.sending(provider)), asyncio.timeout(20):
        await notify.hear(heard(offer(practitioner_id=ONE)))
        await provider.arrived.get()
        await _throw_everybody_out(notify_database)
        await notify.engine.dispose()
        await notify.hear(heard(offer(practitioner_id=ONE)))
        await provider.arrived.get()


async def test_stopping_lets_a_call_come_to_its_end(notify: Notify) -> None:
    """A restart in the middle of a call leaves no doubt behind."""
    provider = Awaited()
    async with asyncio.timeout(20):
        async with running(notify.sending(provider)):
            await notify.hear(heard(offer(practitioner_id=ONE)))
            await provider.arrived.get()
            asyncio.get_running_loop().call_later(0.2, provider.may_answer.set)
    assert await notify.states() == {"email": "sent"}


async def test_more_than_fits_at_once_goes_out_all_the_same(notify: Notify) -> None:
    """A place that becomes free is filled without waiting for the poll."""
    provider = Awaited()
    provider.may_answer.set()
    sending = notify.sending(provider)
    sending.poll_seconds = 3600
    await notify.hear(*(heard(offer(practitioner_id=ONE)) for _ in range(150)))
    async with running(sending), asyncio.timeout(20):
        for _ in range(150):
            await provider.arrived.get()
    assert len({letter.message_id for letter in provider.letters}) == 150


async def _throw_everybody_out(database: Database) -> None:
    superuser = await database.connect(SUPERUSER)
    try:
        await superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE usename = 'notify' AND datname = current_database()"
        )
    finally:
        await superuser.close()
