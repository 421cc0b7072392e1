"""`/triage/api/decide`: what would be decided on a document, with nothing stored.

The document holds identities, so it comes here, though its address is triage's: the proxies hand
this one path to intake. Its facts alone go on to triage, with the caller's own sign-in.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Annotated, Any

import httpx2
from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response

from services.intake.api import document_bytes
from services.intake.deriving import derive_facts
from services.intake.reading import UnreadableReferral, read_document
from shared.problems import Refused
from shared.sign_in import Caller, Doorkeeper

_DOCUMENT: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "/intake/schemas/referral-v1.json"}}},
    }
}


def dry_run_router(
    triage: httpx2.AsyncClient, doorkeeper: Doorkeeper, clock: Callable[[], datetime]
) -> APIRouter:
    """The one path. `triage`: a client of that service, closed when the app ends."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with triage:
            yield

    router = APIRouter(prefix="/triage/api", lifespan=lifespan)
    who_refers = Depends(doorkeeper.require("sender", "practitioner", "coordinator"))

    @router.post("/decide", openapi_extra=_DOCUMENT)
    async def decide(
        request: Request,
        _caller: Annotated[Caller, who_refers],
        catalogue: Annotated[str, Query(description="whose policy: bromley, barnet")],
        on: Annotated[date | None, Query(description="the policy of another day")] = None,
        repeat_of_marac: Annotated[
            date | None, Query(description="the same pair went to MARAC on that day")
        ] = None,
    ) -> Response:
        """Decide a referral document, with every reason; nothing is stored.

        Answers as `route --json`. Neither the sender nor its team is looked up in the registry.
        """
        body = await document_bytes(request)
        try:
            facts = derive_facts(read_document(body, clock()))
        except UnreadableReferral as error:
            raise Refused(
                422, "invalid-referral", "The referral cannot be decided on.", error.problems
            ) from None
        asked = {"catalogue": catalogue, "on": on, "repeat_of_marac": repeat_of_marac}
        try:
            answer = await triage.post(
                "/triage/api/decide/facts",
                params={name: str(value) for name, value in asked.items() if value is not None},
                content=facts.model_dump_json(by_alias=True, exclude_none=True),
                headers={"Content-Type": "application/json", **_sign_in(request)},
            )
        except httpx2.TransportError:
            raise Refused(
                503, "unavailable", "Nothing was decided. Please try again in a moment."
            ) from None
        return Response(
            answer.content, answer.status_code, media_type=answer.headers.get("content-type")
        )

    return router


def _sign_in(request: Request) -> dict[str, str]:
    """What the caller showed, a token or a browser's cookie, for triage to check as well."""
    shown = ("authorization", "cookie")
    return {name: request.headers[name] for name in shown if name in request.headers}
