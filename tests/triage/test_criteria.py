"""The logic of three values, written out."""

from datetime import date, datetime

import pytest

from services.triage.criteria import Case, Finding, Verdict, all_of, any_of, negation
from shared.london import LONDON
from tests.triage.cases import facts

Y, N, U = Verdict.MET, Verdict.NOT_MET, Verdict.UNKNOWN


def _case(*findings: Finding) -> Case:
    """A case in which so much was found already, each at its place."""
    made = datetime(2026, 11, 18, 10, tzinfo=LONDON)
    return Case(facts(), {}, made, date(2026, 11, 18), frozenset(), list(findings))


def _found(verdict: Verdict, name: str = "it") -> Finding:
    asks = (name,) if verdict is U else ()
    return Finding(verdict, f"{name} is {verdict}", {name: verdict}, asks)


@pytest.mark.parametrize(
    ("first", "second", "both", "either"),
    [
        (Y, Y, Y, Y),
        (Y, N, N, Y),
        (Y, U, U, Y),
        (N, Y, N, Y),
        (N, N, N, N),
        (N, U, N, U),
        (U, Y, U, Y),
        (U, N, N, U),
        (U, U, U, U),
    ],
)
def test_all_and_any_follow_kleene(
    first: Verdict, second: Verdict, both: Verdict, either: Verdict
) -> None:
    """Every pair of values comes to what Kleene's tables say."""
    case = _case(_found(first), _found(second))

    assert all_of([0, 1])(case).verdict is both
    assert any_of([0, 1])(case).verdict is either


@pytest.mark.parametrize(("verdict", "opposite"), [(Y, N), (N, Y), (U, U)])
def test_not_follows_kleene(verdict: Verdict, opposite: Verdict) -> None:
    """What is unknown stays unknown when it is denied."""
    assert negation(0)(_case(_found(verdict))).verdict is opposite


@pytest.mark.parametrize("combine", [all_of, any_of])
def test_an_empty_set_is_an_error(combine: object) -> None:
    """Nothing is met by an empty set of criteria."""
    assert callable(combine)
    with pytest.raises(ValueError, match="empty set"):
        combine([])


def test_only_what_decides_is_told_and_asked() -> None:
    """An unknown beside something that is not met is neither a reason nor a question."""
    found = all_of([0, 1, 2])(_case(_found(U, "age"), _found(N, "role"), _found(Y, "team")))

    assert found.text == "role is not_met"
    assert found.asks == ()
    assert set(found.saw) == {"age", "role", "team"}


def test_an_unknown_asks_for_all_that_it_waits_for() -> None:
    """Alternatives that are all unknown ask for each of their facts."""
    found = any_of([0, 1, 2])(_case(_found(U, "needs"), _found(N, "team"), _found(U, "wants")))

    assert found.asks == ("needs", "wants")
