"""Which state follows which, without a database."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.notify import delivery
from services.notify.delivery import (
    PAUSES,
    Message,
    NotTaken,
    Outcome,
    State,
    Taken,
    TryLater,
    Undeliverable,
    Unknowable,
    after,
)
from shared.events import NotificationFailed, NotificationSent
from tests.notify.ground import NOON, late_contact, offer


def sending(tries: int = 1, *, withdrawn: bool = False) -> Message:
    """A message in its sender's hands."""
    [queued] = delivery.offered(offer(), ["email"], NOON)
    return replace(queued, state=State.SENDING, tries=tries, withdrawn=withdrawn)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Taken(), State.SENT),
        (TryLater("away"), State.QUEUED),
        (NotTaken(), State.QUEUED),
        (Undeliverable("no such address"), State.FAILED),
        (Unknowable("cut off"), State.DOUBTFUL),
    ],
)
def test_each_outcome_leads_to_its_state(outcome: Outcome, state: State) -> None:
    """What came of a call decides where the message is."""
    assert after(sending(), outcome, NOON).state is state


@pytest.mark.parametrize("state", [s for s in State if s is not State.SENDING])
def test_an_answer_changes_only_what_is_being_sent(state: State) -> None:
    """A late answer about a message that is in nobody's hands changes nothing."""
    message = replace(sending(), state=state)
    assert after(message, Taken(), NOON) is message


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
    [queued] = delivery.offered(offer(), ["sms"], NOON)
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


def test_the_same_offer_has_the_same_messages() -> None:
    """Ids follow from what a message is about, and not from when it is made."""
    event = offer()
    first = delivery.offered(event, ["email", "sms"], NOON)
    again = delivery.offered(event, ["email", "sms"], NOON + timedelta(hours=1))
    assert [m.id for m in first] == [m.id for m in again]


def test_one_message_for_one_offer_person_purpose_and_channel() -> None:
    """Each of these makes it another message."""
    event = offer()
    later = event.model_copy(update={"offer": 2})
    elses = event.model_copy(update={"practitioner_id": "p-nophone"})
    made = [
        *delivery.offered(event, ["email", "sms"], NOON),
        *delivery.offered(later, ["email"], NOON),
        *delivery.offered(elses, ["email"], NOON),
        *delivery.first_contact_overdue(late_contact(event), 1, ["email"], NOON),
        *delivery.first_contact_overdue(late_contact(event), 2, ["email"], NOON),
    ]
    assert len({message.id for message in made}) == len(made) == 6


@pytest.mark.parametrize("state", [State.QUEUED, State.SENDING, State.SENT, State.DROPPED])
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


def test_what_is_told_names_nobody() -> None:
    """Sent and failed are told with the ids of the message, its assignment and practitioner."""
    sent = delivery.told(after(sending(), Taken(), NOON), Taken())
    outcome = Undeliverable("the mail server refused it (550)")
    failed = delivery.told(after(sending(), outcome, NOON), outcome)
    assert isinstance(sent, NotificationSent)
    assert isinstance(failed, NotificationFailed)
    assert failed.reason == "the mail server refused it (550)"


def test_giving_up_says_why() -> None:
    """The reason of the last try is told, with how often it was tried."""
    outcome = TryLater("the mail server is not to be had")
    failed = delivery.told(after(sending(7), outcome, NOON), outcome)
    assert isinstance(failed, NotificationFailed)
    assert failed.reason == "tried 7 times: the mail server is not to be had"
