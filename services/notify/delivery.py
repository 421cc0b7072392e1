"""The life of one message: which state follows which, and what is told of it.

queued -> sending -> sent -> delivered | failed; doubtful where nobody can say whether the provider
has it; dropped where what it says no longer holds before it left. A message is `sending` from
before the provider is called until its answer is stored, so that a crash in between is seen
afterwards. No provider is ever given a message of which nobody can say whether it was given
already. What a provider reports may come late, twice, in any order, before its own answer too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Literal, assert_never
from uuid import UUID, uuid5

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
from shared.events import (
    Channel,
    EventData,
    NotificationDelivered,
    NotificationFailed,
    NotificationSent,
    Purpose,
)


def _seconds(*pauses: int) -> tuple[timedelta, ...]:
    return tuple(timedelta(seconds=s) for s in pauses)


PAUSES: Final = _seconds(5, 30, 2 * 60, 10 * 60, 30 * 60, 60 * 60)
"""How long to wait before each further try. Together under two hours: by then another way is
tried, or a person knows that the message failed."""
URGENT_PAUSES: Final = _seconds(5, 10, 20, 40, 60, 60)
"""The same for an urgent message: together under the five minutes in which it is to arrive."""
BUDGET: Final = timedelta(hours=2)
"""How long a routine message is tried before another way is."""
FIRST_ASKED: Final = timedelta(minutes=1)
ASKED_FOR: Final = timedelta(hours=80)
"""GOV.UK Notify tries for 72 hours; after that a provider has nothing new to say."""


class State(StrEnum):
    """Where a message is."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    DOUBTFUL = "doubtful"
    DROPPED = "dropped"


class Happened(StrEnum):
    """What may happen to a message."""

    CLAIMED = "claimed"
    TAKEN = "taken"
    PUT_OFF = "put off"
    GIVEN_UP = "given up"
    IN_DOUBT = "in doubt"
    ARRIVED = "arrived"
    DID_NOT_ARRIVE = "did not arrive"
    WITHDRAWN = "withdrawn"
    SENT_AGAIN = "sent again"


_H, _S = Happened, State

TRANSITIONS: Final[Mapping[State, Mapping[Happened, State]]] = {
    _S.QUEUED: {
        _H.CLAIMED: _S.SENDING,
        _H.WITHDRAWN: _S.DROPPED,
        # A provider that denied it had it after all: it never goes a second time.
        _H.ARRIVED: _S.DELIVERED,
        _H.DID_NOT_ARRIVE: _S.FAILED,
    },
    _S.SENDING: {
        _H.CLAIMED: _S.SENDING,
        _H.TAKEN: _S.SENT,
        _H.PUT_OFF: _S.QUEUED,
        _H.GIVEN_UP: _S.FAILED,
        _H.IN_DOUBT: _S.DOUBTFUL,
        _H.WITHDRAWN: _S.SENDING,
        _H.ARRIVED: _S.DELIVERED,
        _H.DID_NOT_ARRIVE: _S.FAILED,
    },
    _S.SENT: {
        _H.WITHDRAWN: _S.SENT,
        _H.ARRIVED: _S.DELIVERED,
        _H.DID_NOT_ARRIVE: _S.FAILED,
    },
    _S.DELIVERED: {_H.WITHDRAWN: _S.DELIVERED},
    _S.FAILED: {
        _H.WITHDRAWN: _S.FAILED,
        _H.ARRIVED: _S.DELIVERED,
        _H.SENT_AGAIN: _S.QUEUED,
    },
    _S.DOUBTFUL: {
        _H.WITHDRAWN: _S.DOUBTFUL,
        _H.ARRIVED: _S.DELIVERED,
        _H.DID_NOT_ARRIVE: _S.FAILED,
        _H.SENT_AGAIN: _S.QUEUED,
    },
    _S.DROPPED: {_H.WITHDRAWN: _S.DROPPED, _H.ARRIVED: _S.DELIVERED},
}
"""Every change there is; what is not named here changes nothing."""

_TROUBLES: Final = frozenset({State.QUEUED, State.FAILED, State.DOUBTFUL})
"""Where a message that was withdrawn is dropped instead: it troubles nobody any more."""

FellBackTo = Literal["email", "sms", "stand_in", "coordinators_screen"]
ENDS: Final = frozenset({"stand_in", "coordinators_screen"})
"""Where no channel is left to the one who was to be told."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message, to whom and what it is for; the address is looked up when it is sent.

    It is about an assignment, an action of a panel's case, what is missing of a referral, or a
    day. `offer`: the assignment's newest when the message was made; the referral's revision; 0.
    `acknowledge_by`: for offers and their reminders. To a practitioner, or to an agency's mailbox.
    `notice`: what this recipient is to be told, by whichever channel. `sent_as`: the provider's
    reference. `due_at`: while queued, when to send it; while sending, until when its sender holds
    it. `give_up_at`: until when it is tried. `provider`: who has it, or may have it. `deliver_by`,
    `ask_at`: where the provider reports, by when it is to arrive and when to ask next.
    `withdrawn`: what it says no longer holds. `fell_back_to`: what was tried instead.
    """

    id: UUID
    notice: UUID
    sent_as: UUID
    purpose: Purpose
    assignment_id: UUID | None = None
    offer: int = 0
    action_id: UUID | None = None
    case_id: UUID | None = None
    referral_id: UUID | None = None
    practitioner_id: str | None = None
    agency: str | None = None
    channel: Channel
    urgent: bool
    acknowledge_by: datetime | None = None
    state: State = State.QUEUED
    tries: int = 0
    due_at: datetime
    give_up_at: datetime
    provider: str | None = None
    sent_at: datetime | None = None
    deliver_by: datetime | None = None
    ask_at: datetime | None = None
    delivered_at: datetime | None = None
    withdrawn: bool = False
    fell_back_to: FellBackTo | None = None

    @property
    def subject(self) -> UUID:
        """What its events are told under: its referral, or the day's digest itself."""
        return self.referral_id or self.notice


@dataclass(frozen=True)
class InTime:
    """How long a message may take to arrive before another way is tried."""

    urgent: timedelta = timedelta(minutes=5)
    others: timedelta = timedelta(minutes=60)

    def arrives(self, message: Message) -> timedelta:
        """The time that one message has, from when it was sent."""
        return self.urgent if message.urgent else self.others

    def tried(self, *, urgent: bool) -> timedelta:
        """The time within which a message is tried, from when it is due."""
        return self.urgent if urgent else BUDGET


IN_TIME: Final = InTime()


def after(message: Message, outcome: Outcome | Report, now: datetime) -> Message:
    """The message after a call to its provider, or a report; unchanged where neither means
    anything any more."""
    match outcome:
        case Taken():
            arrives_in = outcome.arrives_in
            return _moved(
                message,
                Happened.TAKEN,
                provider=outcome.provider,
                sent_at=now,
                deliver_by=now + arrives_in if arrives_in is not None else None,
                ask_at=now + FIRST_ASKED if arrives_in is not None else None,
            )
        case Unknowable():
            return _moved(message, Happened.IN_DOUBT, provider=outcome.provider)
        case Undeliverable():
            return _moved(message, Happened.GIVEN_UP)
        case TryLater():
            pauses = URGENT_PAUSES if message.urgent else PAUSES
            pause = pauses[message.tries - 1] if message.tries <= len(pauses) else None
            if pause is None or now + pause > message.give_up_at:
                return _moved(message, Happened.GIVEN_UP)
            return _moved(message, Happened.PUT_OFF, due_at=now + pause, provider=None)
        case NotTaken():
            # Nothing is gained by waiting; but what kills its sender does not do so for ever.
            if message.tries > len(PAUSES):
                return _moved(message, Happened.GIVEN_UP)
            return _moved(message, Happened.PUT_OFF, due_at=now, provider=None)
        case Arrived():
            return _moved(
                message,
                Happened.ARRIVED,
                provider=outcome.provider or message.provider,
                sent_at=message.sent_at or now,
                delivered_at=now,
            )
        case DidNotArrive():
            return _moved(
                message,
                Happened.DID_NOT_ARRIVE,
                provider=outcome.provider or message.provider,
                sent_at=message.sent_at or now,
            )
        case _:
            assert_never(outcome)


def withdrawn(message: Message) -> Message:
    """What it says no longer holds: what has not left is dropped, now or when it comes back."""
    return _moved(message, Happened.WITHDRAWN, withdrawn=True)


def sent_again(message: Message, now: datetime, in_time: InTime = IN_TIME) -> Message:
    """A person decides that a failed or doubtful message is to be sent after all: under another
    reference, so that what becomes of it is not taken for what became of the first."""
    return _moved(
        message,
        Happened.SENT_AGAIN,
        tries=0,
        due_at=now,
        give_up_at=now + in_time.tried(urgent=message.urgent),
        sent_as=uuid5(message.sent_as, "again"),
        provider=None,
        sent_at=None,
        deliver_by=None,
        ask_at=None,
    )


def ask_next(message: Message, now: datetime) -> datetime | None:
    """When to ask again about a sent message: each time after as long as it has been gone; None
    once nothing new is to be expected."""
    gone = now - (message.sent_at or now)
    return now + max(FIRST_ASKED, gone) if gone < ASKED_FOR else None


def told(before: Message, message: Message, outcome: Outcome | Report) -> Sequence[EventData]:
    """What everybody is told of a message that has just changed: each of its states once."""
    said: list[EventData] = []
    about = about_it(message)
    if message.sent_at is not None and before.sent_at is None:
        said.append(NotificationSent.model_validate(about))
    if message.state is before.state:
        return said
    if message.state is State.DELIVERED:
        said.append(NotificationDelivered.model_validate(about))
    # Of a doubt somebody heard already.
    if message.state in (State.FAILED, State.DOUBTFUL) and before.state is not State.DOUBTFUL:
        why = reason(message, outcome)
        said.append(NotificationFailed.model_validate({**about, "reason": why}))
    return said


def has_told(message: Message) -> bool:
    """Whether its recipient was told by it: it arrived, or it was sent by a provider that never
    reports whether what it sent arrives."""
    return message.state is State.DELIVERED or (
        message.state is State.SENT and message.deliver_by is None
    )


def waits(message: Message) -> bool:
    """Whether a person must decide what becomes of it: nobody can say whether it was sent, or it
    failed and no other way was left."""
    return message.state is State.DOUBTFUL or (
        message.state is State.FAILED and message.fell_back_to in ENDS
    )


def about_it(message: Message) -> dict[str, Any]:
    """What every event of a message says of it."""
    return {
        "notification_id": message.id,
        "assignment_id": message.assignment_id,
        "action_id": message.action_id,
        "practitioner_id": message.practitioner_id,
        "agency": message.agency,
        "channel": message.channel,
        "purpose": message.purpose,
    }


def reason(message: Message, outcome: Outcome | Report) -> str:
    """Why a message failed, for people."""
    match outcome:
        case Undeliverable(why) | Unknowable(why) | DidNotArrive(why):
            return why
        case TryLater(why):
            return f"tried {message.tries} times: {why}"
        case NotTaken() | Taken() | Arrived():
            return "the sender stopped again and again before the provider had it"
        case _:
            assert_never(outcome)


def _moved(message: Message, happened: Happened, **changes: Any) -> Message:
    """The one place where a state changes; the same message where the table has no such change."""
    state = TRANSITIONS[message.state].get(happened)
    if state is None:
        return message
    if message.withdrawn and state in _TROUBLES and happened is not Happened.WITHDRAWN:
        state = State.DROPPED
    return replace(message, state=state, **changes)
