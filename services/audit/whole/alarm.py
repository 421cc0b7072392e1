"""Tells that the log cannot be signed, or that a witness will not have it, once a day each; and of
each entry that somebody altered, once."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.audit.formats import TrailEntry
from services.audit.log.tiles import WIDTH
from services.audit.whole.completeness import Finding
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
            await record(_finding(entry), transaction, unit.clock())


def _finding(entry: TrailEntry) -> Finding:
    match entry.altered:
        case "place":
            # One other leaf leaves no proof of its tile good: that is one thing that is wrong.
            first = entry.index // WIDTH * WIDTH
            about = f"entries {first} to {first + WIDTH - 1}"
            return Finding("entry_altered", about, "their proofs do not lead to the signed root")
        case "columns":
            detail = "what the database has beside its words is not what they say"
            return Finding("entry_altered", f"entry {entry.index}", detail)
        case _:
            detail = "its words in the database are not those that were logged"
            return Finding("entry_altered", f"entry {entry.index}", detail, entry.referral)
