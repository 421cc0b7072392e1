"""What was found wrong with the trail, over HTTP, for auditors."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response
from pydantic import AwareDatetime

from services.audit.trail.api import question_of, refused
from services.audit.trail.asking import Question
from services.audit.trail.looking import record
from services.audit.whole import completeness_store as store
from shared.bus.work import UnitOfWork
from shared.events import Problem
from shared.facts import Frozen
from shared.sign_in import Caller, Doorkeeper

PAGE: Final = 100


class ShownFinding(Frozen):
    """One thing that is wrong. `about`: a referral's id, a producer, or a producer and its hour."""

    finding_id: str
    kind: str
    about: str
    referral: str | None
    detail: str
    found_at: AwareDatetime


class Findings(Frozen):
    """A page of findings, the newest first. `next`: the cursor of the next one."""

    findings: tuple[ShownFinding, ...]
    next: int | None


def findings_router(unit: UnitOfWork, doorkeeper: Doorkeeper) -> APIRouter:
    """`/audit/api/findings`."""
    router = APIRouter(prefix="/audit/api")
    auditor = Depends(doorkeeper.require("auditor"))

    @router.get("/findings")
    async def findings(
        caller: Annotated[Caller, auditor],
        question: Annotated[Question, Depends(question_of)],
        response: Response,
    ) -> Findings:
        """All that was found; `why` and `reference` as for the trail, and `cursor`. The reading is
        recorded first."""
        if question.asked.model_dump(exclude_none=True):
            raise refused([Problem(field="request", problem="All findings are shown together")])
        await record(unit, caller, "findings", question)
        response.headers["Cache-Control"] = "no-store"
        async with unit.engine.connect() as connection:
            found = await store.findings(connection, question.cursor, PAGE + 1)
        return Findings(
            findings=tuple(
                ShownFinding(
                    finding_id=str(each.finding_id),
                    kind=each.kind,
                    about=each.about,
                    referral=str(each.referral) if each.referral else None,
                    detail=each.detail,
                    found_at=each.found_at,
                )
                for each in found[:PAGE]
            ),
            next=question.cursor + PAGE if len(found) > PAGE else None,
        )

    return router
