"""What the benchmark needs to know of a system in order to measure it, whichever it is."""

import asyncio
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

from deploy.local.home import ROOT

Part = Literal["services", "broker", "postgres"]


class Process(NamedTuple):
    """The root of a tree of processes, and which part of a system it is."""

    name: str
    part: Part
    pid: int


@dataclass(frozen=True)
class Phase:
    """So many referrals; as fast as they are taken (`per_second` None) or at a steady pace."""

    name: str
    count: int
    per_second: float | None = None


@dataclass(frozen=True)
class Report:
    """What a sender process says when it is through; see `submitting`."""

    first_ns: int
    last_ns: int
    cpu_s: float
    due_ns: Sequence[int]
    expected: Mapping[str, int] | None


class Way(Protocol):
    """One system under measurement, in a folder of its own, from nothing."""

    name: str
    title: str

    async def start(self) -> None:
        """Every process runs and answers. LocalServerError with the reason if not."""

    async def stop(self) -> None:
        """Every process is ended that was started here."""

    def processes(self) -> Sequence[Process]:
        """The processes, without sender and benchmark."""

    def sender(self) -> tuple[Sequence[str], Mapping[str, str]]:
        """The command of a sender process up to its order, and its environment."""

    async def checkpoint(self) -> None:
        """PostgreSQL has written what the phases before left in memory."""

    async def log_size(self) -> int:
        """How many events are in the audit log: the last hop of all."""

    async def faults(self, phase: Phase, report: Report) -> list[str]:
        """What is missing, or there twice, of a phase's referrals; in words."""

    async def final_faults(self) -> list[str]:
        """What is wrong with the log as a whole, or with the processes."""

    async def reached_ns(self, phase: Phase) -> Mapping[int, int]:
        """When the last message of each referral had reached the provider (CLOCK_MONOTONIC)."""


async def to_its_end(step: Callable[[], None]) -> None:
    """Run a blocking step in a thread. A thread is not cut off: whoever is told to stop meanwhile
    stops after it, so that nothing is ended while it is still being started."""
    running = asyncio.ensure_future(asyncio.to_thread(step))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise


def environment(**ours: str) -> dict[str, str]:
    """What a process of the benchmark is told beside where this code is."""
    inherited = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "TZ")}
    return {**inherited, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **ours}


def number_of(reference: str) -> int:
    """The number in a reference such as `t1-0000042`."""
    found = re.fullmatch(r"[a-z]\d-(\d{7})", reference)
    if found is None:
        raise ValueError(f"no reference of this benchmark: {reference}")
    return int(found[1])


def as_report(spoken: Mapping[str, Any]) -> Report:
    """A sender's line as what it says."""
    return Report(**spoken)
