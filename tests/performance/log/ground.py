"""A PostgreSQL for the benchmark alone, with logs in databases of their own."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from deploy import keys
from deploy.keys import OWNER, SUPERUSER
from deploy.local import child, postgres_server
from deploy.migrations import migrate
from tests.servers import Database, Postgres


@contextmanager
def server(folder: Path) -> Iterator[Postgres]:
    """As `up` runs it: fsync, full page writes, synchronous commit. Gone afterwards."""
    made = keys.make(folder / "keys", ("met-police",))
    port, password = child.free_port(), made.password(SUPERUSER)
    process = postgres_server.start(
        folder / "postgres", port=port, password=password, log=folder / "postgres.log"
    )
    try:
        yield Postgres(made, "127.0.0.1", port)
    finally:
        postgres_server.stop(process)


@asynccontextmanager
async def log_of(postgres: Postgres) -> AsyncIterator[tuple[Database, AsyncEngine]]:
    """An empty log: its database, and an engine with the rights of audit's role."""
    database = await postgres.fresh_database()
    await migrate(database.url(OWNER))
    engine = create_async_engine(database.url("audit"), hide_parameters=True)
    try:
        yield database, engine
    finally:
        await engine.dispose()


async def tidy(database: Database) -> None:
    """As autovacuum leaves the tables after a while, and everything on the disk."""
    superuser = await database.connect(SUPERUSER)
    try:
        await superuser.execute("VACUUM (ANALYZE)")
        await superuser.execute("CHECKPOINT")
    finally:
        await superuser.close()
