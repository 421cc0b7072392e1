"""Erasing a person, for information governance."""

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict

from services.intake.erasing import CannotErase, Erased, Erasing
from services.intake.store import IntakeStore
from shared.bus.work import UnitOfWork
from shared.events import ErasedBecause
from shared.problems import Refused
from shared.sign_in import Caller, Doorkeeper


class Reason(BaseModel):
    """Why, as a code."""

    model_config = ConfigDict(extra="forbid")

    because: ErasedBecause


def erasing_router(unit: UnitOfWork, store: IntakeStore, doorkeeper: Doorkeeper) -> APIRouter:
    """`/intake/api/people/{person_ref}/erase`."""
    router = APIRouter(prefix="/intake/api/people")
    governance = Depends(doorkeeper.require("information_governance"))
    erasing = Erasing(store)

    @router.post("/{person_ref}/erase")
    async def erase(
        person_ref: UUID, reason: Reason, caller: Annotated[Caller, governance]
    ) -> Erased:
        """Destroy who somebody is, by whatever reference they went, and what was said of them. It
        cannot be undone. Once more changes nothing."""
        try:
            async with unit.work(uuid4()) as work:
                return await erasing.erase(person_ref, reason.because, caller.subject, work)
        except CannotErase as error:
            raise _refused(error) from None

    return router


def _refused(error: CannotErase) -> Refused:
    if error.why == "unknown":
        return Refused(404, "not-found", "No such person is known.")
    return Refused(
        409,
        "case-open",
        "A case of this person is open. Close it first: somebody may be working with them.",
    )
