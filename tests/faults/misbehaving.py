"""A GOV.UK Notify on a bad day: it fails, drops its answers, is slow, and reports at any time.

Each share is of the messages that are handed over. Nothing it does is against its documentation.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final
from uuid import UUID

from tests.stubs.govuk_notify import BEARER, BROKEN, TOO_FAST, Answer, StubNotify
from tests.stubs.govuk_shapes import Kept
from tests.stubs.wire import Request

BREAKS: Final = 0.05
TOO_BUSY: Final = 0.04
HANGS_UP_WITHOUT: Final = 0.01
"""Together it fails at every tenth message."""
DROPS_ITS_ANSWER: Final = 0.05
REPORTS_BEFORE: Final = 0.05
REPEATS: Final = 0.05
CANNOT_DELIVER: Final = 0.03
IS_SLOW: Final = 0.05
SECONDS: Final = (0.01, 0.05)
SLOW_SECONDS: Final = (0.2, 1.2)
TELLS_AGAIN_SECONDS: Final = 1.0
"""The real one waits five minutes until it reports again to somebody who was not there."""


@dataclass
class Misbehaving(StubNotify):
    """`did`: how often it did what. `hangs_up`: whether it sometimes neither takes nor answers,
    which is believed of it only when a sender's hold on the message is over."""

    did: Counter[str] = field(default_factory=Counter)
    hangs_up: bool = True
    _dice: Random = field(default_factory=lambda: Random(2608))  # noqa: S311 - no secret
    _is_over: bool = False

    def __post_init__(self) -> None:
        self.next_answer = self._decide

    @property
    def taken(self) -> Mapping[UUID, int]:
        """How often it took a message, by our reference."""
        return Counter(UUID(each.reference) for each in self.kept.values() if each.reference)

    async def report(self, message: Kept, status: str, bearer: str = BEARER) -> int | None:
        """Tell what became of a message; later again where nobody hears it now."""
        code = await super().report(message, status, bearer)
        if code != 200:
            task = asyncio.create_task(self._report_again(message, status, bearer))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        return code

    async def finish(self) -> None:
        """As any other; what nobody heard by now is told no more."""
        self._is_over = True
        await super().finish()

    async def _take_or_refuse(self, request: Request, writer: asyncio.StreamWriter) -> None:
        slow = self._dice.random() < IS_SLOW
        self.did["slow"] += slow
        await asyncio.sleep(self._dice.uniform(*(SLOW_SECONDS if slow else SECONDS)))
        await super()._take_or_refuse(request, writer)

    def _decide(self, _request: Request) -> Answer:
        answer = self._roll()
        self.did["handed over"] += 1
        self.did["failed"] += not answer.takes
        self.did["dropped its answer"] += answer.takes and answer.hangs_up
        self.did["reported before it answered"] += bool(answer.before)
        self.did["reported twice"] += len(answer.before + answer.after) > 1
        self.did["could not deliver"] += "temporary-failure" in answer.before + answer.after
        return answer

    def _roll(self) -> Answer:
        chance = self._dice.random()
        if chance < BREAKS:
            return BROKEN
        if chance < BREAKS + TOO_BUSY:
            return TOO_FAST
        if chance < BREAKS + TOO_BUSY + HANGS_UP_WITHOUT:
            return Answer(takes=False, hangs_up=True) if self.hangs_up else BROKEN
        fate = "temporary-failure" if self._is_one_of(CANNOT_DELIVER) else "delivered"
        says = (fate, fate) if self._is_one_of(REPEATS) else (fate,)
        early = 1 if self._is_one_of(REPORTS_BEFORE) else 0
        return Answer(
            hangs_up=self._is_one_of(DROPS_ITS_ANSWER),
            leaves="sending",
            before=says[:early],
            after=says[early:],
        )

    def _is_one_of(self, share: float) -> bool:
        return self._dice.random() < share

    async def _report_again(self, message: Kept, status: str, bearer: str) -> None:
        while not self._is_over:
            await asyncio.sleep(TELLS_AGAIN_SECONDS)
            if await super().report(message, status, bearer) == 200:
                return
