"""A message in words, for one recipient.

The words are files (`wording`); what is put into them is the same few things for every message of
a purpose: a link, a reference, a time to answer by. None of them says what it is about or whom:
messages are read on locked screens, in corridors, by whoever holds the telephone.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Final, Protocol, get_args
from uuid import UUID

from services.notify.delivery import Message
from services.notify.notices import BY_EMAIL_ALONE, OFFERS, TO_AUDITORS
from shared.events import Channel, Purpose
from shared.london import LONDON

MIDNIGHT: Final = time()
DESK: Final = "/triage/desk"
LOG: Final = "/audit/log"

Value = str | int | bool
Values = Mapping[str, Value]
"""What is put into the words, by the name that stands for it in the file."""

PURPOSES: Final[tuple[Purpose, ...]] = get_args(Purpose)
TO_BE_ANSWERED: Final[frozenset[Purpose]] = OFFERS | {"reminder"}
SAID_OF_THE_TRAIL: Final[Mapping[Purpose, tuple[str, ...]]] = {
    "checkpoint": ("size", "note"),
    "trail_alarm": ("kind", "about"),
}
"""What auditors are told, by the names in the words."""


@dataclass(frozen=True)
class Outgoing:
    """A message as a provider is given it. `subject` is empty for a text message."""

    message_id: UUID
    channel: Channel
    recipient: str
    subject: str
    body: str


@dataclass(frozen=True)
class OnTheDesk:
    """What a coordinator's desk holds, counted."""

    for_coordinators: int
    late: int
    waiting: int
    untold: int


class Wording(Protocol):
    """The words of every message."""

    def render(self, purpose: Purpose, channel: Channel, values: Values) -> tuple[str, str]:
        """Subject and body; the subject of a text message is empty."""


def channels_of(purpose: Purpose) -> tuple[Channel, ...]:
    """By which channels something is told."""
    return ("email",) if purpose in BY_EMAIL_ALONE else ("email", "sms")


def must_stand(purpose: Purpose) -> tuple[str, ...]:
    """The values without which a message is of no use."""
    if purpose == "digest":
        return ("link", *(each.name for each in fields(OnTheDesk)))
    if purpose in TO_AUDITORS:
        return ("link", *SAID_OF_THE_TRAIL[purpose])
    return ("link", "by") if purpose in TO_BE_ANSWERED else ("link",)


def may_stand(purpose: Purpose) -> tuple[str, ...]:
    """All values that the words of a purpose may use."""
    if purpose == "digest" or purpose in TO_AUDITORS:
        return must_stand(purpose)
    more = ("reference", "urgent", "code") if purpose in TO_BE_ANSWERED else ("reference",)
    return must_stand(purpose) + more


def path(message: Message) -> str:
    """Where what the message is about is seen, for who is signed in."""
    if message.purpose == "digest":
        return DESK
    if message.purpose in TO_AUDITORS:
        return LOG
    if message.purpose == "information_asked":
        return f"/intake/api/referrals/{message.referral_id}"
    if message.case_id is not None:
        return f"/triage/panels/cases/{message.case_id}"
    return f"/triage/assignments/{message.assignment_id}"


def compose(
    message: Message,
    recipient: str,
    now: datetime,
    link: str,
    wording: Wording,
    *,
    code: str = "",
    desk: OnTheDesk | None = None,
    said: Mapping[str, str] | None = None,
) -> Outgoing:
    """The message in words, to the address or number of `recipient`, as it is sent at `now`.

    `code`: what its reader may send back by text to take it; empty where nothing may be. `desk`:
    what a digest tells. `said`: what is told of the trail.
    """
    subject, body = wording.render(
        message.purpose, message.channel, _values(message, now, link, code, desk, said)
    )
    return Outgoing(message.id, message.channel, recipient, subject, body)


def _values(
    message: Message,
    now: datetime,
    link: str,
    code: str,
    desk: OnTheDesk | None,
    said: Mapping[str, str] | None,
) -> Values:
    if message.purpose == "digest":
        if desk is None:
            raise ValueError("a digest needs its counts")
        return {"link": link, **asdict(desk)}
    if message.purpose in TO_AUDITORS:
        if said is None:
            raise ValueError("what is told of the trail is not there")
        return {"link": link, **said}
    values: dict[str, Value] = {"link": link, "reference": _reference(message)}
    if message.purpose in TO_BE_ANSWERED:
        by = message.acknowledge_by
        values |= {
            "by": answer_by(by, now) if by else AT_ONCE,
            "urgent": message.urgent,
            "code": code,
        }
    return values


def _reference(message: Message) -> str:
    """By what two people can speak of it: the beginning of its address. A sender is told the whole
    of it, which its own system was given with the receipt."""
    if message.purpose == "information_asked":
        return str(message.referral_id)
    return str(message.assignment_id or message.case_id)[:8]


AT_ONCE: Final = "as soon as you can"


def answer_by(when: datetime, now: datetime) -> str:
    """By when to answer, as one says it in London: "today, by 14:30"."""
    local, today = when.astimezone(LONDON), now.astimezone(LONDON).date()
    if when <= now:
        return AT_ONCE
    if local.time() == MIDNIGHT:
        # A working day's last moment is the next one's first: nobody says "by 00:00 on Tuesday".
        return f"by the end of {_day(local.date() - timedelta(days=1), today)}"
    if local.date() <= today + timedelta(days=1):
        return f"{_day(local.date(), today)}, by {local:%H:%M}"
    return f"by {local:%H:%M} on {_day(local.date(), today)}"


def _day(day: date, today: date) -> str:
    if day == today:
        return "today"
    if day == today + timedelta(days=1):
        return "tomorrow"
    return f"{day:%a} {day.day} {day:%b}"
