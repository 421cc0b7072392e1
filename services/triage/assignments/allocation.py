"""Who is offered a case: the least loaded of a team. Nobody who serves the other party ever is."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """A practitioner of a team, with the cases that are open and how many may be."""

    practitioner_id: str
    open_cases: int
    capacity: int


def least_loaded(candidates: Collection[Candidate], excluded: Collection[str] = ()) -> str | None:
    """The practitioner with the fewest open cases, ties by id; None if nobody has room."""
    free = [
        (each.open_cases, each.practitioner_id)
        for each in candidates
        if each.practitioner_id not in excluded and each.open_cases < each.capacity
    ]
    return min(free)[1] if free else None
