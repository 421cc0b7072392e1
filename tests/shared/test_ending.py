"""How the loops of a service end."""

import asyncio

import pytest

from shared import service
from shared.service import end


async def test_a_cancellation_that_is_lost_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that takes it for one more error of the database ends all the same."""
    monkeypatch.setattr(service, "CANCELLED_AGAIN_SECONDS", 0.01)
    lost = 0

    async def loses_two() -> None:
        nonlocal lost
        while lost < 2:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                lost += 1
        await asyncio.sleep(60)

    stubborn, obedient = asyncio.create_task(loses_two()), asyncio.create_task(asyncio.sleep(60))
    await asyncio.sleep(0)
    await end([stubborn, obedient])
    assert stubborn.cancelled()
    assert obedient.cancelled()


async def test_what_has_ended_is_ended() -> None:
    """Nothing to wait for."""
    await end([])
