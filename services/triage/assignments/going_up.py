"""Up the levels, one by one: practitioner, stand-in, coordinator, the team's escalation contact.

Pure. A level for which nobody is there is skipped; at the top the clock goes on firing, so that
nothing goes silent.
"""

from collections.abc import Mapping

from services.triage.assignments.life import LEVELS, Assignment
from services.triage.assignments.placing import Case
from services.triage.assignments.steps import Asked, Change, escalate, fall_late
from services.triage.directory.entries import Directory
from shared.events import Level

BECAUSE = {
    "stand_in": "stands in for whoever did not answer in time",
    "coordinator": "on call as coordinator: nobody answered in time",
    "contact": "the last to be asked: nobody answered in time",
}
SINCE_UNTOLD = {
    "stand_in": "stands in for whoever could not be told",
    "coordinator": "on call as coordinator: whoever was asked could not be told",
    "contact": "the last to be asked: whoever was asked could not be told",
}


def next_level(after: Level, there: Mapping[Level, str]) -> tuple[Level, str] | None:
    """The next level at which there is somebody, and who; None at the top."""
    above = LEVELS[LEVELS.index(after) + 1 :]
    return next(((level, there[level]) for level in above if level in there), None)


def fired(one: Assignment, case: Case) -> Change:
    """What follows when the clock of an assignment fires.

    An unanswered offer changes its holder. Of a late first contact the holder stays and the others
    are told.
    """
    times = case.escalated(one)
    found = next_level(one.late or one.level, above(one, case))
    if one.awaited == "acknowledgement" and found:
        level, who = found
        return escalate(one, Asked(who, level, BECAUSE[level], times), "overdue", case.now)
    return fall_late(one, times.acknowledge_by, case.now, found)


def unreached(one: Assignment, case: Case) -> Change | None:
    """What follows when no message about an offer reached whom it was made to: it goes up before
    its time is over; None where nobody is above."""
    found = next_level(one.level, above(one, case))
    if found is None:
        return None
    level, who = found
    asked = Asked(who, level, SINCE_UNTOLD[level], case.escalated(one))
    return escalate(one, asked, "could_not_be_told", case.now)


def asked_next(one: Assignment, directory: Directory) -> tuple[str, ...]:
    """Whose caseload counts beside the team's when it goes up: the stand-in's, if there is one."""
    holder = directory.practitioner(one.holder or "")
    return (holder.stand_in,) if holder and holder.stand_in else ()


def above(one: Assignment, case: Case) -> dict[Level, str]:
    """Who is there at each level above the holder.

    Nobody is who is away until the next firing, walled off, without room, or passed it on before.
    """
    until = case.escalated(one).acknowledge_by
    passed = {*one.passed, one.holder or ""}

    def there(who: str | None) -> bool:
        return who is not None and case.may_take(who, passed) and case.works_by(who, until)

    found: dict[Level, str] = {}
    holder = case.directory.practitioner(one.holder or "")
    stand_in = holder.stand_in if holder and one.level == "practitioner" else None
    if stand_in and there(stand_in):
        found["stand_in"] = stand_in
    coordinator = case.coordinator(passed)
    if coordinator:
        found["coordinator"] = coordinator
    entry = case.directory.entry(one.catalogue, one.team)
    contact = entry.contact if entry else None
    other = case.coordinator({*passed, coordinator or ""})
    # Once a coordinator has let it pass, the one at the coordinator's level is another already.
    if contact and there(contact):
        found["contact"] = contact
    elif one.level == "coordinator" and coordinator:
        found["contact"] = coordinator
    elif other:
        found["contact"] = other
    return found
