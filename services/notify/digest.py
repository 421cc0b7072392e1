"""The day's digest: what waits on each coordinator's desk, told once every morning.

Notify knows messages; what is on a desk triage counts, in a view of four numbers. They are read
when the digest is sent, like its address, so that it is true when it leaves.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify import notices, store
from services.notify.messages import OnTheDesk
from shared.bus.errors import describe
from shared.bus.work import UnitOfWork
from shared.london import LONDON

log = structlog.get_logger()

FROM: Final = time(8)
UNTIL: Final = time(12)
"""A digest that could not be made in the morning is left out: at night it would be no help, and the
next is not far."""
EVERY_SECONDS: Final = 30.0


def due_on(now: datetime) -> date | None:
    """London's day whose digest is to be made at this moment; None where none is."""
    local = now.astimezone(LONDON)
    return local.date() if FROM <= local.time() < UNTIL else None


async def on_the_desk(connection: AsyncConnection, coordinator_id: str) -> OnTheDesk | None:
    """What waits on somebody's desk now; None of who is no coordinator (any more)."""
    rows = await connection.execute(
        text(
            "SELECT for_coordinators, late, waiting, untold FROM triage.desk_counts"
            " WHERE coordinator_id = :id"
        ),
        {"id": coordinator_id},
    )
    row = rows.first()
    return OnTheDesk(**row._mapping) if row else None


@dataclass
class Digests:
    """Queues each coordinator's digest, every day of the week, once.

    Its id follows from day and coordinator: however many processes do so at once, and however
    often each begins anew, there is one.
    """

    unit: UnitOfWork
    _made_on: date | None = field(default=None)

    async def run(self) -> None:
        """Look for the hour, for ever; an outage of the database is waited out."""
        while True:
            try:
                await self.step()
            except Exception as error:  # tried again while the morning lasts
                log.warning("digest.failed", error=describe(error))
            await asyncio.sleep(EVERY_SECONDS)

    async def step(self) -> int:
        """Queue the digests of this morning, if that is not done; returns for how many people."""
        now = self.unit.clock()
        day = due_on(now)
        if day is None or day == self._made_on:
            return 0
        async with self.unit.transaction() as transaction:
            found = await transaction.connection.execute(
                text("SELECT coordinator_id FROM triage.desk_counts ORDER BY coordinator_id")
            )
            coordinators = found.scalars().all()
            made = [each for who in coordinators for each in notices.digest(day, who, now)]
            await store.queue(transaction, made, now)
        self._made_on = day
        log.info("digest.queued", day=day.isoformat(), coordinators=len(coordinators))
        return len(coordinators)
