"""Assignments over HTTP: what is somebody's, and what they do with it."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query

from services.triage.assignments import views
from services.triage.assignments.acts import (
    NOT_YOURS,
    Accept,
    Act,
    Acting,
    Close,
    Contact,
    Decline,
    HandOn,
)
from services.triage.assignments.life import State
from services.triage.assignments.telling import discreet
from services.triage.assignments.views import Seen, as_json
from shared.bus.work import Work
from shared.events import AccessRecorded
from shared.problems import Refused
from shared.sign_in import Caller, Doorkeeper

PAGE: Final = 100
CLOSED_LATELY: Final = timedelta(days=14)
FIRST: Final = UUID(int=0)


def assignments_api(acting: Acting, doorkeeper: Doorkeeper) -> APIRouter:
    """`/triage/api/assignments` and `/triage/api/referrals/{id}/conflict`, for practitioners and
    coordinators. Every reading is recorded first."""
    router = APIRouter(prefix="/triage/api")
    worker = Depends(doorkeeper.require("practitioner", "coordinator"))

    @router.get("/assignments")
    async def assignments(
        caller: Annotated[Caller, worker],
        mine: Annotated[str | None, Query()] = None,
        catalogue: str | None = None,
        state: State | None = None,
        cursor: UUID = FIRST,
    ) -> dict[str, Any]:
        """`mine`: what the caller is asked, has accepted, and has closed within 14 days, what is
        due soonest first. Else everybody's that are open, for coordinators, 100 a page; `cursor`:
        the `next` of the page before."""
        async with acting.unit.work(uuid4()) as work:
            if mine is not None:
                found = await views.mine(work.connection, caller.subject, work.now - CLOSED_LATELY)
                following = None
            else:
                if "coordinator" not in caller.roles:
                    raise Refused(403, "forbidden", "Everybody's are for a coordinator.")
                found = await views.listed(
                    work.connection, catalogue=catalogue, state=state, after=cursor, limit=PAGE + 1
                )
                following = str(found[PAGE - 1].one.id) if len(found) > PAGE else None
                found = found[:PAGE]
            record(work, caller, found)
        return {"assignments": [as_json(each) for each in found], "next": following}

    @router.get("/assignments/{assignment_id}")
    async def assignment(assignment_id: UUID, caller: Annotated[Caller, worker]) -> dict[str, Any]:
        """One, with its history."""
        async with acting.unit.work(uuid4()) as work:
            seen = await theirs(work, assignment_id, caller)
            steps = await views.history(work.connection, assignment_id)
            record(work, caller, [seen])
        if "coordinator" not in caller.roles:
            steps = discreet(steps, caller.subject)
        return as_json(seen, steps)

    @router.post("/assignments/{assignment_id}/accept")
    async def accept(assignment_id: UUID, caller: Annotated[Caller, worker]) -> dict[str, str]:
        """Take it. A second time changes nothing."""
        return await done(assignment_id, caller, Accept())

    @router.post("/assignments/{assignment_id}/decline")
    async def decline(
        assignment_id: UUID, act: Decline, caller: Annotated[Caller, worker]
    ) -> dict[str, str]:
        """Pass it on. A conflict of interest is kept: nothing about that person is offered to the
        caller again."""
        return await done(assignment_id, caller, act)

    @router.post("/assignments/{assignment_id}/contact")
    async def contact(
        assignment_id: UUID, act: Contact, caller: Annotated[Caller, worker]
    ) -> dict[str, str]:
        """Record an attempt to reach the person. `attempt`: its number, so that it is recorded
        once, however often it is sent."""
        return await done(assignment_id, caller, act)

    @router.post("/assignments/{assignment_id}/close")
    async def close(
        assignment_id: UUID, act: Close, caller: Annotated[Caller, worker]
    ) -> dict[str, str]:
        """End it with an outcome; `unable_to_contact` only after the pathway's attempts."""
        return await done(assignment_id, caller, act)

    @router.post("/assignments/{assignment_id}/reassign")
    async def reassign(
        assignment_id: UUID, act: HandOn, caller: Annotated[Caller, worker]
    ) -> dict[str, str]:
        """Hand it on to a colleague (`to`) or another pathway: who has accepted it, or a
        coordinator."""
        return await done(assignment_id, caller, act)

    @router.post("/referrals/{referral_id}/conflict")
    async def conflict(referral_id: UUID, caller: Annotated[Caller, worker]) -> dict[str, str]:
        """The caller may not work with the person of this referral, now or later."""
        await acting.declare_conflict(referral_id, caller)
        return {"referral_id": str(referral_id)}

    async def done(assignment_id: UUID, caller: Caller, act: Act) -> dict[str, str]:
        await acting.on(assignment_id, caller, act)
        return {"assignment_id": str(assignment_id)}

    return router


async def theirs(work: Work, assignment_id: UUID, caller: Caller) -> Seen:
    """An assignment that the caller may see; Refused (404) for others' as for none."""
    seen = await views.one(work.connection, assignment_id)
    if seen is None or not (is_held_by(seen, caller) or "coordinator" in caller.roles):
        raise Refused(404, "not-found", NOT_YOURS)
    return seen


def is_held_by(seen: Seen, caller: Caller) -> bool:
    """Whether the caller is asked, has it, or was the last who had it."""
    return seen.one.holder == caller.subject


def record(work: Work, caller: Caller, read: Iterable[Seen]) -> None:
    """Tell of the reading, before the answer leaves: once for each referral."""
    event = AccessRecorded(
        reader=caller.subject, roles=caller.roles, what="assignment", why="case work"
    )
    for referral in sorted({each.one.referral_id for each in read}):
        work.emit(event, referral, about=str(referral))
