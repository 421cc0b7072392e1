"""Overrides over HTTP, for coordinators."""

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from services.triage import store
from services.triage.assignments import override_store
from services.triage.assignments.offering import Case, Offering, withdraw
from services.triage.assignments.override_store import Override
from services.triage.assignments.overriding import (
    Action,
    CannotOverride,
    route_by_hand,
    withdrawn_by_hand,
)
from services.triage.policy.library import Library, NoneInForce
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
    """The override, and whom it concerns."""

    override_id: UUID
    pathway: str
    practitioner_id: str


def override_router(
    unit: UnitOfWork, library: Library, offering: Offering, doorkeeper: Doorkeeper
) -> APIRouter:
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
                practitioner_id = await _override(referral_id, wish, caller, work)
        except CannotOverride as error:
            status = 404 if error.kind == "unknown-pathway" else 409
            raise Refused(status, error.kind, error.reason) from None
        return Overridden(
            override_id=work.cause, pathway=wish.pathway, practitioner_id=practitioner_id
        )

    async def _override(referral_id: UUID, wish: Wish, caller: Caller, work: Work) -> str:
        decided = await override_store.decided(work.connection, referral_id)
        if decided is None:
            raise Refused(404, "not-found", "Nothing has been decided on a referral of that id.")
        standing = await store.standing(work.connection, referral_id)
        made = Override(
            work.cause, wish.action, wish.pathway, caller.subject, work.now, wish.reason
        )
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
            one = withdrawn_by_hand(wish.pathway, standing)
            await withdraw(referral_id, one, TOLD_REASON, work)
            return one.practitioner_id
        catalogue = decided.decision["catalogue"]["name"]
        if catalogue not in library.names:
            raise CannotOverride("unknown-pathway", "No policy has been settled on yet.")
        policy = library.in_force(catalogue, decided.made_on)
        rules = policy.first if isinstance(policy, NoneInForce) else policy
        place = route_by_hand(wish.pathway, rules.policy, decided.decision, standing)
        case = Case(
            referral_id,
            decided.pair_ref,
            decided.facts.role,
            decided.facts.team,
            decided.decision["urgent"],
            decided.decision["risk_level"],
        )
        (offered,) = await offering.offer(case, (place,), rules.policy, catalogue, work)
        return offered.practitioner_id

    return router
