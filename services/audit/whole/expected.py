"""What ought to happen to a referral, and by when its absence is a finding. Pure.

    referral.received, .amended   within an hour: referral.triaged of that revision
    referral.triaged              within an hour: somebody is asked, or it waits for somebody; and
                                  intake told of that revision before
    assignment.offered            an hour after `acknowledge_by`: an answer, or it is overdue
    assignment.accepted           an hour after `first_contact_by`: an attempt, or it is overdue
    .declined .transferred        within an hour: the next is asked, or it waits
    .escalated (unanswered)       within an hour: whoever it went up to is asked
    the last assignment is over   within an hour: referral.closed, and never before

It is audit's own account of docs/contract.md and docs/allocation.md, made by whoever did not make
what is told: it shares no table with triage. After an attempt or a reminder no time is known here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from services.audit.whole.completeness import Finding, Noted

WITHIN: Final = timedelta(hours=1)

_WAITS: Final = "waits"
_ASKED: Final = "asked"
_HELD: Final = "held"
_FREE: Final = "free"
_GOING_UP: Final = "going up"
_OVER: Final = "over"
_NEW: Final = "new"

MAY_COME: Final[Mapping[str, frozenset[str]]] = {
    "assignment.waitlisted": frozenset({_NEW, _WAITS, _FREE}),
    "assignment.offered": frozenset({_NEW, _WAITS, _FREE, _ASKED, _GOING_UP}),
    "assignment.escalated": frozenset({_NEW, _WAITS, _FREE, _ASKED, _HELD}),
    "assignment.accepted": frozenset({_ASKED}),
    "assignment.declined": frozenset({_ASKED}),
    "assignment.overdue": frozenset({_ASKED, _HELD}),
    "assignment.contact_attempted": frozenset({_HELD}),
    "assignment.transferred": frozenset({_WAITS, _ASKED, _HELD}),
    "assignment.closed": frozenset({_HELD}),
    "assignment.withdrawn": frozenset({_WAITS, _ASKED, _HELD, _FREE, _GOING_UP}),
}
"""For each event of an assignment, after which states of it it may come."""

_BECOMES: Final[Mapping[str, str]] = {
    "assignment.waitlisted": _WAITS,
    "assignment.offered": _ASKED,
    "assignment.accepted": _HELD,
    "assignment.declined": _FREE,
    "assignment.transferred": _FREE,
    "assignment.closed": _OVER,
    "assignment.withdrawn": _OVER,
}


@dataclass(frozen=True, slots=True)
class Awaited:
    """Something that ought to be in the trail by `due`; `what` in words."""

    what: str
    due: datetime


@dataclass(slots=True)
class _Assignment:
    state: str = _NEW
    contact_by: datetime | None = None
    reached: bool = False
    awaited: Awaited | None = None


@dataclass(slots=True)
class _Life:
    """A referral as its events tell it, as far as they were read."""

    revisions: dict[int, datetime] = field(default_factory=dict)
    decided: dict[int, datetime] = field(default_factory=dict)
    assignments: dict[str, _Assignment] = field(default_factory=dict)
    ended_at: datetime | None = None
    wrong: list[str] = field(default_factory=list)


def awaited(entries: Sequence[Noted]) -> tuple[list[Awaited], list[Finding]]:
    """What a referral waits for, and what never should have come.

    `entries`: all of one referral, of intake and of triage, each with its number and its content;
    what lacks either cannot be judged, and nothing is said of it.
    """
    told = [each for each in entries if each.producer in ("intake", "triage")]
    if not told or any(each.said is None or each.sequence is None for each in told):
        return [], []
    life = _Life()
    for each in sorted(told, key=lambda each: (each.producer, each.sequence)):
        _read(life, each, each.said or {})
    subject = told[0].subject
    wrong = [Finding("step_unexpected", f"{subject}", what, subject) for what in life.wrong]
    return list(_waits_for(life)), wrong


def late(waiting: Sequence[Awaited], subject: UUID, now: datetime) -> list[Finding]:
    """What ought to be there by now and is not."""
    return [
        Finding("step_missing", f"{subject}", each.what, subject)
        for each in waiting
        if each.due <= now
    ]


def _read(life: _Life, entry: Noted, said: Mapping[str, Any]) -> None:
    match entry.type:
        case "referral.received" | "referral.amended":
            life.revisions[int(said["revision"])] = entry.time
        case "referral.triaged":
            life.decided[int(said["revision"])] = entry.time
        case "referral.closed":
            life.ended_at = None
            if any(each.state != _OVER for each in life.assignments.values()):
                life.wrong.append("the referral was closed while work on it was open")
        case kind if kind in MAY_COME:
            _step(life, kind, entry.time, said)


def _step(life: _Life, kind: str, at: datetime, said: Mapping[str, Any]) -> None:
    one = life.assignments.setdefault(str(said["assignment_id"]), _Assignment())
    if one.state not in MAY_COME[kind]:
        life.wrong.append(f"{kind} of {said['assignment_id']} came while it was {one.state}")
    going_up = kind == "assignment.escalated" and said["awaited"] == "acknowledgement"
    one.state = _GOING_UP if going_up else _BECOMES.get(kind, one.state)
    life.ended_at = None
    match kind:
        case "assignment.offered":
            one.contact_by = datetime.fromisoformat(said["first_contact_by"])
            by = datetime.fromisoformat(said["acknowledge_by"])
            one.awaited = Awaited(f"an answer to offer {said['offer']}", by + WITHIN)
        case "assignment.accepted":
            by = one.contact_by or at
            waits = None if one.reached else Awaited("a first contact", max(by, at) + WITHIN)
            one.awaited = waits
        case "assignment.declined" | "assignment.transferred":
            one.reached = one.reached and said.get("to_pathway") in (None, said["pathway"])
            one.awaited = Awaited("that the next is asked, or that it waits", at + WITHIN)
        case "assignment.escalated" if going_up:
            one.awaited = Awaited("that whoever it went up to is asked", at + WITHIN)
        case "assignment.escalated":
            pass  # somebody is told of a late contact; its holder stays
        case _:
            one.reached = one.reached or bool(said.get("reached"))
            one.awaited = None
    if all(each.state == _OVER for each in life.assignments.values()):
        life.ended_at = at


def _waits_for(life: _Life) -> Iterator[Awaited]:
    for revision, at in life.revisions.items():
        if revision not in life.decided:
            yield Awaited(f"the decision on revision {revision}", at + WITHIN)
    for revision, at in life.decided.items():
        if revision not in life.revisions:
            yield Awaited(f"that revision {revision} came", at + WITHIN)
    if life.decided and not life.assignments:
        yield Awaited("that somebody is asked", min(life.decided.values()) + WITHIN)
    for name, one in life.assignments.items():
        if one.awaited:
            yield Awaited(f"{one.awaited.what} ({name})", one.awaited.due)
    if life.ended_at:
        yield Awaited("that the referral is closed", life.ended_at + WITHIN)
