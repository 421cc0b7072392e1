"""Tells that the log cannot be signed, or that a witness will not have it, once a day each."""

from dataclasses import dataclass

from services.audit.completeness import Finding
from services.audit.watching import record
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
