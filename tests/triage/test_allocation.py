"""Who is offered a case, and what happens where nobody has room."""

import pytest

from services.triage.allocation import (
    Allocation,
    Candidate,
    Offered,
    Opening,
    ToCoordinator,
    Waitlisted,
    allocate,
    least_loaded,
)

ANN = Candidate("ann", open_cases=3, capacity=70)
BEN = Candidate("ben", open_cases=2, capacity=70)
CAZ = Candidate("caz", open_cases=2, capacity=70)
FULL = Candidate("dee", open_cases=70, capacity=70)


@pytest.mark.parametrize(
    ("candidates", "excluded", "chosen"),
    [
        ((ANN, BEN, CAZ), (), "ben"),
        ((CAZ, BEN, ANN), (), "ben"),
        ((ANN, BEN, CAZ), ("ben",), "caz"),
        ((ANN, BEN), ("ann", "ben"), None),
        ((FULL,), (), None),
        ((), (), None),
    ],
)
def test_the_least_loaded_is_chosen(
    candidates: tuple[Candidate, ...], excluded: tuple[str, ...], chosen: str | None
) -> None:
    """Ties go by id; who serves the other party, or is full, is never chosen."""
    assert least_loaded(candidates, excluded) == chosen


TEAM = Opening("idsva_young_person", (ANN, BEN))
FULL_TEAM = Opening("idsva_young_person", (FULL,), waiting=4)
NEXT = Opening("idsva_community_safety_unit", (CAZ,))
FULL_PROGRAMME = Opening("refuge", (ANN,), places_left=0, waiting=2)


@pytest.mark.parametrize(
    ("opening", "urgent", "others", "excluded", "expected"),
    [
        (TEAM, False, (), (), Offered("idsva_young_person", "ben")),
        (TEAM, True, (), (), Offered("idsva_young_person", "ben")),
        (FULL_TEAM, False, (NEXT,), (), Waitlisted("idsva_young_person", 5)),
        (FULL_TEAM, True, (NEXT,), (), Offered("idsva_community_safety_unit", "caz")),
        (FULL_PROGRAMME, False, (), (), Waitlisted("refuge", 3)),
    ],
)
def test_full_is_a_place_in_the_queue_and_urgent_goes_on(
    opening: Opening,
    urgent: bool,
    others: tuple[Opening, ...],
    excluded: tuple[str, ...],
    expected: Allocation,
) -> None:
    """An urgent case goes to the next eligible pathway of its group."""
    found = allocate(opening, urgent=urgent, next_of_group=others, excluded=excluded)

    assert found == expected


@pytest.mark.parametrize(
    ("opening", "urgent", "excluded"),
    [
        (FULL_TEAM, True, ()),
        (FULL_PROGRAMME, True, ()),
        (TEAM, False, ("ann", "ben")),
        (Opening("drive", ()), False, ()),
    ],
)
def test_the_coordinator_has_what_nobody_can_take(
    opening: Opening, urgent: bool, excluded: tuple[str, ...]
) -> None:
    """An urgent case is never waitlisted, and nobody serves both parties."""
    assert isinstance(allocate(opening, urgent=urgent, excluded=excluded), ToCoordinator)
