"""The facts that a referral gives."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.days import is_older_than_anybody, years_between
from services.intake.deriving import derive_facts
from shared.facts import FACT_PATHS, Child, Facts
from tests.intake.documents import FULL, SMALL, read, with_


def _facts(document: dict[str, Any]) -> Facts:
    return derive_facts(read(document))


def test_missing_fact_stays_missing() -> None:
    """Of the least document only what it says is known."""
    assert set(_facts(SMALL).by_path) == {
        "made_at", "source.agency", "source.team", "source.route", "role", "concerns",
    }  # fmt: skip


def test_fullest_document_gives_every_fact() -> None:
    """No fact is forgotten on the way from the document."""
    linked = (UUID(int=1),)
    known = set(derive_facts(read(FULL), linked=linked).by_path)
    assert known == FACT_PATHS - {"risk.answers_incomplete"}


def test_facts_hold_no_identity() -> None:
    """Names, numbers, addresses and stories do not travel."""
    told = _facts(FULL).model_dump_json(by_alias=True)
    for secret in ("Amara", "Dorian", "Quill", "1991", "Road", "3zz", "3ZZ", "07700", "T-1", "T-2"):
        assert secret not in told


def test_person_referred_gives_the_facts() -> None:
    """Of the other party the relationship alone is a fact."""
    facts = _facts(with_("other_party", {"age": 50, "gender": "male", "relationship": "family"}))
    assert (facts.age, facts.gender, facts.relationship) == (None, None, "family")


def test_empty_list_says_none() -> None:
    """An empty list is an answer, and is told as one."""
    assert _facts(with_("needs", [])).needs == ()


def test_children_are_told_by_age_and_household() -> None:
    """A child of unknown age is still a child."""
    document = with_("children", [{"age": 6, "lives_in_household": True}, {}])
    assert _facts(document).children == (Child(age=6, lives_in_household=True), Child())


@pytest.mark.parametrize(
    ("made_at", "born", "age"),
    [
        ("2026-11-16T12:00:00Z", "2010-11-16", 16),
        ("2026-11-16T12:00:00Z", "2010-11-17", 15),
        ("2026-07-15T23:30:00Z", "2010-07-16", 16),  # half past midnight of the 16th in London
        ("2026-11-15T23:30:00-01:00", "2010-11-16", 16),
        ("2025-02-28T12:00:00Z", "2008-02-29", 16),
        ("2025-03-01T12:00:00Z", "2008-02-29", 17),
        ("2024-02-29T12:00:00Z", "2008-02-29", 16),
    ],
)
def test_age_is_of_londons_day(made_at: str, born: str, age: int) -> None:
    """Age is counted on London's day of made_at; a leap day's birthday falls on 1 March."""
    document = with_("person.date_of_birth", born, with_("made_at", made_at))
    assert _facts(document).age == age


def test_age_is_taken_where_it_alone_is_known() -> None:
    """Without a date of birth the sender's age is the fact."""
    assert _facts(with_("person.age", 0)).age == 0


@pytest.mark.parametrize(
    ("postcode", "district"),
    [
        ("BR5 3ZZ", "BR5"),
        ("br53zz", "BR5"),
        (" Se20\u00a07zz ", "SE20"),
        ("ZZ99 3VZ", "ZZ99"),
        ("W1A 0AX", "W1A"),
        ("W11AA", "W1"),
        ("UNKNOWN", None),
        ("BR5 3Z", None),
    ],
)
def test_district_is_the_outward_code(postcode: str, district: str | None) -> None:
    """The last three characters are cut off; what is no postcode gives no district."""
    assert _facts(with_("person.address.postcode", postcode)).district == district


@pytest.mark.parametrize(
    ("safe_contact", "safe"),
    [
        ({}, False),
        ({"note": "ring twice"}, False),
        ({"call": False}, False),
        ({"letter": True}, True),
    ],
)
def test_channel_is_safe_only_if_marked(safe_contact: dict[str, Any], safe: bool) -> None:
    """Within safe_contact, what is not marked safe is not."""
    assert _facts(with_("person.safe_contact", safe_contact)).a_channel_is_safe is safe


@pytest.mark.parametrize(
    ("yes", "other", "score", "incomplete"),
    [
        (9, 15, 9, None),
        (0, 24, 0, None),
        (14, 0, 14, None),
        (20, 2, 14, None),
        (13, 10, None, True),
    ],
)
def test_score_is_counted_from_the_answers(
    yes: int, other: int, score: int | None, incomplete: bool | None
) -> None:
    """All 24 answers give a score; of fewer, 14 with yes are high risk already."""
    kinds = ["yes"] * yes + ["dont_know"] * other
    facts = _facts(with_("risk.answers", {str(n): a for n, a in enumerate(kinds, start=1)}))
    assert (facts.risk_score, facts.risk_answers_incomplete) == (score, incomplete)


def test_override_is_a_fact_and_its_reason_is_not() -> None:
    """That an override is there travels; without one nothing is said."""
    assert _facts(FULL).consent_override is True
    assert _facts(SMALL).consent_override is None


@given(st.dates(min_value=date(1880, 1, 1)), st.dates(min_value=date(1880, 1, 1)))
def test_nobody_within_bounds_is_older_than_120(born: date, day: date) -> None:
    """Whom the reader lets pass has an age that the facts can hold."""
    if born <= day and not is_older_than_anybody(born, day):
        assert 0 <= years_between(born, day) <= 120
