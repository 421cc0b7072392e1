"""The whole system as `up` runs it, for a test: watched and restarted in the background."""

import asyncio
import json
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import nats
from nats.aio.client import Client as Nats

from deploy import keys as key_folder
from deploy.client import Client
from deploy.keys import DEPLOY, SUPERUSER
from deploy.local import child
from deploy.local import home as homes
from deploy.local.child import Child
from deploy.local.system import LOOK_SECONDS, Part, System
from deploy.permissions import inbox_prefix
from deploy.postgres import roles

EXAMPLES = Path(__file__).parents[2] / "examples"


def example(name: str) -> dict[str, Any]:
    """An example's document, by the number that its file begins with."""
    (file,) = EXAMPLES.glob(f"{name}-*.json")
    document: dict[str, Any] = json.loads(file.read_text())["document"]
    return document


@dataclass
class Running:
    """A system whose parts are started again when they die."""

    system: System
    said: list[str]
    _over: threading.Event = field(default_factory=threading.Event)
    _looking: threading.Lock = field(default_factory=threading.Lock)

    def watch(self) -> None:
        """Until the test is over."""
        while not self._over.wait(LOOK_SECONDS):
            with self._looking:
                self.system.look_after()

    def end(self) -> None:
        """The test is over."""
        self._over.set()

    def process(self, name: str) -> Child:
        """A part's process as it runs now."""
        process = self._part(name).process
        assert process is not None
        return process

    @contextmanager
    def stopped(self, name: str) -> Iterator[None]:
        """A part is not there: it is stopped as an operator stops it, and started afterwards."""
        part = self._part(name)
        with self._looking:
            process, part.process = part.process, None
        assert process is not None
        child.stop(process)
        try:
            yield
        finally:
            with self._looking:
                part.process = part.start()

    def _part(self, name: str) -> Part:
        (part,) = (part for part in self.system.parts if part.name == name)
        return part

    @property
    def keys(self) -> key_folder.Keys:
        """The keys of this system."""
        return key_folder.load(self.system.home.keys)

    def client(self) -> Client:
        """A caller over HTTP."""
        return Client(self.system.home)

    async def sender(self, agency: str) -> Nats:
        """A plain NATS client of an agency, as any police system has one."""
        return await nats.connect(
            self._nats_url,
            nkeys_seed=str(self.keys.agency_seed_file(agency)),
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.2,
        )

    @asynccontextmanager
    async def operations(self) -> AsyncIterator[Nats]:
        """The operations user, who may look at streams and consumers."""
        client = await nats.connect(
            self._nats_url,
            nkeys_seed=str(self.keys.seed_file(DEPLOY)),
            inbox_prefix=inbox_prefix(DEPLOY),
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.2,
        )
        try:
            yield client
        finally:
            await client.close()

    async def rows(self, query: str) -> list[asyncpg.Record]:
        """What the database holds, seen by its superuser."""
        url = roles.url(self.keys, SUPERUSER, "127.0.0.1", self.system.ports["postgres"])
        connection = await asyncpg.connect(url.replace("+asyncpg", "", 1))
        try:
            return list(await connection.fetch(query))
        finally:
            await connection.close()

    @property
    def _nats_url(self) -> str:
        return f"nats://127.0.0.1:{self.system.ports['nats']}"


@asynccontextmanager
async def running(kind: type[System] = System) -> AsyncIterator[Running]:
    """A system in a folder of its own, from nothing, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="fingerpost-test-") as folder:
        said: list[str] = []
        home = homes.make(Path(folder) / "data")
        # The preferred port of two systems that start at once would be the same.
        homes.write_whole(home.folder / "ports.json", {"http": child.free_port()})
        system = kind(home, said.append)
        await asyncio.to_thread(system.start)
        whole = Running(system, said)
        watching = threading.Thread(target=whole.watch)
        watching.start()
        try:
            yield whole
        finally:
            whole.end()
            watching.join()
            await asyncio.to_thread(system.stop)
