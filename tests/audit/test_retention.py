"""Content is destroyed by schedule, young content never, and no proof is broken by it."""

from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from deploy.keys import OWNER
from services.audit.handlers import read
from services.audit.keeping.retention import Retention
from services.audit.keeping.schedule import Line, Schedule
from services.audit.log import log
from services.audit.tlog.merkle import inclusion_holds, leaf_hash
from shared.bus.consumer import Received
from shared.bus.work import UnitOfWork
from shared.events import AccessRecorded
from tests.audit.heard import received, some, take, withdrawn
from tests.servers import Database

LONG_AGO = datetime(2019, 1, 15, tzinfo=UTC)


def kept(days: int, *others: tuple[str, int]) -> Schedule:
    """A schedule that keeps assignments for so long, and others as they say."""
    return Schedule(
        tuple(
            Line(type=type_, days=each, erased=False, because="a test says so")
            for type_, each in (("assignment.*", days), *others)
        )
    )


async def log_long_ago(database: Database, messages: list[Received]) -> None:
    """Log messages, the first of a log, as if it had been January 2019."""
    connection = await database.connect(OWNER)
    try:
        await connection.execute(
            "CREATE TABLE audit.content_2019_01 PARTITION OF audit.content"
            " FOR VALUES FROM ('2019-01-01 00:00Z') TO ('2019-02-01 00:00Z')"
        )
        for index, heard in enumerate(map(read, messages)):
            salt = log.new_salt()
            await connection.execute(
                "INSERT INTO audit.entry (leaf_index, event_id, type, producer, referral, time,"
                " leaf, logged_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                *(index, heard.event_id, heard.type, heard.producer, heard.referral, heard.time),
                *(log.leaf_data(salt, heard.body), LONG_AGO),
            )
            await connection.execute(
                "INSERT INTO audit.content (leaf_index, salt, body, logged_at)"
                " VALUES ($1, $2, $3, $4)",
                *(index, salt, heard.body, LONG_AGO),
            )
    finally:
        await connection.close()


async def test_old_content_goes_and_every_proof_holds(
    log_database: Database, unit: UnitOfWork, connection: AsyncConnection
) -> None:
    """The month that is too old loses bytes and salts; the tree stays as it was."""
    referral = uuid4()
    await log_long_ago(log_database, some(3, referral))
    await take(unit, some(2, referral))
    before = await log.prove(connection, range(5), 5)

    destroyed = await Retention(unit, kept(2555)).keep()

    after = await log.prove(connection, range(5), 5)
    rows = await connection.execute(
        text(
            "SELECT leaf_index, leaf, body IS NULL AS is_gone FROM entry"
            " LEFT JOIN content USING (leaf_index) ORDER BY leaf_index"
        )
    )
    entries = rows.all()
    assert destroyed == 3
    assert [entry.is_gone for entry in entries] == [True, True, True, False, False]
    noted = await connection.execute(text("SELECT leaf_index, because FROM destruction"))
    assert sorted(map(tuple, noted)) == [(index, "schedule") for index in range(3)]
    assert after == before
    assert all(
        inclusion_holds(entry.leaf_index, 5, leaf_hash(entry.leaf), proof, after.tree.root)
        for entry, proof in zip(entries, after.proofs, strict=True)
    )


async def test_content_that_is_still_to_be_kept_stays(
    log_database: Database, unit: UnitOfWork
) -> None:
    """A month within the time of retention is not touched."""
    await log_long_ago(log_database, some(3))

    assert await Retention(unit, kept(36500)).keep() == 0


@pytest.mark.parametrize("role", ["audit", OWNER])
@pytest.mark.parametrize("before", ["now() - interval '399 days'", "now()", "'infinity'", "NULL"])
async def test_young_content_is_not_destroyed_for_anybody(
    log_database: Database, role: str, before: str
) -> None:
    """PostgreSQL refuses to destroy what is younger than 400 days, whatever the setting says."""
    connection = await log_database.connect(role)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(f"SELECT audit.destroy_content({before})")
    finally:
        await connection.close()


async def test_a_type_goes_before_the_others(
    log_database: Database, unit: UnitOfWork, connection: AsyncConnection
) -> None:
    """What its line says goes, though its month stays; it is noted, and told."""
    referral = uuid4()
    messages = [
        received(withdrawn(referral), referral),
        received(AccessRecorded(reader="a-1", roles=("auditor",), what="x", why="y"), referral),
    ]
    await log_long_ago(log_database, messages)

    destroyed = await Retention(unit, kept(36500, ("access.recorded", 400))).keep()

    left = await connection.execute(text("SELECT leaf_index FROM content"))
    noted = await connection.execute(text("SELECT leaf_index, because FROM destruction"))
    (told,) = await connection.execute(text("SELECT body FROM outbox"))
    assert destroyed == 1
    assert list(left.scalars()) == [0]
    assert [tuple(row) for row in noted] == [(1, "schedule")]
    assert b'"because":"schedule","entries":1' in told.body


@pytest.mark.parametrize("before", ["now() - interval '399 days'", "now()", "'infinity'", "NULL"])
async def test_no_type_goes_before_400_days(log_database: Database, before: str) -> None:
    """Whatever a schedule says."""
    connection = await log_database.connect("audit")
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(
                f"SELECT audit.destroy_content_of_types('{{access.recorded.v1}}', {before})"
            )
    finally:
        await connection.close()


async def test_the_coming_year_has_its_months(unit: UnitOfWork) -> None:
    """A service that cannot keep house for a year still logs."""
    async with unit.engine.connect() as connection:
        months = await connection.execute(
            text(
                "SELECT count(*), max(relname) = to_char(now() AT TIME ZONE 'UTC'"
                " + interval '1 year', '\"content_\"YYYY_MM') FROM pg_class"
                " WHERE relname ~ '^content_[0-9]{4}_[0-9]{2}$'"
            )
        )
        assert tuple(months.one()) == (13, True)
