"""Whom a case is about: for who holds an accepted assignment on it now, and for coordinators.

To everybody else it is not there. That it is read is recorded before anything of it leaves; where
that cannot be recorded, nothing leaves.
"""

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Response
from fastapi.responses import HTMLResponse

from services.intake import case_words, progress
from services.intake.case import Case, case_of
from services.intake.reading import read_stored
from services.intake.store import IntakeStore
from shared.bus.work import UnitOfWork
from shared.events import AccessRecorded
from shared.london import london_day
from shared.pages import Pages
from shared.problems import Refused
from shared.registry import Registry
from shared.sign_in import ROLES, Caller, Doorkeeper


def case_router(
    pages: Pages, unit: UnitOfWork, store: IntakeStore, registry: Registry, doorkeeper: Doorkeeper
) -> APIRouter:
    """`/intake/api/cases/{referral_id}` and the page beside it."""
    router = APIRouter(prefix="/intake")
    anybody = Depends(doorkeeper.require(*ROLES))

    async def read(referral_id: UUID, caller: Caller) -> Case:
        """The case, once it is recorded who reads it. Refused (404) where it is not theirs."""
        async with unit.work(uuid4()) as work:
            found = await store.of_id(work.connection, referral_id)
            may_see = "coordinator" in caller.roles or (
                "practitioner" in caller.roles
                and await progress.holds(work.connection, referral_id, caller.subject)
            )
            if found is None or not may_see:
                raise Refused(404, "not-found", "There is no such case for you.")
            slug, known = found
            document = read_stored(await store.document(work.connection, known))
            agency = registry.agency(slug)
            work.emit(
                AccessRecorded(
                    reader=caller.subject, roles=caller.roles, what="identity", why="case work"
                ),
                referral_id,
            )
        return case_of(
            document,
            referral_id=referral_id,
            revision=known.revision,
            agency=agency.name if agency else slug,
            today=london_day(unit.clock()),
        )

    @router.get("/api/cases/{referral_id}", response_model_exclude_none=True)
    async def case(
        referral_id: UUID, caller: Annotated[Caller, anybody], response: Response
    ) -> Case:
        """Whom a referral is about, what is safe first. The reading is recorded first."""
        found = await read(referral_id, caller)
        response.headers["Cache-Control"] = "no-store"
        return found

    @router.get("/cases/{referral_id}", include_in_schema=False)
    async def page(referral_id: UUID, caller: Annotated[Caller, anybody]) -> HTMLResponse:
        found = await read(referral_id, caller)
        return pages.show("case.html", case=found, told=case_words)

    return router
