"""What the log had before there was a search is found as what comes after."""

import importlib
from functools import partial
from typing import Final
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import text

from deploy.keys import OWNER, SUPERUSER
from shared.bus.work import UnitOfWork
from shared.events import AccessRecorded, AssignmentTransferred
from tests.audit.heard import received, some, take
from tests.audit.test_people import ANNA, BERTA, merged, referred, split
from tests.servers import Database, until

TABLES: Final = ("named", "word", "concerned", "merged", "parted", "span")


async def test_earlier_entries_are_found_too(log_database: Database, unit: UnitOfWork) -> None:
    """The migration reads out of the events what the log reads out of them as they come."""
    merge, pair, moved = uuid4(), uuid4(), uuid4()
    referral = uuid4()
    transferred = AssignmentTransferred(
        assignment_id=uuid4(),
        referral_id=referral,
        pathway="refuge",
        to_pathway="refuge",
        practitioner_id="idsva-1",
        to_practitioner_id="idsva-2",
        by="coordinator-1",
    )
    read = AccessRecorded(
        reader="auditor-1", roles=("auditor",), what="trail", why="domestic_homicide_review D-3"
    )
    await take(
        unit,
        [
            referred(referral, ANNA, pair),
            merged(merge, BERTA, ANNA, (pair, moved)),
            split(merge, BERTA, ANNA),
            received(transferred, referral),
            received(read, referral),
            *some(300),
        ],
    )
    owner = await log_database.connect(SUPERUSER)
    try:
        before = await _rows(owner)
        for table in TABLES:
            await owner.execute(f"ALTER TABLE audit.{table} DISABLE TRIGGER ALL")
        await owner.execute(f"TRUNCATE {', '.join(f'audit.{table}' for table in TABLES)}")

        migration = importlib.import_module("deploy.migrations.audit.0003_search")
        for statement in migration._FILLED:
            await owner.execute(statement)

        assert await _rows(owner) == before
    finally:
        await owner.close()


async def test_the_tree_of_earlier_entries_is_the_same(
    log_database: Database, unit: UnitOfWork
) -> None:
    """The migration to smaller tiles makes from the leaves what an append makes as they come; not
    while a service is there that would append without them."""
    await take(unit, some(4200))
    owner = await log_database.connect(OWNER)
    try:
        hashes = "SELECT * FROM audit.tile_hash ORDER BY level, number"
        before = [tuple(row) for row in await owner.fetch(hashes)]

        migration = importlib.import_module("deploy.migrations.audit.0005_smaller_tiles")
        async with unit.engine.connect() as connection:
            await connection.execute(text("SELECT"))
            with pytest.raises(asyncpg.RaiseError, match="audit is running: stop it"):
                await owner.execute(migration._ALONE)
        await unit.engine.dispose()
        await until(partial(_is_alone, owner), 10)
        for statement in (migration._ALONE, *migration._TABLE, migration._FILLED):
            await owner.execute(statement)

        assert [tuple(row) for row in await owner.fetch(hashes)] == before
        assert [level for level, _, _ in before].count(1) == 4200 // 16
        assert {level for level, _, _ in before} == {1, 2, 3}
    finally:
        await owner.close()


async def _rows(owner: asyncpg.Connection) -> dict[str, list[asyncpg.Record]]:
    rows = {}
    for table in TABLES:
        rows[table] = await owner.fetch(f"SELECT * FROM audit.{table} ORDER BY 1, 2")
        assert rows[table], f"nothing in {table}"
    return rows


async def _is_alone(owner: asyncpg.Connection) -> bool:
    """Whether the service's connections are gone; PostgreSQL takes a moment over it."""
    left = await owner.fetchval(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE usename = 'audit' AND datname = current_database()"
    )
    return bool(left == 0)
