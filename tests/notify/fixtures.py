"""Fixtures for whoever tests notify; a folder's conftest names those that it needs."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deploy.keys import OWNER
from deploy.migrations import migrate
from tests.notify.ground import Notify, notify_on
from tests.notify.service import Service, started
from tests.servers import Broker, Database, Postgres

NO_BROKER = "nats://127.0.0.1:9"
"""The discard port: nobody listens there."""


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


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def service(
    nats_broker: Broker, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """A running notify without a broker, for the whole run: on the broker it would be given the
    half of what another test's notify is meant to hear. Start one of your own for that."""
    folder = tmp_path_factory.mktemp("notify")
    async with started(nats_broker, postgres, folder, "live", NATS_URL=NO_BROKER) as running:
        yield running


@pytest.fixture
async def emptied(service: Service) -> AsyncIterator[Notify]:
    """The running notify's tables, empty, for one test."""
    async with service.emptied() as notify:
        yield notify
