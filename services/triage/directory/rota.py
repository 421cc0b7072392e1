"""Which coordinator is on call at an hour, and at which hours nobody is. Pure.

A rota repeats every week, on bank holidays too. Nobody is on call in a turn that begins on a day
of her leave; then the next is who stands in the rota for the same hours.
"""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from typing import Final
from uuid import UUID, uuid5

from services.triage.directory.availability import (
    Span,
    days_between,
    is_at_work,
    on_leave,
    span,
    weekday,
)
from services.triage.directory.entries import Directory, Duty, Practitioner
from services.triage.policy.bank_holidays import ENGLAND
from shared.london import LONDON, london_day

ALARM_AHEAD: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Gap:
    """Hours at which a catalogue has nobody on call. `id` is the same however often it is found."""

    id: UUID
    catalogue: str
    since: datetime
    until: datetime


def on_call(directory: Directory, catalogue: str | None, at: datetime) -> Practitioner | None:
    """Who is on call at a moment by the rota; None in a gap.

    `catalogue` None: where none has been settled on, anybody's coordinator will do.
    """
    for duty in _duties(directory, catalogue):
        for who, (begins, ends) in _turns(directory, duty, at, at):
            if begins <= at < ends:
                return who
    return None


def coordinator_for(
    directory: Directory,
    catalogue: str | None,
    at: datetime,
    bank_holidays: Container[date] = ENGLAND,
) -> Practitioner:
    """Who answers for a catalogue at a moment: on call, else at work, else not away, else the
    first. There is always somebody; of a catalogue without coordinators it is another's."""
    named = on_call(directory, catalogue, at)
    if named:
        return named
    coordinators = directory.coordinators(catalogue) or directory.coordinators(None)
    at_work = (p for p in coordinators if is_at_work(p, at, bank_holidays))
    today = london_day(at)
    there = (p for p in coordinators if not on_leave(p, today))
    return next(chain(at_work, there, coordinators))


def gaps(directory: Directory, duty: Duty, since: datetime, until: datetime) -> tuple[Span, ...]:
    """The hours from `since` to before `until` at which nobody who is not on leave is on call.

    A duty without a rota is one gap.
    """
    found = []
    covered = since.astimezone(UTC)
    turns = (turn for _, turn in _turns(directory, duty, since, until))
    for begins, ends in sorted(turn for turn in turns if turn[0] < until):
        if begins > covered:
            found.append((covered, begins))
        covered = max(covered, ends)
    if covered < until:
        found.append((covered, until.astimezone(UTC)))
    return tuple(found)


def alarming(directory: Directory, now: datetime) -> tuple[Gap, ...]:
    """The gaps of the coming week that are not over yet, of all catalogues.

    A gap's id derives from its catalogue and its beginning, so that it is told once. One that has
    been open for over a week has no beginning to go by: it is told again each Monday.
    """
    monday = london_day(now) - timedelta(days=london_day(now).weekday())
    # A week back, so that a gap across this Monday keeps its beginning; one ahead of the alarm's
    # week, so that a gap at its end is told whole.
    since = datetime.combine(monday - ALARM_AHEAD, time(), LONDON)
    until = now + 2 * ALARM_AHEAD
    return tuple(
        Gap(uuid5(_GAPS, f"{duty.catalogue}/{begins.isoformat()}"), duty.catalogue, begins, ends)
        for duty in directory.duty
        for begins, ends in gaps(directory, duty, since, until)
        if ends > now and begins < now + ALARM_AHEAD
    )


_GAPS: Final = UUID("6f0c4a86-0a39-5d0e-9d6c-6f7f5b1f3a52")


def _duties(directory: Directory, catalogue: str | None) -> Sequence[Duty]:
    return [each for each in directory.duty if catalogue in (None, each.catalogue)]


def _turns(
    directory: Directory, duty: Duty, since: datetime, until: datetime
) -> Iterator[tuple[Practitioner, Span]]:
    """Everybody's turns that may reach into a time, in the rota's order."""
    days = tuple(days_between(since, until))
    for line in duty.rota:
        who = directory.practitioner(line.who)
        for day in days:
            if who and weekday(day) in line.days and not on_leave(who, day):
                begins, ends = span(line, day)
                # A turn within the hour that the clocks skip is none.
                if begins < ends:
                    yield who, (begins, ends)
