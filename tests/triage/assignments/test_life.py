"""The life of an assignment: what may follow what, by table, and what each act leaves behind."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.triage.assignments import steps
from services.triage.assignments.life import (
    HELD,
    OPEN,
    TRANSITIONS,
    Act,
    Assignment,
    NotAllowed,
    State,
)
from services.triage.assignments.steps import Asked, Change
from services.triage.policy.deadlines import Deadlines
from shared.events import (
    AssignmentAccepted,
    AssignmentContactAttempted,
    AssignmentEscalated,
    AssignmentOffered,
    AssignmentOverdue,
    AssignmentTransferred,
    EventData,
)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
BEAA = Asked("p-beaa", "practitioner", "she is free", Deadlines(NOW + HOUR, NOW + DAY))
UP = Asked("p-coor", "coordinator", "on call", Deadlines(NOW + HOUR, NOW + DAY))
LATER = NOW + 2 * DAY


def at(state: State) -> Assignment:
    """An assignment in a state; Anna has it where anybody does."""
    new = steps.begun(
        UUID(int=1),
        UUID(int=2),
        pathway="refuge",
        kind="additional",
        catalogue="bromley",
        team="bcwa",
        urgent=False,
    )
    anna = Asked("p-anna", "practitioner", "fewest", Deadlines(NOW, NOW + DAY))
    if state is State.WAITLISTED:
        return steps.wait(new, "pathway_full", 1, NOW).one
    if state is State.ESCALATED:
        return steps.escalate(new, anna, "new", NOW).one
    one = steps.offer(new, anna, "new", NOW).one
    if state is State.WITHDRAWN:
        return steps.withdraw(one, "no longer follows", NOW).one
    if state in (State.ACCEPTED, State.CLOSED):
        one = steps.accept(one, "p-anna", NOW, None).one
    if state is State.CLOSED:
        one = steps.close(one, "p-anna", "engaged", None, needed=3, now=NOW).one
    return one


ACTS: dict[Act, Callable[[Assignment], Change]] = {
    "wait": lambda one: steps.wait(one, "nobody_has_room", 1, NOW),
    "offer": lambda one: steps.offer(one, BEAA, "new", NOW),
    "escalate": lambda one: steps.escalate(one, UP, "overdue", NOW),
    "accept": lambda one: steps.accept(one, "p-anna", NOW, None),
    "decline": lambda one: steps.decline(one, "p-anna", "no_room", None, NOW),
    "contact": lambda one: steps.contact(
        one, "p-anna", "call", True, None, needed=3, again_by=LATER, now=NOW
    ),
    "fall_late": lambda one: steps.fall_late(one, LATER, NOW),
    "transfer": lambda one: steps.transfer(one, "p-coor", NOW, to="p-beaa"),
    "close": lambda one: steps.close(one, "p-anna", "engaged", None, needed=3, now=NOW),
    "withdraw": lambda one: steps.withdraw(one, "no longer follows", NOW),
}
W, O, E, A, C, X = State  # noqa: E741 - the six states, in the order of the table below
MAY: dict[Act, set[State]] = {
    "wait": {W},
    "offer": {W, O, E},
    "escalate": {W, O, E},
    "accept": {O, E},
    "decline": {O, E},
    "contact": {A},
    "fall_late": {O, E, A},
    "transfer": {W, O, E, A},
    "close": {A},
    "withdraw": {W, O, E, A},
}


@pytest.mark.parametrize("act", list(ACTS))
@pytest.mark.parametrize("state", list(State))
def test_every_act_in_every_state(act: Act, state: State) -> None:
    """By hand: what may be done when. What may not is refused in a sentence, and changes nothing;
    what may is as the table has it, one step longer, with a holder exactly where there is one."""
    before = at(state)
    if state not in MAY[act]:
        with pytest.raises(NotAllowed) as refused:
            ACTS[act](before)
        assert refused.value.reason.endswith(".")
        return
    change = ACTS[act](before)
    after = change.one
    assert after.state in TRANSITIONS[act][state]
    assert (after.steps, change.step.number) == (before.steps + 1, before.steps + 1)
    assert (after.holder is not None) == (after.state in HELD | {C}) or after.state is X
    assert (after.awaited is None) == (after.due_at is None)
    line = change.step
    assert (line.act, line.state, line.holder) == (act, after.state, after.holder)
    assert all(event.model_dump()["assignment_id"] == after.id for event in change.events)


def test_the_table_knows_every_act_and_nothing_leaves_its_end() -> None:
    """What is closed or withdrawn stays so."""
    assert TRANSITIONS.keys() == ACTS.keys()
    assert all(not table.keys() - OPEN for table in TRANSITIONS.values())


def told(change: Change) -> list[type[EventData]]:
    """The types of what is told, in order."""
    return [type(event) for event in change.events]


def test_an_offer_starts_the_clock() -> None:
    """Until the answer is due; whoever was asked before has let it pass."""
    change = steps.offer(at(O), BEAA, "declined", NOW)
    one = change.one
    assert (one.awaited, one.due_at) == ("acknowledgement", NOW + HOUR)
    assert (one.holder, one.offer, one.passed) == ("p-beaa", 2, ("p-anna",))
    (event,) = change.events
    assert isinstance(event, AssignmentOffered)
    assert (event.offer, event.because) == (2, "declined")


def test_the_same_person_asked_again_has_let_nothing_pass() -> None:
    """As when a referral becomes urgent."""
    again = replace(BEAA, holder="p-anna")
    assert steps.offer(at(O), again, "new", NOW).one.passed == ()


def test_going_up_tells_who_was_late_who_is_next_and_offers() -> None:
    """Overdue by the one, escalated to the other, who is offered it."""
    change = steps.escalate(at(O), UP, "overdue", NOW)
    overdue, escalated, offered = change.events
    assert isinstance(overdue, AssignmentOverdue)
    assert isinstance(escalated, AssignmentEscalated)
    assert isinstance(offered, AssignmentOffered)
    assert (overdue.practitioner_id, overdue.awaited) == ("p-anna", "acknowledgement")
    assert (escalated.practitioner_id, escalated.level) == ("p-coor", "coordinator")
    assert (offered.practitioner_id, offered.because) == ("p-coor", "overdue")


def test_what_nobody_was_asked_for_is_not_overdue() -> None:
    """It goes to the coordinator at once, where nobody of the team is free."""
    assert told(steps.escalate(at(W), UP, "new", NOW)) == [AssignmentEscalated, AssignmentOffered]


def test_accepting_starts_the_clock_of_the_first_contact() -> None:
    """The one clock from now on; the programme is named only where it may be."""
    change = steps.accept(at(O), "p-anna", NOW, "Refuge")
    assert (change.one.awaited, change.one.due_at) == ("first_contact", NOW + DAY)
    (event,) = change.events
    assert isinstance(event, AssignmentAccepted)
    assert event.service == "Refuge"


def test_who_was_reached_before_is_not_awaited_again() -> None:
    """A colleague takes over somebody who has been spoken to."""
    reached = replace(at(O), reached=True)
    assert steps.accept(reached, "p-anna", NOW, None).one.due_at is None


def attempt(one: Assignment, reached: bool, now: datetime = NOW) -> Change:
    """A call, of which three are needed in vain."""
    return steps.contact(one, "p-anna", "call", reached, "n", needed=3, again_by=LATER, now=now)


def test_the_first_contact_stops_the_clock() -> None:
    """Once somebody was reached, nothing is awaited."""
    change = attempt(at(A), True)
    one = change.one
    assert (one.reached, one.attempts, one.awaited, one.due_at) == (True, 1, None, None)
    (event,) = change.events
    assert isinstance(event, AssignmentContactAttempted)
    assert (event.attempt, event.reached, change.step.note) == (1, True, "n")
    assert "note" not in event.model_dump()


def test_a_try_in_vain_gives_time_for_the_next_until_they_are_enough() -> None:
    """The clock goes on until the pathway's number of attempts is made."""
    first = attempt(at(A), False)
    second = attempt(first.one, False)
    third = attempt(second.one, False)
    assert [each.one.due_at for each in (first, second, third)] == [LATER, LATER, None]
    assert [each.one.attempts for each in (first, second, third)] == [1, 2, 3]


def test_unable_to_contact_only_after_the_attempts() -> None:
    """Fewer are refused with the number; enough are enough, other outcomes need none."""
    one = at(A)
    for tries in range(3):
        with pytest.raises(NotAllowed, match="not allowed") as refused:
            steps.close(one, "p-anna", "unable_to_contact", None, needed=3, now=NOW)
        assert "3 times" in refused.value.reason
        one = attempt(one, False).one
        assert one.attempts == tries + 1
    assert steps.close(one, "p-anna", "unable_to_contact", None, needed=3, now=NOW).one.state is C


def test_a_late_contact_leaves_the_holder_and_tells_another() -> None:
    """The clock goes on; how far it was told is remembered."""
    change = steps.fall_late(at(A), LATER, NOW, ("stand_in", "p-beaa"))
    assert (change.one.holder, change.one.late, change.one.due_at) == ("p-anna", "stand_in", LATER)
    overdue, escalated = change.events
    assert isinstance(overdue, AssignmentOverdue)
    assert isinstance(escalated, AssignmentEscalated)
    assert overdue.awaited == escalated.awaited == "first_contact"
    assert escalated.practitioner_id == "p-beaa"


def test_at_the_top_it_is_told_again_and_again() -> None:
    """Nobody is left, and the clock goes on firing."""
    once = steps.fall_late(at(E), NOW + HOUR, NOW)
    again = steps.fall_late(once.one, NOW + 2 * HOUR, NOW + HOUR)
    assert told(once) == told(again) == [AssignmentOverdue]
    assert again.one.due_at == NOW + 2 * HOUR


def test_a_transfer_to_another_pathway_begins_the_attempts_anew() -> None:
    """On to a colleague they go with it; the event says from whom to whom, never why."""
    tried = attempt(at(A), False).one
    colleague = steps.transfer(tried, "p-anna", NOW, to="p-beaa", note="she moved")
    elsewhere = steps.transfer(tried, "p-coor", NOW, pathway="safebeds")
    assert (colleague.one.attempts, elsewhere.one.attempts) == (1, 0)
    assert (colleague.one.pathway, elsewhere.one.pathway) == ("refuge", "safebeds")
    (event,) = colleague.events
    assert isinstance(event, AssignmentTransferred)
    assert (event.practitioner_id, event.to_practitioner_id) == ("p-anna", "p-beaa")
    assert "moved" not in event.model_dump_json()
    assert colleague.step.note == "she moved"


def test_who_waits_keeps_the_place_in_time() -> None:
    """What is put on the list again has been waiting since the first time."""
    again = steps.wait(at(W), "nobody_at_work", 4, NOW + DAY)
    assert again.one.waiting_since == NOW
