"""What is made of measured figures: due times, percentiles, medians, ratios. No clock, no I/O."""

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

Figures = Mapping[str, Any]
"""Nested names down to numbers; what is no number is left out of medians."""


def due_ns(start_ns: int, index: int, per_second: float) -> int:
    """When an open loop owes its message number `index`, whatever became of those before."""
    return start_ns + round(index * 1e9 / per_second)


def percentile(ordered: Sequence[float], share: float) -> float:
    """The nearest-rank percentile: the least value that `share` of all do not exceed.

    `ordered` ascends and is not empty; 0 < share <= 1.
    """
    return ordered[math.ceil(share * len(ordered)) - 1]


def latencies(due: Sequence[int], reached: Sequence[int]) -> dict[str, float]:
    """Milliseconds from due to reached, both in nanoseconds of one clock, as percentiles."""
    ordered = sorted((there - owed) / 1e6 for owed, there in zip(due, reached, strict=True))
    return {
        "p50": round(percentile(ordered, 0.50), 2),
        "p95": round(percentile(ordered, 0.95), 2),
        "p99": round(percentile(ordered, 0.99), 2),
        "max": round(ordered[-1], 2),
    }


def at(figures: Figures, path: str) -> float | None:
    """The number under a path such as `burst.referrals_per_s`; None where there is none."""
    found: Any = figures
    for name in path.split("."):
        if not isinstance(found, Mapping) or name not in found:
            return None
        found = found[name]
    return found if isinstance(found, int | float) and not isinstance(found, bool) else None


def medians(rounds: Sequence[Figures]) -> dict[str, Any]:
    """The median of every number over the rounds in which it stands."""
    names = dict.fromkeys(name for each in rounds for name in each)
    found: dict[str, Any] = {}
    for name in names:
        values = [each[name] for each in rounds if name in each]
        if all(isinstance(value, Mapping) for value in values):
            found[name] = medians(values)
        elif all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
            found[name] = round(median(values), 3)
    return found


def ratio(ours: Sequence[Figures], theirs: Sequence[Figures], path: str) -> float | None:
    """Ours by theirs within each round, and of those the median; None where one lacks a figure.

    A machine that is slow for a while is slow for a whole round, so that rounds are compared with
    themselves.
    """
    within = []
    for mine, other in zip(ours, theirs, strict=True):
        above, below = at(mine, path), at(other, path)
        if above is None or not below:
            return None
        within.append(above / below)
    return round(median(within), 3) if within else None
