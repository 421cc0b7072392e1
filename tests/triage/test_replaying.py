"""Past decisions under another catalogue: what would differ, and what cannot be told."""

import json
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest

from services.triage.policy.decide import decide
from services.triage.policy.library import SHIPPED, Catalogue, read_catalogue
from services.triage.policy.replaying import Kept, Replay, difference
from shared.facts import History
from tests.triage.cases import EXAMPLES, decided, example, facts, facts_of, in_force, library

TEXT = (SHIPPED / "bromley-2022-10-01.yaml").read_text()
NOW = library().versions("bromley")[1]
NEXT_YEAR = ("in_force_from: 2022-10-01", "in_force_from: 2027-04-01")
FAMILY: dict[str, Any] = {"age": 35, "district": "BR5", "consent_status": "given"}
REFERRAL = UUID(int=7)


def changed(*changes: tuple[str, str]) -> Catalogue:
    """Bromley's policy with lines replaced."""
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return read_catalogue(text.encode(), "draft.yaml")


def with_rule(pathway: str, rule: str) -> tuple[str, str]:
    """One more criterion of a row, the first; some rows write theirs on one line."""
    start = TEXT.index(f"  - id: {pathway}\n")
    end = TEXT.index("    criteria:", start) + len("    criteria:")
    on_one_line = TEXT[end] == " "
    row = TEXT[start : end + 2] if on_one_line else TEXT[start : end + 1]
    return row, f"{row}{rule}, " if on_one_line else f"{row}      - {rule}\n"


def kept(catalogue: str = "bromley", history: History | None = None, **known: Any) -> Kept:
    """A referral as it was decided in its day, and stored."""
    given, remembered = facts(catalogue, **known), history or History()
    decision = decide(given, in_force(catalogue, given.made_at), remembered)
    return stored(given.model_dump_json(by_alias=True, exclude_none=True), remembered, decision)


def stored(given: str, history: History, decision: Any) -> Kept:
    """What comes back from where decisions are kept."""
    return Kept.model_validate(
        {
            "decision_id": UUID(int=1),
            "referral_id": REFERRAL,
            "revision": 1,
            "facts": json.loads(given),
            "history": history.model_dump(mode="json", exclude_none=True),
            "decision": json.loads(json.dumps(decision.as_route_json())),
        }
    )


@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*-*.json")))
def test_under_its_own_catalogue_a_decision_is_what_it_was(name: str) -> None:
    """To the last route, ask and suggestion."""
    document, expected = example(name)
    given = facts_of(document)
    own = in_force(expected["catalogue"], given.made_at)
    assert isinstance(own, Catalogue)
    history = History(marac_on=date(2026, 1, 2), pair_known=True)
    past = stored(
        given.model_dump_json(by_alias=True, exclude_none=True),
        history,
        decide(given, own, history),
    )

    assert difference(past, own) is None


def test_a_rule_that_is_narrowed_loses_its_route() -> None:
    """With what comes of it: the next of the group gains."""
    draft = changed(with_rule("idsva_community_safety_unit", "{fact: age, at_least: 40}"))

    found = difference(kept(**FAMILY, risk_score=12), draft)

    assert found is not None
    assert found.turns == {
        "gained": ("community_outreach",),
        "lost": ("idsva_community_safety_unit",),
    }
    assert found.measures == {}
    assert (found.referral_id, found.made_on) == (REFERRAL, date(2026, 11, 18))


def test_a_measure_that_is_moved_moves_level_triggers_and_urgency() -> None:
    """A score of 14 is high no more where high begins at 16."""
    draft = changed(("high_from: 14", "high_from: 16"))

    found = difference(kept(**FAMILY, risk_score=14, children=()), draft)

    assert found is not None
    assert found.measures == {
        "urgent": (True, False),
        "risk_level": ("high", "medium"),
        "marac_triggers": (["visible_high_risk"], []),
    }
    assert found.turns["lost"] == ("marac",)
    assert found.turns["on_other_terms"] == ("idsva_community_safety_unit",)


def test_a_new_criterion_on_a_missing_fact_asks_for_it() -> None:
    """The route is lost, the pathway is asking, and the outcome shows it."""
    draft = changed(with_rule("youth_offending_service", "{fact: offending.arrested, is: true}"))
    past = kept(role="offender", age=15, concerns=("burglary",), circumstances=())

    found = difference(past, draft)

    assert found is not None
    assert found.turns == {
        "lost": ("youth_offending_service",),
        "now_asking": ("youth_offending_service",),
    }
    assert found.measures["outcome"] == ("routed", "needs_information")
    assert found.asks == ("offending.arrested",)


def test_a_fact_that_nobody_ever_kept_is_not_recorded() -> None:
    """So that a wave of new questions is not taken for the policy's doing."""
    draft = changed(with_rule("youth_offending_service", "{fact: offending.arrested, is: true}"))
    past = kept(role="offender", age=15, concerns=("burglary",))
    replay = Replay(draft)

    replay.compare(past)
    of_one = replay.not_recorded
    replay.compare(kept(role="offender", age=15, concerns=("burglary",), arrested=False))

    assert of_one == ("offending.arrested",)
    assert replay.not_recorded == ()


def test_a_catalogue_is_tried_as_if_it_had_been_in_force() -> None:
    """Rows that begin with it count for referrals of before; own dates of later days do not."""
    row = "  - id: safebeds\n"
    soon = changed(NEXT_YEAR, (row, f"{row}    from: 2027-04-01\n"))
    later = changed(NEXT_YEAR, (row, f"{row}    from: 2027-10-01\n"))
    past = kept(**FAMILY, gender="female", team="mash", wants=("safe_accommodation",))

    lost = difference(past, later)
    assert difference(past, soon) is None
    assert lost is not None
    assert lost.turns == {"lost": ("safebeds",)}


def test_funding_that_ends_is_a_route_on_other_terms() -> None:
    """It is made all the same."""
    row = "  - id: youth_offending_service\n"
    draft = changed(NEXT_YEAR, (row, f"{row}    funded_until: 2027-03-31\n"))
    past = kept(role="offender", age=15, concerns=("burglary",))

    found = difference(past, draft)

    assert found is not None
    assert found.turns == {"on_other_terms": ("youth_offending_service",)}


def test_an_offer_that_lacks_a_fact_asks_nobody() -> None:
    """It is not counted as asking; one that is eligible is suggested."""
    draft = changed(
        with_rule("mens_advice_line", "{fact: offending.statutory, is: true}"),
        with_rule("stalking_advocacy", "{fact: age, at_least: 60}"),
    )
    past = kept(**FAMILY, gender="male", concerns=("domestic_abuse", "stalking"))

    found = difference(past, draft)

    assert found is not None
    assert found.turns == {"no_longer_suggested": ("mens_advice_line", "stalking_advocacy")}
    assert found.asks == ()


def test_pathways_and_measures_are_counted_over_all_decisions() -> None:
    """Two that lose the same route, one that stays as it was."""
    draft = changed(with_rule("youth_offending_service", "{fact: age, at_least: 12}"))
    replay = Replay(draft)

    for age in (10, 11, 12):
        replay.compare(kept(role="offender", age=age, concerns=("burglary",), circumstances=()))

    assert (replay.compared, len(replay.differences)) == (3, 2)
    assert replay.by_pathway()["youth_offending_service"]["lost"] == 2
    assert replay.by_measure() == [
        {"measure": "outcome", "was": "routed", "would_be": "unrouted", "decisions": 2}
    ]


def test_what_differs_is_told_and_nothing_else() -> None:
    """The JSON of one decision leaves out what is alike."""
    draft = changed(with_rule("youth_offending_service", "{fact: age, at_least: 16}"))
    past = kept(role="offender", age=15, concerns=("burglary",), circumstances=())

    found = difference(past, draft)

    assert found is not None
    assert found.as_json() == {
        "decision_id": str(UUID(int=1)),
        "referral_id": str(REFERRAL),
        "revision": 1,
        "made_on": "2026-11-18",
        "lost": ["youth_offending_service"],
        "outcome": {"was": "routed", "would_be": "unrouted"},
    }


def test_a_decision_from_before_any_policy_is_compared_too() -> None:
    """Nothing was in force then: every route is gained."""
    made_at = datetime.fromisoformat("2017-03-31T10:00:00+01:00")
    past = kept(made_at=made_at, role="offender", age=15, concerns=("burglary",), circumstances=())

    found = difference(past, NOW)

    assert found is not None
    assert found.turns["gained"] == ("youth_offending_service",)
    assert decided(role="offender", age=15, concerns=("burglary",)).outcome == "routed"
