"""The whole benchmark of the log in one run, and what is made of it."""

import os
import platform
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from tests.performance.log import appending, asking, ground, growing, peers, proving
from tests.performance.log.appending import BATCHES
from tests.performance.log.asking import KINDS, Grown
from tests.performance.way import machine
from tests.servers import Postgres

WANTED_OF_PLAIN: Final = 0.6
WANTED_OF_ONE_BY_ONE: Final = 10.0
WANTED_OF_BATCHES: Final = 1.0
WANTED_FLAT: Final = 3.0

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """`count`: events of a round at each batch. `sizes`: of the logs that are asked, rising.
    `asks`: of each kind and size. `proofs`: of each sort and size."""

    rounds: int
    count: int
    sizes: tuple[int, ...]
    asks: int
    proofs: int


def sizes_to(largest: int) -> tuple[int, ...]:
    """Three sizes, each ten times the one before."""
    return largest // 100, largest // 10, largest


async def run(data: Path, python: Path, plan: Plan, say: Say) -> dict[str, Any]:
    """Figures, ratios, what is wanted of them and what was not right. LocalServerError if
    PostgreSQL does not start.

    `data`: on whose disk everything lies while it runs; `python`: of the peers' environment.
    """
    with tempfile.TemporaryDirectory(prefix="bench-log-", dir=data) as own:
        folder = Path(own)
        found_of_machine = {
            "cpus": os.cpu_count(),
            "system": platform.platform(),
            "python": platform.python_version(),
            "calibration_ms": machine.calibration_ms(),
            "fsync_us": machine.fsync_us(folder),
        }
        before, began = machine.busy_and_stolen(), time.monotonic()
        with ground.server(folder) as postgres:
            say("appending, and inserting the same rows")
            appended = await appending.measure(postgres, plan.rounds, plan.count)
            say("appending to pymerkle's tree")
            theirs = [peers.measure(python, folder, appended["bodies"]) for _ in range(plan.rounds)]
            grown = await _grown(postgres, folder, plan, say)
        after = machine.busy_and_stolen()
        found_of_machine |= {
            "seconds": round(time.monotonic() - began, 1),
            "all_cpu_s": round(after[0] - before[0], 1),
            "steal_s": round(after[1] - before[1], 1),
        }
    return summary(plan, appended, theirs, grown) | {"machine": found_of_machine}


async def _grown(postgres: Postgres, folder: Path, plan: Plan, say: Say) -> dict[str, Any]:
    """What is measured on logs of each size, all of them there at once."""
    logs = []
    seconds: dict[str, float] = {}
    async with AsyncExitStack() as stack:
        for size in plan.sizes:
            say(f"a log of {size:,} entries")
            database, engine = await stack.enter_async_context(ground.log_of(postgres))
            began = time.monotonic()
            known = await growing.grow(engine, size)
            seconds[str(size)] = round(time.monotonic() - began, 1)
            await growing.sign(engine, folder, f"log-of-{size}.test")
            await ground.tidy(database)
            logs.append(Grown(engine, known))
        say("asking them")
        asked = await asking.measure(logs, plan.asks)
        proved = await proving.measure(logs, plan.proofs)
    return {
        "grown_in_s": seconds,
        "trail_ms": asked["ms"],
        "proofs_per_s": proved["per_s"],
        "faults": asked["faults"] + proved["faults"],
    }


def summary(
    plan: Plan,
    appended: dict[str, Any],
    theirs: Sequence[dict[str, Any]],
    grown: dict[str, Any],
) -> dict[str, Any]:
    """What is printed. A ratio is made within a round, and the median over the rounds given."""
    ours = appended["rounds"]
    rounds = [
        {
            str(batch): {
                **mine[str(batch)],
                "pymerkle_one_by_one_per_s": other["per_s"]["1"],
                "pymerkle_batches_per_s": other["per_s"][str(batch)],
                "ours_by_one_by_one": mine[str(batch)]["ours_per_s"] / other["per_s"]["1"],
                "ours_by_batches": mine[str(batch)]["ours_per_s"] / other["per_s"][str(batch)],
                "plain_by_batches": mine[str(batch)]["plain_per_s"] / other["per_s"][str(batch)],
            }
            for batch in BATCHES
        }
        for mine, other in zip(ours, theirs, strict=True)
    ]
    medians = {
        batch: {name: round(median(each[batch][name] for each in rounds), 3) for name in figures}
        for batch, figures in rounds[0].items()
    }
    flat = _flat(grown["trail_ms"])
    faults = [*appended["faults"], *(f for each in theirs for f in each["faults"])]
    faults += grown["faults"]
    return {
        "benchmark": "log",
        "ok": not faults,
        "faults": faults,
        "settings": {
            "rounds": plan.rounds,
            "events": plan.count,
            "sizes": list(plan.sizes),
            "asks": plan.asks,
            "proofs": plan.proofs,
        },
        "appends": medians,
        "trail_ms": grown["trail_ms"],
        "trail_largest_by_smallest": flat,
        "proofs_per_s": grown["proofs_per_s"],
        "grown_in_s": grown["grown_in_s"],
        "wanted": wanted(medians, flat),
        "rounds": rounds,
    }


def wanted(appends: dict[str, dict[str, float]], flat: dict[str, float]) -> list[dict[str, Any]]:
    """Each ratio that has a target, and whether it is met."""
    targets = [
        ("ours_by_plain", WANTED_OF_PLAIN, "at least this part of a plain insert"),
        ("ours_by_one_by_one", WANTED_OF_ONE_BY_ONE, "times pymerkle one by one"),
        ("ours_by_batches", WANTED_OF_BATCHES, "times pymerkle's own batches"),
    ]
    found = [
        {
            "what": f"appends at batch {batch}, {words}",
            "at_least": least,
            "found": figures[name],
            "met": figures[name] >= least,
        }
        for batch, figures in appends.items()
        for name, least, words in targets
    ]
    return found + [
        {
            "what": f"the median by {kind}, of the largest log by the smallest",
            "at_most": WANTED_FLAT,
            "found": flat[kind],
            "met": flat[kind] <= WANTED_FLAT,
        }
        for kind in flat
    ]


def _flat(ms: dict[str, dict[str, dict[str, float]]]) -> dict[str, float]:
    smallest, *_, largest = list(ms.values())
    return {kind: round(largest[kind]["median"] / smallest[kind]["median"], 2) for kind in KINDS}
