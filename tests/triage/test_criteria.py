"""The logic of three values, written out."""

from collections.abc import Hashable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from services.triage.policy import criteria
from services.triage.policy.criteria import (
    Case,
    Finding,
    Verdict,
    all_of,
    any_of,
    by_facts,
    negation,
)
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
    with pytest.raises(
        ValueError, match=r"^an empty set of criteria is never met: name at least one$"
    ):
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


def _known(facts_known: dict[str, Any]) -> Case:
    """A case of which these facts are known."""
    return replace(_case(), known=facts_known)


def _told(name: str) -> Finding:
    """A met finding that says all that a finding can say."""
    return Finding(Y, f"{name} is met", {name: Y}, (), (f"{name} presumed",), ("consent",))


def test_together_the_reasons_are_told_once_and_in_order() -> None:
    """What is met together tells every text, presumption and basis, none of them twice."""
    found = all_of([0, 1, 2])(_case(_told("age"), _told("role"), _told("age")))

    assert found == Finding(
        Y,
        "age is met; role is met",
        {"age": Y, "role": Y},
        (),
        ("age presumed", "role presumed"),
        ("consent",),
    )


def test_what_is_not_met_presumes_nothing_and_gives_no_basis() -> None:
    """Presumptions and bases stand for what is met alone."""
    denied = _told("age")._replace(verdict=N)

    found = any_of([0, 1])(_case(denied, denied))

    assert found == Finding(N, "age is met", {"age": Y}, (), (), ())


def test_a_denial_keeps_what_is_asked_and_no_more() -> None:
    """Not asks what its criterion asks; it presumes nothing and gives no basis."""
    unknown = Finding(U, "age is not known", {"age": None}, ("age",), ("age",), ("consent",))

    assert negation(0)(_case(unknown)) == Finding(U, "age is not known", {"age": None}, ("age",))


_AGES: list[dict[str, Any]] = [{"age": 12}, {"age": 12}, {"age": 13}, {}]


@pytest.mark.parametrize("paths", [("age",), ("age", "role"), ("role", "age", "needs")])
def test_the_same_facts_are_judged_once(paths: tuple[str, ...]) -> None:
    """Facts that were judged before give the very finding of then; others are judged anew."""
    judged: list[object] = []

    def judge(case: Case) -> Finding:
        judged.append(case.known.get("age"))
        return _found(Y, f"age {case.known.get('age')}")

    remembering = by_facts(judge, *paths)
    twelve, again, thirteen, missing = (remembering(_known(known)) for known in _AGES)
    assert twelve is again
    assert [found.text for found in (twelve, thirteen, missing)] == [
        "age 12 is met",
        "age 13 is met",
        "age None is met",
    ]
    assert judged == [12, 13, None]


def test_each_of_several_facts_counts() -> None:
    """A finding on two facts is found again only where both are the same."""
    remembering = by_facts(lambda case: _found(Y, str(case.known)), "age", "role")
    cases: list[dict[str, Any]] = [
        {"age": 1, "role": "a"},
        {"age": 1, "role": "b"},
        {"age": 2, "role": "a"},
    ]

    texts = {remembering(_known(known)).text for known in cases}

    assert len(texts) == 3


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are too many it begins anew, and still answers."""
    monkeypatch.setattr(criteria, "MOST", 2)
    memory: dict[Hashable, int] = {}

    kept = [criteria.remember(memory, key, key * 10) for key in (1, 2, 3)]

    assert (kept, memory) == ([10, 20, 30], {3: 30})


def test_the_same_parts_come_to_the_same_finding() -> None:
    """A conclusion is drawn once from the same parts, and anew from others."""
    both = all_of([0, 1])
    age, role, team = _found(Y, "age"), _found(Y, "role"), _found(N, "team")

    first, again, other = (both(_case(age, part)) for part in (role, role, team))

    assert first is again
    assert (first.verdict, other.verdict) == (Y, N)
