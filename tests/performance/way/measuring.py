"""Measuring one system once: warm up, a burst, an open loop; each phase verified.

The same code for every system. All moments are of CLOCK_MONOTONIC, one for the machine.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.performance.way import machine
from tests.performance.way.arithmetic import latencies
from tests.performance.way.ways import Phase, Process, Report, Way, as_report

LOOK_SECONDS = 0.01
"""Between two looks at the log's size: so much too long at most is every time."""
QUIET_SECONDS = 0.5
"""After the log grew last, until the books are compared."""
READY_SECONDS = 60.0


@dataclass(frozen=True)
class Plan:
    """How much of what. `count`: of the burst; `seconds`: of the open loop."""

    count: int
    seconds: float
    per_second: float = 50.0

    @property
    def phases(self) -> tuple[Phase, Phase, Phase]:
        """Warm-up, burst, open loop."""
        paced = max(1, round(self.seconds * self.per_second))
        return (
            Phase("w0", min(200, self.count)),
            Phase("t1", self.count),
            Phase("g1", paced, self.per_second),
        )


def limit_seconds(phase: Phase) -> float:
    """How long a phase may take: five referrals a second, and a minute to begin and end."""
    return 60.0 + phase.count / (phase.per_second or 5.0)


async def measure(way: Way, plan: Plan, folder: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """Start, measure and stop a system. `faults` in the result is empty if all was right."""
    warm_up, burst, open_loop = plan.phases
    result: dict[str, Any] = {"title": way.title}
    try:
        say(f"{way.title}: starting and warming up")
        await way.start()
        warmed = await _phase(way, warm_up, folder)
        async with _peaks(way) as peaks:
            say(f"{way.title}: a burst of {burst.count} referrals")
            result["burst"] = await _phase(way, burst, folder)
            say(f"{way.title}: {plan.per_second:.0f} a second for {plan.seconds:.0f} seconds")
            result["open_loop"] = await _phase(way, open_loop, folder)
        result["peak_mb"] = peaks.of_parts
        phases = {"warm-up": warmed, "burst": result["burst"], "open loop": result["open_loop"]}
        result["faults"] = [
            f"{name}: {fault}" for name, phase in phases.items() for fault in phase.pop("faults")
        ] + await way.final_faults()
    finally:
        await way.stop()
    return result


async def _phase(way: Way, phase: Phase, folder: Path) -> dict[str, Any]:
    command, told = way.sender()
    pace = "burst" if phase.per_second is None else str(phase.per_second)
    log = folder / f"sender-{phase.name}.log"
    with log.open("wb") as errors:
        sender = await asyncio.create_subprocess_exec(
            *(*command, phase.name, str(phase.count), pace),
            env=told,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
        )
        try:
            result = await _sent_by(sender, way, phase, folder)
            # What a sender that failed had to say is the reason.
            result["faults"] += log.read_text(errors="replace").splitlines()[-1:]
            return result
        finally:
            if sender.returncode is None:
                sender.kill()
            await sender.wait()


async def _sent_by(
    sender: asyncio.subprocess.Process, way: Way, phase: Phase, folder: Path
) -> dict[str, Any]:
    assert sender.stdin is not None
    assert sender.stdout is not None
    async with asyncio.timeout(READY_SECONDS):
        if await sender.stdout.readline() != b"ready\n":
            return {"faults": ["the sender did not start"]}
    await way.checkpoint()
    facts = {"calibration_ms": machine.calibration_ms(), "fsync_us": machine.fsync_us(folder)}
    meter = _Meter.of(way)
    sender.stdin.write(b"go\n")
    speaking = asyncio.create_task(sender.stdout.read())
    grown_ns, faults, report = await _watch(way, phase, speaking, meter)
    if report is None:
        return {"faults": faults}
    figures = meter.figures(phase, report)
    result: dict[str, Any] = {"n": phase.count, **figures, "faults": faults}
    result["machine"] = {**facts, **meter.machine(report)}
    if phase.per_second is None:
        elapsed = (grown_ns - report.first_ns) / 1e9
        result["elapsed_s"] = round(elapsed, 3)
        result["submit_s"] = round((report.last_ns - report.first_ns) / 1e9, 3)
        result["referrals_per_s"] = round(phase.count / elapsed, 1)
    else:
        result["per_second"] = phase.per_second
        reached = await way.reached_ns(phase)
        if len(reached) == phase.count:
            there = [reached[number] for number in range(phase.count)]
            result["latency_ms"] = latencies(report.due_ns, there)
    return result


async def _watch(
    way: Way, phase: Phase, speaking: "asyncio.Task[bytes]", meter: "_Meter"
) -> tuple[int, list[str], Report | None]:
    """When the log grew for the last time, what is wrong then, and what the sender said."""
    size, grown_ns = await way.log_size(), time.monotonic_ns()
    until = time.monotonic() + limit_seconds(phase)
    report: Report | None = None
    looked_ns = 0
    while True:
        now_ns, found = time.monotonic_ns(), await way.log_size()
        if found != size:
            # After the answer: late by one look at most, never early.
            size, grown_ns = found, time.monotonic_ns()
        if report is None and speaking.done():
            if not speaking.result():
                return grown_ns, ["the sender failed: not every submit was acknowledged"], None
            report = as_report(json.loads(speaking.result()))
        over = time.monotonic() > until
        quiet = now_ns - max(grown_ns, looked_ns) > QUIET_SECONDS * 1e9
        if report is not None and (quiet or over):
            meter.read()
            faults = await way.faults(phase, report)
            if not faults or over:
                return grown_ns, faults, report
            looked_ns = time.monotonic_ns()
        elif over:
            return grown_ns, ["the sender did not come to its end in time"], None
        await asyncio.sleep(LOOK_SECONDS)


@dataclass
class _Meter:
    """CPU time from one moment to another, of a system's processes and of all else."""

    way: Way
    _first: dict[str, float]
    _machine: tuple[float, float]
    _own: float
    _last: dict[str, float] = field(default_factory=dict)
    _machine_then: tuple[float, float] = (0.0, 0.0)
    _own_then: float = 0.0

    @classmethod
    def of(cls, way: Way) -> "_Meter":
        return cls(way, _cpu(way), machine.busy_and_stolen(), time.process_time())

    def read(self) -> None:
        """The end of what is measured, until it is read again."""
        self._last = _cpu(self.way)
        self._machine_then, self._own_then = machine.busy_and_stolen(), time.process_time()

    def figures(self, phase: Phase, report: Report) -> dict[str, Any]:
        """CPU seconds for 1,000 referrals; the sender is given apart."""
        each = 1000 / phase.count
        parts = {"services": 0.0, "broker": 0.0, "postgres": 0.0}
        for process in self.way.processes():
            parts[process.part] += self._used(process)
        by_process = {p.name: round(self._used(p) * each, 3) for p in self.way.processes()}
        return {
            "cpu_s_per_1000": {
                **{part: round(used * each, 3) for part, used in parts.items()},
                "total": round(sum(parts.values()) * each, 3),
                "submitter": round(report.cpu_s * each, 3),
                "by_process": by_process,
            }
        }

    def machine(self, report: Report) -> dict[str, float]:
        """What others used meanwhile, and what the machine's host took."""
        ours = sum(self._used(process) for process in self.way.processes())
        ours += report.cpu_s + self._own_then - self._own
        busy = self._machine_then[0] - self._machine[0]
        return {
            "other_cpu_s": round(max(busy - ours, 0.0), 2),
            "steal_s": round(self._machine_then[1] - self._machine[1], 2),
        }

    def _used(self, process: Process) -> float:
        return self._last[process.name] - self._first[process.name]


def _cpu(way: Way) -> dict[str, float]:
    return {p.name: machine.cpu_seconds(machine.tree(p.pid)) for p in way.processes()}


@dataclass
class _Peaks:
    """The most memory that each part, and all together, had at one look a second."""

    of_parts: dict[str, float] = field(default_factory=dict)

    def look(self, way: Way) -> None:
        """One sample."""
        now = {"services": 0.0, "broker": 0.0, "postgres": 0.0}
        for process in way.processes():
            now[process.part] += machine.memory_mb(machine.tree(process.pid))
        now["total"] = sum(now.values())
        for part, used in now.items():
            self.of_parts[part] = max(round(used, 1), self.of_parts.get(part, 0.0))


@asynccontextmanager
async def _peaks(way: Way) -> AsyncIterator[_Peaks]:
    peaks = _Peaks()

    async def look_and_look() -> None:
        while True:
            await asyncio.to_thread(peaks.look, way)
            await asyncio.sleep(1)

    looking = asyncio.create_task(look_and_look())
    try:
        yield peaks
    finally:
        looking.cancel()
        await asyncio.wait([looking])
