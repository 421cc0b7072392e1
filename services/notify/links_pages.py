"""Opening the link of a message: on to the assignment, or a page that says where one's work is."""

from datetime import timedelta
from typing import Annotated, Final, assert_never
from uuid import uuid4

import structlog
from fastapi import APIRouter, Depends, Response
from fastapi.responses import RedirectResponse

from services.notify import links, links_store
from services.notify.guessing import Guesses
from services.notify.links import NotTheirs, Opened, OpenedBefore
from services.notify.pages import home
from shared.bus.work import UnitOfWork
from shared.pages import HEADERS, Pages
from shared.sign_in import ROLES, Caller, Doorkeeper

log = structlog.get_logger()

MOST_MISSES: Final = 20
"""More links that are not theirs than anybody opens by mistake, and too few to find one by."""
MISSES_COUNT_FOR: Final = timedelta(minutes=10)


def links_router(pages: Pages, doorkeeper: Doorkeeper, unit: UnitOfWork) -> APIRouter:
    """`/notify/l/{code}`, for everybody who can sign in; a coordinator opens no more than others.

    What is not the caller's, is over, or never was, has one and the same answer.
    """
    router = APIRouter(prefix=links.PATH.rstrip("/"), include_in_schema=False)
    guesses = Guesses(MOST_MISSES, MISSES_COUNT_FOR)

    @router.get("/{code}")
    async def open_link(
        code: str, caller: Annotated[Caller, Depends(doorkeeper.require(*ROLES))]
    ) -> Response:
        if guesses.too_many(caller.subject, unit.clock()):
            log.warning("link.too_many_misses", caller=caller.subject)
            return pages.show("link.html", 429, why="too_many", home=home(caller))
        async with unit.work(uuid4()) as work:
            opening = await links_store.open_once(
                work.connection, links.hashed(code), caller.subject, work.now
            )
        match opening:
            case Opened(assignment_id):
                log.info("link.opened", assignment_id=str(assignment_id))
                return RedirectResponse(f"/triage/assignments/{assignment_id}", 303, HEADERS)
            case OpenedBefore():
                return pages.show("link.html", 410, why="opened_before", home=home(caller))
            case NotTheirs():
                guesses.missed(caller.subject, unit.clock())
                return pages.show("link.html", 404, why="not_theirs", home=home(caller))
            case _:
                assert_never(opening)

    return router
