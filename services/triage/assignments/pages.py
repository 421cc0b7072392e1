"""A practitioner's pages: my work, and one assignment with all that can be done with it.

They name nobody who is referred. Every act is a form that is answered by a redirect, so that a
reload does nothing twice; what is no longer possible is told on the page, with where the case went.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from services.triage.assignments import lines, override_store, untold, views
from services.triage.assignments.acts import NOT_YOURS, Acting
from services.triage.assignments.api import CLOSED_LATELY, is_held_by, record
from services.triage.assignments.casework import CurrentDirectory
from services.triage.assignments.forms import NOTHING, Given, Unreadable, entered, read
from services.triage.assignments.life import ASKED, State, Step
from services.triage.assignments.moments import by
from services.triage.assignments.planning import COORDINATION
from services.triage.assignments.refusals import gone
from services.triage.assignments.telling import (
    CAME_UP,
    CONTACTS,
    DECLINES,
    LEVELS,
    OUTCOMES,
    Names,
    discreet,
    told,
)
from services.triage.assignments.views import Seen
from services.triage.policy.library import Library
from services.triage.policy.wording import words
from services.triage.questions import sections_for
from shared.bus.work import Work
from shared.pages import HEADERS, Pages
from shared.problems import Refused
from shared.sign_in import Caller, Doorkeeper


@dataclass(frozen=True)
class Tried:
    """An act that a page tells about: why it was not done, or what to mend in its form."""

    status: int = 200
    problem: str = ""
    act: str = ""
    given: Given = field(default_factory=Given)
    faults: Given = field(default_factory=Given)

    def for_forms(self, what: Given) -> Mapping[str, Given]:
        """`what` for the form of the act, nothing for the others."""
        forms: dict[str, Given] = defaultdict(lambda: NOTHING)
        if self.act:
            forms[self.act] = what
        return forms


NOTHING_TRIED: Final = Tried()


@dataclass(frozen=True)
class WorkPages:
    """What the pages stand on."""

    pages: Pages
    acting: Acting
    library: Library
    directories: CurrentDirectory

    @cached_property
    def _questions(self) -> Mapping[str, str]:
        names = self.library.names
        policies = [each.policy for name in names for each in self.library.versions(name)]
        return {
            question.field: question.text
            for section in sections_for(policies)
            for question in section.questions
        }

    def _question(self, fact: str) -> str:
        """A missing fact as a question; "an interpreter is needed" would read as if it were so."""
        if fact == "other_party":
            return "Who is the other person?"
        asked = self._questions.get("person.borough" if fact == "borough" else fact)
        return asked or words(fact.replace(".", " "))

    async def my_work(self, caller: Caller) -> HTMLResponse:
        """What waits for an answer, what is accepted, what was closed lately."""
        async with self.acting.unit.work(uuid4()) as work:
            found = await views.mine(work.connection, caller.subject, work.now - CLOSED_LATELY)
            record(work, caller, found)
        mine = [lines.line(each, self.library, work.now) for each in found]
        accepted = [each for each in mine if each.seen.one.state is State.ACCEPTED]
        return self.pages.show(
            "assignments.html",
            coordinator="coordinator" in caller.roles,
            asked=[each for each in mine if each.seen.one.state in ASKED],
            to_reach=[each for each in accepted if each.contact],
            going_on=[each for each in accepted if not each.contact],
            closed=[each for each in reversed(mine) if each.ended],
        )

    async def one(
        self, assignment_id: UUID, caller: Caller, tried: Tried = NOTHING_TRIED
    ) -> HTMLResponse:
        """One assignment; for who had it once, only where it went. Refused (404) for others."""
        coordinator = "coordinator" in caller.roles
        async with self.acting.unit.work(uuid4()) as work:
            seen = await views.one(work.connection, assignment_id)
            if seen is None:
                raise Refused(404, "not-found", NOT_YOURS)
            steps = await views.history(work.connection, assignment_id)
            theirs = is_held_by(seen, caller) and seen.one.state is not State.WITHDRAWN
            if not (coordinator or theirs or views.was_told(seen, steps, caller.subject)):
                return self._gone(seen, steps, caller, work.now, tried)
            shown = await self._shown(seen, steps, caller, work)
            record(work, caller, [seen])
        return self.pages.show(
            "assignment.html",
            tried.status,
            **shown,
            problem=tried.problem,
            act_faults=tried.for_forms(tried.faults),
            given=tried.for_forms(tried.given),
            faulty=bool(tried.problem or tried.faults),
        )

    def _gone(
        self, seen: Seen, steps: tuple[Step, ...], caller: Caller, now: datetime, tried: Tried
    ) -> HTMLResponse:
        went = gone(steps, caller.subject, now)
        if went is None:
            raise Refused(404, "not-found", NOT_YOURS)
        why = seen.one.withdrawn_because if is_held_by(seen, caller) else None
        return self.pages.show("gone.html", tried.status, went=went, why=why)

    async def _shown(
        self, seen: Seen, steps: tuple[Step, ...], caller: Caller, work: Work
    ) -> dict[str, Any]:
        one, coordinator = seen.one, "coordinator" in caller.roles
        directory = await self.directories.current(work.connection)
        names = Names(directory, caller.subject)
        decided = await override_store.decided(work.connection, one.referral_id)
        decision: Mapping[str, Any] = decided.decision if decided else {}
        there = await views.asked_already(work.connection, [one.referral_id])
        holder = directory.practitioner(one.holder) if one.holder else None
        return {
            "line": lines.line(seen, self.library, work.now),
            "mine": is_held_by(seen, caller),
            "coordinator": coordinator,
            "holder": names.first(one.holder),
            "holding": holder,
            "level": LEVELS[one.level],
            "came_up": CAME_UP.get(_went_up_since(steps), "") if one.state in ASKED else "",
            "untold": [
                who
                for each in await untold.of_assignment(work.connection, one.id)
                if coordinator and (who := directory.practitioner(each))
            ],
            "first_contact": one.first_contact_by and by(one.first_contact_by, work.now),
            "reasons": _reasons(seen, decision),
            "tasks": _tasks(seen, decision),
            "missing": [self._question(ask["fact"]) for ask in decision.get("asks", ())],
            "history": list(
                told(steps if coordinator else discreet(steps, caller.subject), names, work.now)
            ),
            "declines": DECLINES.items(),
            "ways": CONTACTS.items(),
            "outcomes": OUTCOMES.items(),
            "attempts_needed": lines.attempts_needed(seen, self.library),
            "people": lines.who_may_take(seen, directory, by_right=coordinator),
            "pathways": lines.services(seen, self.library, there.get(one.referral_id, ())),
        }


def work_router(of: WorkPages, doorkeeper: Doorkeeper) -> APIRouter:
    """`/triage/assignments`, for practitioners and coordinators."""
    router = APIRouter(prefix="/triage/assignments", include_in_schema=False)
    worker = Depends(doorkeeper.require("practitioner", "coordinator"))
    from_our_own_page = Depends(of.pages.from_our_own_page)

    @router.get("")
    async def my_work(caller: Annotated[Caller, worker]) -> HTMLResponse:
        return await of.my_work(caller)

    @router.get("/{assignment_id}")
    async def assignment(assignment_id: UUID, caller: Annotated[Caller, worker]) -> HTMLResponse:
        return await of.one(assignment_id, caller)

    @router.post("/{assignment_id}/{name}", dependencies=[from_our_own_page])
    async def act(
        assignment_id: UUID, name: str, request: Request, caller: Annotated[Caller, worker]
    ) -> Response:
        given = entered(await of.pages.read_form(request))
        try:
            await of.acting.on(assignment_id, caller, read(name, given))
        except Unreadable as error:
            tried = Tried(422, "", name, given, error.faults)
        except Refused as error:
            if error.status != 409:
                raise
            tried = Tried(409, error.title, name, given)
        else:
            back = (
                "/triage/desk"
                if given["back"] == "desk"
                else f"/triage/assignments/{assignment_id}"
            )
            return RedirectResponse(back, 303, HEADERS)
        return await of.one(assignment_id, caller, tried)

    return router


def _went_up_since(steps: tuple[Step, ...]) -> str | None:
    """Why it went up last; None where it was offered anew since, or never went up."""
    asked = [step for step in steps if step.act in ("offer", "escalate")]
    return asked[-1].reason if asked and asked[-1].act == "escalate" else None


def _reasons(seen: Seen, decision: Mapping[str, Any]) -> list[str]:
    for route in decision.get("routes", ()):
        if route["pathway"] == seen.one.pathway:
            return list(dict.fromkeys(route["reasons"]))
    return []


def _tasks(seen: Seen, decision: Mapping[str, Any]) -> list[str]:
    whose = "coordinator" if seen.one.pathway == COORDINATION else "practitioner"
    return [task["text"] for task in decision.get("tasks", ()) if task["for"] == whose]
