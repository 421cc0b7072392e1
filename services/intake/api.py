"""Intake over HTTP: the same document, answered at once."""

import json
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from services.intake.admission import Admission, Receipt
from services.intake.matching import canonical
from services.intake.reading import LARGEST, UnreadableReferral, read_document
from shared.bus.work import UnitOfWork
from shared.events import AccessRecorded
from shared.problems import Refused, body_of
from shared.sign_in import Caller, Doorkeeper

SCHEMA_FILE = Path(__file__).parent / "schemas" / "referral-v1.json"


class Reference(BaseModel):
    """A sender's own number. It is asked for in a body, since a reference may name somebody."""

    agency: str = Field(pattern=r"^[a-z0-9-]{2,40}$")
    reference: str = Field(min_length=1, max_length=64)


class Resolved(BaseModel):
    """The referral that a reference stands for."""

    referral_id: UUID


def api_router(unit: UnitOfWork, admission: Admission, doorkeeper: Doorkeeper) -> APIRouter:
    """`/intake/api` for senders and auditors, and the published schema for everybody."""
    router = APIRouter(prefix="/intake")
    sender = Depends(doorkeeper.require("sender"))
    reader = Depends(doorkeeper.require("auditor", "coordinator"))
    schema = json.loads(SCHEMA_FILE.read_text())

    @router.post("/api/referrals", status_code=202)
    async def submit(request: Request, caller: Annotated[Caller, sender]) -> Receipt:
        """Take one referral document. 202: it is stored and will be decided."""
        if caller.agency is None:
            raise Refused(403, "forbidden", "The sign-in names no agency to send for.")
        body = await document_bytes(request)
        now = unit.clock()
        try:
            document = read_document(body, now)
            admission.check_sender(document, caller.agency)
            # The same document again is the same cause: it makes no second event.
            cause = admission.store.vault.fingerprint(canonical(document).decode(), "cause")
            async with unit.work(UUID(bytes=cause[:16])) as work:
                return await admission.admit(document, work)
        except UnreadableReferral as error:
            raise Refused(
                422, "invalid-referral", "The referral could not be taken.", error.problems
            ) from None

    @router.post("/api/references")
    async def resolve(reference: Reference, caller: Annotated[Caller, reader]) -> Resolved:
        """The referral's id for a sender's reference. The reading is recorded first."""
        async with unit.work(uuid4()) as work:
            found = await admission.store.ids_of(
                work.connection, reference.agency, [reference.reference]
            )
            if not found:
                raise Refused(
                    404, "not-found", "No referral of that agency and reference is known."
                )
            work.emit(
                AccessRecorded(
                    reader=caller.subject, roles=caller.roles, what="reference", why="case work"
                ),
                found[0],
            )
        return Resolved(referral_id=found[0])

    @router.get("/schemas/referral-v1.json", include_in_schema=False)
    async def published_schema() -> dict[str, Any]:
        return dict(schema)

    return router


async def document_bytes(request: Request) -> bytes:
    """The bytes of a referral document; Refused (413)."""
    return await body_of(request, LARGEST, "A referral document may have 64 KiB at most.")
