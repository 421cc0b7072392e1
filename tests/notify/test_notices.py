"""Which messages a notice begins with, and what follows when they tell nobody. No database."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import uuid4

import pytest

from services.notify import delivery, notices
from services.notify.delivery import IN_TIME, InTime, Message, State
from services.notify.reach import Quiet, Reach
from shared.events import Level, OfferedBecause, Purpose, ReferralInformationRequested
from tests.notify.ground import NOON, late_action, late_contact, offer

BOTH, TEXT_FIRST = Reach(("email", "sms")), Reach(("sms", "email"))
NIGHT = Quiet(time(20), time(7, 30))


def states(*given: State, urgent: bool = True) -> list[Message]:
    """A notice whose messages, by email and by text, are in these states; sent ones are late."""
    made = notices.offered(offer(urgent=True), BOTH, NOON)
    return [
        replace(
            message,
            state=state,
            urgent=urgent,
            deliver_by=NOON if state is State.SENT else None,
        )
        for message, state in zip(made, given, strict=False)
    ]


def fall_back(
    messages: list[Message], reach: Reach = BOTH, level: Level | None = None
) -> notices.FellBack | None:
    """What follows at noon."""
    return notices.fall_back(messages, reach, level, NOON, IN_TIME)


def test_urgent_goes_by_both_channels_at_any_hour() -> None:
    """Whatever somebody prefers, and whenever: at once."""
    at_night = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
    reach = Reach(("sms", "email"), NIGHT)
    email_and_text = notices.offered(offer(urgent=True), reach, at_night)[:2]
    assert [(m.channel, m.due_at) for m in email_and_text] == [
        ("sms", at_night),
        ("email", at_night),
    ]


def test_routine_goes_by_the_preferred_channel_alone() -> None:
    """The other is kept for when that fails."""
    assert [m.channel for m in notices.offered(offer(), BOTH, NOON)] == ["email"]
    assert [m.channel for m in notices.offered(offer(), TEXT_FIRST, NOON)] == ["sms"]


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        ((11, 24, 12, 0), (11, 24, 12, 0)),
        ((11, 24, 19, 59), (11, 24, 19, 59)),
        ((11, 24, 20, 0), (11, 25, 7, 30)),
        ((11, 25, 0, 10), (11, 25, 7, 30)),
        ((11, 25, 7, 29), (11, 25, 7, 30)),
        ((11, 25, 7, 30), (11, 25, 7, 30)),
        # In summer London is an hour ahead: 20:30 there, until 06:30 of Greenwich.
        ((7, 1, 19, 30), (7, 2, 6, 30)),
        ((7, 1, 18, 30), (7, 1, 18, 30)),
    ],
)
def test_routine_waits_for_the_end_of_quiet_hours(
    moment: tuple[int, int, int, int], end: tuple[int, int, int, int]
) -> None:
    """By London's clock, over midnight too."""
    now, then = datetime(2026, *moment, tzinfo=UTC), datetime(2026, *end, tzinfo=UTC)
    assert Reach(("email",), NIGHT).from_when(now, urgent=False) == then


def test_quiet_hours_within_a_day() -> None:
    """A surgery from nine to twelve."""
    quiet = Quiet(time(9), time(12))
    assert quiet.end(NOON.replace(hour=11)) == NOON
    assert quiet.end(NOON) == NOON
    assert quiet.end(NOON.replace(hour=8)) == NOON.replace(hour=8)


@pytest.mark.parametrize(
    ("because", "purpose"),
    [
        ("new", "offered"),
        ("declined", "offered"),
        ("transferred", "offered"),
        ("overdue", "escalated"),
        ("place_came_free", "place_came_free"),
    ],
)
def test_an_offer_is_told_as_what_it_is(because: OfferedBecause, purpose: Purpose) -> None:
    """Why somebody is asked decides what is said."""
    event = offer().model_copy(update={"because": because})
    assert [m.purpose for m in notices.offered(event, BOTH, NOON)] == [purpose]


def test_a_long_wait_has_a_reminder_in_its_middle() -> None:
    """Half of the time to answer after the offer was told, by the same channel."""
    event = offer(acknowledge_by=NOON + timedelta(hours=6))
    first, reminder = notices.offered(event, TEXT_FIRST, NOON)
    assert (reminder.purpose, reminder.channel) == ("reminder", "sms")
    assert reminder.due_at == NOON + timedelta(hours=3)
    assert first.notice != reminder.notice


@pytest.mark.parametrize(
    ("hours", "quiet"),
    [(3, None), (9, Quiet(time(16), time(23)))],
)
def test_no_reminder_that_comes_too_soon_or_too_late(hours: int, quiet: Quiet | None) -> None:
    """Within two hours it is one too many; after the time to answer it helps nobody."""
    event = offer(acknowledge_by=NOON + timedelta(hours=hours))
    assert len(notices.offered(event, Reach(("email",), quiet), NOON)) == 1


def test_the_same_offer_has_the_same_messages() -> None:
    """Ids follow from what a message is about, and not from when it is made."""
    event = offer(urgent=True)
    first = notices.offered(event, BOTH, NOON)
    again = notices.offered(event, TEXT_FIRST, NOON + timedelta(hours=1))
    assert {m.id for m in first} == {m.id for m in again}


def test_one_message_for_one_offer_person_purpose_and_channel() -> None:
    """Each of these makes it another message."""
    event = offer(urgent=True)
    later = event.model_copy(update={"offer": 2})
    elses = event.model_copy(update={"practitioner_id": "p-nophone"})
    late = late_contact(event)
    one = Reach(("email",))
    made = [
        *notices.offered(event, BOTH, NOON),
        *notices.offered(later, one, NOON),
        *notices.offered(elses, one, NOON),
        *notices.first_contact_overdue(late, one, NOON, offer=1, urgent=True),
        *notices.first_contact_overdue(late, one, NOON, offer=2, urgent=True),
        *notices.withdrawn(notices.offered(event, one, NOON)[0], one, NOON),
    ]
    assert len({message.id for message in made}) == len(made) == 7


@pytest.mark.parametrize(
    "told",
    [
        (State.QUEUED, State.FAILED),
        (State.SENDING, State.SENT),
        (State.DELIVERED, State.FAILED),
        (State.DOUBTFUL, State.DELIVERED),
        (State.DROPPED, State.FAILED),
    ],
)
def test_nothing_follows_while_one_message_may_tell_it(told: tuple[State, State]) -> None:
    """What is on its way is waited for, what arrived is enough, what is dropped is not wanted."""
    assert fall_back(states(*told)) is None


def test_what_a_provider_that_never_reports_has_taken_counts_as_told() -> None:
    """Nothing could be waited for."""
    email, text = states(State.SENT, State.FAILED)
    assert fall_back([replace(email, deliver_by=None), text]) is None


def test_a_message_that_may_still_arrive_in_time_is_waited_for() -> None:
    """Until the very moment."""
    [late] = states(State.SENT)
    assert fall_back([replace(late, deliver_by=NOON + timedelta(seconds=1))]) is None
    assert fall_back([late]) is not None


@pytest.mark.parametrize("state", [State.SENT, State.FAILED, State.DOUBTFUL])
def test_what_was_withdrawn_needs_to_tell_nobody(state: State) -> None:
    """Neither another channel nor anybody else hears of what no longer holds."""
    [message] = states(state)
    assert fall_back([delivery.withdrawn(message)]) is None


@pytest.mark.parametrize("state", [State.SENT, State.FAILED, State.DOUBTFUL])
def test_first_the_other_channel(state: State) -> None:
    """A message of its own, from the beginning; the first is marked with what was tried instead."""
    follows = fall_back(states(state, urgent=False))
    assert follows is not None
    assert follows.instead is not None
    assert follows.to == "sms"
    assert [m.fell_back_to for m in follows.failed] == ["sms"]
    new = follows.instead
    assert (new.channel, new.state, new.tries, new.due_at) == ("sms", State.QUEUED, 0, NOON)
    assert (new.deliver_by, new.sent_at, new.provider) == (None, None, None)
    assert new.notice == follows.failed[0].notice
    assert new.id != follows.failed[0].id


def test_the_other_channel_keeps_quiet_hours_too() -> None:
    """A routine message that failed at night is not worth waking anybody."""
    reach = Reach(("email", "sms"), Quiet(time(11), time(14)))
    follows = fall_back(states(State.FAILED, urgent=False), reach)
    assert follows is not None
    assert follows.instead is not None
    assert follows.instead.due_at == NOON + timedelta(hours=2)


def test_then_the_stand_in() -> None:
    """Where no channel is left: once for the notice, whatever became of its messages."""
    follows = fall_back(states(State.FAILED, State.SENT))
    assert follows is not None
    assert (follows.to, follows.instead) == ("stand_in", None)
    assert [m.fell_back_to for m in follows.failed] == ["stand_in"] * 2
    assert fall_back(list(follows.failed)) is None


def test_only_channels_that_are_there_are_tried() -> None:
    """Nobody texts a number that was refused."""
    follows = fall_back(states(State.FAILED), Reach(("email",)))
    assert follows is not None
    assert follows.to == "stand_in"


@pytest.mark.parametrize(
    ("level", "to"),
    [
        (None, "stand_in"),
        ("practitioner", "stand_in"),
        ("stand_in", "stand_in"),
        ("coordinator", "coordinators_screen"),
        ("contact", "coordinators_screen"),
    ],
)
def test_above_a_coordinator_there_is_the_screen(level: Level | None, to: str) -> None:
    """Who could not be told decides where it goes."""
    follows = fall_back(states(State.FAILED, State.FAILED), level=level)
    assert follows is not None
    assert follows.to == to


def test_what_is_no_offer_comes_before_the_coordinators() -> None:
    """Reminders, actions, agencies: nobody else could be asked in their place."""
    asked = ReferralInformationRequested(
        referral_id=uuid4(), revision=2, agency="acme-school", asks=("risk.score",)
    )
    event = offer(acknowledge_by=NOON + timedelta(hours=9))
    one = Reach(("email",))
    for made in (
        notices.action_overdue(late_action(), one, NOON),
        notices.first_contact_overdue(late_contact(event), one, NOON, offer=1, urgent=False),
        notices.offered(event, one, NOON)[1:],
        notices.information_asked(asked, "acme-school", NOON),
        notices.digest(NOON.date(), "p-k4wz7m", NOON),
    ):
        follows = fall_back([replace(each, state=State.FAILED) for each in made], one)
        assert follows is not None
        assert follows.to == "coordinators_screen"


def test_the_times_are_the_partnerships() -> None:
    """How long an urgent message is tried follows from how soon it must arrive."""
    quick = InTime(urgent=timedelta(minutes=2))
    [email, _] = notices.offered(offer(urgent=True), BOTH, NOON, quick)
    [routine] = notices.offered(offer(), BOTH, NOON, quick)
    assert email.give_up_at == NOON + timedelta(minutes=2)
    assert routine.give_up_at == NOON + timedelta(hours=2)
