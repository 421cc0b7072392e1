"""The trail for auditors, over HTTP."""

from collections.abc import Iterable
from functools import partial
from typing import Annotated, assert_never

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from services.audit.formats import Trail
from services.audit.tlog.witness_policy import Policy
from services.audit.trail import asking
from services.audit.trail.asking import Question, Unanswerable
from services.audit.trail.exporting import (
    MEDIA_TYPES,
    MOST_IN_A_BUNDLE,
    SUFFIXES,
    Format,
    as_bundle,
    as_csv,
    as_jsonl,
)
from services.audit.trail.looking import View, record
from services.audit.whole import alarm
from shared.bus.work import UnitOfWork
from shared.events import Problem
from shared.problems import Refused
from shared.sign_in import Caller, Doorkeeper


def api_router(
    unit: UnitOfWork, doorkeeper: Doorkeeper, policy: Policy, policy_text: str
) -> APIRouter:
    """`/audit/api`. `unit` tells who read a trail before the trail is read; `policy`: the log's
    keys and witnesses; `policy_text`: the same as a bundle shows them."""
    router = APIRouter(prefix="/audit/api")
    auditor = Depends(doorkeeper.require("auditor"))
    tell = partial(alarm.altered, unit)

    async def answered(what: str, caller: Caller, question: Question, response: Response) -> Trail:
        await record(unit, caller, what, question)
        response.headers["Cache-Control"] = "no-store"
        view = await View.of(unit.engine, question.asked, tell=tell)
        return await view.trail(question.cursor)

    @router.get("/trail")
    async def trail(
        caller: Annotated[Caller, auditor],
        question: Annotated[Question, Depends(question_of)],
        response: Response,
    ) -> Trail:
        """What happened, event by event, each proved under the latest signed checkpoint."""
        return await answered("trail", caller, question, response)

    @router.get("/chronology")
    async def chronology(
        caller: Annotated[Caller, auditor],
        question: Annotated[Question, Depends(chronology_of)],
        response: Response,
    ) -> Trail:
        """All that the log has of one person or pair, across their referrals."""
        return await answered("chronology", caller, question, response)

    @router.get("/export")
    async def export(
        caller: Annotated[Caller, auditor],
        question: Annotated[Question, Depends(question_of)],
        format: Format,
    ) -> StreamingResponse:
        """All that a question finds, whatever its cursor, in a file."""
        await record(unit, caller, f"export {format}", question)
        # A bundle is checked elsewhere, by somebody who may ask for the witnesses' word.
        enough = policy if format == "bundle" else None
        view = await View.of(unit.engine, question.asked, enough, tell)
        if view.signed is None:
            raise Refused(409, "not-signed-yet", "Nothing is signed yet; try again in a moment.")
        if format == "bundle" and await view.count(MOST_IN_A_BUNDLE) > MOST_IN_A_BUNDLE:
            raise Refused(
                413,
                "too-many",
                f"A bundle holds {MOST_IN_A_BUNDLE:,} entries at most: ask for a shorter time, or"
                " take JSON Lines.",
            )
        match format:
            case "csv":
                written = as_csv(view)
            case "jsonl":
                written = as_jsonl(view)
            case "bundle":
                written = as_bundle(view, policy_text)
            case _:
                assert_never(format)
        name = f"trail-{view.signed.checkpoint.size}.{SUFFIXES[format]}"
        headers = {
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
        }
        return StreamingResponse(written, media_type=MEDIA_TYPES[format], headers=headers)

    return router


def question_of(
    request: Request,
    _why: Annotated[str, Query(alias="why", description=f"one of {', '.join(asking.WHYS)}")] = "",
    _reference: Annotated[
        str, Query(alias="reference", description="the case's number; may be left out")
    ] = "",
    _referral: Annotated[str, Query(alias="referral")] = "",
    _person_ref: Annotated[str, Query(alias="person_ref")] = "",
    _pair_ref: Annotated[str, Query(alias="pair_ref")] = "",
    _agency: Annotated[str, Query(alias="agency")] = "",
    _practitioner: Annotated[str, Query(alias="practitioner")] = "",
    _type: Annotated[str, Query(alias="type")] = "",
    _since: Annotated[str, Query(alias="since", description="a day, or a moment")] = "",
    _until: Annotated[str, Query(alias="until", description="a day, included; or a moment")] = "",
    _text: Annotated[str, Query(alias="text", description="words of the reason")] = "",
    _cursor: Annotated[str, Query(alias="cursor")] = "",
) -> Question:
    """A FastAPI dependency: what is asked; Refused (422) with every fault by its field."""
    question = asking.read(request.query_params)
    if isinstance(question, Unanswerable):
        raise refused(question.faults)
    return question


def chronology_of(question: Annotated[Question, Depends(question_of)]) -> Question:
    """A FastAPI dependency: a question about one person or one pair, and nothing besides."""
    asked = question.asked
    if asked.model_dump(exclude={"person_ref", "pair_ref"}, exclude_none=True):
        raise refused([Problem(field="person_ref", problem="A chronology leaves nothing out")])
    if not (asked.person_ref or asked.pair_ref):
        raise refused([Problem(field="person_ref", problem="Name a person or a pair")])
    return question


def refused(faults: Iterable[Problem]) -> Refused:
    """The answer to a question that is none."""
    return Refused(422, "invalid-request", "The request is not as it should be.", faults)
