"""Intake as it runs, a process of its own: a real database, and no broker to be reached."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx2

from deploy import tokens
from deploy.local import child
from shared.sign_in import COOKIE, Role
from tests.intake.ground import AGENCIES, NOBODY_LISTENS, ROOT
from tests.servers import Database


@dataclass(frozen=True)
class Service:
    """A running intake, and what it writes to its log."""

    url: str
    database: Database
    log: Path

    def token(self, who: str, *roles: Role) -> str:
        """A sign-in code for somebody with these roles."""
        return tokens.mint(self.database.keys.token_signing_file, who, roles)

    def browser(self, who: str, *roles: Role) -> httpx2.AsyncClient:
        """A client that asks for pages as a browser does."""
        return httpx2.AsyncClient(
            base_url=self.url,
            cookies={COOKIE: self.token(who, *roles)},
            headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"},
        )


@contextmanager
def started(database: Database, folder: Path) -> Iterator[Service]:
    """Intake on a database that has its tables; its log in `folder`."""
    log = folder / "intake.log"
    port = child.free_port()
    url = f"http://127.0.0.1:{port}"
    process = child.spawn(
        [sys.executable, "-m", "services.intake"],
        log,
        env={
            "PYTHONPATH": str(ROOT),
            "NATS_URL": f"nats://{NOBODY_LISTENS}",
            "NATS_SEED_FILE": str(database.keys.seed_file("intake")),
            "DATABASE_URL": database.url("intake"),
            "TOKEN_KEYS_FILE": str(database.keys.token_keys_file),
            "VAULT_KEY_FILE": str(database.keys.vault_key_file),
            "AGENCIES_FILE": str(AGENCIES),
            "TRIAGE_URL": f"http://{NOBODY_LISTENS}",
            "PUBLIC_URL": url,
            "PORT": str(port),
        },
    )
    try:
        assert child.is_ready_within(process, partial(_lives, url), 30), log.read_text()
        yield Service(url, database, log)
    finally:
        child.stop(process)


def _lives(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/intake/health/live").status_code == 200
    except httpx2.TransportError:
        return False
