"""Many callers, few writes."""

import asyncio
from collections.abc import Sequence

from services.notify.together import Together, WriteFailed


async def test_what_comes_together_is_written_together() -> None:
    """Callers that start together share one write; those that come during it share the next."""
    batches: list[list[int]] = []
    writing = asyncio.Event()

    async def write(items: Sequence[int]) -> None:
        batches.append(list(items))
        writing.set()
        await asyncio.sleep(0.01)

    together = Together(write)
    early = [asyncio.create_task(together.add(n)) for n in range(3)]
    await writing.wait()
    late = [asyncio.create_task(together.add(n)) for n in range(3, 6)]
    await asyncio.gather(*early, *late)
    assert batches == [[0, 1, 2], [3, 4, 5]]


async def test_everybody_whose_write_failed_is_told() -> None:
    """Nobody takes for written what is not; the next write is a new one."""
    failing = True

    async def write(_items: Sequence[int]) -> None:
        await asyncio.sleep(0)
        if failing:
            raise ConnectionError

    together = Together(write)
    answers = await asyncio.gather(*(together.add(n) for n in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [WriteFailed] * 3
    failing = False
    await together.add(4)


async def test_who_stops_waiting_does_not_stop_the_write() -> None:
    """It is others' write too."""
    may_end, begun = asyncio.Event(), asyncio.Event()

    async def write(_items: Sequence[int]) -> None:
        begun.set()
        await may_end.wait()

    together = Together(write)
    impatient, patient = (asyncio.create_task(together.add(n)) for n in (1, 2))
    await begun.wait()
    impatient.cancel()
    may_end.set()
    await patient
    assert impatient.cancelled()
