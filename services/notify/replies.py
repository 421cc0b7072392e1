"""Taking an offer by text: the short code that is sent back, and what counts as an answer.

A text message shows a number, and numbers can be forged. So a code alone is worth nothing, nor is a
number: an answer counts where the code was sent to that very number, and is still unused. All that
it can do is to accept what was offered to that person; it opens and shows nothing.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

_ALPHABET: Final = "2346789CDFGHJKMNPQRTVWX"
"""Without what is taken for another character, and without vowels, so that no code is a word."""
_LENGTH: Final = 4
"""280,000 codes. Few enough to type, and enough where ten wrong ones an hour are heard."""

AT_LEAST: Final = timedelta(hours=1)
"""How long a code can be sent back, also where the time to answer is nearly over or past."""

_ANSWER: Final = re.compile(
    rf"\W*(?:YES|ACCEPT)\W+([{_ALPHABET}]{{{_LENGTH}}})\W*", re.IGNORECASE | re.ASCII
)

Choose = Callable[[str], str]
"""One character of several, by chance that nobody foresees: `secrets.choice`."""


@dataclass(frozen=True)
class ShortCode:
    """What somebody may send back by text to accept one offer of one assignment."""

    code: str
    assignment_id: UUID
    offer: int
    practitioner_id: str
    expires_at: datetime


@dataclass(frozen=True)
class Text:
    """A text message that came in. `id`: what its provider calls it. `number`: from where."""

    provider: str
    id: str
    number: str
    words: str


def new_code(choose: Choose, taken: Collection[str]) -> str:
    """A code that is none of `taken`: those that the same person may still send back."""
    while True:
        code = "".join(choose(_ALPHABET) for _ in range(_LENGTH))
        if code not in taken:
            return code


def expires(acknowledge_by: datetime | None, now: datetime) -> datetime:
    """When a code that is sent now is worth nothing any more: with the time to answer, since then
    somebody else is asked."""
    return max(acknowledge_by or now, now + AT_LEAST)


def accepted(words: str) -> str | None:
    """The code with which somebody accepts: "YES 4KT9", "accept 4kt9."; None for any other words.

    The word is asked for too: nobody accepts by sending back what they cannot read. STOP and the
    like say nothing about an offer.
    """
    found = _ANSWER.fullmatch(words)
    return found.group(1).upper() if found else None
