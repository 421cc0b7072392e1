"""What a text that came in does: it accepts an offer, once, or nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Literal
from uuid import NAMESPACE_URL, uuid5

import structlog

from services.notify import replies, replies_store
from services.notify.guessing import Guesses
from services.notify.providers import AddressRefused
from services.notify.providers.sms_gateway import international
from services.notify.replies import Text
from services.notify.replies_store import Sent
from shared.bus.work import UnitOfWork
from shared.events import AnsweredByText

log = structlog.get_logger()

MOST_MISSES: Final = 10
MISSES_COUNT_FOR: Final = timedelta(hours=1)

Made = Literal["accepted", "no_answer", "no_such_code", "too_many_misses", "not_a_number"]
"""What was made of a text."""


@dataclass(frozen=True)
class Answers:
    """Takes the answers that come by text.

    The same text may come twice, and at the same moment: its code is used up by the first. Codes
    are looked at one after another, since those that come at once are guesses too.
    """

    unit: UnitOfWork
    guesses: Guesses = field(default_factory=lambda: Guesses(MOST_MISSES, MISSES_COUNT_FOR))
    _one_at_a_time: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)

    async def take(self, text: Text) -> None:
        """Accept what it accepts. What came is recorded by ids alone: neither words nor number."""
        made = await self._made_of(text)
        log.info("text.received", provider=text.provider, received_id=text.id, made=made)

    async def _made_of(self, text: Text) -> Made:
        code = replies.accepted(text.words)
        if code is None:
            return "no_answer"
        number = _number(text.number)
        if number is None:
            return "not_a_number"
        async with self._one_at_a_time:
            if self.guesses.too_many(number, self.unit.clock()):
                return "too_many_misses"
            if not await self._accept(code, number, text):
                self.guesses.missed(number, self.unit.clock())
                return "no_such_code"
        return "accepted"

    async def _accept(self, code: str, number: str, text: Text) -> bool:
        async with self.unit.work(uuid5(NAMESPACE_URL, f"{text.provider}/{text.id}")) as work:
            sent = await replies_store.sent(work.connection, code, work.now)
            answered = _sent_to(number, sent)
            if answered is None:
                return False
            referral = await replies_store.use(work.connection, answered)
            if referral is None:
                return False
            event = AnsweredByText(
                assignment_id=answered.assignment_id,
                offer=answered.offer,
                practitioner_id=answered.practitioner_id,
                answer="accept",
            )
            work.emit(event, referral)
        return True


def _sent_to(number: str, sent: Sequence[Sent]) -> Sent | None:
    """The one code that was sent to that number. Two colleagues who share a telephone may have been
    sent the same one: then nobody can say who answers."""
    theirs = [each for each in sent if each.number and _number(each.number) == number]
    return theirs[0] if len(theirs) == 1 else None


def _number(written: str) -> str | None:
    """A number in E.164, however it is written."""
    try:
        return international(written)
    except AddressRefused:
        return None
