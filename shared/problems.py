"""Errors over HTTP: RFC 9457 problem+json with a stable type and words for a person.

Nothing that a request or a database held is repeated in a problem or in a log line.
"""

from collections.abc import Iterable
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.bus.errors import describe, is_outage
from shared.events import Problem

log = structlog.get_logger()

MEDIA_TYPE: Final = "application/problem+json"


class Refused(Exception):
    """The request cannot be done; `kind` is stable for programs, `title` is for people."""

    def __init__(self, status: int, kind: str, title: str, faults: Iterable[Problem] = ()) -> None:
        super().__init__(kind)
        self.status = status
        self.kind = kind
        self.title = title
        self.faults = tuple(faults)

    def response(self) -> JSONResponse:
        """The answer, every fault named by its field."""
        body: dict[str, Any] = {
            "type": f"urn:fingerpost:problem:{self.kind}",
            "title": self.title,
            "status": self.status,
        }
        if self.faults:
            body["problems"] = [fault.model_dump() for fault in self.faults]
        headers = {"WWW-Authenticate": "Bearer"} if self.status == 401 else None
        return JSONResponse(body, self.status, headers=headers, media_type=MEDIA_TYPE)


async def body_of(request: Request, limit: int, too_large: str) -> bytes:
    """The body, read no further than just beyond `limit` bytes; Refused (413) in these words."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise Refused(413, "too-large", too_large)
    return body


def install(app: FastAPI) -> None:
    """Answer every error of `app` as a problem."""

    @app.exception_handler(Refused)
    async def on_refused(_request: Request, error: Refused) -> JSONResponse:
        return error.response()

    @app.exception_handler(RequestValidationError)
    async def on_invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        faults = [Problem(field=_place(e["loc"]), problem=_fault(e)) for e in error.errors()]
        return Refused(
            422, "invalid-request", "The request is not as it should be.", faults
        ).response()

    @app.exception_handler(HTTPException)
    async def on_http(_request: Request, error: HTTPException) -> JSONResponse:
        kind = {404: "not-found", 405: "method-not-allowed"}.get(error.status_code, "refused")
        title = {404: "There is nothing here.", 405: "That cannot be done here."}
        return Refused(
            error.status_code, kind, title.get(error.status_code, "The request was refused.")
        ).response()

    app.add_middleware(LastResort)


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location[1:]) or str(location[0])


def _fault(error: dict[str, Any]) -> str:
    return "missing" if error["type"] == "missing" else "not of the form that is asked for"


def _place_of(scope: Scope) -> str | None:
    """The path as its route spells it: what stands in a path may be a secret, as a link's code."""
    return getattr(scope.get("route"), "path", None)


class LastResort:
    """Outermost: an exception becomes a problem and one log line without its text."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception as error:
            log.error("http.failed", path=_place_of(scope), error=describe(error))
            if scope["type"] != "http" or started:
                return
            refused = (
                Refused(503, "unavailable", "Nothing was stored. Please try again in a moment.")
                if is_outage(error)
                else Refused(500, "internal-error", "Something went wrong here; it is recorded.")
            )
            await refused.response()(scope, receive, send)
