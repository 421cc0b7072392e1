"""Triage over HTTP: a decision with every reason."""

from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends

from services.triage import override_store, store
from shared.bus.work import UnitOfWork
from shared.events import AccessRecorded
from shared.problems import Refused
from shared.sign_in import Caller, Doorkeeper


def api_router(unit: UnitOfWork, doorkeeper: Doorkeeper) -> APIRouter:
    """`/triage/api` for coordinators and auditors."""
    router = APIRouter(prefix="/triage/api")
    reader = Depends(doorkeeper.require("coordinator", "auditor"))

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

    return router
