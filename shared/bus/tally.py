"""How many events a service told, hour by hour, so that a missing one cannot go unnoticed.

A tally is counted from the outbox five minutes after its hour has ended: by then no transaction is
open any more that began in it. It is stated once, by whichever process of the service comes first;
hours that passed while none ran are made up for. The first hour is the one in which the service
first ran; of what it told before there is no tally.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.bus.errors import describe
from shared.bus.work import UnitOfWork, Work
from shared.events import TallyStated, derived_id, subject_of_service

log = structlog.get_logger()

HOUR: Final = timedelta(hours=1)
AFTER: Final = timedelta(minutes=5)
LOOK_SECONDS: Final = 60.0

# `created_at` is the very time that stands in the event. What two processes told at one moment is
# one event: its id follows from its cause.
_COUNT: Final = text(
    "SELECT count(*) AS events, encode(sha256(convert_to(coalesce("
    "string_agg(id, chr(10) ORDER BY id), ''), 'UTF8')), 'hex') AS digest"
    " FROM (SELECT DISTINCT replace(message_id::text, '-', '') COLLATE \"C\" AS id FROM outbox"
    " WHERE created_at >= :since AND created_at < :until AND subject LIKE 'event.%') told"
)


@dataclass(frozen=True)
class Tallies:
    """States the tallies of a service, in any number of its processes."""

    unit: UnitOfWork

    async def run(self) -> None:
        """Look every minute, for ever."""
        while True:
            try:
                await self.state()
            except Exception as error:  # an outage of the database, mostly: the hour can wait
                log.warning("tally.failed", error=describe(error))
            await asyncio.sleep(LOOK_SECONDS)

    async def state(self) -> int:
        """State each hour that is due, the oldest first, in a transaction of its own; returns how
        many were."""
        stated = 0
        while (until := await self._due()) is not None:
            cause = derived_id(self._subject, "hour", until.isoformat())
            async with self.unit.work(cause) as work:
                if await _take(work.connection, until):
                    await self._tell(until, work)
                    stated += 1
        return stated

    async def _due(self) -> datetime | None:
        """The end of the oldest hour that is to be stated now."""
        now = self.unit.clock()
        async with self.unit.engine.begin() as connection:
            last = (await connection.execute(text("SELECT max(until) FROM tally"))).scalar_one()
            if last is None:
                # From here on it is counted.
                await _take(connection, _hour(now))
                return None
        until: datetime = last.astimezone(UTC) + HOUR
        return until if until + AFTER <= now else None

    async def _tell(self, until: datetime, work: Work) -> None:
        since = until - HOUR
        counted = await work.connection.execute(_COUNT, {"since": since, "until": until})
        row = counted.one()
        service = self.unit.service
        tally = TallyStated(
            producer=service, since=since, until=until, events=row.events, digest=row.digest
        )
        work.emit(tally, self._subject)

    @property
    def _subject(self) -> UUID:
        return subject_of_service(self.unit.service)


async def _take(connection: AsyncConnection, until: datetime) -> bool:
    """Whether the hour is ours to state; whoever wants the same one waits until our commit."""
    taken = await connection.execute(
        text("INSERT INTO tally (until) VALUES (:until) ON CONFLICT DO NOTHING RETURNING until"),
        {"until": until},
    )
    return taken.first() is not None


def _hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
