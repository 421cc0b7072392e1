"""Months of tables are opened ahead and closed when they are old, whatever the planner does."""

from datetime import UTC, datetime

import pytest

from deploy.keys import OWNER, SUPERUSER
from deploy.migrations import migrate
from shared.subjects import SERVICES
from tests.servers import Database, Postgres


@pytest.fixture
async def migrated(postgres: Postgres) -> Database:
    """Every schema, in a database whose catalogue PostgreSQL has analysed."""
    database = await postgres.fresh_database()
    await migrate(database.url(OWNER))
    superuser = await database.connect(SUPERUSER)
    await superuser.execute("ANALYZE pg_class; ANALYZE pg_inherits")
    await superuser.close()
    return database


@pytest.mark.parametrize("service", SERVICES)
async def test_the_outbox_keeps_its_months(migrated: Database, service: str) -> None:
    """Old months go, the coming year is open, and rows of today have a place."""
    owner = await migrated.connect(OWNER)
    await owner.execute(
        f"CREATE TABLE {service}.outbox_2020_01 PARTITION OF {service}.outbox"
        " FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')"
    )
    role = await migrated.connect(service)
    await role.execute("SELECT keep_outbox(interval '400 days')")
    months = await owner.fetch(
        f"SELECT inhrelid::regclass::text AS name FROM pg_inherits"
        f" WHERE inhparent = '{service}.outbox'::regclass"
    )
    await role.close()
    await owner.close()
    names = {row["name"].rsplit("outbox_", 1)[1].strip('"') for row in months}
    now = datetime.now(UTC)
    assert "2020_01" not in names
    assert {f"{now:%Y_%m}", f"{now.year + 1}_{now:%m}"} <= names


async def test_content_is_destroyed_by_whole_months(migrated: Database) -> None:
    """A month that is older than the day goes; the others stay."""
    role = await migrated.connect("audit")
    destroyed = await role.fetchval("SELECT destroy_content(now() - interval '401 days')")
    await role.close()
    assert destroyed == 0
