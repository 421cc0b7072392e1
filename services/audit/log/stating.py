"""Once a day the signed checkpoint is told to all, so that the auditors have it in their mailboxes.

What lies in many mailboxes cannot be taken back: a log that is rewritten later contradicts it.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy import text

from services.audit.log import checkpoints
from shared.bus.errors import describe
from shared.bus.work import UnitOfWork
from shared.events import CheckpointStated, derived_id, subject_of_service
from shared.london import london_day

log = structlog.get_logger()

LOOK_SECONDS: Final = 300.0


@dataclass(frozen=True)
class Stating:
    """Tells the checkpoint of each day, in whichever process comes first."""

    unit: UnitOfWork

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                await self.state()
            except Exception as error:  # an outage of the database, mostly: look again
                log.warning("stating.failed", error=describe(error))
            await asyncio.sleep(LOOK_SECONDS)

    async def state(self) -> bool:
        """Tell today's checkpoint, unless it was told, or none is signed yet."""
        day = london_day(self.unit.clock())
        subject = subject_of_service("audit")
        async with self.unit.work(derived_id(subject, "day", day.isoformat())) as work:
            signed = await checkpoints.latest(work.connection)
            if signed is None:
                return False
            taken = await work.connection.execute(
                text("INSERT INTO stated_day VALUES (:day) ON CONFLICT DO NOTHING RETURNING day"),
                {"day": day},
            )
            if taken.first() is None:
                return False
            stated = CheckpointStated(
                origin=signed.checkpoint.origin,
                size=signed.checkpoint.size,
                root=signed.checkpoint.root.hex(),
                note=signed.note.decode(),
            )
            work.emit(stated, subject)
            return True
