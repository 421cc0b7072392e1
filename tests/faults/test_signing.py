"""Audit dies at every step of sequencing and of signing: no entry is lost or there twice, and no
checkpoint that anybody ever saw is contradicted by another."""

import asyncio
import os
from functools import partial
from pathlib import Path

import pytest

from tests.faults.audits import Audit, Scene, account, complains, complaints, scene
from tests.faults.dying_audit import DIED, STEPS
from tests.servers import Broker, Postgres, until

DEATHS = [
    # Of messages and their acknowledgements there are many in one transaction.
    *(("append", when, turn) for when in ("before", "after") for turn in (1, 9)),
    *(("commit", when, 5) for when in ("before", "after")),
    *(("acknowledge", when, turn) for when in ("before", "after") for turn in (1, 40)),
    *((step, when, 2) for step in list(STEPS)[3:] for when in ("before", "after")),
    ("half a draft", "before", 2),
]
"""Each step, before and after it, and the how-manieth time."""


BESIDE_ANOTHER = [
    *(("commit", "after", 5), ("append", "after", 3), ("acknowledge", "after", 40)),
    *((step, "after", 1) for step in ("sign", "remember", "insert", "checkpoint", "cosignature")),
    ("rename", "before", 1),
]
"""Where one replica dies while the other goes on."""


async def live(audit: Audit, step: str, when: str, turn: int) -> None:
    """One life of a replica: with events coming in, until its death at a step."""
    audit.start("tests.faults.dying_audit", step, when, str(turn))
    died = await audit.dies(60)
    assert died == DIED, f"{step} {when}: {audit.log.read_text()[-2000:]}"


async def compare(on: Scene, audit: Audit) -> None:
    """The memory's file is written before the row: it knows all that may have been shown."""
    remembered, stored = audit.remembered(), await on.signed()
    if audit.memory.exists():
        on.notes.add(audit.memory.read_bytes())
    assert (remembered.size if remembered else -1) >= (stored.size if stored else -1)
    if remembered and stored and remembered.size == stored.size:
        assert remembered == stored


@pytest.mark.system
@pytest.mark.timeout(500)
async def test_a_death_at_every_step(
    broker: Broker, postgres: Postgres, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One log, a life for each step and side of it; events are told and checkpoints looked at all
    the while. What comes next always goes on from both the memory and the table."""
    async with scene(broker, postgres, tmp_path) as on:
        telling = asyncio.create_task(on.teller.tell())
        (audit,) = on.audits
        for death in DEATHS:
            await live(audit, *death)
            await compare(on, audit)
        audit.start()
        await audit.ready()
        telling.cancel()
        await until(on.all_is_signed, 60)
        found = await account(on)
    with capsys.disabled():
        print(f"\n{len(DEATHS)} deaths, {found.entries} entries, {found.checkpoints} checkpoints")
    assert found.faults == ()
    assert complaints(audit) == []


@pytest.mark.system
@pytest.mark.timeout(300)
@pytest.mark.parametrize("second_memory", ["memory", "another"])
async def test_one_of_two_dies_again_and_again(
    broker: Broker, postgres: Postgres, tmp_path: Path, second_memory: str
) -> None:
    """Two replicas with the same keys, on one host or on two: one dies at every turn, the other
    works on, and neither takes the other's work for somebody's who rewrites the log."""
    async with scene(broker, postgres, tmp_path, ("memory", second_memory)) as on:
        telling = asyncio.create_task(on.teller.tell())
        dying, staying = on.audits
        staying.start()
        await staying.ready()
        for death in BESIDE_ANOTHER:
            await live(dying, *death)
            on.notes.add(dying.memory.read_bytes())
        dying.start()
        await dying.ready()
        telling.cancel()
        await until(on.all_is_signed, 60)
        found = await account(on)
        assert staying.process is not None
        assert staying.process.poll() is None
    assert found.faults == ()
    assert [complaint for audit in on.audits for complaint in complaints(audit)] == []


@pytest.mark.system
@pytest.mark.timeout(200)
async def test_half_a_memory_is_no_empty_one(
    broker: Broker, postgres: Postgres, tmp_path: Path
) -> None:
    """A disk that lost half of the memory's file: events are taken as ever and nothing is signed,
    until somebody puts the checkpoint there that was served last."""
    async with scene(broker, postgres, tmp_path) as on:
        (audit,) = on.audits
        telling = asyncio.create_task(on.teller.tell())
        audit.start()
        await until(on.is_cosigned, 60)
        audit.kill()
        before = await on.signed()
        os.truncate(audit.memory, audit.memory.stat().st_size // 2)

        audit.start()
        await audit.ready()
        await until(partial(complains, audit), 60)
        told = len(on.teller.acknowledged)
        await until(partial(on.has_entries, told), 60)
        assert await on.signed() == before
        audit.stop()
        audit.memory.write_bytes(list(on.observer.seen)[-1])
        audit.start()
        await audit.ready()
        telling.cancel()
        await until(on.all_is_signed, 60)
        found = await account(on)
    assert found.faults == ()
    assert all("the keys' memory cannot be read" in line for line in complaints(audit))
