"""A process that is held up between reading the keys' memory and writing it, while its turn is over
and another process has gone on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from deploy.keys import LOCAL_LOG, SUPERUSER
from services.audit.log.key_memory import Memory
from shared.bus.work import UnitOfWork
from tests.audit.heard import some, take
from tests.audit.signing import Told, latest, put_back, signer
from tests.servers import Database


@dataclass(frozen=True)
class SlowMemory(Memory):
    """Writes only when it is let."""

    reached: Event = field(default_factory=Event)
    goes_on: Event = field(default_factory=Event)

    def write(self, *given: object) -> None:
        """Wait first."""
        self.reached.set()
        assert self.goes_on.wait(30)
        super().write(*given)  # type: ignore[arg-type]  # as it was called


@asynccontextmanager
async def held_up(database: Database, file: Path, told: Told) -> AsyncIterator[None]:
    """Another process is about to remember what it signed, and its session in the database ends;
    it goes on when this is left."""
    engine = create_async_engine(database.url("audit"))
    slow = signer(engine, file, told=told)
    slow.memory = SlowMemory(file, LOCAL_LOG)
    at_it = asyncio.create_task(slow.step())
    assert await asyncio.to_thread(slow.memory.reached.wait, 30)
    superuser = await database.connect(SUPERUSER)
    await superuser.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE state = 'idle in transaction' AND datname = current_database()"
    )
    await superuser.close()
    try:
        yield
    finally:
        slow.memory.goes_on.set()
        # Its session is gone, whatever it wrote.
        await asyncio.gather(at_it, return_exceptions=True)
        await engine.dispose()


async def test_it_undoes_nothing_and_cries_no_alarm(
    log_database: Database, unit: UnitOfWork, connection: AsyncConnection, tmp_path: Path
) -> None:
    """What the other signed meanwhile stays remembered; that it was faster is nothing to tell."""
    file = tmp_path / "checkpoint"
    told = Told()
    ours = signer(unit.engine, file)
    await take(unit, some(10))
    async with held_up(log_database, file, told):
        await take(unit, some(5))
        assert await ours.sign()

    assert Memory(file, LOCAL_LOG).read() == (await latest(connection))[0]
    assert (await latest(connection))[0].size == 15
    assert told.refused == []


async def test_it_does_not_sign_another_history(
    log_database: Database, unit: UnitOfWork, connection: AsyncConnection, tmp_path: Path
) -> None:
    """It read the log before somebody put it back and wrote it anew, and signs none of the old one
    once the keys have signed the new one."""
    file = tmp_path / "checkpoint"
    ours = signer(unit.engine, file)
    await take(unit, some(10))
    await ours.sign()
    await take(unit, some(10))
    async with held_up(log_database, file, Told()):
        await put_back(log_database, 10)
        await take(unit, some(5))
        assert await ours.sign()

    assert Memory(file, LOCAL_LOG).read() == (await latest(connection))[0]
    assert (await latest(connection))[0].size == 15


async def test_what_is_refused_is_told_once_while_the_log_grows(
    log_database: Database, unit: UnitOfWork, tmp_path: Path
) -> None:
    """Each alarm is an entry itself: a reason that changed with it would be told without end."""
    file = tmp_path / "checkpoint"
    told = Told()
    ours = signer(unit.engine, file, told=told)
    await take(unit, some(10))
    await ours.step()
    await put_back(log_database, 5)
    for _ in range(3):
        await ours.step()
        await take(unit, some(1))

    assert told.refused == ["10 entries were signed, and the log has fewer"]
