"""Group commit: what is handed in while one write is under way goes into the next, all at once.

One disk write serves many callers under load and one when it is quiet, with no timer.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")


class _Entry(Generic[Item]):
    def __init__(self, item: Item) -> None:
        self.item = item
        self.error: BaseException | None = None


class Together(Generic[Item]):
    """Writes items in batches, in the order in which they were handed in."""

    def __init__(self, write: Callable[[Sequence[Item]], Awaitable[None]]) -> None:
        self._write = write
        self._waiting: list[_Entry[Item]] = []
        self._writing = asyncio.Lock()

    async def add(self, item: Item) -> None:
        """Return once the item is written. What a write raises, each of its callers is told."""
        entry = _Entry(item)
        self._waiting.append(entry)
        async with self._writing:
            # Callers that were started together get here one after another: let them join, which
            # halves the transactions of an assignment with its two messages.
            await asyncio.sleep(0)
            if entry in self._waiting:
                await self._write_what_waits()
        if entry.error is not None:
            raise WriteFailed from entry.error

    async def _write_what_waits(self) -> None:
        batch, self._waiting = self._waiting, []
        try:
            await self._write([entry.item for entry in batch])
        except BaseException as error:
            for entry in batch:
                entry.error = error
            if not isinstance(error, Exception):
                raise  # the one who writes for all is told to stop


class WriteFailed(Exception):
    """The write that held the item failed; its cause is what happened."""
