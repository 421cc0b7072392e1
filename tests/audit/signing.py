"""Keys of a log, signers over a database of a test, and what a superuser does to it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from deploy.keys import LOCAL_LOG, SUPERUSER
from services.audit.log import checkpoints
from services.audit.log.key_memory import Memory
from services.audit.log.signer import Signer
from services.audit.tlog.checkpoint import Checkpoint
from services.audit.tlog.notes import Note, SigningKey, parse_note
from tests.servers import Database

OLD: Final = SigningKey.generate(LOCAL_LOG, b"1" * 32)
NEW: Final = SigningKey.generate(LOCAL_LOG, b"2" * 32)


@dataclass
class Told:
    """What a signer said: how often it signed, and why it did not."""

    signed: int = 0
    refused: list[str] = field(default_factory=list)

    def on_signed(self) -> None:
        """Count."""
        self.signed += 1

    async def on_refused(self, reason: str) -> None:
        """Remember."""
        self.refused.append(reason)


def signer(
    engine: AsyncEngine, memory: Path, *keys: SigningKey, told: Told | None = None
) -> Signer:
    """A process that signs with these keys, or with OLD."""
    told = told or Told()
    return Signer(
        engine,
        LOCAL_LOG,
        keys or (OLD,),
        Memory(memory, LOCAL_LOG),
        signed=told.on_signed,
        refused=told.on_refused,
    )


async def latest(connection: AsyncConnection) -> tuple[Checkpoint, Note]:
    """The checkpoint that is served."""
    signed = await checkpoints.latest(connection)
    assert signed is not None
    return signed.checkpoint, parse_note(signed.note)


async def by_force(database: Database, *statements: str) -> None:
    """What somebody with the superuser's password does, past every trigger."""
    connection = await database.connect(SUPERUSER)
    try:
        for table in await _tables(connection):
            await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def put_back(database: Database, size: int) -> None:
    """The database as it was when the log had so many entries, and nothing was signed."""
    connection = await database.connect(SUPERUSER)
    try:
        lists = await _tables(connection, column="leaf_index")
    finally:
        await connection.close()
    await by_force(
        database,
        *(f"DELETE FROM {table} WHERE leaf_index >= {size}" for table in lists),
        f"DELETE FROM audit.tile_hash WHERE (number + 1) * 16 ^ level > {size}",
        "DELETE FROM audit.cosignature",
        "DELETE FROM audit.checkpoint",
    )


async def _tables(connection: asyncpg.Connection, column: str | None = None) -> list[str]:
    """Audit's tables; those that have a column of this name."""
    rows = await connection.fetch(
        "SELECT DISTINCT c.oid::regclass::text AS name FROM pg_class c JOIN pg_attribute a"
        " ON a.attrelid = c.oid WHERE c.relnamespace = 'audit'::regnamespace"
        " AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        " AND ($1::text IS NULL OR a.attname = $1)",
        column,
    )
    return [row["name"] for row in rows]
