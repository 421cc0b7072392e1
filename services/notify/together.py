"""Group commit: what is handed in while one write is under way goes into the next, all at once.

One disk write serves many callers under load and one when it is quiet, with no timer.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")


class WriteFailed(Exception):
    """The write that held the item failed; its cause is what happened."""


class Together(Generic[Item]):
    """Writes items in batches, in the order in which they were handed in."""

    def __init__(self, write: Callable[[Sequence[Item]], Awaitable[None]]) -> None:
        self._write = write
        self._waiting: list[tuple[Item, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def add(self, item: Item) -> None:
        """Return once the item is written; WriteFailed to everybody whose write failed.

        A caller who stops waiting does not stop the write, which is others' too.
        """
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, written))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_what_waits())
        await written

    async def _write_what_waits(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            failure: WriteFailed | None = None
            try:
                await self._write([item for item, _ in batch])
            except Exception as error:
                failure = WriteFailed()
                failure.__cause__ = error
            for _, written in batch:
                if written.done():  # its caller waits no more
                    continue
                if failure is None:
                    written.set_result(None)
                else:
                    written.set_exception(failure)
            # All who were told go on together, and what they hand in next is one batch again.
            await asyncio.sleep(0)
        self._writing = None
