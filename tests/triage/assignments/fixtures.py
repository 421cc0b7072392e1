"""Fixtures for whoever looks at the pages and the API of assignments."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deploy.keys import OWNER
from deploy.migrations import migrate
from tests.servers import Database, Postgres
from tests.triage.assignments.ground import Place, place_on


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def triage_tables(postgres: Postgres) -> Database:
    """A database with triage's tables, for all tests that look at pages of assignments."""
    database = await postgres.fresh_database()
    await migrate(database.url(OWNER))
    return database


@pytest.fixture
async def place(triage_tables: Database) -> AsyncIterator[Place]:
    """A room of triage on empty tables."""
    async with place_on(triage_tables) as made:
        yield made
