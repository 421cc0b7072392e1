"""Triage as it runs, a process of its own, with neither broker nor database to be reached: its
pages of policies and its checker need none."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx2
import pytest

from deploy import tokens
from deploy.keys import Keys
from deploy.local import child
from shared.sign_in import COOKIE, Role

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Service:
    """A running triage."""

    url: str
    keys: Keys
    log: Path

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


@contextmanager
def started(keys: Keys, folder: Path) -> Iterator[Service]:
    """Triage with its log in `folder`."""
    log = folder / "triage.log"
    port = child.free_port()
    url = f"http://127.0.0.1:{port}"
    nowhere = child.free_port()
    process = child.spawn(
        [sys.executable, "-m", "services.triage"],
        log,
        env={
            "PYTHONPATH": str(ROOT),
            "NATS_URL": f"nats://127.0.0.1:{nowhere}",
            "NATS_SEED_FILE": str(keys.seed_file("triage")),
            "DATABASE_URL": f"postgresql+asyncpg://triage@127.0.0.1:{nowhere}/fingerpost",
            "TOKEN_KEYS_FILE": str(keys.token_keys_file),
            "PORT": str(port),
            "PUBLIC_URL": url,
            "DIRECTORY_FILE": str(ROOT / "deploy" / "local" / "directory.yaml"),
        },
    )
    try:
        assert child.is_ready_within(process, partial(_lives, url), 30), log.read_text()
        yield Service(url, keys, log)
    finally:
        child.stop(process)


def _lives(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/triage/health/live").status_code == 200
    except httpx2.TransportError:
        return False


@pytest.fixture(scope="session")
def triage_service(test_keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A running triage, for the whole run."""
    with started(test_keys, tmp_path_factory.mktemp("triage")) as running:
        yield running
