"""Who of a team is offered a case."""

import pytest

from services.triage.assignments.allocation import Candidate, least_loaded

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
