"""The alarm for a gap in an on-call rota: told a week ahead, and once, however many look for it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID, uuid4

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.triage.directory.changes import DIRECTORY_ID
from services.triage.directory.entries import Directory
from services.triage.directory.rota import alarming
from shared.bus.work import UnitOfWork, Work
from shared.events import RotaGapFound

log = structlog.get_logger()

EVERY: Final = timedelta(hours=1)


class CurrentDirectory(Protocol):
    """Where the directory is found."""

    async def current(self, connection: AsyncConnection) -> Directory:
        """As it stands in this transaction."""


@dataclass
class RotaAlarm:
    """Looks at the rotas every hour; `step` is one of the sweeper's."""

    unit: UnitOfWork
    directories: CurrentDirectory
    _look_at: datetime | None = field(default=None)

    async def step(self) -> int:
        """Tell the gaps of the coming week that were not told before; returns how many."""
        now = self.unit.clock()
        if self._look_at is not None and now < self._look_at:
            return 0
        async with self.unit.work(uuid4()) as work:
            directory = await self.directories.current(work.connection)
            new = [gap for gap in alarming(directory, now) if await _is_new(gap.id, work)]
            for gap in new:
                event = RotaGapFound(catalogue=gap.catalogue, since=gap.since, until=gap.until)
                Work(work.transaction, gap.id, now).emit(event, DIRECTORY_ID)
        for gap in new:
            log.warning(
                "rota.gap_found",
                catalogue=gap.catalogue,
                since=gap.since.isoformat(),
                until=gap.until.isoformat(),
            )
        self._look_at = now + EVERY
        return len(new)


async def _is_new(gap_id: UUID, work: Work) -> bool:
    """Whether this gap was not told yet; it is noted as anything that brings about an event."""
    noted = await work.connection.execute(
        text(
            "INSERT INTO inbox (message_id, handled_at) VALUES (:id, :now)"
            " ON CONFLICT (message_id) DO NOTHING"
        ),
        {"id": gap_id, "now": work.now},
    )
    return noted.rowcount == 1
