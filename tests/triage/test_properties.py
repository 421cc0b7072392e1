"""What holds for any referral whatever."""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.triage.policy.compiled import compile_rules
from services.triage.policy.decide import decide
from services.triage.policy.decision import Considered, Decision
from services.triage.policy.library import Catalogue, NoneInForce
from services.triage.policy.vocabulary import SPEAKABLE, Speakable
from shared.facts import Facts
from tests.triage.cases import library

Known = dict[str, Any]

DISTRICTS = ["BR5", "BR8", "DA1", "ZZ99", "NW4", "HA8"]
BOROUGHS = ["bromley", "barnet", "croydon"]


def _values(fact: Speakable) -> st.SearchStrategy[Any]:
    if fact.shape == "choice":
        return st.sampled_from(sorted(fact.values))
    if fact.shape == "list":
        return st.lists(st.sampled_from(sorted(fact.values)), max_size=4, unique=True)
    if fact.shape == "number":
        return st.integers(fact.lowest or 0, min(fact.highest or 30, 90))
    if fact.shape == "yes_no":
        return st.booleans()
    if fact.shape == "children":
        return st.lists(st.just({}), max_size=2)
    return st.sampled_from(["en", "ja", "fr"] if fact.path == "person.language" else BOROUGHS)


ALWAYS = {
    "source.agency": st.just("met-police"),
    "source.route": st.just("system"),
    "made_at": st.datetimes(datetime(2013, 5, 1), datetime(2026, 11, 30), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants naive bounds
    **{path: _values(SPEAKABLE[path]) for path in ("source.team", "role")},
    "concerns": st.lists(st.sampled_from(sorted(SPEAKABLE["concerns"].values)), min_size=1),
}
SOMETIMES = {
    path: _values(fact)
    for path, fact in SPEAKABLE.items()
    if path not in ALWAYS and path not in ("risk_level", "marac_triggers")
} | {
    "person.borough": st.sampled_from(BOROUGHS),
    "district": st.sampled_from(DISTRICTS),
    "consent.status": st.sampled_from(["given", "refused", "not_sought", "not_possible"]),
    "consent.given_by": st.sampled_from(["person", "parental_responsibility", "deputy"]),
    "consent.override": st.just(True),
}

REFERRALS = st.fixed_dictionaries(ALWAYS, optional=SOMETIMES)
CATALOGUES = st.sampled_from(["bromley", "barnet"])

# Silence about these is an answer of its own: a checklist that was not completed is a level, the
# district speaks where the borough is silent, and an override that is not there is not there.
SILENCE_SPEAKS = {"person.borough", "consent.override"}


def _policy(name: str, known: Known) -> Catalogue | NoneInForce:
    return library().in_force(name, known["made_at"].date())


def _decide(name: str, known: Known) -> Decision:
    return decide(Facts.model_validate(known), _policy(name, known))


def _may_be_taken_away(fact: str, known: Known) -> bool:
    if fact in ALWAYS or fact in SILENCE_SPEAKS or fact.startswith("risk."):
        return False
    # A victim's age is presumed, and any age tells whose consent counts.
    return fact != "age" or (known["role"] != "victim" and known.get("consent.status") != "given")


def _is_exempt(fact: str, considered: Considered) -> bool:
    """A block whose facts are missing does not block; a language that is missing counts."""
    row = considered.pathway.row
    blocking = fact in ("other_party.relationship", "crime_types") and bool(row.blocks)
    return blocking or (fact == "person.language" and row.id == "imatter")


@given(REFERRALS, CATALOGUES, st.data())
@settings(max_examples=400, deadline=None)
def test_a_fact_taken_away_only_makes_unknown(known: Known, name: str, data: st.DataObject) -> None:
    """It never opens nor closes a pathway; so an added fact never turns met into unknown."""
    removable = sorted(fact for fact in known if _may_be_taken_away(fact, known))
    if not removable:
        return
    fact = data.draw(st.sampled_from(removable))

    whole = _decide(name, known).considered
    less = _decide(name, {each: known[each] for each in known if each != fact}).considered

    for before, after in zip(whole, less, strict=True):
        if not _is_exempt(fact, before):
            assert after.standing in (before.standing, "unknown"), (before.id, fact)


@given(REFERRALS, CATALOGUES, st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_the_order_of_the_file_changes_nothing(known: Known, name: str, random: Any) -> None:
    """Pathways shuffled, the same decision is printed."""
    policy = _policy(name, known)
    if isinstance(policy, NoneInForce):
        return
    rows = list(policy.policy.pathways)
    random.shuffle(rows)
    shuffled = policy.policy.model_copy(update={"pathways": tuple(rows)})
    other = Catalogue(shuffled, policy.sha256, compile_rules(shuffled))
    facts = Facts.model_validate(known)

    assert decide(facts, other).as_route_json() == decide(facts, policy).as_route_json()


@given(REFERRALS, CATALOGUES)
@settings(max_examples=150, deadline=None)
def test_a_decision_equals_its_replay_from_stored_facts(known: Known, name: str) -> None:
    """Facts that have been written and read again are decided alike."""
    facts = Facts.model_validate(known)
    stored = Facts.model_validate_json(facts.model_dump_json(by_alias=True, exclude_none=True))
    policy = _policy(name, known)

    first = json.dumps(decide(facts, policy).as_route_json())

    assert json.dumps(decide(stored, policy).as_route_json()) == first


@given(REFERRALS, CATALOGUES)
@settings(max_examples=300, deadline=None)
def test_no_referral_ends_in_silence(known: Known, name: str) -> None:
    """What is eligible is routed, suggested or passed over; what is unknown is asked for."""
    decision = _decide(name, known)

    routed = {route.pathway for route in decision.routes}
    asked = {ask.fact for ask in decision.asks}
    for each in decision.considered:
        if each.standing == "eligible":
            assert each.id in routed or each.id in decision.suggestions or each.passed_over_for
        assert not (each.standing == "unknown" and not each.asks)
        if each.standing == "unknown" and each.pathway.row.kind != "offer":
            himself = known["role"] == "perpetrator" and known["source.team"] == "self"
            assert himself or set(each.asks) <= asked
    assert (decision.outcome == "routed") is bool(routed)


@given(REFERRALS, CATALOGUES)
@settings(max_examples=300, deadline=None)
def test_one_of_a_group_at_most_is_routed(known: Known, name: str) -> None:
    """A case has one lead of each kind."""
    decision = _decide(name, known)

    rows = {each.id: each.pathway.row for each in decision.considered}
    groups = [rows[route.pathway].group for route in decision.routes if route.kind == "lead"]
    assert len(groups) == len(set(groups))
