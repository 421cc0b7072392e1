"""A service states each hour how many events it told: once, whoever runs and whatever stops."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.bus.tally import Tallies
from shared.bus.work import UnitOfWork
from shared.events import RotaGapFound, TallyStated, subject_of_service
from tests.servers import Postgres
from tests.shared.ground import Bench, bench

TEN = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


@dataclass
class Triage:
    """Triage's tables, and a clock that a test sets."""

    bench: Bench
    now: datetime = TEN

    @property
    def unit(self) -> UnitOfWork:
        """What a process of triage works with."""
        return replace(self.bench.unit, clock=lambda: self.now)

    async def state(self, after: timedelta) -> int:
        """A process looks at such a time after ten o'clock."""
        self.now = TEN + after
        return await Tallies(self.unit).state()

    async def tell(self, after: timedelta) -> UUID:
        """An event at such a time after ten o'clock."""
        self.now = TEN + after
        async with self.unit.work(uuid4()) as work:
            return work.emit(RotaGapFound(catalogue="b", since=TEN, until=TEN), uuid4())

    async def tallies(self) -> list[dict[str, Any]]:
        """Each tally's envelope, in the order in which they were told."""
        rows = await self.bench.rows("outbox ORDER BY position")
        said = [json.loads(row.body) for row in rows]
        return [each for each in said if each["type"] == "tally.stated.v1"]


@pytest.fixture
async def triage(postgres: Postgres) -> AsyncIterator[Triage]:
    """Triage, which runs from ten o'clock on."""
    made = Triage(await bench(postgres, "triage"))
    await made.state(timedelta())
    yield made
    await made.bench.engine.dispose()


def minutes(count: float) -> timedelta:
    """So many."""
    return timedelta(minutes=count)


async def test_an_hour_is_stated_by_its_events(triage: Triage) -> None:
    """Those from its first moment on, and none of its end; the digest is of their sorted ids."""
    ids = [await triage.tell(at) for at in (minutes(0), minutes(59.99))]
    await triage.tell(minutes(60))

    await triage.state(minutes(65))

    (said,) = await triage.tallies()
    joined = "\n".join(sorted(each.hex for each in ids)).encode()
    assert said["subject"] == str(subject_of_service("triage"))
    assert TallyStated.model_validate(said["data"]) == TallyStated(
        producer="triage",
        since=TEN,
        until=TEN + minutes(60),
        events=2,
        digest=sha256(joined).hexdigest(),
    )


async def test_an_hour_is_not_stated_before_it_is_settled(triage: Triage) -> None:
    """Five minutes after its end at the earliest."""
    assert await triage.state(minutes(64.99)) == 0
    assert await triage.state(minutes(65)) == 1


async def test_missed_hours_are_made_up_for(triage: Triage) -> None:
    """Each by itself, in order, those without an event too; the tallies before count as events."""
    await triage.tell(minutes(10))

    await triage.state(minutes(60 * 5 + 30))

    told = [each["data"] for each in await triage.tallies()]
    assert [each["events"] for each in told] == [1, 0, 0, 0, 0]
    assert [each["until"] for each in told] == sorted(each["until"] for each in told)
    await triage.state(minutes(60 * 6 + 5))
    assert (await triage.tallies())[-1]["data"]["events"] == 5


async def test_two_processes_state_an_hour_once(triage: Triage) -> None:
    """Whoever comes second finds it stated."""
    triage.now = TEN + minutes(60 * 3 + 6)

    stated = await asyncio.gather(*(Tallies(triage.unit).state() for _ in range(4)))

    assert sum(stated) == 3
    assert [each["sequence"] for each in await triage.tallies()] == [1, 2, 3]
