"""Notify as it runs: a process of its own, between a real broker and a real database."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx2

from deploy import tokens
from deploy.keys import OWNER, Keys
from deploy.local import child
from deploy.migrations import migrate
from shared.sign_in import COOKIE, Role
from tests.notify.ground import Notify, notify_on
from tests.servers import Broker, Database, Postgres

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Service:
    """A running notify, unless told otherwise with the local inbox for both channels."""

    process: child.Child
    url: str
    keys: Keys
    log: Path
    database: Database

    def token(self, *roles: Role) -> str:
        """A sign-in code for somebody with these roles."""
        return tokens.mint(self.keys.token_signing_file, "p-k4wz7m", roles)

    def browser(self, *, token: str | None = None) -> httpx2.AsyncClient:
        """A client that asks for pages as a browser does, signed in with `token`."""
        return httpx2.AsyncClient(
            base_url=self.url,
            cookies={COOKIE: token} if token else {},
            headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"},
        )

    @asynccontextmanager
    async def emptied(self) -> AsyncIterator[Notify]:
        """Its tables from outside, by its own clock."""
        notify = await notify_on(self.database)
        notify.clock.now = datetime.now(UTC)
        try:
            yield notify
        finally:
            await notify.engine.dispose()

    async def letters(self, count: int) -> list[dict[str, Any]]:
        """What the local inbox holds, newest first, once it holds `count` letters."""
        headers = {"Authorization": f"Bearer {self.token('coordinator')}"}
        async with httpx2.AsyncClient(base_url=self.url, headers=headers) as program:
            async with asyncio.timeout(20):
                while True:
                    found: list[dict[str, Any]] = (await program.get("/notify/api/inbox")).json()
                    if len(found) >= count:
                        return found
                    await asyncio.sleep(0.02)


@asynccontextmanager
async def started(
    broker: Broker, postgres: Postgres, folder: Path, health: str = "ready", **settings: str
) -> AsyncIterator[Service]:
    """Notify on a database of its own; its log in `folder`.

    `health`: "ready" with the broker, "live" without.
    """
    database = await postgres.fresh_database()
    await migrate(database.url(OWNER))
    log = folder / "notify.log"
    env = environment(broker, database, child.free_port()) | settings
    url = env["PUBLIC_URL"]
    process = child.spawn([sys.executable, "-m", "services.notify"], log, env=env)
    try:
        assert child.is_ready_within(
            process, partial(_answers, f"{url}/notify/health/{health}"), 30
        ), log.read_text()
        yield Service(process, url, broker.keys, log, database)
    finally:
        child.stop(process)


def environment(broker: Broker, database: Database, port: int) -> dict[str, str]:
    """What notify is told: the local inbox for both channels."""
    return {
        "PYTHONPATH": str(ROOT),
        "NATS_URL": broker.url,
        "NATS_SEED_FILE": str(broker.keys.seed_file("notify")),
        "DATABASE_URL": database.url("notify"),
        "TOKEN_KEYS_FILE": str(broker.keys.token_keys_file),
        "PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "AGENCIES_FILE": str(ROOT / "deploy" / "local" / "agencies.yaml"),
        "EMAIL_PROVIDERS": "local_inbox",
        "SMS_PROVIDERS": "local_inbox",
    }


def _answers(url: str) -> bool:
    try:
        return httpx2.get(url).status_code == 200
    except httpx2.TransportError:
        return False
