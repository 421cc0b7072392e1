"""The figures of a simulated quarter: by team, and how evenly its cases were spread."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from statistics import fmean, median, pstdev
from typing import Any, Final

from deploy.simulation.ledger import COORDINATORS, Case, Figures, Ledger, Team

ACTS: Final = ("offered", "accepted", "declined", "overdue", "waitlisted", "closed")
_A_DAY: Final = 24 * 3600


def report(ledger: Ledger, now: datetime) -> dict[str, Any]:
    """What a quarter came to at its end, and every promise that was broken in it."""
    waiting: dict[Team, list[Case]] = {}
    for one in ledger.cases.values():
        if one.waiting_since:
            waiting.setdefault(ledger.team(one), []).append(one)
    teams = [
        _of_team(ledger, team, ledger.figures[team], waiting.get(team, ()), now)
        for team in sorted(ledger.figures)
    ]
    breaches = Counter(ledger.breaches)
    return {
        "assignments": len(ledger.cases),
        "held": sum(one.holder is not None and not one.over for one in ledger.cases.values()),
        "waiting": sum(map(len, waiting.values())),
        "over": sum(one.over for one in ledger.cases.values()),
        "teams": teams,
        "fairness": _overall(ledger),
        "breaches": [{"what": what, "times": n} for what, n in breaches.most_common()],
        "ok": not breaches,
    }


def _of_team(
    ledger: Ledger, team: Team, figures: Figures, waiting: Sequence[Case], now: datetime
) -> dict[str, Any]:
    waits = [now - one.waiting_since for one in waiting if one.waiting_since]
    longest = max([figures.longest_wait, *waits])
    contacts = figures.acts["in time"] + figures.acts["late"]
    cases = _cases(ledger, team)
    return {
        "catalogue": team[0],
        "team": team[1],
        "members": len(cases),
        **{act: figures.acts[act] for act in ACTS},
        "waiting": len(waiting),
        "longest_wait_days": round(longest.total_seconds() / _A_DAY, 1),
        "first_contacts": contacts,
        "in_time": figures.acts["in time"],
        "cases_each": _spread(cases),
    }


def _cases(ledger: Ledger, team: Team) -> list[int]:
    """How many cases each member of a team accepted."""
    catalogue, name = team
    directory = ledger.directory
    if name == COORDINATORS:
        members = directory.coordinators(catalogue)
    else:
        members = directory.team(catalogue, name)
    return [ledger.figures[team].accepted_by[each.id] for each in members]


def _spread(values: Sequence[float]) -> dict[str, float]:
    """Least, median and most; and by how much they vary, as a share of their mean."""
    if not values:
        return {"least": 0, "median": 0, "most": 0, "varies": 0.0}
    mean = fmean(values)
    return {
        "least": min(values),
        "median": median(values),
        "most": max(values),
        "varies": round(pstdev(values) / mean, 2) if mean else 0.0,
    }


def _overall(ledger: Ledger) -> dict[str, float]:
    """Everybody's cases as a share of their team's mean, the coordinators left out."""
    shares = []
    for team in ledger.figures:
        cases = _cases(ledger, team)
        if team[1] != COORDINATORS and any(cases):
            mean = fmean(cases)
            shares += [each / mean for each in cases]
    return {name: round(value, 2) for name, value in _spread(shares).items()}
