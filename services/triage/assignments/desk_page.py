"""The coordinator's desk: whom no message reached, what nobody else sees to, who is on call."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Annotated, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from services.triage import showing
from services.triage.assignments import lines, untold, views
from services.triage.assignments.api import record
from services.triage.assignments.forms import NOTHING
from services.triage.assignments.life import State
from services.triage.assignments.lines import Choice, Line
from services.triage.assignments.moments import at
from services.triage.assignments.pages import WorkPages
from services.triage.assignments.planning import COORDINATION
from services.triage.assignments.ringing import Call, call, wrong_addresses
from services.triage.assignments.waiting import RISK_ORDER
from services.triage.directory.entries import Directory, Duty, Practitioner, PractitionerId
from services.triage.directory.refused import accept_again, refused
from services.triage.directory.rota import gaps, on_call
from services.triage.policy.catalogue import Pathway
from services.triage.policy.library import Library
from services.triage.policy.wording import place_name
from shared.bus.work import Work
from shared.pages import HEADERS
from shared.problems import Refused
from shared.sign_in import Caller, Doorkeeper

EVERYWHERE: Final = "all"
ROTA_AHEAD: Final = timedelta(days=7)
SHOWN_OF_A_LIST: Final = 10


@dataclass(frozen=True, slots=True)
class Todo:
    """Something for a coordinator: what to do first, who holds it now, who could take it.

    `services`: to ask by hand, where that is what is needed.
    """

    line: Line
    first: str
    holder: Practitioner | None
    people: Sequence[tuple[str, Sequence[Choice]]]
    services: Sequence[Pathway]


@dataclass(frozen=True, slots=True)
class WaitingList:
    """Who waits for one pathway, in the order in which they are offered. `places`: how many there
    are, in words; None where it has no such end."""

    programme: str
    place: str
    places: str | None
    shown: Sequence[Line]
    more: int


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Who is on call for a borough now, and when nobody will be."""

    place: str
    now: Practitioner | None
    gaps: Sequence[tuple[str, str]]
    has_rota: bool


def desk_router(of: WorkPages, doorkeeper: Doorkeeper) -> APIRouter:
    """`/triage/desk`, for coordinators."""
    router = APIRouter(prefix="/triage/desk", include_in_schema=False)
    coordinator = Depends(doorkeeper.require("coordinator"))
    from_our_own_page = Depends(of.pages.from_our_own_page)

    @router.get("")
    async def desk(
        caller: Annotated[Caller, coordinator], catalogue: str | None = None
    ) -> HTMLResponse:
        if catalogue not in (None, EVERYWHERE, *of.library.names):
            raise Refused(404, "not-found", "There is no such desk.")
        async with of.acting.unit.work(uuid4()) as work:
            directory = await of.directories.current(work.connection)
            chosen = catalogue or _own(directory, caller)
            only = None if chosen == EVERYWHERE else chosen
            found = await views.wanting_somebody(work.connection, only, work.now)
            every = [lines.line(each, of.library, work.now) for each in found]
            waiting = list(_waiting_lists(every, of.library))
            there = await views.asked_already(
                work.connection, {each.one.referral_id for each in found}
            )
            todos = [
                _todo(each, directory, of.library, there.get(each.seen.one.referral_id, ()))
                for each in every
                if each.seen.one.state is not State.WAITLISTED
            ]
            calls = await _calls(work, only, directory, of.library)
            wrong = list(wrong_addresses(await refused(work.connection), directory, only))
            shown = [each.line.seen for each in calls if each.line]
            shown += [todo.line.seen for todo in todos]
            shown += [line.seen for queue in waiting for line in queue.shown]
            record(work, caller, shown)
        return of.pages.show(
            "desk.html",
            chosen=chosen,
            places=[(EVERYWHERE, "Everywhere"), *((n, place_name(n)) for n in of.library.names)],
            calls=calls,
            wrong=wrong,
            for_coordinators=[todo for todo in todos if _is_for_coordinators(todo.line)],
            late=[todo for todo in todos if not _is_for_coordinators(todo.line)],
            waiting=waiting,
            waiting_count=sum(len(each.shown) + each.more for each in waiting),
            on_duty=[
                _on_duty(directory, duty, work.now)
                for duty in directory.duty
                if only in (None, duty.catalogue)
            ],
            nothing=NOTHING,
        )

    @router.post("/told/{notification_id}", dependencies=[from_our_own_page])
    async def told(notification_id: UUID, caller: Annotated[Caller, coordinator]) -> Response:
        async with of.acting.unit.work(uuid4()) as work:
            await untold.settle(work.connection, notification_id, caller.subject, work.now)
        return RedirectResponse("/triage/desk", 303, HEADERS)

    @router.post("/address-is-right/{practitioner_id}", dependencies=[from_our_own_page])
    async def address_is_right(
        practitioner_id: PractitionerId, _: Annotated[Caller, coordinator]
    ) -> Response:
        async with of.acting.unit.work(uuid4()) as work:
            await accept_again(work.connection, practitioner_id)
        return RedirectResponse("/triage/desk", 303, HEADERS)

    return router


async def _calls(
    work: Work, only: str | None, directory: Directory, library: Library
) -> Sequence[Call]:
    """Whom a coordinator is to ring."""
    standing = await untold.standing(work.connection, only)
    about = {each.assignment_id for each in standing if each.assignment_id}
    seen = {each.one.id: each for each in await views.these(work.connection, about)}
    found = []
    for each in standing:
        one = seen.get(each.assignment_id) if each.assignment_id else None
        line = lines.line(one, library, work.now) if one else None
        found.append(call(each, line, directory, work.now))
    return found


def _own(directory: Directory, caller: Caller) -> str:
    """The caller's borough, where it is one."""
    own = [each.catalogue for each in directory.duty if caller.subject in each.coordinators]
    return own[0] if len(own) == 1 else EVERYWHERE


def _is_for_coordinators(line: Line) -> bool:
    one = line.seen.one
    return one.state is not State.ACCEPTED and (
        one.team is None or one.level in ("coordinator", "contact")
    )


def _todo(line: Line, directory: Directory, library: Library, there: Collection[str]) -> Todo:
    one = line.seen.one
    holder = directory.practitioner(one.holder) if one.holder else None
    return Todo(
        line,
        _first(line, holder.name if holder else "whoever holds it"),
        holder,
        lines.who_may_take(line.seen, directory, by_right=True),
        lines.services(line.seen, library, there) if one.pathway == COORDINATION else (),
    )


def _first(line: Line, holder: str) -> str:
    """What to do first."""
    one = line.seen.one
    if one.state is State.ACCEPTED:
        return (
            f"Ring {holder} and ask whether the person is safe."
            " If they cannot make the contact, give it to a colleague."
        )
    if one.pathway == COORDINATION:
        return "Open it, see what is missing, and ask a service by hand."
    if one.team is None:
        return "Only a coordinator can make this referral. Open it and accept it."
    if one.level in ("coordinator", "contact"):
        return "Nobody of the team has taken it. Give it to somebody who is at work now."
    return f"Ring {holder}, or give it to somebody who is at work now."


def _waiting_lists(every: Iterable[Line], library: Library) -> Iterator[WaitingList]:
    def service(line: Line) -> tuple[str, str]:
        return line.place, line.seen.one.pathway

    def turn(line: Line) -> tuple[int, datetime | None, UUID]:
        one = line.seen.one
        return RISK_ORDER.index(line.seen.risk_level), one.waiting_since, one.id

    waiting = sorted(
        (each for each in every if each.seen.one.state is State.WAITLISTED), key=service
    )
    for _, group in groupby(waiting, service):
        queue = sorted(group, key=turn)
        first = queue[0]
        row = lines.pathway(first.seen, library, first.seen.one.pathway)
        yield WaitingList(
            first.programme,
            first.place,
            showing.capacity(row.capacity) if row and row.capacity else None,
            queue[:SHOWN_OF_A_LIST],
            max(0, len(queue) - SHOWN_OF_A_LIST),
        )


def _on_duty(directory: Directory, duty: Duty, now: datetime) -> OnDuty:
    return OnDuty(
        place_name(duty.catalogue),
        on_call(directory, duty.catalogue, now),
        [
            (at(since, now), at(until, now))
            for since, until in gaps(directory, duty, now, now + ROTA_AHEAD)
        ],
        bool(duty.rota),
    )
