"""Many callers, few writes."""

import asyncio
from collections.abc import Sequence

import pytest

from services.notify.together import Together, WriteFailed


async def test_what_comes_during_a_write_goes_into_the_next() -> None:
    """Ten items are two writes: the first alone, the others together, in their order."""
    batches: list[list[int]] = []

    async def write(items: Sequence[int]) -> None:
        batches.append(list(items))
        await asyncio.sleep(0)

    together = Together(write)
    await asyncio.gather(*(together.add(n) for n in range(10)))
    assert batches == [[0], [1, 2, 3, 4, 5, 6, 7, 8, 9]]


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


async def test_who_waits_on_a_write_that_is_cut_off_is_told() -> None:
    """The one who writes for all is stopped: the others do not wait for ever."""
    writes: asyncio.Queue[asyncio.Event] = asyncio.Queue()

    async def write(_items: Sequence[int]) -> None:
        may_end = asyncio.Event()
        writes.put_nowait(may_end)
        await may_end.wait()

    together = Together(write)
    _first, second, third = (asyncio.create_task(together.add(n)) for n in range(3))
    (await writes.get()).set()
    await writes.get()
    second.cancel()
    with pytest.raises(WriteFailed):
        await third
