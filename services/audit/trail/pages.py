"""The pages of auditors: why they look, what for, what the log has of it, and how the log stands.

Every page that shows anything of the trail is recorded first. The forms change nothing, so that an
address is all that there is to a page, and it can be kept with a case.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from services.audit.tlog.witness_policy import Policy
from services.audit.trail import asking, showing, standing
from services.audit.trail.asking import Question, Unanswerable
from services.audit.trail.looking import View, record
from services.audit.trail.telling import NAMES
from services.audit.whole import alarm
from shared.bus.work import UnitOfWork
from shared.pages import Pages
from shared.problems import Refused
from shared.sign_in import Caller, Doorkeeper

TEMPLATES: Final = Path(__file__).parent / "templates"
TYPES: Final = sorted(NAMES.items(), key=lambda item: item[1])


def pages_router(
    pages: Pages, unit: UnitOfWork, doorkeeper: Doorkeeper, policy: Policy
) -> APIRouter:
    """`/audit/search`, `/audit/trail`, `/audit/chronology` and `/audit/log`, for auditors.

    `policy`: which witnesses are known.
    """
    router = APIRouter(prefix="/audit", include_in_schema=False)
    auditor = Depends(doorkeeper.require("auditor"))

    def form(query: Mapping[str, str], faults: tuple[Any, ...] = ()) -> HTMLResponse:
        """The page that asks; until it is told why, it asks that alone."""
        told_why = not isinstance(asking.read(_purpose(query)), Unanswerable)
        wrong = {fault.field: fault.problem for fault in faults}
        return pages.show(
            "search.html" if told_why else "why.html",
            422 if faults else 200,
            given=query,
            faults=[{"id": field, "problem": problem} for field, problem in wrong.items()],
            wrong=wrong,
            whys=showing.WHYS,
            types=TYPES,
            purpose=_purpose(query),
        )

    async def found(template: str, what: str, caller: Caller, question: Question) -> HTMLResponse:
        await record(unit, caller, what, question)
        tell = partial(alarm.altered, unit)
        view = await View.of(unit.engine, question.asked, tell=tell)
        trail = await view.trail(question.cursor)
        asked = _query(question)
        return pages.show(
            template,
            trail=trail,
            whom=await view.whom(),
            question=question,
            days=showing.days(trail.entries),
            names={each: f"Referral {n}" for n, each in enumerate(trail.referrals, start=1)},
            checkpoint=view.signed and view.signed.checkpoint,
            looked_for=showing.looked_for(question.asked),
            link=lambda path, **more: f"{path}?{urlencode(asked | more)}",
            about=lambda path, **more: f"{path}?{urlencode(_purpose(asked) | more)}",
            showing=showing,
        )

    @router.get("/search")
    async def start(_caller: Annotated[Caller, auditor], request: Request) -> HTMLResponse:
        query = dict(request.query_params)
        question = asking.read(_purpose(query))
        faults = question.faults if query and isinstance(question, Unanswerable) else ()
        return form(query, faults)

    @router.get("/trail")
    async def trail(caller: Annotated[Caller, auditor], request: Request) -> HTMLResponse:
        question = asking.read(request.query_params)
        if isinstance(question, Unanswerable):
            return form(dict(request.query_params), question.faults)
        return await found("trail.html", "trail", caller, question)

    @router.get("/chronology")
    async def chronology(caller: Annotated[Caller, auditor], request: Request) -> HTMLResponse:
        question = asking.read(request.query_params)
        if isinstance(question, Unanswerable):
            return form(dict(request.query_params), question.faults)
        if not (question.asked.person_ref or question.asked.pair_ref):
            raise Refused(422, "invalid-request", "A chronology is of one person or one pair.")
        return await found("chronology.html", "chronology", caller, question)

    @router.get("/log")
    async def log(_caller: Annotated[Caller, auditor]) -> HTMLResponse:
        async with unit.engine.connect() as connection:
            state = await standing.of_log(connection, policy)
        return pages.show("log.html", state=state, showing=showing)

    return router


def _purpose(query: Mapping[str, str]) -> dict[str, str]:
    """Why somebody looks, for the next address: it is asked once, and recorded every time."""
    return {"why": query.get("why", ""), "reference": query.get("reference", "")}


def _query(question: Question) -> dict[str, str]:
    """A question as the query of an address, without its cursor."""
    asked = question.asked.model_dump(mode="json", exclude_none=True)
    return {"why": question.why, "reference": question.reference, **asked}
