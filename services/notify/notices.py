"""What somebody is to be told: by which messages it begins, and what is tried when one fails.

A notice is one purpose for one recipient: of one offer of an assignment, of an action, of what is
missing of a referral, of a day. It has at most one message a channel, whose id follows from all
of these: nothing is ever queued twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from services.notify.delivery import IN_TIME, FellBackTo, InTime, Message, State, has_told
from services.notify.reach import BY_EMAIL, Reach
from shared.events import (
    ActionOverdue,
    AssignmentEscalated,
    AssignmentOffered,
    AssignmentOverdue,
    Channel,
    Level,
    OfferedBecause,
    Purpose,
    ReferralInformationRequested,
)

OFFERS: Final[frozenset[Purpose]] = frozenset({"offered", "escalated", "place_came_free"})
"""What is said to somebody who is asked: told to nobody, the assignment goes up."""

TO_AUDITORS: Final[frozenset[Purpose]] = frozenset({"checkpoint", "trail_alarm"})
"""What is said of the trail, to the auditors' mailboxes."""

BY_EMAIL_ALONE: Final[frozenset[Purpose]] = TO_AUDITORS | {"information_asked", "digest"}
"""What fits into no text message, or goes to a mailbox."""

_WHY: Final[dict[OfferedBecause, Purpose]] = {
    "new": "offered",
    "declined": "offered",
    "transferred": "offered",
    "overdue": "escalated",
    "place_came_free": "place_came_free",
}

REMINDED_FROM: Final = timedelta(hours=2)
"""How far off half of the time to answer must be for a reminder. An urgent offer was told by both
channels and goes up within two hours: a third and a fourth message would be one too many."""

DIGESTS: Final = UUID("6f3e1f4c-6f0d-5b53-9d39-6a3f0a5b7f10")
"""What the ids of digests are derived from: they are about nobody's referral."""


@dataclass(frozen=True)
class Notice:
    """Who is to be told what. `about`: the assignment, the action, the referral, the day."""

    about: UUID
    purpose: Purpose
    recipient: str
    offer: int = 0

    @property
    def id(self) -> UUID:
        """The same for the same."""
        return uuid5(self.about, f"{self.purpose}/{self.offer}/{self.recipient}")

    def messages(
        self, reach: Reach, now: datetime, in_time: InTime, *, urgent: bool, **what: Any
    ) -> Sequence[Message]:
        """The messages with which it begins, queued from `now` or the end of quiet hours on.

        `what`: what is the same in each of them.
        """
        due_at = reach.from_when(now, urgent=urgent)
        return [
            Message(
                id=message_id(self.id, channel),
                notice=self.id,
                sent_as=message_id(self.id, channel),
                purpose=self.purpose,
                offer=self.offer,
                channel=channel,
                urgent=urgent,
                due_at=due_at,
                give_up_at=due_at + in_time.tried(urgent=urgent),
                **what,
            )
            for channel in reach.at_first(urgent=urgent)
        ]


def message_id(notice: UUID, channel: Channel) -> UUID:
    """A notice has one message a channel."""
    return uuid5(notice, channel)


def offered(
    event: AssignmentOffered, reach: Reach, now: datetime, in_time: InTime = IN_TIME
) -> Sequence[Message]:
    """The messages of an offer, to the one who is asked by it; and a reminder for half of the time
    to answer, where that is long."""
    what = {
        "assignment_id": event.assignment_id,
        "referral_id": event.referral_id,
        "practitioner_id": event.practitioner_id,
        "acknowledge_by": event.acknowledge_by,
    }

    def begun(purpose: Purpose, at: datetime) -> Sequence[Message]:
        notice = Notice(event.assignment_id, purpose, event.practitioner_id, event.offer)
        return notice.messages(reach, at, in_time, urgent=event.urgent, **what)

    made = begun(_WHY[event.because], now)
    told_at = made[0].due_at
    half = (event.acknowledge_by - told_at) / 2
    if half < REMINDED_FROM:
        return made
    reminders = begun("reminder", told_at + half)
    # Quiet hours may reach to where a reminder helps nobody any more.
    return [*made, *(each for each in reminders if each.due_at < event.acknowledge_by)]


def first_contact_overdue(
    event: AssignmentOverdue | AssignmentEscalated,
    reach: Reach,
    now: datetime,
    *,
    offer: int,
    urgent: bool,
    in_time: InTime = IN_TIME,
) -> Sequence[Message]:
    """That a first contact is late: to its holder, or to the next whom it has gone up to.

    Each is told once for one offer, however often the clock fires afterwards.
    """
    who = event.practitioner_id
    return Notice(event.assignment_id, "first_contact_overdue", who, offer).messages(
        reach,
        now,
        in_time,
        urgent=urgent,
        assignment_id=event.assignment_id,
        referral_id=event.referral_id,
        practitioner_id=who,
    )


def withdrawn(
    offer: Message, reach: Reach, now: datetime, in_time: InTime = IN_TIME
) -> Sequence[Message]:
    """That what somebody was told of by `offer` is no longer theirs to do: nothing urgent."""
    if offer.assignment_id is None or offer.practitioner_id is None:
        raise ValueError("not an offer")
    notice = Notice(offer.assignment_id, "withdrawn", offer.practitioner_id, offer.offer)
    return notice.messages(
        reach,
        now,
        in_time,
        urgent=False,
        assignment_id=offer.assignment_id,
        referral_id=offer.referral_id,
        practitioner_id=offer.practitioner_id,
    )


def action_overdue(
    event: ActionOverdue, reach: Reach, now: datetime, in_time: InTime = IN_TIME
) -> Sequence[Message]:
    """That the day of a panel's action has passed: each who should see to it, once."""
    return Notice(event.action_id, "action_overdue", event.told).messages(
        reach,
        now,
        in_time,
        urgent=True,
        action_id=event.action_id,
        case_id=event.case_id,
        referral_id=event.referral_id,
        practitioner_id=event.told,
    )


def information_asked(
    event: ReferralInformationRequested, agency: str, now: datetime, in_time: InTime = IN_TIME
) -> Sequence[Message]:
    """That something is missing of what an agency sent: to its mailbox, once a revision."""
    return Notice(event.referral_id, "information_asked", agency, event.revision).messages(
        BY_EMAIL,
        now,
        in_time,
        urgent=False,
        referral_id=event.referral_id,
        agency=agency,
    )


def digest(
    day: date, practitioner_id: str, now: datetime, in_time: InTime = IN_TIME
) -> Sequence[Message]:
    """What waits on one of London's days: to one coordinator, by email, once."""
    notice = Notice(uuid5(DIGESTS, day.isoformat()), "digest", practitioner_id)
    return notice.messages(BY_EMAIL, now, in_time, urgent=False, practitioner_id=practitioner_id)


def to_auditors(
    about: UUID, purpose: Purpose, mailboxes: Sequence[str], now: datetime, in_time: InTime
) -> Sequence[Message]:
    """The day's checkpoint, or what is wrong with the trail: to each of these mailboxes once."""
    return [
        message
        for mailbox in mailboxes
        for message in Notice(about, purpose, mailbox).messages(
            BY_EMAIL, now, in_time, urgent=purpose == "trail_alarm", agency=mailbox
        )
    ]


@dataclass(frozen=True)
class FellBack:
    """Nobody was told by the channels tried so far. `failed`: their messages, marked; `instead`:
    the message that is tried now, if any."""

    to: FellBackTo
    failed: Sequence[Message]
    instead: Message | None = None


def is_exhausted(messages: Sequence[Message], now: datetime) -> bool:
    """Whether none of a notice's messages has told anybody, or still may, in its time.

    What was sent by a provider that never reports counts as told. What was withdrawn or dropped
    needs to tell nobody; what fell back before is done with.
    """
    untold = [each for each in messages if each.fell_back_to is None]
    if not untold or any(m.withdrawn or m.state is State.DROPPED for m in messages):
        return False
    return all(_has_failed(each, now) for each in untold) and not any(map(has_told, messages))


def fall_back(
    messages: Sequence[Message],
    reach: Reach,
    level: Level | None,
    now: datetime,
    in_time: InTime,
) -> FellBack | None:
    """What follows for a notice, whose messages all stand here; None while one may tell it.

    The other channel, if there is one that was not used; else nobody can tell the recipient: an
    offer goes up, unless its holder's `level` has nobody above, and all else comes before the
    coordinators.
    """
    if not is_exhausted(messages, now):
        return None
    failed = [each for each in messages if each.fell_back_to is None]
    used = {each.channel for each in messages}
    first = failed[0]
    if other := next((c for c in reach.channels if c not in used), None):
        due_at = reach.from_when(now, urgent=first.urgent)
        other_id = message_id(first.notice, other)
        instead = replace(
            first,
            id=other_id,
            sent_as=other_id,
            channel=other,
            state=State.QUEUED,
            tries=0,
            due_at=due_at,
            give_up_at=due_at + in_time.tried(urgent=first.urgent),
            provider=None,
            sent_at=None,
            deliver_by=None,
            ask_at=None,
        )
        return _marked(other, failed, instead)
    if first.purpose in OFFERS and level not in ("coordinator", "contact"):
        return _marked("stand_in", failed)
    return _marked("coordinators_screen", failed)


def _has_failed(message: Message, now: datetime) -> bool:
    late = message.deliver_by is not None and message.deliver_by <= now
    return message.state in (State.FAILED, State.DOUBTFUL) or (message.state is State.SENT and late)


def _marked(to: FellBackTo, failed: Sequence[Message], instead: Message | None = None) -> FellBack:
    return FellBack(to, [replace(each, fell_back_to=to) for each in failed], instead)
