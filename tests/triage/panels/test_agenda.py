"""What a decision puts on an agenda, and what a meeting makes of it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.triage.assignments.life import NotAllowed
from services.triage.panels.agenda import (
    Case,
    Listings,
    Wanted,
    concluded,
    in_order,
    listings,
    rated,
)
from shared.events import PanelOutcome

LISTED_AT = datetime(2026, 11, 16, 9, tzinfo=UTC)
MEETS_ON = date(2026, 11, 24)
NEXT = date(2026, 12, 22)


def case(number: int = 1, **changes: Any) -> Case:
    """A case on the MARAC's agenda."""
    made = Case(
        id=UUID(int=number),
        catalogue="bromley",
        panel="marac",
        pathway="marac",
        kind="statutory",
        referral_id=UUID(int=100 + number),
        meets_on=MEETS_ON,
        triggers=("escalation",),
        risk_level="medium",
        state="listed",
        listed_at=LISTED_AT + timedelta(minutes=number),
    )
    return replace(made, **changes)


def wanted(**changes: Any) -> Wanted:
    """What brought that case there."""
    made = Wanted(
        catalogue="bromley",
        panel="marac",
        pathway="marac",
        kind="statutory",
        triggers=("escalation",),
        risk_level="medium",
    )
    return replace(made, **changes)


def after(
    one: Case, outcome: PanelOutcome, today: date = MEETS_ON, keeps_in_view: bool = False
) -> Case:
    """The case after its meeting."""
    return concluded(
        one, outcome, by="p-chair", today=today, next_meeting=NEXT, keeps_in_view=keeps_in_view
    )


def test_a_first_decision_lists() -> None:
    """One case for each panel that it wants."""
    assert listings([wanted()], []) == Listings((wanted(),), (), ())


def test_the_same_again_changes_nothing() -> None:
    """An amendment that says nothing of the panel leaves its case as it is."""
    assert listings([wanted()], [case()]) == Listings((), (), ())


def test_an_amendment_changes_the_listed_case() -> None:
    """A repeat that is found later is flagged on the case that stands there."""
    found = listings([wanted(triggers=("escalation", "repeat"))], [case()])
    (changed,) = found.changed
    assert (changed.id, changed.repeat, found.new) == (case().id, True, ())


def test_a_statutory_case_stays() -> None:
    """No amendment takes somebody off the MARAC's agenda."""
    assert listings([], [case()]) == Listings((), (), ())


def test_another_boroughs_panel_is_another_panel() -> None:
    """A borough that is put right lists the case there too; the old one keeps what the law asks."""
    barnet = wanted(catalogue="barnet")
    assert listings([barnet], [case()]) == Listings((barnet,), (), ())


def test_the_newest_case_at_a_panel_counts() -> None:
    """What was heard long ago does not list again what is listed now."""
    assert listings([wanted()], [case(1, state="heard", triggers=()), case(2)]).new == ()


def test_another_case_is_taken_off() -> None:
    """Where its route no longer follows, and nobody has taken it up."""
    drive = case(panel="perpetrator_panel", pathway="drive", kind="lead")
    assert listings([], [drive]) == Listings((), (), (drive,))
    assert listings([], [drive], standing=["drive"]) == Listings((), (), ())


@pytest.mark.parametrize("settled", [{"state": "heard"}, {"state": "withdrawn"}])
def test_what_a_person_settled_comes_back_for_a_new_trigger_alone(settled: dict[str, Any]) -> None:
    """What the panel knew already is no reason to hear it twice."""
    was = case(settled_by="p-chair", **settled)
    assert listings([wanted()], [was]).new == ()
    worse = wanted(triggers=("escalation", "professional_judgement"))
    assert listings([worse], [was]).new == (worse,)


def test_what_the_rules_took_off_comes_back_by_the_rules() -> None:
    """Nobody said that it should not."""
    drive = wanted(panel="perpetrator_panel", pathway="drive", kind="lead", triggers=())
    was = case(panel="perpetrator_panel", kind="lead", triggers=(), state="withdrawn")
    assert listings([drive], [was]).new == (drive,)


def test_heard() -> None:
    """It is off the agenda, and says who recorded it."""
    heard = after(case(), "heard")
    assert (heard.state, heard.settled_by, heard.meets_on) == ("heard", "p-chair", MEETS_ON)


def test_deferred_is_listed_for_the_next_meeting() -> None:
    """It is the same case."""
    deferred = after(case(), "deferred", today=MEETS_ON - timedelta(days=3))
    assert (deferred.id, deferred.state, deferred.meets_on) == (case().id, "listed", NEXT)


def test_a_panel_with_a_status_keeps_people_in_view() -> None:
    """Who was heard is listed again, until withdrawn."""
    heard = after(case(), "heard", keeps_in_view=True)
    assert (heard.state, heard.meets_on) == ("listed", NEXT)
    assert after(heard, "withdrawn", keeps_in_view=True).state == "withdrawn"


def test_nothing_is_heard_before_the_meeting() -> None:
    """The day before is too early; the day itself is not."""
    with pytest.raises(NotAllowed) as refused:
        after(case(), "heard", today=MEETS_ON - timedelta(days=1))
    assert refused.value.reason == "The meeting has not been held yet."


@pytest.mark.parametrize("outcome", ["heard", "deferred", "withdrawn"])
@pytest.mark.parametrize("state", ["heard", "withdrawn"])
def test_what_is_on_no_agenda_has_no_outcome(state: str, outcome: PanelOutcome) -> None:
    """A second outcome is refused, and says why."""
    with pytest.raises(NotAllowed) as refused:
        after(case(state=state), outcome)
    assert f"it has been {state}" in refused.value.reason


def test_a_panel_without_a_next_meeting() -> None:
    """Nothing can be put off to it; what it keeps in view is heard for the last time."""
    last: dict[str, Any] = {"by": "p-chair", "today": MEETS_ON, "next_meeting": None}
    assert concluded(case(), "heard", keeps_in_view=True, **last).state == "heard"
    with pytest.raises(NotAllowed):
        concluded(case(), "deferred", keeps_in_view=True, **last)


def test_a_status_has_its_reason() -> None:
    """The newest stands on the case."""
    red = rated(case(), "red", "recalled twice", has_status=True)
    assert (red.rag, red.rag_reason) == ("red", "recalled twice")


@pytest.mark.parametrize(("changes", "has_status"), [({}, False), ({"state": "withdrawn"}, True)])
def test_no_status(changes: dict[str, Any], has_status: bool) -> None:
    """Not where the panel gives none, nor of a case that is withdrawn."""
    with pytest.raises(NotAllowed):
        rated(case(**changes), "red", "because", has_status=has_status)


def test_the_order_of_a_marac() -> None:
    """High risk first, among equals repeats, then who was listed first."""
    standard = case(1, risk_level="standard", triggers=("escalation", "repeat"))
    unfinished = case(2, risk_level="not_completed")
    medium, later = case(3), case(4)
    repeat = case(5, triggers=("repeat",))
    high = case(6, risk_level="high")
    taken = in_order([standard, unfinished, later, medium, repeat, high])
    assert taken == (high, repeat, medium, later, unfinished, standard)


def test_the_order_where_there_is_a_status() -> None:
    """Red first, then whom nobody has rated yet, whatever the risk."""
    green, amber = case(1, rag="green", risk_level="high"), case(2, rag="amber")
    new, red = case(3), case(4, rag="red", risk_level="standard")
    assert in_order([green, amber, new, red]) == (red, new, amber, green)
