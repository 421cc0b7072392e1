"""The acts of an assignment's life: what each makes of it, and what is told of it. Pure.

Time is an argument, and so is whoever was found to be asked. Each act goes by the table of `life`;
what it cannot do is refused in words for the one who asked.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.triage.assignments.life import (
    Act,
    Assignment,
    NotAllowed,
    State,
    Step,
    moved,
)
from services.triage.policy.deadlines import Deadlines
from shared.events import (
    AssignmentAccepted,
    AssignmentClosed,
    AssignmentContactAttempted,
    AssignmentDeclined,
    AssignmentEscalated,
    AssignmentOffered,
    AssignmentOverdue,
    AssignmentTransferred,
    AssignmentWaitlisted,
    AssignmentWithdrawn,
    ContactBy,
    Declined,
    EventData,
    Level,
    OfferedBecause,
    Outcome,
)

WaitsBecause = Literal["pathway_full", "nobody_has_room", "nobody_at_work"]
UpBecause = OfferedBecause | Literal["could_not_be_told"]


@dataclass(frozen=True, slots=True)
class Change:
    """An act that was done: the assignment after it, its line in the history, what is told."""

    one: Assignment
    step: Step
    events: tuple[EventData, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked next: why this one, in words, and by when."""

    holder: str
    level: Level
    because: str
    times: Deadlines


def begun(
    assignment_id: UUID,
    referral_id: UUID,
    *,
    pathway: str,
    kind: str,
    catalogue: str | None,
    team: str | None,
    urgent: bool,
) -> Assignment:
    """A new assignment, before anybody is asked."""
    return Assignment(
        id=assignment_id,
        referral_id=referral_id,
        pathway=pathway,
        kind=kind,
        catalogue=catalogue,
        team=team,
        urgent=urgent,
        state=State.WAITLISTED,
    )


def wait(one: Assignment, why: WaitsBecause, place: int, now: datetime) -> Change:
    """Nobody is free: it waits, as long as it has been waiting before."""
    after = moved(one, "wait", State.WAITLISTED, waiting_since=one.waiting_since or now)
    told = AssignmentWaitlisted(**_of(after), because=why, place=place)
    return _done(after, "wait", now, told, reason=why)


def offer(
    one: Assignment, asked: Asked, why: OfferedBecause, now: datetime, by: str | None = None
) -> Change:
    """Somebody is asked to take it; whoever was asked before holds it no longer."""
    after = _asked(one, "offer", State.OFFERED, asked, now)
    return _done(after, "offer", now, _offered(after, asked, why), by=by, reason=why)


def escalate(one: Assignment, asked: Asked, why: UpBecause, now: datetime) -> Change:
    """It goes up: nobody of the team is free, or who was asked let the time pass (overdue), or
    heard nothing of it (could_not_be_told), of which no time is over."""
    because: OfferedBecause = "overdue" if why == "could_not_be_told" else why
    after = _asked(one, "escalate", State.ESCALATED, asked, now)
    up = AssignmentEscalated(
        **_of(after), practitioner_id=asked.holder, level=asked.level, awaited="acknowledgement"
    )
    told = (up, _offered(after, asked, because))
    return _done(after, "escalate", now, *_overdue(one, why == "overdue"), *told, reason=why)


def fall_late(
    one: Assignment, again_at: datetime, now: datetime, told: tuple[Level, str] | None = None
) -> Change:
    """The time has passed, and the holder stays. `told`: who hears of a late first contact."""
    level, who = told or (one.late, None)
    after = moved(one, "fall_late", one.state, due_at=again_at, late=level)
    events: list[EventData] = list(_overdue(one, True))
    if told and one.awaited:
        events.append(
            AssignmentEscalated(
                **_of(one), practitioner_id=told[1], level=told[0], awaited=one.awaited
            )
        )
    return _done(after, "fall_late", now, *events, reason=who)


def accept(one: Assignment, by: str, now: datetime, service: str | None) -> Change:
    """The holder takes it; from now on the first contact is awaited, unless there was one.

    `service`: the programme's name, where the sender may know it.
    """
    waits = not one.reached
    after = moved(
        one,
        "accept",
        State.ACCEPTED,
        accepted_at=now,
        awaited="first_contact" if waits else None,
        due_at=one.first_contact_by if waits else None,
        late=None,
    )
    told = AssignmentAccepted(**_of(after), practitioner_id=_holder(after), service=service)
    return _done(after, "accept", now, told, by=by)


def decline(one: Assignment, by: str, reason: Declined, note: str | None, now: datetime) -> Change:
    """The holder passes it on; nobody is asked until the next is found."""
    holder = _holder(one)
    after = moved(one, "decline", State.WAITLISTED, **_NOBODYS, passed=(*one.passed, holder))
    told = AssignmentDeclined(**_of(one), practitioner_id=holder, reason=reason)
    return _done(after, "decline", now, told, by=by, reason=reason, note=note)


def contact(
    one: Assignment,
    by: str,
    how: ContactBy,
    reached: bool,
    note: str | None,
    *,
    needed: int,
    again_by: datetime,
    now: datetime,
) -> Change:
    """The person was reached, or it was tried.

    The clock stops once they were reached, or once it was tried as often as the pathway wants
    (`needed`). Until then a try in vain gives time for the next one, to `again_by`: no case goes
    quiet between two tries.
    """
    attempt = one.attempts + 1
    over = one.awaited is None or reached or attempt >= needed
    after = moved(
        one,
        "contact",
        State.ACCEPTED,
        attempts=attempt,
        reached=one.reached or reached,
        awaited=None if over else one.awaited,
        due_at=None if over else max(again_by, one.due_at or again_by),
        late=None,
    )
    told = AssignmentContactAttempted(
        **_of(one), practitioner_id=_holder(one), how=how, reached=reached, attempt=attempt
    )
    return _done(after, "contact", now, told, by=by, reason=how, reached=reached, note=note)


def close(
    one: Assignment, by: str, outcome: Outcome, note: str | None, *, needed: int, now: datetime
) -> Change:
    """The work has ended. `needed`: how many attempts the pathway wants before it gives up."""
    after = moved(
        one, "close", State.CLOSED, closed_at=now, outcome=outcome, awaited=None, due_at=None
    )
    if outcome == "unable_to_contact" and one.attempts < needed:
        tried = f"{one.attempts} of {needed} attempts" if one.attempts else "No attempt"
        raise NotAllowed(
            f"{tried} to reach the person {'are' if one.attempts > 1 else 'is'} recorded:"
            f" try {needed} times before giving up."
        )
    told = AssignmentClosed(**_of(one), practitioner_id=_holder(one), outcome=outcome)
    return _done(after, "close", now, told, by=by, reason=outcome, note=note)


def withdraw(one: Assignment, reason: str, now: datetime, by: str | None = None) -> Change:
    """It no longer stands, for a reason that may be told: no name, no story. Its holder is kept."""
    after = moved(
        one, "withdraw", State.WITHDRAWN, withdrawn_because=reason, awaited=None, due_at=None
    )
    told = AssignmentWithdrawn(**_of(one), practitioner_id=one.holder, reason=reason)
    return _done(after, "withdraw", now, told, by=by, reason=reason)


def transfer(
    one: Assignment,
    by: str,
    now: datetime,
    *,
    to: str | None = None,
    pathway: str | None = None,
    note: str | None = None,
) -> Change:
    """It is handed on; nobody holds it until the next is asked. `to`: a colleague, where known.

    On another pathway the count of attempts begins anew, and nobody has passed it on yet.
    """
    after = moved(one, "transfer", State.WAITLISTED, **_NOBODYS)
    if pathway is not None:
        after = replace(
            after, pathway=pathway, attempts=0, reached=False, passed=(), waiting_since=None
        )
    told = AssignmentTransferred(
        **_of(one),
        to_pathway=after.pathway,
        practitioner_id=one.holder,
        to_practitioner_id=to,
        by=by,
    )
    return _done(after, "transfer", now, told, by=by, note=note)


_NOBODYS = {"holder": None, "level": "practitioner", "awaited": None, "due_at": None, "late": None}


def _asked(one: Assignment, act: Act, to: State, asked: Asked, now: datetime) -> Assignment:
    let_pass = (one.holder,) if one.holder not in (None, asked.holder) else ()
    return moved(
        one,
        act,
        to,
        level=asked.level,
        holder=asked.holder,
        because=asked.because,
        offer=one.offer + 1,
        passed=(*one.passed, *let_pass),
        offered_at=now,
        acknowledge_by=asked.times.acknowledge_by,
        first_contact_by=asked.times.first_contact_by,
        awaited="acknowledgement",
        due_at=asked.times.acknowledge_by,
        late=None,
        accepted_at=None,
    )


def _offered(one: Assignment, asked: Asked, why: OfferedBecause) -> AssignmentOffered:
    return AssignmentOffered(
        **_of(one),
        practitioner_id=asked.holder,
        urgent=one.urgent,
        acknowledge_by=asked.times.acknowledge_by,
        first_contact_by=asked.times.first_contact_by,
        offer=one.offer,
        because=why,
    )


def _overdue(one: Assignment, is_late: bool) -> tuple[AssignmentOverdue, ...]:
    if not is_late or one.awaited is None or one.due_at is None:
        return ()
    return (
        AssignmentOverdue(
            **_of(one), practitioner_id=_holder(one), awaited=one.awaited, due_at=one.due_at
        ),
    )


def _of(one: Assignment) -> dict[str, object]:
    return {"assignment_id": one.id, "referral_id": one.referral_id, "pathway": one.pathway}


def _holder(one: Assignment) -> str:
    if one.holder is None:
        raise NotAllowed("Nobody is asked for it yet.")
    return one.holder


def _done(
    after: Assignment,
    act: Act,
    now: datetime,
    *events: EventData,
    by: str | None = None,
    reason: str | None = None,
    reached: bool | None = None,
    note: str | None = None,
) -> Change:
    step = Step(
        assignment_id=after.id,
        number=after.steps,
        at=now,
        act=act,
        state=after.state,
        level=after.level,
        pathway=after.pathway,
        holder=after.holder,
        by=by,
        reason=reason,
        reached=reached,
        note=note,
    )
    return Change(after, step, events)
