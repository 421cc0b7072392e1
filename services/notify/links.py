"""One-time links: each leads one practitioner to one assignment, once, after signing in.

A link lets nobody in. Signing in does that, and triage decides what its reader may see; a link says
where to go, so that a message need not name the assignment. Whoever finds an old message, or reads
one over a shoulder, finds no address in it that is of use to anybody.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

PATH: Final = "/notify/l/"
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: five bits a character, and none that is taken for another."""
_LENGTH: Final = 13
"""65 bits. With a million links in force, a million tries a second would find one in a year, and
whoever tries is slowed down after twenty."""

MARGIN: Final = timedelta(days=1)
"""How long a link works after the time to answer: whoever comes late reads where it went."""
UNTIMED: Final = timedelta(days=3)
"""How long a link works in a message that asks for no answer: over a weekend."""

Choose = Callable[[str], str]
"""One character of several, by chance that nobody foresees: `secrets.choice`."""


@dataclass(frozen=True)
class Link:
    """What is kept of a link. Its code is in the message and nowhere else."""

    code_hash: bytes
    assignment_id: UUID
    offer: int
    practitioner_id: str
    expires_at: datetime


@dataclass(frozen=True)
class Opened:
    """It is theirs, and leads there now, for the only time."""

    assignment_id: UUID


@dataclass(frozen=True)
class OpenedBefore:
    """It was theirs, and has done its work."""


@dataclass(frozen=True)
class NotTheirs:
    """Another's, or over, or none: whoever asks is not told which."""


Opening = Opened | OpenedBefore | NotTheirs


def new_code(choose: Choose) -> str:
    """What stands in a link."""
    return "".join(choose(_ALPHABET) for _ in range(_LENGTH))


def hashed(code: str) -> bytes:
    """By what a link is found; a code that is typed may be in capitals.

    SHA-256 without a key: nobody tries 2^65 codes. Looking up a digest takes no longer for a code
    that is nearly right.
    """
    return sha256(code.casefold().encode()).digest()


def expires(acknowledge_by: datetime | None, now: datetime) -> datetime:
    """When a link that is made now works no more; `acknowledge_by`: when its message is to be
    answered, if it is. A day from now at the earliest, also where that time is past."""
    if acknowledge_by is None:
        return now + UNTIMED
    return max(acknowledge_by, now) + MARGIN
