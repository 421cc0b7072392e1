"""The alarm for hours at which nobody is on call, on a real database."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from structlog.testing import capture_logs

from deploy.keys import OWNER
from deploy.migrations import migrate
from services.triage.directory.alarm import RotaAlarm
from services.triage.directory.changes import DIRECTORY_ID
from services.triage.directory.entries import Directory
from shared.bus.work import UnitOfWork
from tests.servers import Postgres
from tests.triage.directory.staff import directory, practitioner

NOW: Final = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
EVERY_DAY: Final = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
ALWAYS: Final = {"days": EVERY_DAY, "from": "00:00", "until": "00:00", "who": "p-anna"}


@dataclass
class Duty:
    """A directory that may change, and a clock."""

    engine: AsyncEngine
    directory: Directory
    now: datetime = NOW

    async def current(self, connection: AsyncConnection) -> Directory:  # noqa: ARG002 - as stored
        """The directory of the moment."""
        return self.directory

    def replica(self) -> RotaAlarm:
        """One more process that looks."""
        return RotaAlarm(
            UnitOfWork(self.engine, "triage", lambda: None, clock=lambda: self.now), self
        )

    async def told(self) -> list[dict[str, Any]]:
        """The events in the outbox."""
        async with self.engine.connect() as connection:
            rows = await connection.execute(text("SELECT body FROM outbox ORDER BY position"))
            return [json.loads(row.body) for row in rows]


@pytest.fixture
async def duty(postgres: Postgres) -> AsyncIterator[Duty]:
    """A borough without a rota."""
    database = await postgres.fresh_database()
    await migrate(database.url(OWNER))
    engine = create_async_engine(database.url("triage"))
    yield Duty(engine, directory(practitioner("p-anna")))
    await engine.dispose()


async def test_a_gap_is_told_and_logged(duty: Duty) -> None:
    """Which borough and which hours, of nobody in particular."""
    with capture_logs() as logs:
        assert await duty.replica().step() == 1
    (event,) = await duty.told()
    assert (event["type"], event["subject"]) == ("rota.gap_found.v1", str(DIRECTORY_ID))
    assert event["data"]["catalogue"] == "bromley"
    assert [(each["event"], each["log_level"]) for each in logs] == [("rota.gap_found", "warning")]


async def test_a_gap_is_told_once(duty: Duty) -> None:
    """However often, and by however many processes at once, it is found."""
    replicas = [duty.replica() for _ in range(4)]
    told = await asyncio.gather(*(each.step() for each in replicas))
    duty.now += timedelta(hours=2)
    again = [await each.step() for each in replicas]
    assert (sum(told), sum(again), len(await duty.told())) == (1, 0, 1)


async def test_a_rota_without_a_gap_alarms_nobody(duty: Duty) -> None:
    """Somebody at any hour."""
    duty.directory = directory(practitioner("p-anna"), rota=[ALWAYS])
    assert await duty.replica().step() == 0
    assert await duty.told() == []


async def test_rotas_are_looked_at_every_hour(duty: Duty) -> None:
    """Leave that was entered since is found within the hour, a week ahead."""
    duty.directory = directory(practitioner("p-anna"), rota=[ALWAYS])
    alarm = duty.replica()
    assert await alarm.step() == 0
    day = (NOW + timedelta(days=3)).date().isoformat()
    away = practitioner("p-anna", leave=[{"from": day, "until": day}])
    duty.directory = directory(away, rota=[ALWAYS])
    duty.now += timedelta(minutes=59)
    assert await alarm.step() == 0
    duty.now += timedelta(minutes=1)
    assert await alarm.step() == 1
