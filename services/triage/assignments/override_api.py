"""Overrides over HTTP, for coordinators."""

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from services.triage.assignments import override_store
from services.triage.assignments.assigning import Assigning
from services.triage.assignments.casework import open_pathways, rules
from services.triage.assignments.life import Assignment
from services.triage.assignments.override_store import Override
from services.triage.assignments.overriding import (
    Action,
    CannotOverride,
    route_by_hand,
    withdrawn_by_hand,
)
from shared.bus.work import UnitOfWork, Work
from shared.events import ReferralOverridden
from shared.problems import Refused
from shared.sign_in import Caller, Doorkeeper

TOLD_REASON = "withdrawn by a coordinator"


class Wish(BaseModel):
    """What a coordinator decides, and why. The reason is kept beside the decision and told nobody
    else: it names nobody."""

    action: Action
    pathway: str = Field(pattern=r"^[a-z][a-z0-9_]{1,59}$")
    reason: str = Field(min_length=1, max_length=500, pattern=r"\S")


class Overridden(BaseModel):
    """The override, and whom it concerns; nobody yet, where the pathway has a waiting list."""

    override_id: UUID
    pathway: str
    practitioner_id: str | None


def override_router(unit: UnitOfWork, assigning: Assigning, doorkeeper: Doorkeeper) -> APIRouter:
    """`/triage/api/referrals/{id}/override`."""
    router = APIRouter(prefix="/triage/api")
    coordinator = Depends(doorkeeper.require("coordinator"))

    @router.post("/referrals/{referral_id}/override", status_code=201)
    async def override(
        referral_id: UUID, wish: Wish, caller: Annotated[Caller, coordinator]
    ) -> Overridden:
        """Route by hand, or withdraw a route. Both decisions stay; the override is an event."""
        try:
            async with unit.work(uuid4()) as work:
                one = await overrule(assigning, referral_id, wish, caller, work)
        except CannotOverride as error:
            status = 404 if error.kind == "unknown-pathway" else 409
            raise Refused(status, error.kind, error.reason) from None
        return Overridden(override_id=work.cause, pathway=wish.pathway, practitioner_id=one.holder)

    return router


async def overrule(
    assigning: Assigning, referral_id: UUID, wish: Wish, caller: Caller, work: Work
) -> Assignment:
    """Do what a coordinator wishes, and tell it; CannotOverride, Refused (404)."""
    casework = await assigning.casework(work)
    decided = await override_store.decided(work.connection, referral_id)
    if decided is None:
        raise Refused(404, "not-found", "Nothing has been decided on a referral of that id.")
    referral = await casework.book.referral(referral_id)
    assert referral is not None  # noqa: S101 - it was kept with its first decision
    ones = await casework.book.of_referral(referral_id)
    made = Override(work.cause, wish.action, wish.pathway, caller.subject, work.now, wish.reason)
    await override_store.add_override(work.connection, made, decided)
    work.emit(
        ReferralOverridden(
            referral_id=referral_id,
            override_id=work.cause,
            decision_id=decided.decision_id,
            action=wish.action,
            pathway=wish.pathway,
            coordinator=caller.subject,
        ),
        referral_id,
    )
    if wish.action == "withdraw":
        one = withdrawn_by_hand(wish.pathway, ones)
        return await assigning.withdraw(one, TOLD_REASON, caller.subject, work)
    if referral.catalogue is None:
        raise CannotOverride("unknown-pathway", "No policy has been settled on yet.")
    policy = rules(casework.library, referral.catalogue, referral)
    blocked = await casework.book.blocked(referral_id)
    place = route_by_hand(wish.pathway, policy, blocked, open_pathways(ones))
    return await assigning.offer_by_hand(referral, place, work)
