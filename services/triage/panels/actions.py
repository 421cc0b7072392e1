"""What a panel gives somebody to do, and whom it goes up to when its day has passed. Pure.

An action has one clock: `due_at`, from the morning of the first working day after its day on. Each
time it fires somebody further up is told: the owner's stand-in, the coordinator on call, the
contact of the pathway's team. Each has a working day (assumed: no paper says); at the top it goes
on every working day until the action is done, so that nothing goes silent.
"""

from collections.abc import Collection, Container
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from services.triage.assignments.life import LEVELS, NotAllowed
from services.triage.directory.availability import first_working_moment
from services.triage.directory.entries import Directory, Practitioner
from services.triage.directory.rota import coordinator_for
from services.triage.policy.bank_holidays import ENGLAND
from services.triage.policy.catalogue import Office, Within
from services.triage.policy.days import next_working_day
from services.triage.policy.deadlines import moment
from shared.events import Level
from shared.london import LONDON

LONGEST: Final = timedelta(days=366)
"""How far ahead the day of an action may lie."""
_APART: Final = Within(working_days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something that a practitioner of the directory is to do for a case by a day.

    `level`: how far up it has gone, and `told`: to whom; None while it is not overdue. `due_at`:
    when its clock fires next (UTC); None once it is done.
    """

    id: UUID
    case_id: UUID
    text: str
    owner: str
    due_on: date
    set_by: str
    set_at: datetime
    due_at: datetime | None
    level: Level | None = None
    told: str | None = None
    done_at: datetime | None = None
    done_by: str | None = None


def sees_to(action: Action, practitioner_id: str) -> bool:
    """Whether an action is somebody's to do: the owner's, or whoever's it went up to last."""
    return practitioner_id in (action.owner, action.told)


def first_firing(
    due_on: date, office: Office, bank_holidays: Container[date] = ENGLAND
) -> datetime:
    """When an action that is not done by its day is first told of: the next working morning."""
    morning = next_working_day(due_on, bank_holidays)
    return datetime.combine(morning, office.opens, LONDON).astimezone(UTC)


def next_firing(at: datetime, office: Office, bank_holidays: Container[date] = ENGLAND) -> datetime:
    """When the clock fires again that fired at a moment: a working day later."""
    return moment(_APART, at, office, bank_holidays)


def check_day(due_on: date, today: date) -> None:
    """NotAllowed for a day that is over, or too far away to mean anything."""
    if due_on < today:
        raise NotAllowed("The day by which it is to be done is over.")
    if due_on > today + LONGEST:
        raise NotAllowed("The day by which it is to be done is more than a year away.")


def done(action: Action, by: str, at: datetime) -> Action:
    """The action done, its clock stopped; one that was done already stays as it was."""
    if action.done_at is not None:
        return action
    return replace(action, done_at=at, done_by=by, due_at=None)


def gone_up(
    action: Action,
    directory: Directory,
    *,
    catalogue: str,
    team: str | None,
    excluded: Collection[str],
    at: datetime,
    then: datetime,
    bank_holidays: Container[date] = ENGLAND,
) -> Action:
    """The action after its clock fired: somebody further up is told, and has time until `then`.

    `excluded`: who is walled off from the case. A level where nobody else stands, or nobody who
    works in that time, is passed over; where there is none further up, the highest is told again.
    Whoever stands there is looked up anew: it need not be the one of the day before.
    """
    stands = {
        "stand_in": _stand_in(action.owner, directory, excluded, at, then, bank_holidays),
        "coordinator": coordinator_for(directory, catalogue, at),
        "contact": _contact(directory, catalogue, team, excluded),
    }
    reached = LEVELS.index(action.level) if action.level else 0
    there = [level for level in LEVELS if stands.get(level)]
    level = next((each for each in there if LEVELS.index(each) > reached), there[-1])
    who = stands[level]
    assert who is not None  # noqa: S101 - a level where nobody stands is not there
    return replace(action, level=level, told=who.id, due_at=then)


def _stand_in(
    owner: str,
    directory: Directory,
    excluded: Collection[str],
    since: datetime,
    until: datetime,
    bank_holidays: Container[date],
) -> Practitioner | None:
    practitioner = directory.practitioner(owner)
    who = directory.practitioner(practitioner.stand_in or "") if practitioner else None
    if who is None or who.id in excluded:
        return None
    if first_working_moment(who, since, until, bank_holidays) is None:
        return None
    return who


def _contact(
    directory: Directory, catalogue: str, team: str | None, excluded: Collection[str]
) -> Practitioner | None:
    entry = directory.entry(catalogue, team)
    who = entry.contact if entry else None
    return directory.practitioner(who) if who and who not in excluded else None


def could_be_told(
    action: Action, directory: Directory, catalogue: str, team: str | None
) -> frozenset[str]:
    """Who might be told beside coordinators, who may see both sides of a pair."""
    owner, entry = directory.practitioner(action.owner), directory.entry(catalogue, team)
    ids = (owner and owner.stand_in, entry and entry.contact)
    return frozenset(each for each in ids if each)
