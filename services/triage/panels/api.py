"""Panels over HTTP, for coordinators, the panels' own teams, and who owns an action."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends

from services.triage.assignments.life import NotAllowed
from services.triage.panels.actions import Action
from services.triage.panels.agenda import Case
from services.triage.panels.meetings import Agenda, Coming, Item, Meetings
from services.triage.panels.wishes import ActionWish, ListingWish, OutcomeWish, StatusWish
from shared.bus.work import UnitOfWork
from shared.london import london_day
from shared.problems import Refused
from shared.sign_in import Caller, Doorkeeper


def panels_api(unit: UnitOfWork, meetings: Meetings, doorkeeper: Doorkeeper) -> APIRouter:
    """`/triage/api/panels`. What is not the caller's is told as what is not there; what cannot be
    done now is refused with the reason in words."""
    router = APIRouter(prefix="/triage/api/panels")
    worker = Depends(doorkeeper.require("practitioner", "coordinator"))

    @router.get("")
    async def panels(caller: Annotated[Caller, worker]) -> dict[str, Any]:
        """The panels that the caller sits on, each with its next meeting (today's is one)."""
        async with unit.work(uuid4()) as work:
            found = await meetings.coming(caller, work)
            today = london_day(work.now)
        return {"panels": [_coming(each, today) for each in found]}

    @router.get("/{catalogue}/{panel}/agenda")
    async def agenda(
        catalogue: str,
        panel: str,
        caller: Annotated[Caller, worker],
        meets_on: date | None = None,
    ) -> dict[str, Any]:
        """A meeting's cases in their order; of the next meeting where no day is named. Each
        referral's reading is recorded first."""
        async with unit.work(uuid4()) as work:
            return _agenda(await meetings.agenda(catalogue, panel, meets_on, caller, work))

    @router.post("/{catalogue}/{panel}/cases", status_code=201)
    async def list_by_hand(
        catalogue: str, panel: str, wish: ListingWish, caller: Annotated[Caller, worker]
    ) -> dict[str, Any]:
        """Put a referral on the agenda of the next meeting: a coordinator, or who has it on the
        panel's pathway."""
        try:
            async with unit.work(uuid4()) as work:
                return _case(
                    await meetings.list_by_hand(catalogue, panel, wish.referral_id, caller, work)
                )
        except NotAllowed as error:
            raise _not_now(error) from None

    @router.post("/cases/{case_id}/outcome")
    async def outcome(
        case_id: UUID, wish: OutcomeWish, caller: Annotated[Caller, worker]
    ) -> dict[str, Any]:
        """What the meeting made of a case. A deferred one is listed for the next; so is one that
        was heard, where the panel keeps its people in view by a status."""
        try:
            async with unit.work(uuid4()) as work:
                return _case(await meetings.conclude(case_id, wish, caller, work))
        except NotAllowed as error:
            raise _not_now(error) from None

    @router.post("/cases/{case_id}/status")
    async def status(
        case_id: UUID, wish: StatusWish, caller: Annotated[Caller, worker]
    ) -> dict[str, Any]:
        """A person's status, with its reason."""
        try:
            async with unit.work(uuid4()) as work:
                return _case(await meetings.rate(case_id, wish, caller, work))
        except NotAllowed as error:
            raise _not_now(error) from None

    @router.post("/cases/{case_id}/actions", status_code=201)
    async def give(
        case_id: UUID, wish: ActionWish, caller: Annotated[Caller, worker]
    ) -> dict[str, Any]:
        """Somebody of the directory is given something to do by a day. The same again, while it
        is open, is the same action."""
        try:
            async with unit.work(uuid4()) as work:
                action, _of = await meetings.give(case_id, wish, caller, work)
        except NotAllowed as error:
            raise _not_now(error) from None
        return _action(action)

    @router.post("/actions/{action_id}/done")
    async def done(action_id: UUID, caller: Annotated[Caller, worker]) -> dict[str, Any]:
        """An action is done. A second time changes nothing."""
        async with unit.work(uuid4()) as work:
            action, _of = await meetings.done(action_id, caller, work)
            return _action(action)

    return router


def _not_now(error: NotAllowed) -> Refused:
    return Refused(409, "not-now", error.reason)


def _coming(each: Coming, today: date) -> dict[str, Any]:
    return {
        "catalogue": each.panel.catalogue,
        "panel": each.panel.id,
        "title": each.title,
        "rag": each.panel.on(today).panel.rag,
        "next_meeting": each.next_meeting,
        "listed": [{"meets_on": day, "cases": number} for day, number in each.listed],
    }


def _agenda(found: Agenda) -> dict[str, Any]:
    season = found.panel.on(found.meets_on)
    return {
        "catalogue": found.panel.catalogue,
        "panel": found.panel.id,
        "title": season.panel.title,
        "rag": season.panel.rag,
        "meets_on": found.meets_on,
        "cases": [_item(each) for each in found.items],
    }


def _item(item: Item) -> dict[str, Any]:
    recorded = item.recorded
    return {
        **_case(item.case),
        "outcome": recorded and recorded.outcome,
        "note": recorded and recorded.note,
        "actions": [_action(each) for each in item.actions],
    }


def _case(case: Case) -> dict[str, Any]:
    return {
        "case_id": case.id,
        "referral_id": case.referral_id,
        "state": case.state,
        "meets_on": case.meets_on,
        "triggers": case.triggers,
        "repeat": case.repeat,
        "risk_level": case.risk_level,
        "rag": case.rag,
        "rag_reason": case.rag_reason,
    }


def _action(action: Action) -> dict[str, Any]:
    return {
        "action_id": action.id,
        "text": action.text,
        "owner": action.owner,
        "due_on": action.due_on,
        "level": action.level,
        "told": action.told,
        "done_at": action.done_at,
        "done_by": action.done_by,
    }
