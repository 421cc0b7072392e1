"""When a practitioner works, and when she next sits with a team. London's hours, moments in UTC.

A shift belongs to the day on which it begins: one that runs past midnight is worked to its end
though leave, or a bank holiday, begins at midnight; and none begins on such a day.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Final, Protocol

from services.triage.directory.entries import Practitioner
from services.triage.policy.bank_holidays import ENGLAND
from services.triage.policy.days import ONE_DAY, Weekday
from shared.facts import Team
from shared.london import LONDON, london_day

Span = tuple[datetime, datetime]
"""From a moment to before another."""

_WEEKDAYS: Final[tuple[Weekday, ...]] = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
_A_YEAR: Final = 366


class Hours(Protocol):
    """A shift's hours by the wall clock, or those of somebody on call."""

    @property
    def first(self) -> time:
        """Its first minute."""

    @property
    def last(self) -> time:
        """The minute before which it ends; the next day's, where it is not after the first."""


def weekday(day: date) -> Weekday:
    """A day's name, as hours and rotas have it."""
    return _WEEKDAYS[day.weekday()]


def span(hours: Hours, day: date) -> Span:
    """The hours that begin on a day, in UTC. An hour that the clocks skip is the one after it."""
    ends = day if hours.last > hours.first else day + ONE_DAY
    return _utc(day, hours.first), _utc(ends, hours.last)


def on_leave(p: Practitioner, day: date) -> bool:
    """Whether she is away on a day."""
    return any(each.first <= day <= each.last for each in p.leave)


def works_on(p: Practitioner, day: date, bank_holidays: Container[date] = ENGLAND) -> bool:
    """Whether a shift of hers begins on a day."""
    return weekday(day) in p.hours and day not in bank_holidays and not on_leave(p, day)


def days_between(since: datetime, until: datetime) -> Iterator[date]:
    """London's days whose shifts may reach into a time: those of it, and the one before."""
    day, last = london_day(since) - ONE_DAY, london_day(until)
    while day <= last:
        yield day
        day += ONE_DAY


def first_working_moment(
    p: Practitioner, since: datetime, until: datetime, bank_holidays: Container[date] = ENGLAND
) -> datetime | None:
    """The first moment from `since` to before `until` at which she works; None if there is none."""
    for day in days_between(since, until):
        if works_on(p, day, bank_holidays):
            begins, ends = span(p.hours[weekday(day)], day)
            moment = max(begins, since.astimezone(UTC))
            if moment < min(ends, until):
                return moment
    return None


def is_at_work(p: Practitioner, at: datetime, bank_holidays: Container[date] = ENGLAND) -> bool:
    """Whether she works at a moment."""
    shifts = (
        span(p.hours[weekday(day)], day)
        for day in days_between(at, at)
        if works_on(p, day, bank_holidays)
    )
    return any(begins <= at < ends for begins, ends in shifts)


def first_opening(
    team: Sequence[Practitioner],
    since: datetime,
    until: datetime,
    bank_holidays: Container[date] = ENGLAND,
) -> datetime | None:
    """The first moment from `since` to before `until` at which anybody of a team works."""
    moments = (first_working_moment(each, since, until, bank_holidays) for each in team)
    return min((each for each in moments if each is not None), default=None)


def next_on_site(
    p: Practitioner,
    pathway_days: Mapping[Team, Sequence[Weekday]],
    team: Team,
    on: date,
    bank_holidays: Container[date] = ENGLAND,
) -> date | None:
    """The first day from `on` on which she sits with a team, and works; None: not within a year.

    `pathway_days`: what the catalogue says of her pathway; the directory may add days of her own.
    """
    days = {*pathway_days.get(team, ()), *p.on_site.get(team, ())} & p.hours.keys()
    if not days:
        return None
    for _ in range(_A_YEAR):
        if weekday(on) in days and works_on(p, on, bank_holidays):
            return on
        on += ONE_DAY
    return None


def _utc(day: date, at: time) -> datetime:
    return datetime.combine(day, at, LONDON).astimezone(UTC)
