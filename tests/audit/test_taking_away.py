"""Under which checkpoint a trail is taken away: one that whoever checks it will be content with."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from services.audit.log import checkpoints
from services.audit.log.witnesses import Witnesses
from services.audit.tlog.witness_policy import Policy, parse_policy
from shared.bus.work import UnitOfWork
from tests.audit.heard import some, take
from tests.audit.signing import Told, by_force, signer
from tests.audit.witnessing import OtherParty, other_party, policy_of, witness_key
from tests.servers import Database


@pytest.fixture
async def police(tmp_path: Path) -> AsyncIterator[OtherParty]:
    """The one witness."""
    async with other_party(tmp_path) as party:
        yield party


@pytest.fixture
async def policy(police: OtherParty) -> Policy:
    """It asks for that witness."""
    return parse_policy(policy_of({police.name: police.url}, police.name))


async def signed(unit: UnitOfWork, folder: Path) -> None:
    """Five entries more, and a checkpoint."""
    await take(unit, some(5))
    assert await signer(unit.engine, folder / "memory").sign()


async def size_to_take_away(connection: AsyncConnection, policy: Policy) -> int:
    """Of the checkpoint."""
    found = await checkpoints.to_take_away(connection, policy)
    assert found is not None
    return found.checkpoint.size


async def test_it_is_the_newest_that_the_witnesses_cosigned(
    log_database: Database,
    unit: UnitOfWork,
    connection: AsyncConnection,
    tmp_path: Path,
    police: OtherParty,
    policy: Policy,
) -> None:
    """They need a moment for the newest of all, which is left out; but where they are away, or have
    not cosigned at all, nothing is."""
    await signed(unit, tmp_path)
    before = await size_to_take_away(connection, policy)
    async with httpx2.AsyncClient() as client:
        asking = Witnesses(unit.engine, policy, Told().on_refused)
        await asking.ask(client, witness_key(police.name).verifier, police.url)
    await signed(unit, tmp_path)
    soon = await size_to_take_away(connection, policy)
    await by_force(
        log_database, "UPDATE audit.checkpoint SET signed_at = now() - '2 min'::interval"
    )
    late = await size_to_take_away(connection, policy)

    assert (before, soon, late) == (5, 5, 10)
