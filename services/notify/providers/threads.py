"""A few threads for a client that blocks, of which none keeps the process from ending.

Those of concurrent.futures are waited for when the interpreter ends. A server that sends a byte now
and then passes every timeout of a read, and would hold the process for as long as it likes.
"""

from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


class Threads:
    """At most `most` of them, begun as they are needed. For callers of one thread."""

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._begun = 0
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()

    def submit(self, call: Callable[[], T]) -> "Future[T]":
        """Call it in the next thread that is free; not at all if nobody waits for it any more."""
        future: Future[T] = Future()

        def answer() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(call())
            except BaseException as error:  # its caller's, whatever it is
                future.set_exception(error)

        self._calls.put(answer)
        if self._begun < self._most:
            self._begun += 1
            Thread(target=self._work, name=f"{self._name}-{self._begun}", daemon=True).start()
        return future

    def close(self) -> None:
        """End each when it has nothing more to do. Waits for none: one that is held ends with the
        process, and its call is then cut off as by a crash."""
        for _ in range(self._begun):
            self._calls.put(None)

    def _work(self) -> None:
        while (answer := self._calls.get()) is not None:
            answer()
