"""The whole benchmark: ours and the peers in turn, round by round, and what is made of it.

In turn, so that a slow spell of the machine falls on all alike; each system alone on the machine,
in a folder of its own on the data folder's disk, from nothing.
"""

import asyncio
import os
import platform
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from tests.performance.way import machine
from tests.performance.way.arithmetic import medians, ratio
from tests.performance.way.measuring import Plan, measure
from tests.performance.way.ours import Ours
from tests.performance.way.theirs import Celery, Floor
from tests.performance.way.ways import Way

FIGURES: Final = {
    "burst.referrals_per_s": "referrals a second, burst",
    "open_loop.latency_ms.p50": "latency at a steady pace, p50 ms",
    "open_loop.latency_ms.p95": "p95 ms",
    "open_loop.latency_ms.p99": "p99 ms",
    "burst.cpu_s_per_1000.total": "CPU s for 1,000 in the burst",
    "burst.cpu_s_per_1000.services": "  of which services, workers",
    "burst.cpu_s_per_1000.broker": "  broker",
    "burst.cpu_s_per_1000.postgres": "  PostgreSQL",
    "burst.cpu_s_per_1000.submitter": "the sender, apart",
    "open_loop.cpu_s_per_1000.total": "CPU s for 1,000 at a steady pace",
    "peak_mb.total": "peak memory, MB (PSS)",
}
"""What is compared, with its name for people."""

NOT_THE_SAME_WORK: Final = (
    "The work differs, and ours is the heavier. The peers: a document of 1.5 KB validated, 12"
    " pathways of 6 criteria explained (72 findings, 3.4 KB), about 1.5 assignments, one message"
    " each to a provider that writes a line, 5 events in a chain of SHA-256. Ours, the product as"
    " it is: a document of 1.5 KB read with every fault at once and sealed in the vault, person and"
    " pair recognised by keyed fingerprints and by likeness, a history, 44 pathways explained with"
    " their sources (199 findings, 42 KB), about 1.55 assignments by hours, room, language, place"
    " and caseload, with their history and a running clock, a message each, and two where it is"
    " urgent, to a provider that commits them, inbox and outbox in every transaction, a receipt,"
    " about 7.7 events in an RFC 6962 log; signed-in agencies in accounts of their own, and a"
    " broker that encrypts its files."
)
QUIET_CORES: Final = 0.2
PATIENCE_SECONDS: Final = 30.0

Say = Callable[[str], None]


async def run(data: Path, python: Path, plan: Plan, rounds: int, say: Say) -> dict[str, Any]:
    """Every round's figures, their medians and our ratios. LocalServerError if one cannot start.

    `data`: where each system's folder lies while it runs; `python`: of the peers' environment.
    """
    measured = []
    for number in range(1, rounds + 1):
        figures: dict[str, Any] = {}
        for kind in ("ours", "floor", "celery"):
            await asyncio.to_thread(_wait_for_quiet, say)
            with tempfile.TemporaryDirectory(prefix="bench-", dir=data) as folder:
                way = _make(kind, Path(folder), python)
                step = partial(_say_of_round, say, f"round {number} of {rounds}")
                figures[kind] = await measure(way, plan, Path(folder), step)
                for fault in figures[kind]["faults"][:5]:
                    say(f"NOT RIGHT: {fault}")
        measured.append(figures)
    return summary(plan, measured)


def summary(plan: Plan, rounds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What is printed: settings, rounds, medians, ratios, and whether all was right."""
    by_kind = {kind: [each[kind] for each in rounds] for kind in rounds[0]}
    ours = by_kind["ours"]
    return {
        "benchmark": "way",
        "ok": all(not result["faults"] for each in rounds for result in each.values()),
        "settings": {
            "n": plan.count,
            "rounds": len(rounds),
            "open_loop_seconds": plan.seconds,
            "open_loop_per_second": plan.per_second,
        },
        "machine": {
            "cpus": os.cpu_count(),
            "system": platform.platform(),
            "python": platform.python_version(),
        },
        "not_the_same_work": NOT_THE_SAME_WORK,
        "medians": {kind: medians(results) for kind, results in by_kind.items()},
        "ratios": {
            f"ours/{kind}": {path: ratio(ours, results, path) for path in FIGURES}
            for kind, results in by_kind.items()
            if kind != "ours"
        },
        "rounds": rounds,
    }


def _make(kind: str, folder: Path, python: Path) -> Way:
    match kind:
        case "ours":
            return Ours(folder)
        case "floor":
            return Floor(folder, python)
        case _:
            return Celery(folder, python)


def _say_of_round(say: Say, which: str, text: str) -> None:
    say(f"{which}: {text}")


def _wait_for_quiet(say: Say) -> None:
    """Give others' work a moment to end; measure in any case."""
    until = time.monotonic() + PATIENCE_SECONDS
    while (cores := machine.others_use(2.0)) > QUIET_CORES:
        if time.monotonic() > until:
            say(f"others use {cores:.1f} cores: the figures will be rough")
            return
