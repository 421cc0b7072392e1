"""The whole of it over real HTTP: the log that audit serves is copied, cosigned and checked by
parties that have nothing but its address and a policy."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from deploy.commands.mirror import Copied, copy
from deploy.commands.verify import check
from deploy.commands.witness import Follower
from deploy.log_address import LogAddress
from services.audit.log.tile_routes import public_router
from services.audit.tlog.witness_policy import parse_policy
from services.audit.verify import Memory
from services.audit.witness import Witness
from shared import problems
from shared.bus.work import UnitOfWork
from tests.audit.heard import some, take
from tests.audit.served import served
from tests.audit.signing import OLD, signer
from tests.audit.verify.laid import POLICE, wrong

POLICY = parse_policy(f"log {OLD.verifier}\nwitness police {POLICE.verifier}\nquorum police\n")
SIZE = 256 + 17


@pytest.fixture
async def url(unit: UnitOfWork, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a signed log of 273 entries."""
    await take(unit, some(SIZE))
    await signer(unit.engine, tmp_path / "keys-memory").sign()
    app = FastAPI()
    problems.install(app)
    app.include_router(public_router(unit.engine, POLICY))
    async with served(app) as address:
        yield f"{address}/audit"


async def look(url: str, memory: Path, told: list[str]) -> None:
    """A witness looks at the log once."""

    def once() -> None:
        with LogAddress(url) as address:
            witness = Witness(POLICY, POLICE, memory)
            Follower(witness, POLICE.verifier, POLICY, address, told.append).look()

    await asyncio.to_thread(once)


async def test_the_log_is_cosigned_copied_and_checked_from_outside(
    url: str, unit: UnitOfWork, tmp_path: Path
) -> None:
    """Before the witness came there are too few; then it holds, at its address and as a copy; and
    as it grows the witness's word and the newest entries are told apart."""
    memory, told = Memory(tmp_path / "memory"), list[str]()

    alone = await asyncio.to_thread(check, url, POLICY, memory)
    await look(url, tmp_path / "witness", told)
    witnessed = await asyncio.to_thread(check, url, POLICY, memory)
    await take(unit, some(300))
    await signer(unit.engine, tmp_path / "keys-memory").sign()
    grown = await asyncio.to_thread(check, url, POLICY, memory)

    def copied() -> Copied:
        with LogAddress(url) as address:
            return copy(address, tmp_path / "copy")

    entries = (await asyncio.to_thread(copied)).entries
    from_copy = check(str(tmp_path / "copy"), POLICY, memory)
    await look(url, tmp_path / "witness", told)
    latest = await asyncio.to_thread(check, url, POLICY, memory)

    assert wrong(alone) == ["cosignatures"]
    assert [each.problems for each in (witnessed, grown, from_copy, latest)] == [[], [], [], []]
    assert any("newest 300 entries" in each for each in grown.unchecked)
    assert not any("newest" in each for each in latest.unchecked)
    assert entries == SIZE + 300
    assert told == [f"cosigned {OLD.name} with {size} entries" for size in (SIZE, SIZE + 300)]
