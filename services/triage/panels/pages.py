"""The pages of panels: their meetings, one agenda, one case, and what somebody has to do.

They name nobody who was referred: a case is its referral's number. Each form is one request that
works without scripts, and leads back to where it stood.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Annotated, Final, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from services.triage.assignments.life import NotAllowed
from services.triage.panels import telling
from services.triage.panels.agenda import Case
from services.triage.panels.meetings import Meetings
from services.triage.panels.wishes import (
    ActionWish,
    Fields,
    ListingWish,
    OutcomeWish,
    StatusWish,
    Unreadable,
    entered,
    read_wish,
)
from services.triage.policy.wording import place_name
from shared.bus.work import UnitOfWork, Work
from shared.london import london_day
from shared.pages import HEADERS, Pages
from shared.problems import Refused
from shared.sign_in import Caller, Doorkeeper

PANELS: Final = "/triage/panels"
MY_ACTIONS: Final = f"{PANELS}/actions"
SHOWN: Final = 25
"""Cases on one page: with their forms some 5 KB each, for a telephone."""
MOST_CASES: Final = 100_000
_WHOLE: Final = re.compile(r"[1-9][0-9]{0,4}")


@dataclass(frozen=True)
class Trouble:
    """A form that could not be done: what to mend by field (by none: why not), what was entered,
    and which form it was."""

    status: int
    faults: Fields
    given: Fields
    form: str = ""


NOTHING: Final = Fields()
NO_TROUBLE: Final = Trouble(200, NOTHING, NOTHING)


def panel_pages(
    pages: Pages, unit: UnitOfWork, meetings: Meetings, doorkeeper: Doorkeeper
) -> APIRouter:
    """`/triage/panels`, for coordinators, the panels' own teams, and who owns an action."""
    router = APIRouter(prefix=PANELS, include_in_schema=False)
    worker = Depends(doorkeeper.require("practitioner", "coordinator"))
    ours = [Depends(pages.from_our_own_page)]

    @router.get("")
    async def panels(caller: Annotated[Caller, worker]) -> HTMLResponse:
        async with unit.work(uuid4()) as work:
            found = await meetings.coming(caller, work)
            today = london_day(work.now)
        return pages.show(
            "panels.html", found=found, today=today, place_name=place_name, telling=telling
        )

    @router.get("/actions")
    async def my_actions(caller: Annotated[Caller, worker]) -> HTMLResponse:
        async with unit.work(uuid4()) as work:
            found = await meetings.own_actions(caller, work)
            directory = await meetings.directories.current(work.connection)
            today = london_day(work.now)
        return pages.show(
            "panel_actions.html",
            found=found,
            reader=caller.subject,
            name=partial(telling.name, directory),
            title=meetings.panels.title,
            today=today,
            place_name=place_name,
            telling=telling,
        )

    @router.post("/actions/{action_id}/done", dependencies=ours)
    async def done(
        action_id: UUID, request: Request, caller: Annotated[Caller, worker]
    ) -> Response:
        given = entered(await pages.read_form(request))
        async with unit.work(uuid4()) as work:
            _action, case = await meetings.done(action_id, caller, work)
        return _to(MY_ACTIONS if given["back"] == "mine" else _back(case, given))

    @router.get("/{catalogue}/{panel}/agenda")
    async def agenda(
        catalogue: str,
        panel: str,
        caller: Annotated[Caller, worker],
        meets_on: date | None = None,
        first: Annotated[int, Query(ge=0, le=MOST_CASES)] = 0,
    ) -> HTMLResponse:
        return await agenda_page(catalogue, panel, meets_on, first, caller)

    @router.post("/{catalogue}/{panel}/cases", dependencies=ours)
    async def list_by_hand(
        catalogue: str, panel: str, request: Request, caller: Annotated[Caller, worker]
    ) -> Response:
        given = entered(await pages.read_form(request))

        async def act(work: Work) -> Case:
            wish = read_wish(given, ListingWish)
            return await meetings.list_by_hand(catalogue, panel, wish.referral_id, caller, work)

        done = await attempt(act, given)
        if isinstance(done, Trouble):
            return await agenda_page(catalogue, panel, _day(given), 0, caller, done)
        return _to(_back(done, Fields(meets_on=done.meets_on.isoformat())))

    @router.get("/cases/{case_id}")
    async def case(case_id: UUID, caller: Annotated[Caller, worker]) -> Response:
        try:
            return await case_page(case_id, caller)
        except Refused:
            # Every message leads here; who does not sit on the panel sees the action alone.
            async with unit.work(uuid4()) as work:
                if not await meetings.has_to_do_with(case_id, caller, work):
                    raise
            return _to(MY_ACTIONS)

    @router.post("/cases/{case_id}/{form}", dependencies=ours)
    async def record(
        case_id: UUID,
        form: Literal["outcome", "status", "actions"],
        request: Request,
        caller: Annotated[Caller, worker],
    ) -> Response:
        given = entered(await pages.read_form(request))

        async def act(work: Work) -> Case:
            match form:
                case "outcome":
                    wish = read_wish(given, OutcomeWish)
                    return await meetings.conclude(case_id, wish, caller, work)
                case "status":
                    return await meetings.rate(case_id, read_wish(given, StatusWish), caller, work)
                case "actions":
                    wanted = read_wish(given, ActionWish)
                    _action, case = await meetings.give(case_id, wanted, caller, work)
                    return case

        done = await attempt(act, given)
        if isinstance(done, Trouble):
            return await case_page(case_id, caller, replace(done, form=form))
        return _to(_back(done, given))

    async def attempt(act: Callable[[Work], Awaitable[Case]], given: Fields) -> Case | Trouble:
        try:
            async with unit.work(uuid4()) as work:
                return await act(work)
        except Unreadable as error:
            return Trouble(422, error.faults, given)
        except NotAllowed as error:
            return Trouble(409, Fields({"": error.reason}), given)

    async def agenda_page(
        catalogue: str,
        panel: str,
        meets_on: date | None,
        first: int,
        caller: Caller,
        trouble: Trouble = NO_TROUBLE,
    ) -> HTMLResponse:
        async with unit.work(uuid4()) as work:
            found = await meetings.agenda(
                catalogue, panel, meets_on, caller, work, first=first, most=SHOWN
            )
            directory = await meetings.directories.current(work.connection)
            today = london_day(work.now)
        return pages.show(
            "panel_agenda.html",
            trouble.status,
            found=found,
            held=found.panel.on(found.meets_on).panel,
            shown=SHOWN,
            following=found.panel.next_meeting(found.meets_on),
            owners=telling.who_may_own(directory, catalogue),
            name=partial(telling.name, directory),
            place_name=place_name,
            telling=telling,
            today=today,
            trouble=trouble,
            nothing=NOTHING,
        )

    async def case_page(
        case_id: UUID, caller: Caller, trouble: Trouble = NO_TROUBLE
    ) -> HTMLResponse:
        async with unit.work(uuid4()) as work:
            found = await meetings.file(case_id, caller, work)
            directory = await meetings.directories.current(work.connection)
            today = london_day(work.now)
        return pages.show(
            "panel_case.html",
            trouble.status,
            found=found,
            held=found.panel.on(today).panel,
            owners=telling.who_may_own(directory, found.case.catalogue),
            name=partial(telling.name, directory),
            place_name=place_name,
            telling=telling,
            today=today,
            trouble=trouble,
            nothing=NOTHING,
        )

    return router


def _to(path: str) -> Response:
    return RedirectResponse(path, 303, HEADERS)


def _back(case: Case, given: Fields) -> str:
    """To the case on the agenda from which the form was sent; else to its own page."""
    day = _day(given)
    if day is None:
        return f"{PANELS}/cases/{case.id}"
    first = f"&first={given['first']}" if _WHOLE.fullmatch(given["first"]) else ""
    return f"{PANELS}/{case.catalogue}/{case.panel}/agenda?meets_on={day}{first}#case-{case.id}"


def _day(given: Fields) -> date | None:
    try:
        return date.fromisoformat(given["meets_on"])
    except ValueError:
        return None
