"""Each operator on each kind of value, with the sentence that it says."""

from typing import Any

import pytest

from services.triage.policy.decide import open_case
from services.triage.policy.fact_tests import fact_judge
from services.triage.policy.library import Catalogue
from services.triage.policy.rules import FactTest
from tests.triage.cases import facts, in_force


def _found(test: dict[str, Any], **known: Any) -> tuple[str, str]:
    given = facts(**known)
    catalogue = in_force("bromley", given.made_at)
    assert isinstance(catalogue, Catalogue)
    found = fact_judge(FactTest.model_validate(test), None)(open_case(given, catalogue))
    return found.verdict.value, found.text


AGE = {"fact": "age", "at_least": 13, "at_most": 24}


@pytest.mark.parametrize(
    ("test", "known", "verdict", "text"),
    [
        (AGE, {"age": 12}, "not_met", "age 12 is under 13"),
        (AGE, {"age": 13}, "met", "age 13 is between 13 and 24"),
        (AGE, {"age": 24}, "met", "age 24 is between 13 and 24"),
        (AGE, {"age": 25}, "not_met", "age 25 is over 24"),
        (AGE, {}, "unknown", "age is not known: 13 to 24?"),
        ({"fact": "age", "at_least": 16}, {"age": 16}, "met", "age 16 is 16 or over"),
        ({"fact": "age", "at_least": 16}, {"age": 15}, "not_met", "age 15 is under 16"),
        ({"fact": "age", "at_least": 16}, {}, "unknown", "age is not known: 16 or over?"),
        ({"fact": "age", "at_most": 17}, {"age": 17}, "met", "age 17 is 17 or under"),
        ({"fact": "age", "at_most": 17}, {"age": 18}, "not_met", "age 18 is over 17"),
        ({"fact": "age", "at_most": 17}, {}, "unknown", "age is not known: 17 or under?"),
        ({"fact": "age", "at_most": 17}, {"age": 0}, "met", "age 0 is 17 or under"),
    ],
)
def test_a_range(test: dict[str, Any], known: dict[str, Any], verdict: str, text: str) -> None:
    """A range holds its two ends and nothing beyond them."""
    assert _found(test, **known) == (verdict, text)


GENDER = {"fact": "person.gender", "is": "female"}
TEAM = {"fact": "source.team", "one_of": ["hospital", "maternity"]}
SCALE = {"fact": "risk.dvrim_scale", "one_of": [1, 2]}


@pytest.mark.parametrize(
    ("test", "known", "verdict", "text"),
    [
        (GENDER, {"gender": "female"}, "met", "gender is female"),
        (GENDER, {"gender": "other"}, "not_met", "gender is other, not female"),
        (GENDER, {}, "unknown", "gender is not known: female?"),
        (TEAM, {"team": "maternity"}, "met", "referring team is maternity"),
        (TEAM, {"team": "gp"}, "not_met", "referring team is GP, not hospital or maternity"),
        (SCALE, {"dvrim_scale": 2}, "met", "Barnardo's risk scale is 2"),
        (SCALE, {"dvrim_scale": 3}, "not_met", "Barnardo's risk scale is 3, not 1 or 2"),
        (SCALE, {}, "unknown", "Barnardo's risk scale is not known: 1 or 2?"),
        (SCALE | {"missing": "met"}, {}, "met", "Barnardo's risk scale is not known, which counts"),
    ],
)
def test_a_choice(test: dict[str, Any], known: dict[str, Any], verdict: str, text: str) -> None:
    """A single value is one of those that are named, or it is not."""
    assert _found(test, **known) == (verdict, text)


NOT_LIVING = {"fact": "lives_with_perpetrator", "is": False}
SERIAL = {"fact": "offending.serial", "is": True}


@pytest.mark.parametrize(
    ("test", "known", "verdict", "text"),
    [
        (NOT_LIVING, {"lives_with_perpetrator": False}, "met", "lives with the perpetrator: no"),
        (
            NOT_LIVING,
            {"lives_with_perpetrator": True},
            "not_met",
            "lives with the perpetrator: yes",
        ),
        (NOT_LIVING, {}, "unknown", "lives with the perpetrator: not known"),
        (SERIAL, {"serial": True}, "met", "serial offending: yes"),
        (SERIAL, {"serial": False}, "not_met", "serial offending: no"),
        (SERIAL, {}, "unknown", "serial offending: not known"),
    ],
)
def test_a_yes_or_no(test: dict[str, Any], known: dict[str, Any], verdict: str, text: str) -> None:
    """No is an answer, silence is none."""
    assert _found(test, **known) == (verdict, text)


NEEDS = {"fact": "needs", "holds": ["housing", "nrpf"]}
BEYOND = {"fact": "concerns", "holds_other_than": ["noise", "fly_tipping"]}
CHILDREN = {"fact": "children", "some": True}
NOBODYS = "no recourse to public funds"


@pytest.mark.parametrize(
    ("test", "known", "verdict", "text"),
    [
        (NEEDS, {"needs": ("nrpf", "finance")}, "met", f"needs hold {NOBODYS}"),
        (
            NEEDS,
            {"needs": ("finance",)},
            "not_met",
            f"needs (finance) do not hold housing or {NOBODYS}",
        ),
        (NEEDS, {"needs": ()}, "not_met", "needs: none"),
        (NEEDS, {}, "unknown", f"needs are not known: housing or {NOBODYS}?"),
        (BEYOND, {"concerns": ("noise", "burglary")}, "met", "concerns hold burglary"),
        (BEYOND, {"concerns": ("noise",)}, "not_met", "concerns hold nothing but noise"),
        (CHILDREN, {"children": ({},)}, "met", "children: 1"),
        (CHILDREN, {"children": ()}, "not_met", "children: none"),
        (CHILDREN, {}, "unknown", "children are not known: some?"),
    ],
)
def test_a_list(test: dict[str, Any], known: dict[str, Any], verdict: str, text: str) -> None:
    """A missing list is unknown, an empty one says none."""
    assert _found(test, **known) == (verdict, text)


TRIGGER = {"fact": "marac_triggers", "some": True, "not_completed": "unknown"}
LEVEL = {"fact": "risk_level", "one_of": ["standard", "medium"], "not_completed": "unknown"}


@pytest.mark.parametrize(
    ("test", "known", "verdict"),
    [
        (TRIGGER, {}, "unknown"),
        (TRIGGER, {"risk_score": 3}, "not_met"),
        (TRIGGER, {"police_callouts_12m": 3}, "met"),
        (LEVEL, {}, "unknown"),
        (LEVEL, {"risk_score": 14}, "not_met"),
        (LEVEL, {"risk_score": 13}, "met"),
    ],
)
def test_a_checklist_that_was_not_completed(
    test: dict[str, Any], known: dict[str, Any], verdict: str
) -> None:
    """It makes a test of risk unknown only where the catalogue says so and nothing is met."""
    assert _found(test, **known)[0] == verdict


def test_a_long_list_of_alternatives_is_counted() -> None:
    """Nobody reads nine alternatives out."""
    teams = [
        "gp",
        "pharmacy",
        "hospital",
        "maternity",
        "school",
        "college",
        "court",
        "mash",
        "self",
    ]

    _, text = _found({"fact": "source.team", "one_of": teams}, team="probation")

    assert text == "referring team is probation, not the 9 that count"
