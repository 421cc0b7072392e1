"""How every sender process of the benchmark is spoken to, ours and the peers' alike.

    python -m MODULE submit PHASE COUNT burst|PER_SECOND

It makes its documents, says `ready`, waits for a line, sends, and prints one line of JSON:
`first_ns` and `last_ns` (before the first submit, after the last acknowledgement), `cpu_s` of its
own, `due_ns` of each document in an open loop, `expected` where the peers' workload says so. All
moments are of CLOCK_MONOTONIC, which is one for the machine. It fails unless every submit was
acknowledged.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from tests.performance.way.arithmetic import due_ns

HEAD_START_NS = 20_000_000


@dataclass
class Order:
    """What one sender process is to send, and when each document was due."""

    phase: str
    count: int
    per_second: float | None
    due: list[int] = field(default_factory=list)

    @classmethod
    def read(cls, arguments: list[str]) -> "Order":
        """As the command line has it, without the word `submit`."""
        phase, count, pace = arguments
        return cls(phase, int(count), None if pace == "burst" else float(pace))

    def carry_out(self, send: Callable[[], None], expected: dict[str, int] | None = None) -> None:
        """Say ready, wait, let `send` send everything, and report."""
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        cpu = time.process_time()
        first = time.monotonic_ns()
        send()
        report: dict[str, Any] = {
            "first_ns": first,
            "last_ns": time.monotonic_ns(),
            "cpu_s": time.process_time() - cpu,
            "due_ns": self.due,
            "expected": expected,
        }
        sys.stdout.write(json.dumps(report) + "\n")

    async def keep_pace(self, send: Callable[[int], Awaitable[None]]) -> None:
        """An open loop: each is sent when it is due, whether or not those before are through."""
        assert self.per_second is not None
        start = time.monotonic_ns() + HEAD_START_NS
        under_way = []
        for index in range(self.count):
            self.due.append(due_ns(start, index, self.per_second))
            if (wait := self.due[-1] - time.monotonic_ns()) > 0:
                await asyncio.sleep(wait / 1e9)
            under_way.append(asyncio.ensure_future(send(index)))
        await asyncio.gather(*under_way)

    def keep_pace_in_threads(self, send: Callable[[int], None], threads: int) -> None:
        """The same for a client that blocks."""
        assert self.per_second is not None
        start = time.monotonic_ns() + HEAD_START_NS
        with ThreadPoolExecutor(threads) as pool:
            under_way = []
            for index in range(self.count):
                self.due.append(due_ns(start, index, self.per_second))
                if (wait := self.due[-1] - time.monotonic_ns()) > 0:
                    time.sleep(wait / 1e9)
                under_way.append(pool.submit(send, index))
            for each in under_way:
                each.result()
