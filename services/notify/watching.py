"""The loop that misses what does not come: reports, deliveries, the end of what others began.

Providers call back; where no call came, those that can be asked are asked, at first after a minute,
then each time after as long again. What has not arrived in its time is not waited for: another way
is tried, or somebody hears that none is left.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import structlog

from services.notify import delivery, store
from services.notify.delivery import Message
from services.notify.following import Following
from services.notify.providers.routing import Route
from services.notify.reports import Reports, heard
from shared.bus.errors import describe
from shared.bus.work import UnitOfWork
from shared.events import Channel

log = structlog.get_logger()

LOOK_SECONDS: Final = 2.0
AT_ONCE: Final = 64
ASKED_AT_ONCE: Final = 8
ASK_SECONDS: Final = 10.0


@dataclass(frozen=True)
class Watching:
    """Watches for one process; any number may do so side by side."""

    unit: UnitOfWork
    routes: Mapping[Channel, Route]
    following: Following
    reports: Reports

    async def run(self) -> None:
        """Look again and again, for ever, whatever fails."""
        while True:
            for look in (self.apply_reports, self.give_up_waiting, self.ask):
                try:
                    await look()
                except Exception as error:  # an outage of the database, mostly: look again
                    log.warning("watching.failed", error=describe(error))
            await asyncio.sleep(LOOK_SECONDS)

    async def apply_reports(self) -> None:
        """Apply what a process that died had only recorded."""
        await self.reports.apply_left_over(AT_ONCE)

    async def give_up_waiting(self) -> None:
        """Fall back for what has not arrived in its time. Of two processes that find the same, the
        second waits for the first and then has nothing to do."""
        async with self.unit.transaction() as transaction:
            now = self.unit.clock()
            late = await store.late(transaction.connection, now, AT_ONCE)
            if late:
                locked = await store.notices(transaction.connection, of=late)
                await self.following.happened(transaction, locked, {}, now)

    async def ask(self) -> None:
        """Ask after sent messages whose time for that has come. No transaction is open meanwhile,
        and a process that dies leaves each to be asked the next time."""
        async with self.unit.engine.begin() as connection:
            now = self.unit.clock()
            asked = await store.to_ask(connection, now, ASKED_AT_ONCE)
            again = [replace(each, ask_at=delivery.ask_next(each, now)) for each in asked]
            await store.save(connection, again, now)
        await asyncio.gather(*map(self._ask, asked))

    async def _ask(self, message: Message) -> None:
        try:
            async with asyncio.timeout(ASK_SECONDS):
                found = await self.routes[message.channel].find(message.sent_as, message.provider)
        except Exception as error:
            log.info("message.not_asked", message_id=str(message.id), error=describe(error))
            return
        report = heard(message.sent_as, found.fate, found.provider or "") if found else None
        if report is not None:
            await self.reports.take(report)
