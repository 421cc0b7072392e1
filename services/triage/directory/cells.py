"""What stands in one cell of a spreadsheet, and what it means. Pure.

Lists are separated by `;`. Hours: `mon-fri 09:00-17:00; sat 10:00-13:00`. Days on site:
`leaving_care mon,tue; mash wed`. Leave: `2026-12-21..2027-01-02`, or one day. Quiet hours:
`20:00-08:00`. A cell whose list is empty on purpose says `none`; an empty cell says nothing.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import time
from typing import Any, Final, get_args

from services.triage.directory.entries import Leave, OnCall, Practitioner
from services.triage.policy.days import Weekday

WEEK: Final[tuple[Weekday, ...]] = get_args(Weekday)
NONE: Final = "none"

_SHORT: Final = {day[:3]: day for day in WEEK}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_CLOCK: Final = r"(\d{1,2}:\d{2})"
_CLOCKS: Final = re.compile(rf"{_CLOCK}\s*-\s*{_CLOCK}")
_SHIFT: Final = re.compile(rf"(?P<days>[a-z, -]+?)\s+{_CLOCKS.pattern}")


class Misread(Exception):
    """A cell that does not say what its column asks for; the text says what that would be."""


def listed(cell: str) -> list[str]:
    """The parts of a cell."""
    if cell.lower() == NONE:
        return []
    return [part.strip() for part in cell.split(";") if part.strip()]


def whole_number(cell: str) -> int:
    """A count."""
    if not re.fullmatch(r"\d{1,6}", cell):
        raise Misread("is no whole number")
    return int(cell)


def days(text: str) -> list[Weekday]:
    """`mon-wed,fri`, long or short; a span may run over the weekend."""
    found: list[Weekday] = []
    for part in text.split(","):
        first, _, last = (each.strip() for each in part.partition("-"))
        begins, ends = _day(first), _day(last or first)
        while begins != ends:
            found.append(begins)
            begins = WEEK[(WEEK.index(begins) + 1) % len(WEEK)]
        found.append(ends)
    return found


def turns(cell: str) -> list[dict[str, Any]]:
    """Days with their hours, in the cell's order, as the rota has them."""
    found = []
    for part in listed(cell):
        shift = _SHIFT.fullmatch(part.lower())
        if shift is None:
            raise Misread("is not like mon-fri 09:00-17:00")
        found.append({"days": days(shift["days"]), **_span(shift.groups()[1:])})
    return found


def quiet(cell: str) -> dict[str, str]:
    """Hours of every day."""
    span = _CLOCKS.fullmatch(cell)
    if span is None:
        raise Misread("is not like 20:00-08:00")
    return _span(span.groups())


def hours(cell: str) -> dict[str, dict[str, str]]:
    """The hours of each day of a working week."""
    week: dict[str, dict[str, str]] = {}
    for turn in turns(cell):
        for day in turn["days"]:
            if day in week:
                raise Misread(f"gives hours for {day} twice")
            week[day] = {"from": turn["from"], "until": turn["until"]}
    return week


def leave(cell: str) -> list[dict[str, str]]:
    """Days away."""
    found = []
    for part in listed(cell):
        first, _, last = (each.strip() for each in part.partition(".."))
        for day in (first, last or first):
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
                raise Misread("is not like 2026-12-21..2027-01-02")
        found.append({"from": first, "until": last or first})
    return found


def on_site(cell: str) -> dict[str, list[Weekday]]:
    """Teams, each with its days."""
    found: dict[str, list[Weekday]] = {}
    for part in listed(cell):
        team, _, named = part.partition(" ")
        if team in found or not named:
            raise Misread("is not like leaving_care mon,tue; mash wed")
        found[team] = days(named.lower())
    return found


def practitioner_cells(one: Practitioner, columns: Sequence[str]) -> list[str]:
    """A practitioner's cells; what nobody said stays empty."""
    said: Mapping[str, Any] = one.model_dump(exclude_defaults=True)
    written = {
        "languages": _joined(one.languages) or NONE,
        "hours": "; ".join(f"{d[:3]} {_clocks(s.first, s.last)}" for d, s in one.hours.items())
        or NONE,
        "leave": _joined(map(_leave, one.leave)),
        "on_site": _joined(f"{team} {day_names(on)}" for team, on in one.on_site.items()),
        "quiet": _clocks(one.quiet.first, one.quiet.last) if one.quiet else "",
    }
    return [str(written.get(name, said[name])) if name in said else "" for name in columns]


def day_names(named: Iterable[Weekday]) -> str:
    """Days as a cell has them: mon,tue."""
    return ",".join(day[:3] for day in named)


def when(turn: OnCall) -> str:
    """The days and hours of a turn on call."""
    return f"{day_names(turn.days)} {_clocks(turn.first, turn.last)}"


def neutral(cell: str) -> str:
    """The cell as it may stand in a file that a spreadsheet opens: never as a formula."""
    return f"'{cell}" if _is_like_a_formula(cell) else cell


def as_meant(cell: str) -> str:
    """A cell as it is read: without white space around it, and without what made it neutral."""
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and _is_like_a_formula(cell) else cell


def _is_like_a_formula(cell: str) -> bool:
    # Also where it is neutral already, or what is read back would not be what was written.
    return cell.lstrip("'").startswith(_FORMULA)


def _day(name: str) -> Weekday:
    day = _SHORT.get(name[:3])
    if day is None or not day.startswith(name):
        raise Misread("names no day of the week: mon, tue, wed ...")
    return day


def _span(clocks: Sequence[str]) -> dict[str, str]:
    first, last = (clock.rjust(5, "0") for clock in clocks)
    return {"from": first, "until": last}


def _clocks(first: time, last: time) -> str:
    return f"{first:%H:%M}-{last:%H:%M}"


def _leave(one: Leave) -> str:
    return f"{one.first}..{one.last}" if one.last > one.first else f"{one.first}"


def _joined(parts: Iterable[str]) -> str:
    return "; ".join(parts)
