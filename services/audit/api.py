"""The trail for auditors, over HTTP."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from services.audit import asking
from services.audit.asking import Question, Unanswerable
from services.audit.formats import Trail
from services.audit.looking import View, record
from shared.bus.work import UnitOfWork
from shared.events import Problem
from shared.problems import Refused
from shared.sign_in import Caller, Doorkeeper


def api_router(unit: UnitOfWork, doorkeeper: Doorkeeper) -> APIRouter:
    """`/audit/api`. `unit` tells who read a trail before the trail is read."""
    router = APIRouter(prefix="/audit/api")
    auditor = Depends(doorkeeper.require("auditor"))

    @router.get("/trail")
    async def trail(
        caller: Annotated[Caller, auditor],
        question: Annotated[Question, Depends(question_of)],
        response: Response,
    ) -> Trail:
        """What happened, event by event, each proved under the latest signed checkpoint."""
        await record(unit, caller, "trail", question)
        response.headers["Cache-Control"] = "no-store"
        view = await View.of(unit.engine, question.asked)
        return await view.trail(question.cursor)

    @router.get("/chronology")
    async def chronology(
        caller: Annotated[Caller, auditor],
        question: Annotated[Question, Depends(chronology_of)],
        response: Response,
    ) -> Trail:
        """All that the log has of one person or pair, across their referrals."""
        await record(unit, caller, "chronology", question)
        response.headers["Cache-Control"] = "no-store"
        view = await View.of(unit.engine, question.asked)
        return await view.trail(question.cursor)

    return router


def question_of(
    request: Request,
    _why: Annotated[str, Query(alias="why", description=f"one of {', '.join(asking.WHYS)}")] = "",
    _reference: Annotated[
        str, Query(alias="reference", description="the case's number; may be blank")
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
