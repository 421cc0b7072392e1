"""The words of an email and of a text message.

Neither says what it is about or whom: they are read on locked screens, in corridors, by whoever
holds the telephone. They say that something waits and by when to answer, or that something is
overdue, and where to sign in.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, assert_never
from uuid import UUID

from services.notify.delivery import Message
from shared.events import Channel
from shared.london import LONDON

MIDNIGHT: Final = time()

SMS_LENGTH: Final = 160
"""Characters of one text message in the GSM 7-bit alphabet (3GPP TS 23.038); a longer text is cut
into parts that may arrive apart."""

_GSM: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED: Final = frozenset("^{}\\[~]|€\f")
"""Of the alphabet's second table: each counts as two."""

_OFFERED: Final = """\
Something is waiting for you in Fingerpost.

Please answer {by}.
"""
_OVERDUE: Final = """\
Something is overdue in Fingerpost.

Please see to it, or find somebody who can.
"""
_OVERDUE_TEXT: Final = "Something is overdue: please see to it."
_EMAIL: Final = """\
{what}
Sign in to see it:
{link}

This message says nothing about it, to keep people safe. Please do not reply to it.
"""


@dataclass(frozen=True)
class Outgoing:
    """A message as a provider is given it. `subject` is empty for a text message."""

    message_id: UUID
    channel: Channel
    recipient: str
    subject: str
    body: str


class TooLong(Exception):
    """A text message would not fit into one part."""


def compose(message: Message, recipient: str, public_url: str, now: datetime) -> Outgoing:
    """The message in words, to the address or number of `recipient`, as it is sent at `now`."""
    link = f"{public_url}{_path(message)}"
    match message.channel:
        case "email":
            subject, body = _email(message, link, now)
        case "sms":
            subject, body = "", f"Fingerpost. {_short(message, now)} {link}"
            _check_length(body)
        case _:
            assert_never(message.channel)
    return Outgoing(message.id, message.channel, recipient, subject, body)


def _path(message: Message) -> str:
    """Where what the message is about is seen."""
    if message.case_id is not None:
        return f"/triage/panels/cases/{message.case_id}"
    return f"/triage/assignments/{message.assignment_id}"


def _email(message: Message, link: str, now: datetime) -> tuple[str, str]:
    if message.acknowledge_by is None:
        subject, what = "Fingerpost: something is overdue", _OVERDUE
    else:
        urgent = " (urgent)" if message.urgent else ""
        subject = f"Fingerpost: something is waiting for you{urgent}"
        what = _OFFERED.format(by=answer_by(message.acknowledge_by, now))
    return subject, _EMAIL.format(what=what, link=link)


def _short(message: Message, now: datetime) -> str:
    if message.acknowledge_by is None:
        return _OVERDUE_TEXT
    urgent = "Urgent: " if message.urgent else ""
    return f"{urgent}Please answer {answer_by(message.acknowledge_by, now)}."


def answer_by(when: datetime, now: datetime) -> str:
    """By when to answer, as one says it in London: "today, by 14:30"."""
    local, today = when.astimezone(LONDON), now.astimezone(LONDON).date()
    if when <= now:
        return "as soon as you can"
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


def check_public_url(public_url: str) -> None:
    """Raise TooLong if a text message with a link to this address might not fit."""
    offer = f"{public_url}/triage/assignments/{UUID(int=0)}"
    _check_length(f"Fingerpost. Urgent: Please answer by the end of Wed 30 Sep. {offer}")
    case = f"{public_url}/triage/panels/cases/{UUID(int=0)}"
    _check_length(f"Fingerpost. {_OVERDUE_TEXT} {case}")


def gsm_length(text: str) -> int:
    """Characters that a text takes in the GSM alphabet; ValueError for one outside it."""
    if not set(text) <= _GSM | _GSM_EXTENDED:
        raise ValueError("the text has a character that the GSM alphabet has not")
    return len(text) + sum(character in _GSM_EXTENDED for character in text)


def _check_length(text: str) -> None:
    over = gsm_length(text) - SMS_LENGTH
    if over > 0:
        raise TooLong(f"a text message would be {over} characters too long: shorten PUBLIC_URL")
