"""One origin for the four services on one machine, as Caddy gives in Compose.

python -m deploy.local.proxy      with PORT, INTAKE_URL, TRIAGE_URL, NOTIFY_URL, AUDIT_URL
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from shared.problems import Refused
from shared.subjects import SERVICES

# A document may hold identities: intake takes it, and gives triage its facts.
_DRY_RUN = "/triage/api/decide"

# These speak of one connection, not of the message (RFC 9110, 7.6.1).
_OF_THE_CONNECTION = frozenset(
    ("connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade")
)
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def create_app(targets: dict[str, str]) -> Starlette:
    """`targets`: a service's name to its address. `/<name>/...` goes there unchanged."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        limits = httpx2.Limits(max_connections=200, max_keepalive_connections=50)
        async with httpx2.AsyncClient(timeout=30, limits=limits) as client:
            app.state.client = client
            yield

    async def forward(request: Request) -> Response:
        path = request.url.path
        service = "intake" if path == _DRY_RUN else request.path_params["service"]
        target = targets.get(service)
        if target is None:
            return Refused(404, "not-found", "There is nothing here.").response()
        client: httpx2.AsyncClient = request.app.state.client
        query = f"?{request.url.query}" if request.url.query else ""
        outgoing = client.build_request(
            request.method,
            f"{target}{path}{query}",
            headers=[
                (name, value)
                for name, value in request.headers.items()
                if name not in _OF_THE_CONNECTION
            ],
            content=request.stream(),
        )
        try:
            answer = await client.send(outgoing, stream=True)
        except httpx2.TransportError:
            return Refused(
                503, "unavailable", "That part is starting again. Please try in a moment."
            ).response()
        response = StreamingResponse(
            answer.aiter_raw(), answer.status_code, background=BackgroundTask(answer.aclose)
        )
        response.raw_headers = [
            (name.lower(), value)
            for name, value in answer.headers.raw
            if name.decode().lower() not in _OF_THE_CONNECTION
        ]
        return response

    return Starlette(
        routes=[Route("/{service}/{rest:path}", forward, methods=_METHODS)], lifespan=lifespan
    )


if __name__ == "__main__":
    uvicorn.run(
        create_app({name: os.environ[f"{name.upper()}_URL"] for name in SERVICES}),
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        access_log=False,
        log_level="warning",
        # The services have said when and by what already.
        date_header=False,
        server_header=False,
    )
