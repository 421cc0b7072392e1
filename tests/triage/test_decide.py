"""What a decision makes of the verdicts: routes, outcomes, bases, transfers, flags."""

import json
from datetime import date
from typing import Any

import pytest

from services.triage.policy.decide import decide
from services.triage.policy.decision import NeedsInformation, Routed, Unrouted
from shared.facts import History
from tests.triage.cases import (
    EXAMPLES,
    VICTIM,
    asked,
    considered,
    decided,
    example,
    facts,
    facts_of,
    in_force,
    library,
    route_of,
    routed,
    standing,
)

PERPETRATOR: dict[str, Any] = {
    "role": "perpetrator",
    "age": 30,
    "gender": "male",
    "relationship": "former_partner",
    "team": "police_csu",
    "risk_graded": "high",
    "admits_responsibility": True,
    "consent_status": "given",
    "children": (),
}


def test_the_first_eligible_of_a_group_takes_the_case() -> None:
    """The later ones are eligible too, and passed over for it."""
    decision = decided(**VICTIM | {"age": 24, "needs": ("mental_health",)})

    assert routed(decision) == ["idsva_young_person"]
    assert decision.next_of_group("idsva_young_person") == (
        "idsva_specialist_adult",
        "idsva_community_safety_unit",
        "community_outreach",
    )
    assert considered(decision, "community_outreach").passed_over_for == "idsva_young_person"


def test_an_unknown_pathway_holds_up_nobody_after_it() -> None:
    """The specialist IDSVA is unknown without needs; the next one takes the case meanwhile."""
    known = {name: value for name, value in VICTIM.items() if name != "needs"}

    decision = decided(**known)

    assert standing(decision, "idsva_specialist_adult") == "unknown"
    assert "idsva_community_safety_unit" in routed(decision)


def test_an_offer_is_suggested_and_never_routed() -> None:
    """It stands under suggestions alone."""
    decision = decided(**VICTIM)

    assert "freedom_programme" in decision.suggestions
    assert "freedom_programme" not in routed(decision)


def test_a_safety_block_closes_a_pathway_whatever_it_would_be() -> None:
    """The reason is cited; a block whose facts are unknown does not close it."""
    known: dict[str, Any] = {
        "role": "harmed_person",
        "concerns": ("burglary",),
        "age": 30,
        "admits_responsibility": True,
        "consent_status": "given",
    }

    open_to = considered(decided(**known), "restorative_justice")
    closed = considered(decided(**known | {"relationship": "family"}), "restorative_justice")

    assert (open_to.standing, open_to.blocked_by) == ("eligible", None)
    assert closed.standing == "ineligible"
    assert closed.blocked_by is not None
    assert "restorative, Domestic abuse" in closed.blocked_by


def test_the_three_outcomes_are_types() -> None:
    """Routed, unknown and nothing at all."""
    other: dict[str, Any] = {"role": "offender", "concerns": ("other",), "age": 40, "cohorts": ()}

    assert isinstance(decided(**VICTIM), Routed)
    assert isinstance(decided(**VICTIM | {"consent_status": "not_sought"}), NeedsInformation)
    assert isinstance(decided(**other, gender="male"), Unrouted)


def test_unknown_offers_alone_need_no_information() -> None:
    """A referral for which only an offer is unknown is unrouted."""
    decision = decided(
        role="perpetrator", concerns=("other",), gender="male", age=40, consent_status="given"
    )

    assert standing(decision, "fathers_to_fathers") == "unknown"
    assert isinstance(decision, Unrouted)
    assert decision.asks == ()


def test_before_the_first_catalogue_nothing_is_routed() -> None:
    """Risk, triggers and urgency are told all the same, and the coordinator has it."""
    decision = decided(**VICTIM | {"risk_score": 14, "made_at": "2016-06-01T09:00:00Z"})

    printed = decision.as_route_json()
    assert isinstance(decision, Unrouted)
    assert printed["catalogue"] == {"name": "bromley", "in_force_from": None, "sha256": None}
    assert (decision.risk_level, decision.urgent) == ("high", True)
    assert decision.marac_triggers == ("visible_high_risk",)
    assert printed["considered"] == []
    assert decision.tasks[0].text.startswith("No policy in force in Bromley on 1 June 2016")


@pytest.mark.parametrize(
    ("pathway", "known", "bases"),
    [
        ("marac", VICTIM | {"risk_score": 14}, ["statutory"]),
        ("idsva_community_safety_unit", VICTIM, ["consent"]),
        ("idsva_community_safety_unit", VICTIM | {"risk_score": 14}, ["consent", "safeguarding"]),
        (
            "idsva_community_safety_unit",
            VICTIM | {"risk_score": 14, "consent_status": "refused"},
            ["safeguarding"],
        ),
        (
            "idsva_community_safety_unit",
            VICTIM | {"consent_status": "not_possible", "consent_override": True},
            ["safeguarding"],
        ),
        ("refuge", VICTIM | {"wants": ("safe_accommodation",), "risk_score": 14}, ["consent"]),
        (
            "refuge",
            VICTIM | {"wants": ("safe_accommodation",), "consent_override": True},
            ["consent", "safeguarding"],
        ),
        ("drive", PERPETRATOR, ["safeguarding"]),
        ("dvpp", PERPETRATOR | {"team": "mash"}, ["consent"]),
        ("iom", {"role": "offender", "age": 30, "cohorts": ("high_volume",)}, ["service_request"]),
    ],
)
def test_a_route_records_every_basis_that_holds(
    pathway: str, known: dict[str, Any], bases: list[str]
) -> None:
    """Withdrawn consent must not unmake what safeguarding requires."""
    assert list(route_of(pathway, **known).bases) == bases


@pytest.mark.parametrize(
    ("role", "consent", "bases"),
    [("victim", "given", ("consent",)), ("resident", "given", ("service_request",))],
)
def test_a_resident_needs_no_agreement_to_be_heard(
    role: str, consent: str, bases: tuple[str, ...]
) -> None:
    """Barnet's action group rests on agreement for victims alone."""
    route = route_of(
        "asb_action_group",
        "barnet",
        role=role,
        concerns=("anti_social_behaviour",),
        district="NW4",
        consent_status=consent,
    )

    assert route.bases == bases


@pytest.mark.parametrize(
    ("place", "transfer", "task"),
    [
        ({"borough": "croydon", "district": "BR5"}, "croydon", "Transfer to Croydon"),
        ({"borough": None, "district": "DA1"}, "DA1", "Find out in which borough DA1 lies"),
        ({"borough": "bromley", "district": "DA1"}, None, None),
        ({"borough": None, "district": "BR8"}, None, None),
        ({"borough": None, "district": "ZZ99"}, None, None),
        ({"borough": None, "district": None}, None, None),
    ],
)
def test_a_statutory_route_is_transferred_to_where_the_person_lives(
    place: dict[str, Any], transfer: str | None, task: str | None
) -> None:
    """It is never dropped; where only the district tells, that is the coordinator's first task."""
    decision = decided(**VICTIM | {"risk_score": 14} | place)

    marac = next(route for route in decision.routes if route.pathway == "marac")
    assert marac.transfer_to == transfer
    assert task is None or decision.tasks[0].text.startswith(task)
    assert any("ransfer" in each.text for each in decision.tasks) is (task is not None)


def test_only_a_statutory_route_is_transferred() -> None:
    """A hospital's IDVA takes patients from elsewhere."""
    assert (
        route_of(
            "idsva_hospital", **VICTIM | {"team": "hospital", "borough": "croydon"}
        ).transfer_to
        is None
    )


@pytest.mark.parametrize(
    ("known", "told"),
    [
        ({"borough": "croydon"}, True),
        ({"district": "DA1"}, True),
        ({"borough": "croydon", "consent_status": None}, True),
        ({"borough": "croydon", "consent_status": "refused"}, False),
        ({"borough": "croydon", "team": "hospital"}, False),
        ({"district": "BR8"}, False),
        ({"borough": "croydon", "concerns": ("burglary",)}, False),
        ({"borough": "croydon", "role": "perpetrator"}, False),
    ],
)
def test_a_victim_from_elsewhere_is_referred_home(known: dict[str, Any], told: bool) -> None:
    """Where the borough alone keeps her from the victims' services and none of them takes her."""
    decision = decided(**VICTIM | known)

    home = [task for task in decision.tasks if task.text.startswith("Refer to the home borough")]
    assert bool(home) is told
    assert all(task.for_ == "coordinator" for task in home)


@pytest.mark.parametrize(
    ("pathway", "known"),
    [("drive", PERPETRATOR), ("dvpp", PERPETRATOR | {"team": "mash"})],
)
def test_a_perpetrator_programme_brings_support_for_the_partner(
    pathway: str, known: dict[str, Any]
) -> None:
    """By other staff, which the coordinator arranges."""
    decision = decided(**known)

    (task,) = [task for task in decision.tasks if "partner support" in task.text]
    assert pathway in routed(decision)
    assert task.for_ == "coordinator"


@pytest.mark.parametrize(
    ("on", "flagged"), [(date(2023, 3, 31), False), (date(2023, 4, 1), True), (None, True)]
)
def test_a_route_after_its_funding_is_made_and_flagged(on: date | None, flagged: bool) -> None:
    """The last funded day is still funded; the day that chooses the policy chooses the funding."""
    given = facts(**PERPETRATOR)

    decision = decide(given, in_force("bromley", given.made_at), on=on)

    (drive,) = [route for route in decision.routes if route.pathway == "drive"]
    assert drive.funding_to_confirm is flagged
    assert any("Confirm the funding" in task.text for task in decision.tasks) is flagged


def test_the_day_that_chooses_the_policy_changes_neither_age_nor_hours() -> None:
    """A referral of today decided by the policy of 2017 keeps its own age and hour."""
    given = facts(**VICTIM | {"age": 24})
    policy = library().in_force("bromley", date(2018, 1, 1))

    decision = decide(given, policy, on=date(2018, 1, 1))

    assert str(decision.policy.in_force_from) == "2017-04-01"
    assert standing(decision, "idsva_hospital") == "absent"
    assert considered(decision, "idsva_young_person").findings[2].saw == {"age": 24}


def test_roles_reversed_are_told_and_hold_perpetrator_pathways() -> None:
    """Routes stand; the perpetrator's wait for the coordinator, statutory ones do not."""
    crossed = History(cross_allegation=True, pair_known=True)

    decision = decided(history=crossed, **PERPETRATOR | {"children": ({},)})

    waiting = {route.pathway: route.waits_for_coordinator for route in decision.routes}
    assert decision.cross_allegation
    assert waiting == {"childrens_mash": False, "drive": True}
    assert any("roles reversed" in task.text for task in decision.tasks)


def test_a_victims_routes_stand_though_the_roles_were_reversed() -> None:
    """Nothing waits for a victim."""
    decision = decided(history=History(cross_allegation=True, pair_known=True), **VICTIM)

    assert [route.waits_for_coordinator for route in decision.routes] == [False]


@pytest.mark.parametrize(
    ("known", "urgent", "first"),
    [
        (VICTIM, False, False),
        (VICTIM | {"risk_score": 14}, True, False),
        (VICTIM | {"police_callouts_12m": 3}, True, False),
        ({"role": "harmed_person", "concerns": ("forced_marriage",), "age": 30}, True, True),
        ({"role": "harmed_person", "concerns": ("fgm",), "age": 17}, True, False),
        ({"role": "offender", "concerns": ("other",), "risk_graded": "high"}, True, True),
    ],
)
def test_urgency(known: dict[str, Any], urgent: bool, first: bool) -> None:
    """Urgent without a statutory or a lead route stands first in the coordinator's queue."""
    decision = decided(**known)

    assert (decision.urgent, decision.stands_first) == (urgent, first)
    assert any("decide before all others" in task.text for task in decision.tasks) is first


@pytest.mark.parametrize("concern", ["forced_marriage", "honour_based_abuse"])
def test_no_contact_through_the_family(concern: str) -> None:
    """The practitioner is told to use no interpreter from it."""
    decision = decided(**VICTIM | {"concerns": (concern,)})

    (task,) = [task for task in decision.tasks if task.for_ == "practitioner"]
    assert "no interpreter" in task.text


@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.json")))
def test_a_decision_equals_its_own_replay(name: str) -> None:
    """The same facts and policy print the same decision, byte for byte."""
    document, expect = example(name)
    given = facts_of(document)
    policy = in_force(expect["catalogue"], given.made_at)

    once, again = (json.dumps(decide(given, policy).as_route_json()) for _ in range(2))

    assert once == again


def test_the_printed_decision_has_exactly_the_agreed_shape() -> None:
    """Every name of the contract, and no other."""
    printed = decided(
        **VICTIM
        | {"consent_status": None, "concerns": ("fgm", "domestic_abuse")}
        | {"borough": "croydon", "age": 20, "wants": None, "risk_score": 14}
    ).as_route_json()

    shape = {
        "routes": "pathway kind bases transfer_to funding_to_confirm next_on_site reasons",
        "asks": "fact would_settle",
        "suggestions": "pathway",
        "considered": "pathway verdict presumed blocked_by passed_over_for criteria",
    }
    top = "catalogue outcome urgent risk_level marac_triggers routes suggestions asks tasks"
    assert list(printed) == [*top.split(), "considered"]
    for part, names in shape.items():
        assert {tuple(each) for each in printed[part]} == {tuple(names.split())}
    assert set(printed["considered"][0]["criteria"][0]) == {
        *("text", "verdict", "saw", "source", "assumed")
    }


def test_every_criterion_is_explained_whatever_decided() -> None:
    """No criterion is left out because another one settled the verdict."""
    decision = decided(role="resident", concerns=("noise",))

    for each in decision.considered:
        assert len(each.findings) == len(each.pathway.row.criteria)
        assert all(found.text and found.saw for found in each.findings)
    assert asked(decision) == ["borough"]
