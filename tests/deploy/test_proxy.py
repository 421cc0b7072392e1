"""The one origin of a system on one machine."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from deploy.local.child import free_port
from deploy.local.proxy import create_app


@pytest.fixture
async def origin() -> AsyncIterator[httpx2.AsyncClient]:
    """The proxy, with an intake that is not there."""
    app = create_app({"intake": f"http://127.0.0.1:{free_port()}"})
    transport = httpx2.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://origin.test") as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [("/intake/health/ready", 503, "unavailable"), ("/elsewhere/at/all", 404, "not-found")],
)
async def test_what_cannot_be_reached_is_a_problem(
    origin: httpx2.AsyncClient, path: str, status: int, kind: str
) -> None:
    """A part that is away, and a prefix that is nobody's, are told as every other error is."""
    answer = await origin.get(path)
    assert (answer.status_code, answer.json()["type"]) == (
        status,
        f"urn:fingerpost:problem:{kind}",
    )
    assert answer.headers["content-type"] == "application/problem+json"
