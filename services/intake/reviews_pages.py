"""The pages of who is who: what waits, and two records beside each other with two answers."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from services.intake import case_words
from services.intake.reviews_api import MOST_WAITING, Reviewing
from services.intake.side_by_side import Side
from shared.london import LONDON
from shared.pages import HEADERS, Pages
from shared.problems import Refused
from shared.sign_in import Caller, Doorkeeper

_LIST: Final = "/intake/reviews"


def reviews_pages(pages: Pages, reviewing: Reviewing, doorkeeper: Doorkeeper) -> APIRouter:
    """`/intake/reviews`, for coordinators."""
    router = APIRouter(prefix=_LIST, include_in_schema=False)
    coordinator = Depends(doorkeeper.require("coordinator"))
    # After the caller: whoever is not signed in is told that first.
    our_form = Depends(pages.from_our_own_page)

    async def show(review_id: UUID, caller: Caller, problem: str = "") -> HTMLResponse:
        found = await reviewing.look(review_id, caller)
        return pages.show(
            "review.html",
            409 if problem else 200,
            review=found,
            problem=problem,
            origin=_origin,
            when=_when,
            sentence=case_words.sentence,
            can_be_undone=found.state == "same",
        )

    @router.get("")
    async def waiting(_caller: Annotated[Caller, coordinator]) -> HTMLResponse:
        found = await reviewing.waiting()
        return pages.show("reviews.html", reviews=found, most=MOST_WAITING, when=_when)

    @router.get("/{review_id}")
    async def look(review_id: UUID, caller: Annotated[Caller, coordinator]) -> HTMLResponse:
        return await show(review_id, caller)

    @router.post("/{review_id}/same")
    async def same(
        review_id: UUID, caller: Annotated[Caller, coordinator], _ours: Annotated[None, our_form]
    ) -> Response:
        try:
            await reviewing.same(review_id, caller)
        except Refused as refused:
            return await _told(refused, review_id, caller)
        return _back(f"{_LIST}/{review_id}")

    @router.post("/{review_id}/different")
    async def different(
        review_id: UUID, caller: Annotated[Caller, coordinator], _ours: Annotated[None, our_form]
    ) -> Response:
        try:
            await reviewing.different(review_id, caller)
        except Refused as refused:
            return await _told(refused, review_id, caller)
        return _back(_LIST)

    @router.post("/{review_id}/undo")
    async def undo(
        review_id: UUID, caller: Annotated[Caller, coordinator], _ours: Annotated[None, our_form]
    ) -> Response:
        found = await reviewing.look(review_id, caller)
        if found.merge_id is None:
            raise Refused(404, "not-found", "Nothing was merged here.")
        try:
            await reviewing.undo(found.merge_id, caller)
        except Refused as refused:
            return await _told(refused, review_id, caller)
        return _back(f"{_LIST}/{review_id}")

    async def _told(refused: Refused, review_id: UUID, caller: Caller) -> Response:
        if refused.status != 409:
            raise refused
        return await show(review_id, caller, refused.title)

    return router


def _back(path: str) -> Response:
    return RedirectResponse(path, 303, HEADERS)


def _when(moment: datetime) -> str:
    """22 November 2026, 03:00, in London."""
    local = moment.astimezone(LONDON)
    return f"{case_words.day(local.date())}, {local:%H:%M}"


def _origin(side: Side) -> str:
    """As whom a record speaks of the person."""
    role = case_words.words(side.role)
    return f"the other party of a {role}" if side.is_other_party else f"referred as {role}"
