"""What is asked for, in which order, of whom, and what is never asked."""

from typing import Any

import pytest

from shared.facts import History
from tests.triage.cases import asked, considered, decided, routed

VICTIM: dict[str, Any] = {
    "age": 30,
    "gender": "female",
    "district": "BR5",
    "risk_score": 10,
    "relationship": "intimate_partner",
    "children": (),
    "needs": (),
    "wants": (),
}


def test_what_alone_settles_a_verdict_is_asked_first() -> None:
    """Consent settles the IDSVA; wishes and consent together would settle the refuge."""
    known = {name: value for name, value in VICTIM.items() if name != "wants"}

    decision = decided(**known)

    assert asked(decision) == [
        *("consent.status", "lives_with_perpetrator", "perpetrator_right_of_entry", "wants")
    ]
    assert decision.asks[0].would_settle == ("idsva_community_safety_unit", "community_outreach")
    assert [ask.would_settle for ask in decision.asks[1:]] == [(), (), ()]


def test_asks_stand_beside_routes() -> None:
    """A routed referral still asks, for the practitioner to find out."""
    decision = decided(**VICTIM | {"consent_status": "given", "wants": ("stay_in_home",)})

    assert routed(decision)
    assert asked(decision) == ["lives_with_perpetrator", "perpetrator_right_of_entry"]


@pytest.mark.parametrize(
    ("known", "fact"),
    [
        ({"consent_status": "not_possible"}, "consent.override"),
        ({"consent_status": "not_sought"}, "consent.status"),
        ({"consent_status": "given", "age": 15}, "consent.given_by"),
        ({"consent_status": "given", "district": None}, "borough"),
        ({"consent_status": "given", "district": "BR8"}, "borough"),
        ({"consent_status": "given", "risk_score": None}, "risk.score"),
        (
            {"consent_status": "given", "risk_score": None, "risk_answers_incomplete": True},
            "risk.answers",
        ),
    ],
)
def test_a_missing_fact_is_asked_by_its_path(known: dict[str, Any], fact: str) -> None:
    """By the contract's name for it: the rest of the answers where some came."""
    given = {name: value for name, value in (VICTIM | known).items() if value is not None}

    assert fact in asked(decided(**given))


def test_a_presumed_age_is_asked_for_and_told() -> None:
    """A victim of unknown age goes to MARAC as 16 or over; her age is asked for."""
    known = {name: value for name, value in VICTIM.items() if name != "age"}

    decision = decided(**known | {"risk_score": 14, "consent_status": "given"})

    assert {"marac", "idsva_community_safety_unit"} <= set(routed(decision))
    assert considered(decision, "marac").presumed == ("age",)
    assert "presumed to be 16 or over" in considered(decision, "marac").findings[2].text
    assert "age" in asked(decision)


def test_nothing_is_presumed_where_it_makes_no_difference() -> None:
    """A resident's unknown age is not asked for MARAC's sake."""
    decision = decided(role="resident", concerns=("noise",), district="BR5")

    assert considered(decision, "marac").presumed == ()
    assert asked(decision) == []


def test_offers_ask_for_nothing() -> None:
    """The language, which only offers look at, is not asked for."""
    assert "person.language" not in asked(decided(**VICTIM))


PERPETRATOR: dict[str, Any] = {
    "role": "perpetrator",
    "gender": "male",
    "age": 30,
    "consent_status": "given",
}


def test_somebody_who_refers_himself_is_asked_nothing_of_the_victim() -> None:
    """Not about children, though the MASH would be settled by it; the relationship may be asked."""
    himself = decided(**PERPETRATOR, team="self")
    police = decided(**PERPETRATOR, team="police_csu")

    assert "children" in asked(police)
    assert asked(himself) == ["offending.admits_responsibility", "other_party.relationship"]


@pytest.mark.parametrize(
    ("team", "safe", "who"),
    [
        ("self", True, "sender"),
        ("self", False, "coordinator"),
        ("self", None, "coordinator"),
        ("gp", None, "sender"),
    ],
)
def test_whom_to_ask(team: str, safe: bool | None, who: str) -> None:
    """Somebody who refers herself is asked only by a channel that is marked safe."""
    decision = decided(**VICTIM, team=team, a_channel_is_safe=safe)

    unsafe = [task for task in decision.tasks if "No channel is marked safe" in task.text]
    assert decision.asks_go_to == who
    assert bool(unsafe) is (who == "coordinator")


@pytest.mark.parametrize(
    ("history", "known", "is_asked"),
    [
        (None, {}, False),
        (History(pair_known=True), {}, False),
        (History(), {}, True),
        (History(), {"age": 15}, False),
        (History(), {"concerns": ("noise",)}, False),
        (History(), {"role": "child"}, False),
    ],
)
def test_the_other_party_is_asked_where_a_repeat_could_be_seen(
    history: History | None, known: dict[str, Any], is_asked: bool
) -> None:
    """Of victims of abuse from 16 on, whose pair is not known; it holds nothing up."""
    decision = decided(history=history, **VICTIM | {"consent_status": "given"} | known)

    asks = [ask for ask in decision.asks if ask.fact == "other_party"]
    assert bool(asks) is is_asked
    assert all(ask.would_settle == () for ask in asks)
