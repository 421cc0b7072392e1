"""What a log's routes show, read by those who check it: the routes' own functions, on one
connection, so that what a transaction did is served before it is rolled back."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Response
from fastapi.routing import APIRoute
from sqlalchemy.util import await_only
from starlette.requests import Request

from services.audit.verify import CannotCheck
from shared.problems import Refused

Endpoint = Callable[..., Awaitable[Response]]


class Served:
    """A source (`services.audit.verify.Source`) for functions that run in `greenlet_spawn`.

    What was read once is kept: who checks twice sees the same.
    """

    def __init__(self, router: APIRouter) -> None:
        self._endpoints: dict[str, Any] = {
            route.path: route.endpoint for route in router.routes if isinstance(route, APIRoute)
        }
        self.files: dict[str, bytes | None] = {}

    def read(self, path: str, at_most: int) -> bytes | None:
        """The file's bytes; CannotCheck where the route fails."""
        if path not in self.files:
            self.files[path] = await_only(self._fetch(path))
        found = self.files[path]
        return None if found is None else found[: at_most + 1]

    def bring(self, path: str, content: bytes) -> int:
        """POST bytes; the answer's status. Checkpoints are read anew after that."""
        for each in ("checkpoint", "witnessed"):
            self.files.pop(each, None)
        return await_only(self._post(path, content))

    async def _post(self, path: str, content: bytes) -> int:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": content, "more_body": False}

        scope = {"type": "http", "method": "POST", "path": path, "headers": []}
        try:
            await self._endpoints[f"/audit/{path}"](Request(scope, receive))
        except Refused as refused:
            return refused.status
        return 204

    async def _fetch(self, path: str) -> bytes | None:
        kind, _, rest = path.partition("/")
        level, _, number = rest.partition("/")
        try:
            match kind, level:
                case "tile", "entries":
                    shown = await self._endpoints["/audit/tile/entries/{path:path}"](number)
                case "tile", _:
                    shown = await self._endpoints["/audit/tile/{level}/{path:path}"](level, number)
                case _:
                    shown = await self._endpoints[f"/audit/{path}"]()
        except Refused as refused:
            if refused.status == 404:
                return None
            raise CannotCheck(f"{path} answers {refused.status}") from refused
        except Exception as error:  # the service's last resort
            raise CannotCheck(f"{path} answers 500") from error
        return bytes(shown.body)

    def __str__(self) -> str:
        """Where it is read from."""
        return "the routes"
