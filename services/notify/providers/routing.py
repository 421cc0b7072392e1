"""The way of one channel's messages: its providers in order, each with a breaker and its slots.

A message goes to the next provider only where the one before certainly does not have it. While
nobody can say whether it has, no other is given it: two messages are worse than a late one.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from services.notify.messages import Outgoing
from services.notify.providers import (
    Fate,
    OutcomeUnknown,
    PermanentFailure,
    Provider,
    TemporaryFailure,
)
from services.notify.providers.breaker import Breaker
from shared.bus.errors import describe
from shared.bus.work import Clock, utc_now

log = structlog.get_logger()

SLOTS: Final = 64
"""How many messages one process hands to one provider at once."""
FOR_URGENT: Final = 4
"""Routine messages leave every fourth slot free, however many of them wait."""
REST: Final = timedelta(seconds=30)
"""The breaker's pause, where no call may take longer: an urgent message has five minutes."""


class Busy(TemporaryFailure):
    """It has no slot free. The message waits for one: it is not carried to the next provider, since
    their order would mean nothing whenever the first is slow."""


class Unsure(OutcomeUnknown):
    """As OutcomeUnknown. `provider`: the one that may have the message; no other has it."""

    def __init__(self, reason: str, provider: str) -> None:
        super().__init__(reason)
        self.provider = provider


@dataclass(frozen=True)
class TakenBy:
    """Who took a message, and whether that provider tells afterwards if it arrived."""

    provider: str
    reports_delivery: bool


@dataclass(frozen=True)
class Found:
    """What became of a message. `provider`: who told; None where it is with nobody."""

    fate: Fate
    provider: str | None = None


@dataclass(frozen=True)
class Room:
    """How many messages more may be handed over now. Urgent ones may take all of `urgent`; routine
    ones `routine` of the same."""

    urgent: int
    routine: int


@dataclass
class Line:
    """One provider as everybody in this process reaches it, by whatever channel. `slots`: how many
    messages it can be handed at once."""

    provider: Provider
    slots: int = SLOTS
    breaker: Breaker = field(init=False)
    _under_way: int = 0

    def __post_init__(self) -> None:
        self.breaker = Breaker(max(REST, self.provider.longest_call))

    @property
    def room(self) -> Room:
        """What its slots leave."""
        free = self.slots - self._under_way
        return Room(free, max(0, free - self.slots // FOR_URGENT))

    async def hand_over(self, message: Outgoing, *, urgent: bool, clock: Clock) -> None:
        """As the provider's `send`, within its time. TemporaryFailure if it is not even called."""
        room = self.room
        if (room.urgent if urgent else room.routine) == 0:
            raise Busy(f"{self.provider.name}: it is busy")
        if not self.breaker.admits(clock()):
            raise TemporaryFailure("it is left alone after several failures")
        self._under_way += 1
        try:
            await self._send(message)
        except PermanentFailure:
            raise
        except (TemporaryFailure, OutcomeUnknown):
            if self.breaker.failed(clock()):
                log.warning("provider.left_alone", provider=self.provider.name)
            raise
        else:
            if self.breaker.took_one():
                log.info("provider.works_again", provider=self.provider.name)
        finally:
            self._under_way -= 1

    async def _send(self, message: Outgoing) -> None:
        name = self.provider.name
        try:
            async with asyncio.timeout(self.provider.longest_call.total_seconds()):
                await self.provider.send(message)
        except (TemporaryFailure, PermanentFailure):
            raise
        except OutcomeUnknown as error:
            raise Unsure(str(error), name) from None
        except TimeoutError:
            raise Unsure("it did not answer in its time", name) from None
        except Exception as error:
            # Nothing that the port names: whatever it is, the message may have gone.
            log.error("provider.failed", provider=name, error=describe(error))
            raise Unsure("it failed in an unknown way", name) from None


@dataclass(frozen=True)
class Route:
    """One channel's providers, the preferred first. At least one."""

    lines: Sequence[Line]
    clock: Clock = utc_now

    def __post_init__(self) -> None:
        if not self.lines:
            raise ValueError("a route needs a provider")

    @property
    def longest_call(self) -> timedelta:
        """How long handing one message over may take: every provider may be tried in its turn."""
        return sum((each.provider.longest_call for each in self.lines), timedelta())

    @property
    def room(self) -> Room:
        """How many messages more may be begun now: what the first provider leaves that is not left
        alone. Whoever begins more is refused with TemporaryFailure.

        Where all are left alone messages are begun all the same, and refused at once: so their
        tries are counted, and their time does not pass unnoticed.
        """
        now = self.clock()
        open_lines = (each for each in self.lines if not each.breaker.is_open(now))
        return next(open_lines, self.lines[0]).room

    def reports_delivery(self, provider: str) -> bool:
        """Whether that provider tells what became of what it took; False if it is none of ours."""
        return any(
            each.provider.reports_delivery for each in self.lines if each.provider.name == provider
        )

    async def hand_over(self, message: Outgoing, *, urgent: bool) -> TakenBy:
        """Hand it to the first that takes it; returning means that this one has it.

        TemporaryFailure: none has it. PermanentFailure: the first that was asked will never take
        it, and none has it. Unsure: the one that it names may have it. Nothing else.
        """
        refusals: list[str] = []
        for line in self.lines:
            try:
                await line.hand_over(message, urgent=urgent, clock=self.clock)
            except Busy:
                raise
            except TemporaryFailure as error:
                refusals.append(f"{line.provider.name}: {error}")
            else:
                return TakenBy(line.provider.name, line.provider.reports_delivery)
        raise TemporaryFailure("; ".join(refusals))

    async def find(self, message_id: UUID, provider: str | None = None) -> Found | None:
        """What became of a message, asked of `provider`, or of each in turn where nobody knows
        which it was given to. None: one that may have it cannot be asked, or is none of ours.

        Raises as the port does where there is no answer now.
        """
        asked = [e.provider for e in self.lines if provider in (None, e.provider.name)]
        fates = []
        for each in asked:
            fate = await each.find(message_id)
            if fate not in (None, "absent"):
                return Found(fate, each.name)
            fates.append(fate)
        return Found("absent") if fates and None not in fates else None
