"""What the auditors' pages show, put into words beforehand. Times are London's."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from services.audit.formats import Asked, TrailEntry
from services.audit.trail.asking import Why
from services.audit.trail.telling import Told, name, tell
from shared import words
from shared.london import LONDON, london_day

WHYS: Final[dict[Why, str]] = {
    "inspection": "An inspection",
    "domestic_homicide_review": "A Domestic Homicide Review",
    "complaint": "A complaint",
    "subject_access": "A subject access request",
    "information_governance": "Information governance",
    "investigation": "An investigation",
    "routine_check": "A routine check",
}


@dataclass(frozen=True)
class Row:
    """One entry in words. `time`: of day, with seconds."""

    entry: TrailEntry
    time: str
    told: Told


@dataclass(frozen=True)
class Day:
    """Entries that follow one another in the log, of events of one day."""

    day: str
    rows: Sequence[Row]


def days(entries: Iterable[TrailEntry]) -> list[Day]:
    """Entries in the log's order under their days. One that came in late stands where it came in,
    so that a day may have to be named twice."""
    return [
        Day(f"{day.day} {day:%B %Y}", [_row(entry) for entry in group])
        for day, group in groupby(entries, key=lambda entry: london_day(entry.time))
    ]


def _row(entry: TrailEntry) -> Row:
    body = entry.content.bytes if entry.content else None
    told = tell(entry.type, entry.producer, body, entry.altered)
    return Row(entry, f"{entry.time.astimezone(LONDON):%H:%M:%S}", told)


def moment(when: datetime) -> str:
    """A day and a time of day."""
    local = when.astimezone(LONDON)
    return f"{local.day} {local:%B %Y}, {local:%H:%M:%S}"


counted: Final = words.counted


def looked_for(asked: Asked) -> list[tuple[str, str]]:
    """A question in words, line by line."""
    until = asked.until and asked.until - timedelta(microseconds=1)
    lines = (
        ("Referral", asked.referral and str(asked.referral)),
        ("Person", asked.person_ref and str(asked.person_ref)),
        ("Pair", asked.pair_ref and str(asked.pair_ref)),
        ("Agency", asked.agency),
        ("Who had a part in it", asked.practitioner),
        ("What happened", asked.type and name(asked.type)),
        ("From", asked.since and moment(asked.since)),
        ("To", until and moment(until)),
        ("Words of the reason", asked.text),
    )
    return [(label, value) for label, value in lines if value]
