"""What a process costs and how fast the machine is just now, read from /proc."""

import os
import time
from collections.abc import Iterable
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (stat := _stat(int(entry))):
            children.setdefault(int(stat[1]), []).append(int(entry))
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        waiting += children.get(found[-1], [])
    return found


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time of processes, and of those of their children that have ended."""
    ticks = 0
    for pid in pids:
        if stat := _stat(pid):
            ticks += sum(int(part) for part in stat[11:15])
    return ticks / TICKS


def memory_mb(pids: Iterable[int]) -> float:
    """Proportional set size: what is shared counts once, however many share it."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:  # it has ended
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def busy_and_stolen() -> tuple[float, float]:
    """CPU seconds that the whole machine has worked, and that its host took from it."""
    first = Path("/proc/stat").read_text().split("\n", 1)[0]
    user, nice, system, _idle, _wait, hard, soft, stolen, *_ = (
        int(part) / TICKS for part in first.split()[1:]
    )
    return user + nice + system + hard + soft, stolen


def calibration_ms() -> float:
    """A fixed loop of plain Python, the best of three: how fast this machine is just now."""
    best = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        value = 0
        for number in range(400_000):
            value = (value * 31 + number) & 0xFFFFFF
        best = min(best, (time.perf_counter() - began) * 1000)
    return round(best, 1)


def fsync_us(folder: Path, times: int = 100) -> int:
    """Mean microseconds of appending 2 KB and having them on the disk."""
    probe = folder / "fsync.probe"
    with probe.open("ab", buffering=0) as file:
        began = time.perf_counter()
        for _ in range(times):
            file.write(b"x" * 2048)
            os.fdatasync(file.fileno())
        took = time.perf_counter() - began
    probe.unlink()
    return round(took / times * 1e6)


def others_use(seconds: float = 1.0) -> float:
    """How many cores all that runs here uses just now."""
    before = sum(busy_and_stolen())
    time.sleep(seconds)
    return (sum(busy_and_stolen()) - before) / seconds


def _stat(pid: int) -> list[str] | None:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return None
