"""A log of its own for each test: one that is for inserting only cannot be emptied."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from deploy.keys import OWNER
from deploy.migrations import migrate
from shared.bus.work import UnitOfWork
from tests.servers import Database, Postgres


@pytest.fixture
async def log_database(postgres: Postgres) -> Database:
    """A database with every service's tables, all empty."""
    database = await postgres.fresh_database()
    await migrate(database.url(OWNER))
    return database


@pytest.fixture
async def unit(log_database: Database) -> AsyncIterator[UnitOfWork]:
    """Audit's unit of work, with the rights of audit's role."""
    engine = create_async_engine(log_database.url("audit"))
    yield UnitOfWork(engine, "audit", committed=lambda: None)
    await engine.dispose()


@pytest.fixture
async def connection(unit: UnitOfWork) -> AsyncIterator[AsyncConnection]:
    """A connection that reads, with the rights of audit's role."""
    async with unit.engine.connect() as reading:
        await reading.execution_options(isolation_level="AUTOCOMMIT")
        yield reading
