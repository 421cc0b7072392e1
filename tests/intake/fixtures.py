"""Fixtures for whoever tests intake as it runs; a folder's conftest names those that it needs."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from deploy.keys import OWNER
from deploy.migrations import migrate
from tests.intake.ground import Serving, serving
from tests.intake.service import Service, started
from tests.servers import Database, Postgres


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def intake_database(postgres: Postgres) -> Database:
    """A database with intake's tables, for the whole run: each test sends its own references."""
    database = await postgres.fresh_database()
    await migrate(database.url(OWNER))
    return database


@pytest.fixture
async def served(intake_database: Database) -> AsyncIterator[Serving]:
    """The running app, for one test."""
    async with serving(intake_database) as running:
        yield running


@pytest.fixture(scope="session")
def intake_service(
    intake_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """The service as a process, on the same database, for the whole run."""
    with started(intake_database, tmp_path_factory.mktemp("intake")) as running:
        yield running
