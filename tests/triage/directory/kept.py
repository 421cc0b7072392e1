"""Triage's directory on real tables: the store behind it and the API before it."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from deploy.keys import OWNER, Keys
from deploy.migrations import migrate
from deploy.tokens import mint
from services.triage.directory.api import directory_router
from services.triage.directory.changes import differences, entries_of
from services.triage.directory.entries import Directory
from services.triage.directory.reading import read_directory
from services.triage.directory.store import Directories, apply
from shared import problems
from shared.bus.work import UnitOfWork
from shared.sign_in import Doorkeeper, Role
from tests.servers import Database, Postgres
from tests.triage.directory.tables import in_yaml

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@dataclass
class KeptDirectory:
    """The directory in triage's tables; `sample` is the one of `tables`, loaded or not."""

    database: Database
    engine: AsyncEngine
    sample: Directory
    keys: Keys
    file: Path
    directories: Directories = field(default_factory=Directories)

    @property
    def unit(self) -> UnitOfWork:
        """Transactions at one moment."""
        return UnitOfWork(self.engine, "triage", lambda: None, clock=lambda: NOW)

    async def current(self) -> Directory:
        """What triage reads."""
        async with self.engine.connect() as connection:
            return await self.directories.current(connection)

    async def version(self) -> int:
        """At which version it stands."""
        async with self.engine.connect() as connection:
            return (await self.directories.kept(connection)).version

    async def become(self, directory: Directory, onto: int) -> int:
        """Change it to another; the new version."""
        async with self.unit.work(uuid4()) as work:
            before = (await self.directories.kept(work.connection)).directory
            entries = entries_of(before) if before else {}
            changes = differences(entries, entries_of(directory))
            return await apply(work, changes, "coordinator-1", onto)

    async def call(
        self,
        verb: str,
        path: str = "",
        body: object = None,
        *,
        role: Role = "coordinator",
        who: str = "coordinator-1",
        **query: Any,
    ) -> httpx2.Response:
        """As somebody with a role; `path` is below the directory's."""
        app = FastAPI()
        problems.install(app)
        doorkeeper = Doorkeeper.from_file(self.keys.token_keys_file)
        app.include_router(directory_router(self.unit, self.directories, doorkeeper))
        token = mint(self.keys.token_signing_file, who, (role,))
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://triage.test") as http:
            return await http.request(
                verb,
                f"/triage/api/directory{path}",
                params=query,
                json=body,
                headers={"Authorization": f"Bearer {token}"},
            )

    async def rows(self, table: str, order: str) -> list[Any]:
        """Every row of a table."""
        async with self.engine.connect() as connection:
            rows = await connection.execute(text(f"SELECT * FROM {table} ORDER BY {order}"))
            return list(rows)

    async def told(self, event_type: str) -> list[dict[str, Any]]:
        """The events of a type that are told, in order."""
        bodies = [json.loads(row.body) for row in await self.rows("outbox", "position")]
        return [each for each in bodies if each["type"] == f"{event_type}.v1"]

    async def hold(self, practitioner: str, state: str = "offered") -> UUID:
        """Somebody holds an assignment."""
        assignment = uuid4()
        async with self.engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO assignment (id, referral_id, pathway, kind, holder, state, urgent)"
                    " VALUES (:id, :referral, 'idsva', 'lead', :holder, :state, false)"
                ),
                {
                    "id": assignment,
                    "referral": uuid4(),
                    "holder": practitioner,
                    "state": state,
                },
            )
        return assignment


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def kept_database(postgres: Postgres) -> Database:
    """A database with triage's tables, for all tests here."""
    database = await postgres.fresh_database()
    await migrate(database.url(OWNER))
    return database


@pytest_asyncio.fixture
async def kept(kept_database: Database, tmp_path: Path) -> AsyncIterator[KeptDirectory]:
    """Nothing is loaded yet."""
    owner = await kept_database.connect(OWNER)
    await owner.execute(
        "TRUNCATE triage.directory_entry, triage.directory_change, triage.refused_address,"
        " triage.assignment, triage.step, triage.outbox, triage.event_sequence CASCADE;"
        " UPDATE triage.directory_version SET version = 0"
    )
    await owner.close()
    engine = create_async_engine(kept_database.url("triage"))
    file = in_yaml(tmp_path)[0]
    yield KeptDirectory(kept_database, engine, read_directory([file]), kept_database.keys, file)
    await engine.dispose()
