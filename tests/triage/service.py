"""Triage as it runs, a process of its own on a real database, without a broker to be reached."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio

from deploy import tokens
from deploy.keys import OWNER, Keys
from deploy.local import child
from deploy.migrations import migrate
from shared.sign_in import COOKIE, Role
from tests.servers import Database, Postgres

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Service:
    """A running triage."""

    url: str
    keys: Keys
    log: Path
    database: Database

    def token(self, *roles: Role) -> str:
        """A sign-in code for somebody with these roles."""
        return tokens.mint(self.keys.token_signing_file, "p-k4wz7m", roles)

    def browser(self, *roles: Role) -> httpx2.Client:
        """A client that asks for pages as a browser does; signed in if it has a role."""
        return httpx2.Client(
            base_url=self.url,
            cookies={COOKIE: self.token(*roles)} if roles else {},
            headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"},
        )


@asynccontextmanager
async def started(postgres: Postgres, folder: Path) -> AsyncIterator[Service]:
    """Triage on a database of its own, with the directory of this machine; its log in `folder`."""
    database = await postgres.fresh_database()
    await migrate(database.url(OWNER))
    keys = postgres.keys
    log = folder / "triage.log"
    port = child.free_port()
    url = f"http://127.0.0.1:{port}"
    process = child.spawn(
        [sys.executable, "-m", "services.triage"],
        log,
        env={
            "PYTHONPATH": str(ROOT),
            "NATS_URL": f"nats://127.0.0.1:{child.free_port()}",
            "NATS_SEED_FILE": str(keys.seed_file("triage")),
            "DATABASE_URL": database.url("triage"),
            "TOKEN_KEYS_FILE": str(keys.token_keys_file),
            "PORT": str(port),
            "PUBLIC_URL": url,
            "DIRECTORY_FILE": str(ROOT / "deploy" / "local" / "directory.yaml"),
        },
    )
    try:
        assert child.is_ready_within(process, partial(_lives, url), 30), log.read_text()
        yield Service(url, keys, log, database)
    finally:
        child.stop(process)


def _lives(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/triage/health/live").status_code == 200
    except httpx2.TransportError:
        return False


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def triage_service(
    postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """A running triage, for the whole run."""
    async with started(postgres, tmp_path_factory.mktemp("triage")) as running:
        yield running
