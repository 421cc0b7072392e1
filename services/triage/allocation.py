"""Who is offered a case: the least loaded of a team, or a place on the waiting list.

Full never means a refusal. An urgent case is never waitlisted: it goes to the next eligible
pathway of its group, else to the coordinator. Nobody who serves the other party is ever chosen.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """A practitioner of a team, with the cases that are open and how many may be."""

    practitioner_id: str
    open_cases: int
    capacity: int


@dataclass(frozen=True, slots=True)
class Opening:
    """A pathway that may take the case.

    `places_left`: of the programme, None where it has no fixed number. `waiting`: how many cases
    are on its waiting list.
    """

    pathway: str
    candidates: tuple[Candidate, ...]
    places_left: int | None = None
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Offered:
    """A practitioner is offered the case, on this pathway."""

    pathway: str
    practitioner_id: str


@dataclass(frozen=True, slots=True)
class Waitlisted:
    """The case waits for the pathway; `place` 1 is the next to be offered."""

    pathway: str
    place: int


@dataclass(frozen=True, slots=True)
class ToCoordinator:
    """Nobody can be offered the case; the coordinator has it."""

    reason: str


Allocation = Offered | Waitlisted | ToCoordinator


def least_loaded(candidates: Collection[Candidate], excluded: Collection[str] = ()) -> str | None:
    """The practitioner with the fewest open cases, ties by id; None if nobody has room."""
    free = [
        (each.open_cases, each.practitioner_id)
        for each in candidates
        if each.practitioner_id not in excluded and each.open_cases < each.capacity
    ]
    return min(free)[1] if free else None


def allocate(
    opening: Opening,
    *,
    urgent: bool,
    next_of_group: Sequence[Opening] = (),
    excluded: Collection[str] = (),
) -> Allocation:
    """What becomes of a routed case.

    `next_of_group`: the pathways that were passed over for this one, in their order. `excluded`:
    the practitioners who serve the other party.
    """
    for each in (opening, *next_of_group) if urgent else (opening,):
        chosen = least_loaded(each.candidates, excluded)
        if chosen is not None and each.places_left != 0:
            return Offered(each.pathway, chosen)
    if urgent:
        return ToCoordinator("urgent, and nobody who may take it has room")
    if all(each.practitioner_id in excluded for each in opening.candidates):
        return ToCoordinator("nobody in the team may take it")
    return Waitlisted(opening.pathway, opening.waiting + 1)
