"""Which state follows which, without a database."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.notify import delivery, notices
from services.notify.delivery import (
    PAUSES,
    TRANSITIONS,
    URGENT_PAUSES,
    Happened,
    Message,
    State,
    after,
)
from services.notify.outcomes import (
    Arrived,
    DidNotArrive,
    NotTaken,
    Outcome,
    Report,
    Taken,
    TryLater,
    Undeliverable,
    Unknowable,
)
from services.notify.reach import Reach
from shared.events import NotificationFailed
from tests.notify.ground import NOON, offer


def sending(tries: int = 1, *, withdrawn: bool = False) -> Message:
    """A message in its sender's hands."""
    [queued] = notices.offered(offer(), Reach(("email",)), NOON)
    return replace(queued, state=State.SENDING, tries=tries, withdrawn=withdrawn)


TABLE = """
            claimed   taken  put_off  given_up  in_doubt  arrived    did_not_arrive  withdrawn  sent_again
queued      sending   -      -        -         -         delivered  failed          dropped    -
sending     sending   sent   queued   failed    doubtful  delivered  failed          sending    -
sent        -         -      -        -         -         delivered  failed          sent       -
delivered   -         -      -        -         -         -          -               delivered  -
failed      -         -      -        -         -         delivered  -               failed     queued
doubtful    -         -      -        -         -         delivered  failed          doubtful   queued
dropped     -         -      -        -         -         delivered  -               dropped    -
"""  # noqa: E501 - a table is read as a table


def test_every_change_is_one_that_was_thought_of() -> None:
    """By hand: what may happen in each state, and where it leads."""
    head, *rows = TABLE.strip("\n").splitlines()
    by_hand = {
        State(state): {
            Happened(what.replace("_", " ")): State(to)
            for what, to in zip(head.split(), cells, strict=True)
            if to != "-"
        }
        for state, *cells in map(str.split, rows)
    }
    assert by_hand == TRANSITIONS


SAID: list[tuple[Outcome | Report, Happened]] = [
    (Taken(), Happened.TAKEN),
    (TryLater("away"), Happened.PUT_OFF),
    (NotTaken(), Happened.PUT_OFF),
    (Undeliverable("no such address"), Happened.GIVEN_UP),
    (Unknowable("cut off"), Happened.IN_DOUBT),
    (Arrived(), Happened.ARRIVED),
    (DidNotArrive("no"), Happened.DID_NOT_ARRIVE),
]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize(("said", "happened"), SAID)
def test_the_table_is_what_counts(state: State, said: Outcome | Report, happened: Happened) -> None:
    """What a provider says leads where the table says; where it has nothing, nothing changes."""
    message = replace(sending(), state=state)
    leads_to = TRANSITIONS[state].get(happened)
    if leads_to is None:
        assert after(message, said, NOON) is message
    else:
        assert after(message, said, NOON).state is leads_to


def test_pauses_grow_and_end() -> None:
    """Each pause is longer than the last, and after seven tries the message has failed."""
    waited = [after(sending(tries), TryLater("away"), NOON).due_at - NOON for tries in range(1, 7)]
    assert waited == sorted(set(waited))
    assert after(sending(7), TryLater("away"), NOON).state is State.FAILED


def test_failure_is_known_while_an_urgent_offer_still_stands() -> None:
    """All pauses together are shorter than the two hours in which an urgent offer is answered."""
    assert sum(PAUSES, timedelta()) < timedelta(hours=2)


def test_a_message_that_the_provider_never_had_goes_again_at_once() -> None:
    """After a crash before the call nothing is gained by waiting."""
    assert after(sending(), NotTaken(), NOON).due_at == NOON


def test_a_message_whose_sender_dies_each_time_is_given_up() -> None:
    """A message that kills its sender does not do so for ever."""
    assert after(sending(7), NotTaken(), NOON).state is State.FAILED


def test_withdrawn_while_queued_is_dropped() -> None:
    """A withdrawn offer is not told of."""
    [queued] = notices.offered(offer(), Reach(("sms",)), NOON)
    assert delivery.withdrawn(queued).state is State.DROPPED


@pytest.mark.parametrize("outcome", [TryLater("away"), NotTaken(), Undeliverable("no")])
def test_withdrawn_while_being_sent_is_dropped_when_it_comes_back(outcome: Outcome) -> None:
    """What did not leave before the withdrawal does not leave after it, and troubles nobody."""
    message = delivery.withdrawn(sending())
    assert message.state is State.SENDING
    assert after(message, outcome, NOON).state is State.DROPPED


def test_withdrawn_too_late_stays_sent() -> None:
    """What was said was said."""
    assert after(delivery.withdrawn(sending()), Taken(), NOON).state is State.SENT


@pytest.mark.parametrize("state", [s for s in State if s not in (State.FAILED, State.DOUBTFUL)])
def test_a_person_sends_again_only_what_failed(state: State) -> None:
    """What is on its way, sent or withdrawn is never sent a second time."""
    message = replace(sending(), state=state)
    assert delivery.sent_again(message, NOON) is message


def test_sent_again_begins_anew_unless_withdrawn() -> None:
    """A person's decision gives a message all its tries; a withdrawn one is dropped instead."""
    doubtful = replace(sending(5), state=State.DOUBTFUL)
    again = delivery.sent_again(doubtful, NOON)
    assert (again.state, again.tries) == (State.QUEUED, 0)
    dropped = delivery.sent_again(replace(doubtful, withdrawn=True), NOON)
    assert dropped.state is State.DROPPED


def told(before: Message, outcome: Outcome | Report) -> list[str]:
    """The types of what is told when that happens."""
    events = delivery.told(before, after(before, outcome, NOON), outcome)
    return [event.TYPE.removeprefix("notification.") for event in events]


@pytest.mark.parametrize(
    ("state", "outcome", "types"),
    [
        (State.SENDING, Taken(), ["sent"]),
        (State.SENDING, TryLater("away"), []),
        (State.SENDING, Undeliverable("no"), ["failed"]),
        (State.SENDING, Unknowable("cut off"), ["failed"]),
        # A report that comes before the answer tells what that would have told.
        (State.SENDING, Arrived(), ["sent", "delivered"]),
        (State.SENDING, DidNotArrive("no"), ["sent", "failed"]),
        (State.QUEUED, Arrived(), ["sent", "delivered"]),
        # Of a doubt somebody has heard: it is not told as a failure twice.
        (State.DOUBTFUL, DidNotArrive("no"), ["sent"]),
        (State.DOUBTFUL, Arrived(), ["sent", "delivered"]),
        (State.DELIVERED, DidNotArrive("no"), []),
        (State.DELIVERED, Arrived(), []),
        (State.DROPPED, DidNotArrive("no"), []),
    ],
)
def test_each_state_is_told_once(state: State, outcome: Outcome | Report, types: list[str]) -> None:
    """Whoever follows the events hears of each change, and of none again."""
    assert told(replace(sending(), state=state), outcome) == types


def test_what_arrives_after_it_was_sent_is_told_as_delivered_alone() -> None:
    """That it was sent was told when it was."""
    sent = after(sending(), Taken("one", timedelta(minutes=5)), NOON)
    assert told(sent, Arrived()) == ["delivered"]
    assert told(sent, DidNotArrive("no")) == ["failed"]


def test_giving_up_says_why() -> None:
    """The reason of the last try is told, with how often it was tried."""
    outcome = TryLater("the mail server is not to be had")
    [failed] = delivery.told(sending(7), after(sending(7), outcome, NOON), outcome)
    assert isinstance(failed, NotificationFailed)
    assert failed.reason == "tried 7 times: the mail server is not to be had"


def test_only_what_is_reported_is_waited_for() -> None:
    """A provider that never reports leaves nothing to wait for."""
    reported = after(sending(), Taken("one", timedelta(minutes=5)), NOON)
    assert reported.deliver_by == NOON + timedelta(minutes=5)
    assert reported.ask_at == NOON + timedelta(minutes=1)
    assert after(sending(), Taken("two"), NOON).deliver_by is None
    assert delivery.has_told(after(sending(), Taken("two"), NOON))
    assert not delivery.has_told(reported)


def test_a_provider_is_asked_ever_less_often_and_not_for_ever() -> None:
    """After a minute, then each time after as long again; after three days and more no more."""
    sent = after(sending(), Taken("one", timedelta(minutes=5)), NOON)
    asked, now = [], sent.ask_at
    while now is not None:
        asked.append(now - NOON)
        now = delivery.ask_next(sent, now)
    assert asked[:4] == [timedelta(minutes=m) for m in (1, 2, 4, 8)]
    assert len(asked) == 14


def test_an_urgent_message_is_tried_within_its_time_alone() -> None:
    """Five minutes after it was due nothing is begun any more: another way is tried."""
    urgent = replace(sending(2), urgent=True, give_up_at=NOON + timedelta(minutes=5))
    assert after(urgent, TryLater("slow"), NOON).state is State.QUEUED
    later = NOON + timedelta(minutes=4, seconds=51)
    assert after(urgent, TryLater("slow"), later).state is State.FAILED
    assert sum(URGENT_PAUSES, timedelta()) < timedelta(minutes=5)
