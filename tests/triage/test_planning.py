"""From a decision to who is asked: pure, on decisions written by hand."""

from datetime import date
from typing import Any, Literal
from uuid import UUID, uuid5

import pytest

from services.triage.assignments.life import State
from services.triage.assignments.planning import (
    BY_HAND,
    COORDINATION,
    Place,
    Plan,
    Standing,
    groups,
    plan,
)
from services.triage.policy.catalogue import Kind
from services.triage.policy.criteria import Finding, Verdict
from services.triage.policy.decision import (
    Considered,
    Decision,
    NeedsInformation,
    PolicyUsed,
    Route,
    Routed,
    Task,
    Unrouted,
)
from services.triage.policy.library import Catalogue
from tests.triage.cases import library

POLICY = PolicyUsed("bromley", date(2022, 10, 1), "0" * 64)
COORDINATOR = Place(COORDINATION, COORDINATION, None)
DUTY = Task("coordinator", "Look at it")


def route(
    pathway: str,
    kind: Kind = "lead",
    *,
    transfer_to: str | None = None,
    waits: bool = False,
) -> Route:
    """A route to the team of the pathway's own name."""
    return Route(
        pathway=pathway,
        kind=kind,
        team=f"{pathway}_team",
        bases=("consent",),
        transfer_to=transfer_to,
        funding_to_confirm=False,
        next_on_site=None,
        reasons=(),
        waits_for_coordinator=waits,
    )


def decision(
    outcome: type[Routed | NeedsInformation | Unrouted], *routes: Route, **more: Any
) -> Decision:
    """A decision of standard risk."""
    least: dict[str, Any] = {"urgent": False, "risk_level": "standard", "marac_triggers": ()}
    return outcome(policy=POLICY, routes=routes, **(least | more))


def standing(
    pathway: str, kind: str = "lead", state: State = State.OFFERED, left: tuple[str, ...] = ()
) -> Standing:
    """What is open of an earlier revision."""
    return Standing(uuid5(UUID(int=0), pathway), pathway, kind, state, frozenset(left))


def considered(
    pathway: str,
    *findings: Finding,
    verdict: Literal["eligible", "ineligible", "unknown"] = "ineligible",
    **more: Any,
) -> Considered:
    """What was made of a pathway of Bromley's."""
    bromley = library().in_force("bromley", date(2026, 11, 24))
    assert isinstance(bromley, Catalogue)
    row = next(each for each in bromley.rules.pathways if each.row.id == pathway)
    return Considered(row, verdict, findings, **more)


def test_each_route_is_offered_to_its_team() -> None:
    """A first decision asks the team of every route, in the decision's order, and nobody else."""
    decided = decision(Routed, route("marac", "statutory"), route("refuge", "additional"))
    assert plan(decided) == Plan(
        offer=(
            Place("marac", "statutory", "marac_team"),
            Place("refuge", "additional", "refuge_team"),
        ),
        withdraw=(),
    )


@pytest.mark.parametrize("outcome", [NeedsInformation, Unrouted])
def test_what_no_rule_could_route_is_a_coordinators(
    outcome: type[NeedsInformation | Unrouted],
) -> None:
    """Without a route a coordinator is asked."""
    assert plan(decision(outcome)).offer == (COORDINATOR,)


@pytest.mark.parametrize("why", [{"tasks": (DUTY,)}, {"stands_first": True}])
def test_a_coordinator_is_asked_beside_the_routes(why: dict[str, Any]) -> None:
    """A task for a coordinator, or a referral that stands first, brings one beside its routes."""
    offered = plan(decision(Routed, route("refuge", "additional"), **why)).offer
    assert [place.pathway for place in offered] == ["refuge", COORDINATION]


def test_a_practitioners_task_asks_no_coordinator() -> None:
    """A task for the practitioner goes with the route."""
    decided = decision(Routed, route("refuge"), tasks=(Task("practitioner", "No interpreter"),))
    assert [place.pathway for place in plan(decided).offer] == ["refuge"]


@pytest.mark.parametrize("why", [{"transfer_to": "bexley"}, {"waits": True}])
def test_what_a_coordinator_must_do_by_hand_is_offered_to_none_of_a_team(
    why: dict[str, Any],
) -> None:
    """A transfer, and a perpetrator's pathway in a cross-allegation, are the coordinator's."""
    assert plan(decision(Routed, route("marac", "statutory", **why))).offer == (
        Place("marac", "statutory", None),
    )


def test_what_still_follows_is_left_alone() -> None:
    """What stands and is still wanted is neither offered again nor withdrawn."""
    decided = decision(Routed, route("refuge", "additional"))
    assert plan(decided, [standing("refuge", "additional")]) == Plan((), ())


def test_what_is_new_is_offered_beside_what_stands() -> None:
    """A later decision offers only what was not there."""
    decided = decision(Routed, route("refuge"), route("marac", "statutory"))
    assert plan(decided, [standing("refuge")]).offer == (Place("marac", "statutory", "marac_team"),)


@pytest.mark.parametrize("kind", ["lead", "additional"])
def test_what_no_longer_follows_is_withdrawn(kind: str) -> None:
    """A route that is gone takes its offer with it."""
    gone = standing("refuge", kind)
    made = plan(decision(Routed, route("marac", "statutory")), [gone])
    assert [one for one, _ in made.withdraw] == [gone]


def test_a_statutory_offer_stays_and_a_coordinator_is_asked() -> None:
    """No new information withdraws what the law asks for."""
    decided = decision(Routed, route("refuge"))
    made = plan(decided, [standing("marac", "statutory"), standing("refuge")])
    assert made == Plan(offer=(COORDINATOR,), withdraw=())


def test_an_accepted_lead_stays_and_a_coordinator_is_asked() -> None:
    """Who works with somebody is not called off by new information."""
    taken = standing("refuge", "lead", State.ACCEPTED)
    made = plan(decision(Routed, route("marac", "statutory")), [taken])
    assert [place.pathway for place in made.offer] == ["marac", COORDINATION]
    assert made.withdraw == ()


def test_an_accepted_addition_is_withdrawn() -> None:
    """It no longer follows; its holder hears so."""
    taken = standing("refuge", "additional", State.ACCEPTED)
    made = plan(decision(Routed, route("marac", "statutory")), [taken])
    assert [one for one, _ in made.withdraw] == [taken]


GROUP = (
    considered("idsva_young_person", verdict="eligible"),
    considered("idsva_specialist_adult", verdict="eligible", passed_over_for="idsva_young_person"),
    considered(
        "idsva_community_safety_unit", verdict="eligible", passed_over_for="idsva_young_person"
    ),
)


def test_a_lead_place_knows_what_would_do_as_well() -> None:
    """The eligible pathways that were passed over, in their order; each knows all the others."""
    decided = decision(Routed, route("idsva_young_person"), considered=GROUP)
    (place,) = plan(decided).offer
    others = ("idsva_specialist_adult", "idsva_community_safety_unit")
    assert (place.group, place.alternatives) == ("idsva", others)
    assert groups(decided) == {
        "idsva_young_person": others,
        "idsva_specialist_adult": ("idsva_young_person", "idsva_community_safety_unit"),
        "idsva_community_safety_unit": ("idsva_young_person", "idsva_specialist_adult"),
    }


@pytest.mark.parametrize("kind", ["lead", BY_HAND])
def test_an_alternative_answers_for_the_lead_place(kind: str) -> None:
    """Somebody of the group was asked since nobody of the first had room: that stands. What a
    coordinator added by hand stands for itself."""
    decided = decision(Routed, route("idsva_young_person"), considered=GROUP)
    made = plan(decided, [standing("idsva_community_safety_unit", kind)])
    wanted = () if kind == "lead" else ("idsva_young_person",)
    assert (tuple(place.pathway for place in made.offer), made.withdraw) == (wanted, ())


OUTREACH = considered("community_outreach")


def test_nobody_has_two_of_one_group() -> None:
    """Where an accepted one no longer follows, the one that does is the coordinator's to settle."""
    decided = decision(Routed, route("idsva_young_person"), considered=(*GROUP, OUTREACH))
    taken = standing("community_outreach", "lead", State.ACCEPTED)
    assert plan(decided, [taken]) == Plan(offer=(COORDINATOR,), withdraw=())


def test_what_somebody_handed_on_is_not_asked_for_again() -> None:
    """It left the pathway by hand; but the coordinator's own queue is never answered for."""
    moved = standing("refuge", BY_HAND, left=("marac", COORDINATION))
    made = plan(decision(Routed, route("marac", "statutory"), tasks=(DUTY,)), [moved])
    assert made == Plan(offer=(COORDINATOR,), withdraw=())


def test_what_has_become_urgent_is_hastened() -> None:
    """What nobody has taken yet; for what somebody has, the coordinator is asked."""
    decided = decision(Routed, route("refuge"), route("marac", "statutory"), urgent=True)
    asked, taken = standing("refuge"), standing("marac", "statutory", State.ACCEPTED)
    made = plan(decided, [asked, taken])
    assert made == Plan(offer=(COORDINATOR,), withdraw=(), hasten=(asked,))
    assert plan(decided, [asked, taken], was_urgent=True) == Plan((), ())


def test_a_coordinator_is_asked_once() -> None:
    """Where a coordinator has the referral already, another reason asks nobody more."""
    known = [standing(COORDINATION, COORDINATION), standing("marac", "statutory")]
    assert plan(decision(Unrouted), known) == Plan((), ())


def test_a_coordinators_own_offer_stays_with_the_routes() -> None:
    """Who was asked to look goes on looking when the rules have found a route since."""
    made = plan(decision(Routed, route("refuge")), [standing(COORDINATION, COORDINATION)])
    assert ([place.pathway for place in made.offer], made.withdraw) == (["refuge"], ())


def test_no_rule_withdraws_what_was_offered_by_hand() -> None:
    """What a coordinator offered stands, though the rules do not lead there."""
    decided = decision(Routed, route("marac", "statutory"))
    assert plan(decided, [standing("refuge", BY_HAND)]).withdraw == ()


def test_what_was_withdrawn_by_hand_is_not_offered_again() -> None:
    """A pathway that a coordinator closed stays closed for later revisions."""
    decided = decision(Routed, route("refuge"), route("marac", "statutory"))
    assert [p.pathway for p in plan(decided, (), closed=("refuge",)).offer] == ["marac"]


def test_the_coordinators_queue_is_never_closed() -> None:
    """That a coordinator once had done with a referral silences nothing that comes later."""
    assert plan(decision(Unrouted), (), closed=(COORDINATION,)).offer == (COORDINATOR,)


TOO_YOUNG = Finding(Verdict.NOT_MET, "age 15 is under 16", {"age": 15})
FEMALE = Finding(Verdict.MET, "gender is female", {"gender": "female"})
NOT_SAID = Finding(Verdict.UNKNOWN, "consent.status is not known", {}, ("consent.status",))


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [
        (
            considered("refuge", TOO_YOUNG, FEMALE, NOT_SAID),
            "age 15 is under 16; consent.status is not known",
        ),
        (
            considered("refuge", FEMALE, blocked_by="a restorative meeting is unsafe"),
            "a restorative meeting is unsafe",
        ),
        (considered("refuge", FEMALE, passed_over_for="marac"), "marac comes first"),
        (considered("refuge", FEMALE), "it no longer follows from what is known"),
        (considered("marac", FEMALE), "the policy of the day has no such pathway"),
    ],
    ids=["criteria", "block", "passed over", "neither", "absent"],
)
def test_a_withdrawal_says_why(verdict: Considered, reason: str) -> None:
    """The reason is in the words of what closed the pathway: the criteria that are not met, the
    safety block, or the pathway that comes before it."""
    decided = decision(Routed, route("childrens_mash", "statutory"), considered=(verdict,))
    ((_, why),) = plan(decided, [standing("refuge")]).withdraw
    assert why == reason
