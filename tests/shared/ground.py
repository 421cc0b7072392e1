"""What the tests of the bus stand on: one service's tables in a database of their own."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from deploy.keys import OWNER
from deploy.migrations import migrate
from shared.bus.consumer import Received
from shared.bus.work import Seal, UnitOfWork, Unsealed
from shared.events import ReferralRejected, envelope
from shared.subjects import EVENTS, Service
from tests.servers import Postgres


@dataclass
class Bench:
    """A service's engine and unit of work; `nudges` counts the commits that told something."""

    service: Service
    engine: AsyncEngine
    nudges: int = 0
    seal: Seal = field(default_factory=Unsealed)

    @property
    def unit(self) -> UnitOfWork:
        """A unit of work whose commits are counted."""
        return UnitOfWork(self.engine, self.service, self._nudged, self.seal)

    def _nudged(self) -> None:
        self.nudges += 1

    async def rows(self, table: str) -> list[Any]:
        """Every row of a table."""
        async with self.engine.connect() as connection:
            return list((await connection.execute(text(f"SELECT * FROM {table}"))).all())


async def bench(postgres: Postgres, service: Service) -> Bench:
    """A database with every schema, and an engine as the service's own role."""
    database = await postgres.fresh_database()
    await migrate(database.url(OWNER))
    return Bench(service, create_async_engine(database.url(service)))


def rejected(referral: UUID, sequence: int = 1) -> Received:
    """An event of intake, as it comes from the stream; the simplest that there is."""
    data = ReferralRejected(agency="met-police", parked_id=referral, problems=())
    event = envelope(
        data,
        event_id=uuid4(),
        producer="intake",
        subject=referral,
        time=datetime.now(UTC),
        sequence=sequence,
    )
    body = event.model_dump_json(exclude_none=True).encode()
    return Received(event.id, EVENTS, "event.referral.rejected", body)
