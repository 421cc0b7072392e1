"""How long an entry stands before a witness vouches for it: until then whoever has the log's key
may still write another history. Measured on the real service, from outside."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

import httpx2
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.commands.witness import Follower
from deploy.keys import OWNER
from deploy.log_address import LogAddress
from deploy.migrations import migrate
from deploy.witness_server import witness_app
from services.audit.tlog.checkpoint import parse_checkpoint
from services.audit.tlog.notes import SigningKey, parse_note
from services.audit.tlog.witness_policy import parse_policy
from services.audit.witness import Witness
from shared.bus.work import UnitOfWork
from tests.audit.heard import some, take
from tests.audit.served import served
from tests.audit.service import audit_app
from tests.faults.tampering.honest import WITNESS
from tests.servers import Database, Postgres, until

A_SECOND: Final = 50
BATCH: Final = 5
LOOK_SECONDS: Final = 0.01


@dataclass
class Window:
    """`told`: the moment in which the log had so many entries; `vouched`: in which a witness's word
    on so many was served. By the event loop's clock."""

    told: list[tuple[int, float]] = field(default_factory=list)
    vouched: list[tuple[int, float]] = field(default_factory=list)
    open_entries: list[int] = field(default_factory=list)

    def seconds(self) -> list[float]:
        """For each entry that was vouched for, how long it was not."""
        waited: list[float] = []
        later, before = iter(self.vouched), 0
        size, at = next(later, (0, 0.0))
        for upto, told_at in self.told:
            while size < upto:
                following = next(later, None)
                if following is None:
                    return sorted(waited)
                size, at = following
            waited += [at - told_at] * (upto - before)
            before = upto
        return sorted(waited)

    def figures(self) -> dict[str, Any]:
        """The middle, the 99th in a hundred, and the worst: of entries' seconds, and of how many
        entries nobody vouched for at a time."""
        seconds, entries = self.seconds(), sorted(self.open_entries)
        return {
            "entries": len(seconds),
            "seconds": [round(each, 2) for each in _spread(seconds)],
            "open": list(_spread(entries)),
        }


def _spread(values: Sequence[Any]) -> tuple[Any, Any, Any]:
    return values[len(values) // 2], values[len(values) * 99 // 100], values[-1]


async def measure(postgres: Postgres, folder: Path, seconds: float, *, asked: bool) -> Window:
    """Tell A_SECOND entries a second for so long. `asked`: the log asks the witness; otherwise the
    witness looks at the log, as one does that nobody can reach."""
    database = await postgres.fresh_database()
    await migrate(database.url(OWNER))
    window = Window()
    async with _witnessed(database, folder, asked) as url:
        engine = create_async_engine(database.url("audit"))
        watching = asyncio.create_task(_watch(url, window))
        try:
            await _tell(UnitOfWork(engine, "audit", committed=lambda: None), seconds, window)
            told = window.told[-1][0]
            await until(lambda: _vouched_for(window, told), 30)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            await engine.dispose()
    return window


async def _vouched_for(window: Window, size: int) -> bool:
    return bool(window.vouched) and window.vouched[-1][0] >= size


@asynccontextmanager
async def _witnessed(database: Database, folder: Path, asked: bool) -> AsyncIterator[str]:
    """The address of a log that has a witness."""
    key = SigningKey.parse(database.keys.log_key_file.read_text()).verifier
    policy = f"log {key}\nwitness police {WITNESS.verifier}{{}}\nquorum police\n"
    core = Witness(parse_policy(policy.format("")), WITNESS, folder / "witness")
    async with AsyncExitStack() as stack:
        where = ""
        if asked:
            app = witness_app(core, lambda: datetime.now(UTC), lambda _: None)
            where = f" {await stack.enter_async_context(served(app))}"
        file = folder / "policy"
        file.write_text(policy.format(where))
        app = audit_app(database, witness_policy_file=file, log_memory_file=folder / "signed")
        url = f"{await stack.enter_async_context(served(app))}/audit"
        if not asked:
            address = stack.enter_context(LogAddress(url))
            trusted = parse_policy(file.read_text())
            follower = Follower(core, WITNESS.verifier, trusted, address, lambda _: None)
            stop = Event()
            looking = Thread(target=follower.run, args=(stop,))
            looking.start()
            stack.push_async_callback(asyncio.to_thread, looking.join)
            stack.callback(stop.set)
        yield url


async def _tell(unit: UnitOfWork, seconds: float, window: Window) -> None:
    clock = asyncio.get_running_loop().time
    began = clock()
    for number in range(1, int(seconds * A_SECOND / BATCH) + 1):
        await take(unit, some(BATCH))
        window.told.append((number * BATCH, clock()))
        await asyncio.sleep(max(0.0, began + number * BATCH / A_SECOND - clock()))


async def _watch(url: str, window: Window) -> None:
    clock = asyncio.get_running_loop().time
    async with httpx2.AsyncClient() as client:
        while True:
            answer = await client.get(f"{url}/witnessed")
            size = 0
            if answer.status_code == 200:
                size = parse_checkpoint(parse_note(answer.content).text).size
                if not window.vouched or size > window.vouched[-1][0]:
                    window.vouched.append((size, clock()))
            told = window.told[-1][0] if window.told else 0
            window.open_entries.append(max(0, told - size))
            await asyncio.sleep(LOOK_SECONDS)
