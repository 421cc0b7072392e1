"""What a decision says beside its verdicts: whose policy, whose team, which day, who is first."""

from datetime import date
from typing import Any

import pytest

from services.triage.policy.decide import decide, undecidable
from services.triage.policy.decision import NeedsInformation
from shared.facts import History
from tests.triage.cases import VICTIM, considered, decided, facts, in_force, library, route_of


def test_a_decision_names_the_policy_that_made_it() -> None:
    """Name, first day and the hash of the file, so that it can be run again."""
    policy = decided(**VICTIM).policy
    in_use = library().versions("bromley")[-1]

    assert (policy.name, policy.in_force_from) == ("bromley", date(2022, 10, 1))
    assert policy.sha256 == in_use.sha256
    assert len(policy.sha256 or "") == 64


def test_a_route_names_its_team_and_her_next_day_there() -> None:
    """An IDSVA who sits with the referring team is there the next of her days."""
    from_her_team = route_of("idsva_young_person", **VICTIM | {"age": 19, "team": "leaving_care"})
    from_another = route_of("idsva_young_person", **VICTIM | {"age": 19, "team": "housing"})

    assert from_her_team.team == "idsva_young_person"
    assert from_her_team.next_on_site == date(2026, 11, 23)  # a Monday; made on a Wednesday
    assert from_another.next_on_site is None


@pytest.mark.parametrize(
    ("known", "first"),
    [
        # Urgent by its concern, with an IDSVA's route and no statutory one.
        ({"concerns": ("forced_marriage",)}, False),
        ({"concerns": ("forced_marriage",), "consent_status": "refused"}, True),
    ],
)
def test_a_lead_route_is_enough_not_to_stand_first(known: dict[str, Any], first: bool) -> None:
    """First in the queue is what is urgent and has neither a statutory nor a lead route."""
    decision = decided(**VICTIM | known)

    assert decision.urgent is True
    assert decision.stands_first is first


def test_what_is_urgent_before_any_policy_stands_first() -> None:
    """There is no route at all, so the coordinator sees it before the others."""
    long_ago = VICTIM | {"made_at": "2016-06-01T09:00:00Z"}

    assert decided(**long_ago | {"risk_score": 14}).stands_first is True
    assert decided(**long_ago).stands_first is False


def test_an_unknown_pathway_says_what_was_presumed() -> None:
    """A victim of unknown age counts as 16 or over, and the verdict says so while it waits."""
    known = {k: v for k, v in VICTIM.items() if k not in ("age", "consent_status")}

    unit = considered(decided(**known), "idsva_community_safety_unit")

    assert (unit.standing, unit.presumed) == ("unknown", ("age",))


def test_other_bank_holidays_may_be_given() -> None:
    """A day that is a holiday there is no working day, and no day on site."""
    given = facts("bromley", **VICTIM | {"age": 19, "team": "leaving_care"})
    policy = in_force("bromley", given.made_at)

    decision = decide(given, policy, bank_holidays=(date(2026, 11, 23),))

    (route,) = decision.routes
    assert route.next_on_site == date(2026, 11, 24)


@pytest.mark.parametrize(("score", "level", "urgent"), [(14, "high", True), (5, "standard", False)])
def test_where_nothing_tells_whose_policy_decides(score: int, level: str, urgent: bool) -> None:
    """The coordinator chooses between the policies; risk and urgency are told all the same."""
    given = facts("bromley", **VICTIM | {"risk_score": score, "district": None})
    history = History(pair_known=True, marac_on=date(2026, 6, 1) if urgent else None)

    decision = undecidable(
        given, ("bromley", "barnet"), in_force("bromley", given.made_at), history
    )

    assert isinstance(decision, NeedsInformation)
    assert decision.as_route_json()["catalogue"] == {
        "name": "bromley or barnet",
        "in_force_from": None,
        "sha256": None,
    }
    assert (decision.risk_level, decision.urgent, decision.stands_first) == (level, urgent, urgent)
    assert decision.marac_triggers == (("visible_high_risk", "repeat") if urgent else ())
    assert [(ask.fact, ask.would_settle) for ask in decision.asks] == [("borough", ())]
    assert decision.asks_go_to == "sender"
    (task,) = decision.tasks
    assert task.for_ == "coordinator"
    assert "bromley or barnet" in task.text


def test_a_policy_that_is_to_come_measures_too() -> None:
    """Nothing tells whose policy decides, and the first of them is not in force yet."""
    given = facts("bromley", **VICTIM | {"made_at": "2016-06-01T09:00:00Z", "team": "self"})

    decision = undecidable(
        given, ("bromley", "barnet"), in_force("bromley", given.made_at), History()
    )

    assert (decision.risk_level, decision.asks_go_to) == ("medium", "coordinator")
