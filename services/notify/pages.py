"""Signing in, and the local inbox to look into."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notify import letters
from services.notify.messages import DESK
from shared.pages import HEADERS, Pages, own_path
from shared.problems import Refused
from shared.sign_in import COOKIE, Caller, Doorkeeper, Role

TEMPLATES: Final = Path(__file__).parent / "templates"
PAGE_LENGTH: Final = 20
API_LENGTH: Final = 200
HOME: Final[dict[Role, str]] = {
    "coordinator": DESK,
    "practitioner": "/triage/assignments",
    "auditor": "/audit/search",
}
"""Where somebody's work waits, the first of whose roles counts."""
FOR_EVERYBODY: Final = "/triage/catalogues"


def sign_in_router(pages: Pages, doorkeeper: Doorkeeper, *, secure: bool) -> APIRouter:
    """`/notify/sign-in`, the one door for people of every service. `secure`: we are reached over
    https, and the cookie is to go no other way."""
    router = APIRouter(prefix="/notify", include_in_schema=False)

    @router.get("/sign-in")
    async def ask(next: str = "") -> HTMLResponse:
        return pages.show("sign_in.html", wrong=False, next=own_path(next, ""))

    @router.post("/sign-in", dependencies=[Depends(pages.from_our_own_page)])
    async def sign_in(request: Request) -> Response:
        form = await pages.read_form(request)
        token = "".join(form.get("token", [""])[0].split())
        onwards = own_path(form.get("next", [""])[0], "")
        try:
            caller = doorkeeper.caller(token)
        except Refused as error:
            return pages.show("sign_in.html", error.status, wrong=True, next=onwards)
        response = RedirectResponse(onwards or home(caller), 303, HEADERS)
        response.set_cookie(
            COOKIE, token, path="/", httponly=True, samesite="strict", secure=secure
        )
        return response

    return router


def home(caller: Caller) -> str:
    """Where somebody's work waits."""
    return next((page for role, page in HOME.items() if role in caller.roles), FOR_EVERYBODY)


def inbox_router(pages: Pages, doorkeeper: Doorkeeper, engine: AsyncEngine) -> APIRouter:
    """`/notify/inbox` for people and `/notify/api/inbox` for programs, both for coordinators."""
    router = APIRouter(prefix="/notify")
    coordinator = doorkeeper.require("coordinator")

    @router.get("/inbox", include_in_schema=False)
    async def inbox(
        _caller: Annotated[Caller, Depends(coordinator)],
        assignment: UUID | None = None,
        before: UUID | None = None,
    ) -> HTMLResponse:
        async with engine.connect() as connection:
            found = await letters.newest(
                connection, limit=PAGE_LENGTH + 1, assignment=assignment, before=before
            )
        shown = found[:PAGE_LENGTH]
        return pages.show(
            "inbox.html",
            letters=shown,
            assignment=assignment,
            before=before,
            older=shown[-1].message_id if len(found) > PAGE_LENGTH else None,
        )

    @router.get("/api/inbox")
    async def api_inbox(
        _caller: Annotated[Caller, Depends(coordinator)],
        response: Response,
        assignment: UUID | None = None,
        before: UUID | None = None,
    ) -> list[dict[str, Any]]:
        response.headers["Cache-Control"] = "no-store"
        async with engine.connect() as connection:
            found = await letters.newest(
                connection, limit=API_LENGTH, assignment=assignment, before=before
            )
        return [asdict(letter) for letter in found]

    return router
