"""Fixtures for whoever tests notify; a folder's conftest names those that it needs."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deploy.keys import OWNER
from deploy.migrations import migrate
from tests.notify.ground import Notify, notify_on
from tests.servers import Database, Postgres


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def notify_database(postgres: Postgres) -> Database:
    """A database with notify's tables, for the whole run."""
    database = await postgres.fresh_database()
    await migrate(database.url(OWNER))
    return database


@pytest.fixture
async def notify(notify_database: Database) -> AsyncIterator[Notify]:
    """Notify on empty tables, for one test."""
    made = await notify_on(notify_database)
    yield made
    await made.engine.dispose()
