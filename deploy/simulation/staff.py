"""An invented directory: teams about as large as what comes to them asks for, some too small.

They work part time, in the evening and at night, go on leave, above all at Christmas, and speak
other languages; the on-call rota has somebody at any hour, unless she is on leave.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from math import ceil
from random import Random
from typing import Any, Final

from deploy.simulation.referrals import pick, some
from services.triage.directory.entries import Directory

Demand = Mapping[tuple[str, str], int]
"""How many assignments come to each team, by catalogue and team."""

_A_QUARTERS_CASES: Final = 65
_WEEK: Final = ("monday", "tuesday", "wednesday", "thursday", "friday")
_ALL_DAYS: Final = (*_WEEK, "saturday", "sunday")
_SHIFTS: Final = {("09:00", "17:00"): 60, ("08:00", "16:00"): 20, ("10:00", "18:00"): 20}
_DAYS: Final = {_WEEK: 70, _WEEK[:3]: 15, _WEEK[2:]: 15}
_NIGHT_TEAM: Final = "out_of_hours_noise"
_NIGHT: Final = {
    **{key: {"from": "17:00", "until": "03:00"} for key in _WEEK},
    **{key: {"from": "08:00", "until": "03:00"} for key in _ALL_DAYS[5:]},
}
_COORDINATORS: Final = 4
_TURNS: Final = (("08:00", "14:00"), ("14:00", "20:00"), ("20:00", "02:00"), ("02:00", "08:00"))


@dataclass
class _Staff:
    random: Random
    since: date
    days: int
    practitioners: list[dict[str, Any]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def hire(self, number: int, **entry: Any) -> list[str]:
        """So many new people; returns their ids."""
        hired = [self._somebody() | entry for _ in range(number)]
        ids = [each["id"] for each in hired]
        for each, stand_in in zip(hired, [*ids[1:], *ids[:1]], strict=True):
            each["stand_in"] = stand_in if stand_in != each["id"] else None
        self.practitioners.extend(hired)
        return ids

    def _somebody(self) -> dict[str, Any]:
        number = next(self._numbers)
        first, last = pick(self.random, _SHIFTS)
        return {
            "id": f"p-{number:05d}",
            "name": f"Practitioner {number}",
            "email": f"practitioner.{number}@example.org",
            "capacity": self.random.choice((60, 70, 80)),
            "max_caseload": self.random.choice((20, 25, 30)),
            "languages": ("en", *some(self.random, {"pl": 0.08, "ro": 0.06, "ur": 0.06})),
            "hours": {key: {"from": first, "until": last} for key in pick(self.random, _DAYS)},
            "leave": self._leave(),
        }

    def _leave(self) -> list[dict[str, date]]:
        begins = [
            self.since + timedelta(days=self.random.randrange(self.days))
            for _ in range(self.random.randrange(3))
        ]
        away = [
            {"from": day, "until": day + timedelta(days=self.random.randint(0, 9))}
            for day in begins
        ]
        if self.random.random() < 0.4:
            year = self.since.year
            away.append({"from": date(year, 12, 21), "until": date(year + 1, 1, 1)})
        return away


def invented(random: Random, demand: Demand, since: date, days: int) -> Directory:
    """Everybody for a time of so many days from `since`."""
    staff = _Staff(random, since, days)
    catalogues = sorted({catalogue for catalogue, _ in demand})
    coordinators = {name: staff.hire(_COORDINATORS) for name in catalogues}
    teams = []
    for (catalogue, team), wanted in sorted(demand.items()):
        size = ceil(wanted * random.uniform(0.8, 1.4) / _A_QUARTERS_CASES)
        at_night = {"hours": _NIGHT} if team == _NIGHT_TEAM else {}
        members = staff.hire(max(2, size), **at_night)
        teams.append(
            {
                "team": team,
                "catalogue": catalogue,
                "lead": members[0],
                "members": members,
                "contact": coordinators[catalogue][-1],
            }
        )
    duty = [
        {"catalogue": name, "coordinators": ids, "rota": _rota(ids)}
        for name, ids in coordinators.items()
    ]
    return Directory.model_validate(
        {"practitioners": staff.practitioners, "teams": teams, "duty": duty}
    )


def _rota(coordinators: list[str]) -> list[dict[str, Any]]:
    """A quarter of every day each."""
    return [
        {"days": _ALL_DAYS, "from": first, "until": last, "who": who}
        for (first, last), who in zip(_TURNS, coordinators, strict=True)
    ]
