"""Tells that the log cannot be signed, or that a witness will not have it, once a day each; and of
each entry that somebody altered, once."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.audit.formats import TrailEntry
from services.audit.whole.completeness import Finding, entry_altered
from services.audit.whole.watching import record
from shared.bus.work import UnitOfWork


@dataclass(frozen=True)
class Alarm:
    """The alarms about one log's checkpoints."""

    unit: UnitOfWork
    origin: str

    async def refused(self, reason: str) -> None:
        """A checkpoint was refused. Two processes that find the same thing raise one alarm."""
        async with self.unit.transaction() as transaction:
            now = self.unit.clock()
            about = f"{self.origin} {now:%Y-%m-%d}"
            await record(Finding("checkpoint_refused", about, reason), transaction, now)


async def altered(unit: UnitOfWork, entries: Sequence[TrailEntry]) -> None:
    """Entries were found to be altered; of each that is kept, logged and told once."""
    async with unit.transaction() as transaction:
        for entry in entries:
            await record(entry_altered(entry), transaction, unit.clock())
