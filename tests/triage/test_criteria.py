"""The logic of three values, written out."""

from datetime import date, datetime

import pytest

from services.triage.criteria import Case, Finding, Judge, Verdict, all_of, any_of, negation
from shared.london import LONDON
from tests.triage.cases import facts

Y, N, U = Verdict.MET, Verdict.NOT_MET, Verdict.UNKNOWN

CASE = Case(
    facts(), {}, datetime(2026, 11, 18, 10, tzinfo=LONDON), date(2026, 11, 18), frozenset(), []
)


def _judge(verdict: Verdict, name: str = "it") -> Judge:
    asks = (name,) if verdict is U else ()
    finding = Finding(verdict, f"{name} is {verdict}", {name: verdict}, asks)
    return lambda _: finding


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
    judges = [_judge(first), _judge(second)]

    assert all_of(judges)(CASE).verdict is both
    assert any_of(judges)(CASE).verdict is either


@pytest.mark.parametrize(("verdict", "opposite"), [(Y, N), (N, Y), (U, U)])
def test_not_follows_kleene(verdict: Verdict, opposite: Verdict) -> None:
    """What is unknown stays unknown when it is denied."""
    assert negation(_judge(verdict))(CASE).verdict is opposite


@pytest.mark.parametrize("combine", [all_of, any_of])
def test_an_empty_set_is_an_error(combine: object) -> None:
    """Nothing is met by an empty set of criteria."""
    assert callable(combine)
    with pytest.raises(ValueError, match="empty set"):
        combine([])


def test_only_what_decides_is_told_and_asked() -> None:
    """An unknown beside something that is not met is neither a reason nor a question."""
    found = all_of([_judge(U, "age"), _judge(N, "role"), _judge(Y, "team")])(CASE)

    assert found.text == "role is not_met"
    assert found.asks == ()
    assert set(found.saw) == {"age", "role", "team"}


def test_an_unknown_asks_for_all_that_it_waits_for() -> None:
    """Alternatives that are all unknown ask for each of their facts."""
    found = any_of([_judge(U, "needs"), _judge(N, "team"), _judge(U, "wants")])(CASE)

    assert found.asks == ("needs", "wants")
