"""What is in the log cannot be changed, whoever asks PostgreSQL to."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy.exc import IntegrityError

from deploy.keys import OWNER, SUPERUSER
from services.audit.log import checkpoints
from services.audit.tlog.checkpoint import Checkpoint
from services.audit.tlog.notes import Signature
from shared.bus.work import UnitOfWork
from tests.audit.heard import some, take
from tests.servers import Database

SIGNED = Checkpoint("log.example", 257, b"r" * 32)
CHANGES = (
    "UPDATE audit.entry SET leaf = leaf WHERE leaf_index = 0",
    "DELETE FROM audit.entry WHERE leaf_index = 0",
    "TRUNCATE audit.entry",
    "UPDATE audit.tile_hash SET hash = hash WHERE number = 0",
    "DELETE FROM audit.tile_hash WHERE number = 0",
    "TRUNCATE audit.tile_hash",
    "UPDATE audit.content SET body = body WHERE leaf_index = 0",
    "DELETE FROM audit.content WHERE leaf_index = 0",
    "TRUNCATE audit.content",
    "UPDATE audit.{month} SET body = body WHERE leaf_index = 0",
    "DELETE FROM audit.{month} WHERE leaf_index = 0",
    "TRUNCATE audit.{month}",
    "UPDATE audit.checkpoint SET note = note WHERE size = 257",
    "DELETE FROM audit.checkpoint WHERE size = 257",
    "TRUNCATE audit.checkpoint",
    "UPDATE audit.cosignature SET line = line WHERE size = 257",
    "DELETE FROM audit.cosignature WHERE size = 257",
    "TRUNCATE audit.cosignature",
    "UPDATE audit.named SET name = name WHERE leaf_index = 0",
    "DELETE FROM audit.named WHERE leaf_index = 0",
    "UPDATE audit.word SET word = word WHERE leaf_index = 0",
    "TRUNCATE audit.word",
    "DELETE FROM audit.span WHERE number = 0",
    "TRUNCATE audit.span, audit.concerned, audit.merged, audit.parted, audit.named",
    "INSERT INTO audit.tile_hash SELECT * FROM audit.tile_hash"
    " ON CONFLICT (level, number) DO UPDATE SET hash = excluded.hash",
)


@pytest.fixture
async def log_of_a_tile(log_database: Database, unit: UnitOfWork) -> AsyncIterator[Database]:
    """A log with a row in each of its tables; they are the same after the test."""
    await take(unit, some(257))
    async with unit.engine.begin() as signing:
        await checkpoints.add(signing, SIGNED, b"a note")
        await checkpoints.add_cosignatures(signing, SIGNED, [Signature("w", b"1234", b"good")])
    before = await _everything(log_database)
    yield log_database
    assert await _everything(log_database) == before


async def _everything(database: Database) -> list[list[asyncpg.Record]]:
    connection = await database.connect("audit")
    try:
        return [
            await connection.fetch(f"SELECT * FROM {table} ORDER BY 1, 2")
            for table in ("entry", "content", "tile_hash", "checkpoint", "cosignature")
        ]
    finally:
        await connection.close()


@pytest.mark.parametrize("role", ["audit", OWNER, SUPERUSER])
async def test_no_role_changes_the_log(log_of_a_tile: Database, role: str) -> None:
    """Update, delete and truncate are refused to the service, to the owner of the tables and to
    the superuser, on tables and on a single month; in a replica's session as well."""
    connection = await log_of_a_tile.connect(role)
    try:
        month = await connection.fetchval("SELECT to_char(now(), '\"content_\"YYYY_MM')")
        if role == SUPERUSER:
            await connection.execute("SET session_replication_role = replica")
        for change in CHANGES:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(change.format(month=month))
    finally:
        await connection.close()


@pytest.mark.parametrize(
    "insert",
    [
        "INSERT INTO content (leaf_index, salt, body, logged_at)"
        " SELECT 900, salt, body, '2020-01-01' FROM content LIMIT 1",
        "INSERT INTO entry (leaf_index, event_id, type, producer, referral, time, leaf, logged_at)"
        " SELECT 900, gen_random_uuid(), type, producer, referral, time, leaf, '2020-01-01'"
        " FROM entry LIMIT 1",
    ],
)
async def test_the_service_cannot_backdate_what_it_logs(
    log_of_a_tile: Database, insert: str
) -> None:
    """The age of an entry is PostgreSQL's to say: old content would be destroyed early."""
    connection = await log_of_a_tile.connect("audit")
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(insert)
    finally:
        await connection.close()


@pytest.mark.parametrize("size", [256, 257])
async def test_no_checkpoint_contradicts_one_that_is_kept(unit: UnitOfWork, size: int) -> None:
    """Neither a smaller tree than the last, nor another of its size, is taken in."""
    async with unit.engine.begin() as signing:
        await checkpoints.add(signing, SIGNED, b"a note")

    with pytest.raises(IntegrityError, match="contradicts"):
        async with unit.engine.begin() as signing:
            await checkpoints.add(signing, Checkpoint("log.example", size, b"s" * 32), b"another")
