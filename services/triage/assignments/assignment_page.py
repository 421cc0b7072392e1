"""The page that every message links to: what a practitioner is asked to take, and why.

It names nobody. Taking it up is done elsewhere until there is a button for it here.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse
from sqlalchemy import text

from services.triage.assignments import override_store
from services.triage.assignments.override_store import Decided
from services.triage.assignments.planning import COORDINATION
from services.triage.policy.library import Library, NoneInForce
from services.triage.policy.vocabulary import LABELS
from shared.bus.work import UnitOfWork, Work
from shared.events import AccessRecorded
from shared.london import LONDON
from shared.pages import Pages
from shared.problems import Refused
from shared.sign_in import Caller, Doorkeeper


@dataclass(frozen=True)
class Asked:
    """One assignment as its practitioner needs it."""

    referral_id: UUID
    pathway: str
    practitioner_id: str
    state: str
    urgent: bool
    acknowledge_by: datetime
    first_contact_by: datetime
    withdrawn_because: str | None


def assignment_router(
    pages: Pages, unit: UnitOfWork, library: Library, doorkeeper: Doorkeeper
) -> APIRouter:
    """`/triage/assignments/{id}`, for the practitioner who is asked, and for coordinators."""
    router = APIRouter(prefix="/triage/assignments", include_in_schema=False)
    reader = Depends(doorkeeper.require("practitioner", "coordinator"))

    @router.get("/{assignment_id}")
    async def assignment(assignment_id: UUID, caller: Annotated[Caller, reader]) -> HTMLResponse:
        async with unit.work(uuid4()) as work:
            asked = await _asked(work, assignment_id)
            mine = asked is not None and asked.practitioner_id == caller.subject
            # Whose it is not is told the same as of one that is not there.
            if asked is None or not (mine or "coordinator" in caller.roles):
                raise Refused(404, "not-found", "Nothing of that address waits for you.")
            decided = await override_store.decided(work.connection, asked.referral_id)
            # That it was read is told before the page leaves.
            work.emit(
                AccessRecorded(
                    reader=caller.subject, roles=caller.roles, what="assignment", why="case work"
                ),
                asked.referral_id,
            )
        assert decided is not None  # noqa: S101 - an assignment follows from a decision
        return pages.show(
            "assignment.html",
            asked=asked,
            programme=_programme(asked, decided, library),
            acknowledge_by=_moment(asked.acknowledge_by),
            first_contact_by=_moment(asked.first_contact_by),
            risk=decided.decision["risk_level"].replace("_", " "),
            reasons=_reasons(asked, decided.decision),
            tasks=_tasks(asked, decided.decision),
            missing=[_in_words(ask["fact"]) for ask in decided.decision["asks"]],
        )

    return router


async def _asked(work: Work, assignment_id: UUID) -> Asked | None:
    rows = await work.connection.execute(
        text(
            "SELECT referral_id, pathway, holder, state, urgent, acknowledge_by,"
            " first_contact_by, withdrawn_because FROM assignment WHERE id = :id"
        ),
        {"id": assignment_id},
    )
    row = rows.one_or_none()
    return None if row is None else Asked(*row)


def _programme(asked: Asked, decided: Decided, library: Library) -> str:
    """The pathway's name as its policy has it."""
    name = decided.decision["catalogue"]["name"]
    if asked.pathway != COORDINATION and name in library.names:
        policy = library.in_force(name, decided.made_on)
        rows = (policy.first if isinstance(policy, NoneInForce) else policy).policy.pathways
        for row in rows:
            if row.id == asked.pathway:
                return row.programme
    return "A referral for the coordinator"


def _reasons(asked: Asked, decision: dict[str, Any]) -> list[str]:
    for route in decision["routes"]:
        if route["pathway"] == asked.pathway:
            return list(route["reasons"])
    return []


def _tasks(asked: Asked, decision: dict[str, Any]) -> list[str]:
    whose = "coordinator" if asked.pathway == COORDINATION else "practitioner"
    return [task["text"] for task in decision["tasks"] if task["for"] == whose]


def _in_words(fact: str) -> str:
    """A fact as a rule speaks of it, or by its own name without the signs of a program."""
    return LABELS.get(fact) or fact.rsplit(".", 1)[-1].replace("_", " ")


def _moment(when: datetime) -> str:
    local = when.astimezone(LONDON)
    return f"{local:%A} {local.day} {local:%B}, {local:%H:%M}"
