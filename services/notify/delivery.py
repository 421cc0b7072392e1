"""The life of one message to one practitioner: which state follows which, and what is told.

queued -> sending -> sent | failed | doubtful, or back to queued after a passing failure; dropped
where what it says no longer holds before it left: there is an answer, or somebody else is asked.
A message is `sending` from before the provider is called until its answer is stored, so that a
crash in between is seen afterwards. No provider is ever given a message of which nobody can say
whether it was given already.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, assert_never
from uuid import UUID, uuid5

from shared.events import (
    ActionOverdue,
    AssignmentEscalated,
    AssignmentOffered,
    AssignmentOverdue,
    Channel,
    NotificationFailed,
    NotificationSent,
    Purpose,
)

PAUSES: Final = tuple(timedelta(seconds=s) for s in (5, 30, 2 * 60, 10 * 60, 30 * 60, 60 * 60))
"""How long to wait before each further try. Together under two hours, the time within which an
urgent assignment is to be acknowledged: by then a person knows that the message failed."""


class State(StrEnum):
    """Where a message is. `failed` and `doubtful` wait for a person."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    DOUBTFUL = "doubtful"
    DROPPED = "dropped"


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message, by whom and what it is for; the address is looked up when it is sent.

    It is about an assignment, or about an action of a panel's case. `offer`: the assignment's
    newest when the message was made; 0 for an action. `acknowledge_by`: for an offer alone.
    `due_at`: while queued, when to send it; while sending, until when its sender holds it.
    `withdrawn`: what it says no longer holds.
    """

    id: UUID
    notice: UUID
    sent_as: UUID
    purpose: Purpose
    assignment_id: UUID | None = None
    offer: int = 0
    action_id: UUID | None = None
    case_id: UUID | None = None
    referral_id: UUID
    practitioner_id: str
    channel: Channel
    urgent: bool
    acknowledge_by: datetime | None = None
    state: State = State.QUEUED
    tries: int = 0
    due_at: datetime
    give_up_at: datetime
    withdrawn: bool = False


@dataclass(frozen=True)
class Taken:
    """The provider has it."""


@dataclass(frozen=True)
class NotTaken:
    """The provider was asked, and does not know it."""


@dataclass(frozen=True)
class TryLater:
    """The provider does not have it, and may take it another time."""

    reason: str


@dataclass(frozen=True)
class Undeliverable:
    """The provider does not have it, and never will take it as it is."""

    reason: str


@dataclass(frozen=True)
class Unknowable:
    """It may have it, and cannot be asked."""

    reason: str


Outcome = Taken | NotTaken | TryLater | Undeliverable | Unknowable
"""What came of one call. Reasons are for people; they hold no address and nothing that was said."""


def offered(
    event: AssignmentOffered, channels: Sequence[Channel], now: datetime
) -> Sequence[Message]:
    """The messages of an offer: one a channel, to the one who is asked by it."""
    return [
        Message(
            id=_id(event.assignment_id, "offered", event.offer, event.practitioner_id, channel),
            notice=_notice(event.assignment_id, "offered", event.offer, event.practitioner_id),
            sent_as=_id(
                event.assignment_id, "offered", event.offer, event.practitioner_id, channel
            ),
            purpose="offered",
            assignment_id=event.assignment_id,
            offer=event.offer,
            referral_id=event.referral_id,
            practitioner_id=event.practitioner_id,
            channel=channel,
            urgent=event.urgent,
            acknowledge_by=event.acknowledge_by,
            due_at=now,
            give_up_at=now + timedelta(hours=2),
        )
        for channel in channels
    ]


def first_contact_overdue(
    event: AssignmentOverdue | AssignmentEscalated,
    offer: int,
    channels: Sequence[Channel],
    now: datetime,
) -> Sequence[Message]:
    """Reminders of a late first contact: to its holder, or to the next whom it has gone up to.

    Each is told once for one offer, however often the clock fires afterwards.
    """
    about, who = event.assignment_id, event.practitioner_id
    return [
        Message(
            id=_id(about, "first_contact_overdue", offer, who, channel),
            notice=_notice(about, "first_contact_overdue", offer, who),
            sent_as=_id(about, "first_contact_overdue", offer, who, channel),
            purpose="first_contact_overdue",
            assignment_id=about,
            offer=offer,
            referral_id=event.referral_id,
            practitioner_id=who,
            channel=channel,
            urgent=True,
            due_at=now,
            give_up_at=now + timedelta(hours=2),
        )
        for channel in channels
    ]


def action_overdue(
    event: ActionOverdue, channels: Sequence[Channel], now: datetime
) -> Sequence[Message]:
    """Reminders of a panel's action whose day has passed: each who should see to it, once."""
    return [
        Message(
            id=_id(event.action_id, "action_overdue", 0, event.told, channel),
            notice=_notice(event.action_id, "action_overdue", 0, event.told),
            sent_as=_id(event.action_id, "action_overdue", 0, event.told, channel),
            purpose="action_overdue",
            action_id=event.action_id,
            case_id=event.case_id,
            referral_id=event.referral_id,
            practitioner_id=event.told,
            channel=channel,
            urgent=True,
            due_at=now,
            give_up_at=now + timedelta(hours=2),
        )
        for channel in channels
    ]


def _id(about: UUID, purpose: Purpose, offer: int, practitioner_id: str, channel: Channel) -> UUID:
    """One message for one person, purpose and channel, and one offer of one assignment."""
    return uuid5(about, f"{purpose}/{offer}/{practitioner_id}/{channel}")


def _notice(about: UUID, purpose: Purpose, offer: int, practitioner_id: str) -> UUID:
    return uuid5(about, f"{purpose}/{offer}/{practitioner_id}")


def withdrawn(message: Message) -> Message:
    """What it says no longer holds: what has not left is dropped, now or when it comes back."""
    state = State.DROPPED if message.state is State.QUEUED else message.state
    return replace(message, state=state, withdrawn=True)


def after(message: Message, outcome: Outcome, now: datetime) -> Message:
    """The message after a call to its provider; unchanged if it is not being sent."""
    if message.state is not State.SENDING:
        return message
    match outcome:
        case Taken():
            return replace(message, state=State.SENT)
        case Unknowable():
            return replace(message, state=State.DOUBTFUL)
        case Undeliverable():
            return _given_up(message)
        case TryLater():
            pause = PAUSES[message.tries - 1] if message.tries <= len(PAUSES) else None
        case NotTaken():
            pause = timedelta(0) if message.tries <= len(PAUSES) else None
        case _:
            assert_never(outcome)
    return _given_up(message) if pause is None else _queued(message, now + pause)


def sent_again(message: Message, now: datetime) -> Message:
    """A person decides that a failed or doubtful message is to be sent after all."""
    if message.state not in (State.FAILED, State.DOUBTFUL):
        return message
    return _queued(replace(message, tries=0), now)


def told(message: Message, outcome: Outcome) -> NotificationSent | NotificationFailed | None:
    """What everybody is told of a message that has just come to this state; None on the way."""
    about = {
        "notification_id": message.id,
        "assignment_id": message.assignment_id,
        "action_id": message.action_id,
        "practitioner_id": message.practitioner_id,
        "channel": message.channel,
        "purpose": message.purpose,
    }
    match message.state:
        case State.SENT:
            return NotificationSent.model_validate(about)
        case State.FAILED | State.DOUBTFUL:
            return NotificationFailed.model_validate({**about, "reason": _reason(outcome)})
        case State.QUEUED | State.SENDING | State.DROPPED:
            return None
        case _:
            assert_never(message.state)


def _queued(message: Message, due_at: datetime) -> Message:
    if message.withdrawn:
        return replace(message, state=State.DROPPED)
    return replace(message, state=State.QUEUED, due_at=due_at)


def _given_up(message: Message) -> Message:
    return replace(message, state=State.DROPPED if message.withdrawn else State.FAILED)


def _reason(outcome: Outcome) -> str:
    match outcome:
        case Undeliverable(reason) | Unknowable(reason):
            return reason
        case TryLater(reason):
            return f"tried {len(PAUSES) + 1} times: {reason}"
        case NotTaken() | Taken():
            return "the sender stopped again and again before the provider had it"
        case _:
            assert_never(outcome)
