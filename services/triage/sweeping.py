"""What happens by itself: clocks that fire, places that come free, whatever a step looks after.

Any number of replicas may sweep one database: each step takes its work under a lock, one piece a
transaction. What became due while nothing ran is done on return, once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import structlog

from services.triage.assignments.clocks import Clocks
from shared.bus.errors import describe, is_outage
from shared.bus.work import UnitOfWork, Work

log = structlog.get_logger()

EVERY_SECONDS: Final = 1.0
REST: Final = timedelta(seconds=60)
"""How long a clock is left alone that could not be fired, so that it does not hold up the rest."""
LOOK_AGAIN: Final = timedelta(seconds=5)
"""How often the waiting lists are looked at while nobody on them finds a place: what makes room
happens in hours, and to look costs a look at everybody who waits."""

Step = Callable[[], Awaitable[int]]
"""Does some of what is due; returns how much. It is called again until that is nothing."""


@dataclass(frozen=True)
class Sweeper:
    """Runs each step every second, until it has no more to do; `run` never ends by itself."""

    steps: Sequence[Step]

    async def run(self) -> None:
        """Sweep for ever; an outage of the database is waited out."""
        while True:
            await self.sweep()
            await asyncio.sleep(EVERY_SECONDS)

    async def sweep(self) -> int:
        """Run each step until it has no more; returns how much was done. A step that fails is tried
        again with the next sweep, and holds up no other."""
        done = 0
        for step in self.steps:
            try:
                while did := await step():
                    done += did
            except Exception as error:  # an outage, or one step's fault: the others go on
                log.warning("sweeper.failed", error=describe(error))
        return done


@dataclass(frozen=True)
class DueClocks:
    """Fires what is due, one clock a transaction."""

    unit: UnitOfWork
    clocks: Clocks
    _resting: dict[UUID, datetime] = field(default_factory=dict)

    async def step(self) -> int:
        """Fire the one that has waited longest."""
        now = self.unit.clock()
        resting = {one for one, until in self._resting.items() if until > now}
        one = None
        try:
            async with self.unit.transaction() as transaction:
                work = Work(transaction, uuid4(), now)
                one = await self.clocks.due(work, resting)
                if one is not None:
                    await self.clocks.fire(one, work)
        except Exception as error:
            if one is None or is_outage(error):
                raise
            log.error("clock.not_fired", assignment_id=str(one.id), error=describe(error))
            self._resting[one.id] = now + REST
        return 0 if one is None else 1


@dataclass
class FreePlaces:
    """Offers places to those who wait, one list a transaction."""

    unit: UnitOfWork
    clocks: Clocks
    _look_at: datetime | None = None

    async def step(self) -> int:
        """Go through all lists."""
        now = self.unit.clock()
        if self._look_at is not None and self._look_at > now:
            return 0
        async with self.unit.work(uuid4()) as work:
            lists = await self.clocks.waiting_lists(work)
        offered = 0
        for each in lists:
            async with self.unit.work(uuid4()) as work:
                offered += await self.clocks.offer_places(each, work)
        self._look_at = now + LOOK_AGAIN
        return offered
