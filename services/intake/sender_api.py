"""For whoever has sent a referral: how far it is, and the answer to what was asked."""

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request, Response

from services.intake import progress
from services.intake.admission import Admission, Receipt
from services.intake.answering import answered
from services.intake.api import document_bytes
from services.intake.reading import UnreadableReferral, read_stored
from services.intake.status import Status, status_of
from shared.bus.work import UnitOfWork
from shared.events import AccessRecorded
from shared.problems import Refused
from shared.sign_in import Caller, Doorkeeper


def sender_router(unit: UnitOfWork, admission: Admission, doorkeeper: Doorkeeper) -> APIRouter:
    """`/intake/api/referrals/{id}`, for its own sender; of others' it is told that there are
    none."""
    router = APIRouter(prefix="/intake/api/referrals")
    reader = Depends(doorkeeper.require("sender", "coordinator"))
    sender = Depends(doorkeeper.require("sender"))
    store = admission.store

    @router.get("/{referral_id}", response_model_exclude_none=True)
    async def status(
        referral_id: UUID, caller: Annotated[Caller, reader], response: Response
    ) -> Status:
        """How far a referral is, in words and codes. The reading is recorded first."""
        coordinates = "coordinator" in caller.roles
        async with unit.work(uuid4()) as work:
            found = await store.of_id(work.connection, referral_id)
            if found is None or not (coordinates or found[0] == caller.agency):
                raise _unknown()
            document = read_stored(await store.document(work.connection, found[1]))
            made = status_of(
                referral_id,
                document.reference,
                await store.revisions(work.connection, referral_id),
                await progress.progress_of(work.connection, referral_id),
            )
            why = "case work" if coordinates else "own referral"
            read = AccessRecorded(reader=caller.subject, roles=caller.roles, what="status", why=why)
            work.emit(read, referral_id)
        response.headers["Cache-Control"] = "no-store"
        return made

    @router.post("/{referral_id}/information", status_code=202)
    async def inform(
        referral_id: UUID, request: Request, caller: Annotated[Caller, sender]
    ) -> Receipt:
        """Answer what was asked: `{"answers": {"risk.score": 15}}`, by field. 202: the answers
        are the next revision of the referral, and it will be decided anew."""
        body = await document_bytes(request)
        try:
            async with unit.work(uuid4()) as work:
                found = await store.of_id(work.connection, referral_id, hold=True)
                if found is None or found[0] != caller.agency:
                    raise _unknown()
                stored = await store.document(work.connection, found[1])
                document = answered(stored, body, work.now)
                admission.check_sender(document, found[0])
                return await admission.admit(document, work)
        except UnreadableReferral as error:
            raise Refused(
                422, "invalid-referral", "The answers could not be taken.", error.problems
            ) from None

    return router


def _unknown() -> Refused:
    return Refused(404, "not-found", "No referral of that id is known to you.")
