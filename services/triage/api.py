"""Triage over HTTP: decisions with every reason, those of the past, and what would be decided."""

from datetime import MAXYEAR, MINYEAR, date, datetime, time
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query

from services.triage import store
from services.triage.assignments import override_store
from services.triage.policy.decide import decide
from services.triage.policy.library import Library, UnknownCatalogue
from services.triage.policy.risk import history_of_repeat
from shared.bus.work import UnitOfWork
from shared.events import AccessRecorded, Problem
from shared.facts import Facts
from shared.london import LONDON, london_day
from shared.problems import Refused
from shared.sign_in import Caller, Doorkeeper

PAGE: Final = 100
"""Decisions that one page of the past looks at: their reasons have some 40 KB each."""
FIRST: Final = UUID(int=0)


def api_router(unit: UnitOfWork, library: Library, doorkeeper: Doorkeeper) -> APIRouter:
    """`/triage/api`: what was decided, for coordinators and auditors; a dry run for who refers."""
    router = APIRouter(prefix="/triage/api")
    reader = Depends(doorkeeper.require("coordinator", "auditor"))
    who_refers = Depends(doorkeeper.require("sender", "practitioner", "coordinator"))

    @router.get("/referrals/{referral_id}/decision")
    async def decision(referral_id: UUID, caller: Annotated[Caller, reader]) -> dict[str, Any]:
        """The decision on the newest revision, and who was asked. The reading is recorded first."""
        async with unit.engine.connect() as connection:
            found = await store.latest_decision(connection, referral_id)
        if found is None:
            raise Refused(404, "not-found", "Nothing has been decided on a referral of that id.")
        async with unit.work(uuid4()) as work:
            work.emit(
                AccessRecorded(
                    reader=caller.subject, roles=caller.roles, what="decision", why="case work"
                ),
                referral_id,
            )
            assignments = await store.assignments(work.connection, referral_id)
            overrides = await override_store.overrides(work.connection, referral_id)
        by_hand = [each.as_json() for each in overrides]
        return {**found, "assignments": assignments, "overrides": by_hand}

    @router.get("/decisions")
    async def decisions(
        caller: Annotated[Caller, reader],
        catalogue: str,
        from_: Annotated[date, Query(alias="from")],
        to: date,
        cursor: UUID = FIRST,
    ) -> dict[str, Any]:
        """What a policy decided on referrals of some days, with the facts it was decided on.

        `from` and `to`: London's days of the referrals, both included. `cursor`: the `next` of the
        page before; a page may be empty and have a next. Each referral's reading is recorded first.
        """
        if to < from_:
            raise _refused("to", "is before from")
        async with unit.work(uuid4()) as work:
            page = await store.decisions_made(
                work.connection,
                catalogue,
                since=datetime.combine(from_, time.min, LONDON),
                until=datetime.combine(to, time.max, LONDON),
                after=cursor,
                looked_at=PAGE,
            )
            read = AccessRecorded(
                reader=caller.subject, roles=caller.roles, what="facts", why="replay"
            )
            for referral in sorted({each["referral_id"] for each in page.decisions}):
                work.emit(read, UUID(referral), about=referral)
        return {"decisions": page.decisions, "next": page.next and str(page.next)}

    @router.post("/decide/facts")
    async def decide_on_facts(
        facts: Facts,
        _caller: Annotated[Caller, who_refers],
        catalogue: str,
        on: date | None = None,
        repeat_of_marac: date | None = None,
    ) -> dict[str, Any]:
        """What would be decided on these facts; nothing is stored. Answers as `route --json`.

        A document is tried at `/triage/api/decide`: intake takes it, and sends its facts here.
        """
        if not MINYEAR < facts.made_at.year < MAXYEAR:
            raise _refused("made_at", "has no year before it, or none after it")
        made_on = london_day(facts.made_at)
        try:
            history = history_of_repeat(repeat_of_marac, made_on) if repeat_of_marac else None
        except ValueError:
            raise _refused("repeat_of_marac", "is after the day of the referral") from None
        try:
            policy = library.in_force(catalogue, on or made_on)
        except UnknownCatalogue:
            raise _refused("catalogue", "is not the name of a catalogue") from None
        return decide(facts, policy, history, on=on or made_on).as_route_json()

    return router


def _refused(parameter: str, why: str) -> Refused:
    problem = Problem(field=parameter, problem=why)
    return Refused(422, "invalid-request", "The request is not as it should be.", [problem])
