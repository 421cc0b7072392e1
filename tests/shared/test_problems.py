"""Errors over HTTP: a stable type, words for a person, and nothing of what was sent."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI, Query
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from starlette.responses import StreamingResponse
from structlog.testing import capture_logs

from shared import problems
from shared.events import Problem
from shared.problems import Refused
from tests.servers import Database

CANARY = "Amara Quill, 07700 900101"


class Sent(BaseModel):
    """A body with a field that may fail in several ways."""

    name: str = Field(max_length=3)
    age: int


@pytest.fixture
async def app() -> FastAPI:
    """A service that fails in every way."""
    made = FastAPI()
    problems.install(made)

    @made.get("/refused")
    async def refused() -> None:
        raise Refused(409, "taken", "It is taken.", [Problem(field="a.b", problem="is not so")])

    @made.post("/sent/{number}")
    async def sent(number: UUID, body: Sent, page: Annotated[int, Query()]) -> None:
        raise AssertionError

    @made.get("/fails")
    async def fails() -> None:
        raise ValueError(CANARY)

    @made.get("/breaks-off")
    async def breaks_off() -> StreamingResponse:
        async def half() -> AsyncIterator[bytes]:
            yield b"half"
            raise ValueError(CANARY)

        return StreamingResponse(half())

    return made


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of that service."""
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://fails.test") as client:
        yield client


def problem(answer: httpx2.Response) -> tuple[int, str]:
    """Status and kind of an answer that is a problem, both said twice alike."""
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["status"] == answer.status_code
    assert body["title"]
    return body["status"], body["type"].removeprefix("urn:fingerpost:problem:")


async def test_a_refusal_says_its_reason(http: httpx2.AsyncClient) -> None:
    """Kind, title and each fault by its field are those that the service gave."""
    answer = await http.get("/refused")
    assert problem(answer) == (409, "taken")
    assert answer.json()["title"] == "It is taken."
    assert answer.json()["problems"] == [{"field": "a.b", "problem": "is not so"}]


async def test_every_fault_of_a_request_is_named_at_once(http: httpx2.AsyncClient) -> None:
    """What is missing or of another form is named by its field, without its value."""
    answer = await http.post(f"/sent/{CANARY}?page={CANARY}", json={"name": CANARY})
    assert problem(answer) == (422, "invalid-request")
    faults = {fault["field"]: fault["problem"] for fault in answer.json()["problems"]}
    wrong = "not of the form that is asked for"
    assert faults == {"number": wrong, "page": wrong, "name": wrong, "age": "missing"}
    assert "Amara" not in answer.text


async def test_a_body_that_is_no_json_is_a_fault(http: httpx2.AsyncClient) -> None:
    """Bytes that cannot be read are a problem of the request, and are not repeated."""
    answer = await http.post(
        f"/sent/{UUID(int=1)}?page=1",
        content=f'{{"name": {CANARY}'.encode(),
        headers={"Content-Type": "application/json"},
    )
    assert problem(answer) == (422, "invalid-request")
    assert "Amara" not in answer.text


async def test_there_is_nothing_there(http: httpx2.AsyncClient) -> None:
    """An unknown path is a problem that repeats nothing of it."""
    answer = await http.get(f"/{CANARY}")
    assert problem(answer) == (404, "not-found")
    assert "Amara" not in answer.text


async def test_that_cannot_be_done_there(http: httpx2.AsyncClient) -> None:
    """Another method than a path has is a problem of its own kind."""
    assert problem(await http.delete("/refused")) == (405, "method-not-allowed")


async def test_what_nobody_foresaw_says_nothing_of_anybody(http: httpx2.AsyncClient) -> None:
    """An exception's text is in neither the answer nor the log; where it rose is in the log."""
    with capture_logs() as logged:
        answer = await http.get("/fails")
    assert problem(answer) == (500, "internal-error")
    assert [(line["event"], line["path"]) for line in logged] == [("http.failed", "/fails")]
    assert logged[0]["error"].startswith("ValueError at test_problems.py:")
    assert "Amara" not in answer.text + json.dumps(logged)


async def test_an_answer_that_breaks_off_is_recorded(app: FastAPI) -> None:
    """When it fails after the first byte nothing is added to the answer; the log has its line."""
    answered: list[Any] = []

    async def send(message: Any) -> None:
        answered.append(message)

    async def receive() -> Any:
        return await asyncio.Event().wait()

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/breaks-off",
        "headers": [],
        "query_string": b"",
    }
    with capture_logs() as logged:
        await app(scope, receive, send)

    assert [message.get("body") for message in answered] == [None, b"half"]
    assert [line["event"] for line in logged] == ["http.failed"]
    assert "Amara" not in json.dumps(logged)


def _asks(app: FastAPI, engine: AsyncEngine, statement: str) -> None:
    @app.get("/asks")
    async def asks() -> None:
        async with engine.connect() as connection:
            await connection.execute(text(statement), {"who": CANARY})


async def test_a_database_that_is_away_is_no_fault_of_the_caller(
    app: FastAPI, http: httpx2.AsyncClient
) -> None:
    """While the database is away the answer is 503: the same may be sent again."""
    _asks(app, create_async_engine("postgresql+asyncpg://nobody@127.0.0.1:9/none"), "SELECT 1")
    with capture_logs() as logged:
        answer = await http.get("/asks")
    assert problem(answer) == (503, "unavailable")
    assert [line["event"] for line in logged] == ["http.failed"]


async def test_a_connection_that_dies_is_an_outage(
    app: FastAPI, http: httpx2.AsyncClient, database: Database
) -> None:
    """A server that closes the connection in the middle of a call is away too."""
    engine = create_async_engine(database.url("triage"))
    _asks(app, engine, "SELECT pg_terminate_backend(pg_backend_pid()), CAST(:who AS text)")
    answer = await http.get("/asks")
    await engine.dispose()
    assert problem(answer) == (503, "unavailable")


async def test_a_statement_that_fails_is_an_error_without_its_values(
    app: FastAPI, http: httpx2.AsyncClient, database: Database
) -> None:
    """A fault of ours is 500; the database's words, which quote values, go nowhere."""
    engine = create_async_engine(database.url("triage"))
    _asks(app, engine, "SELECT CAST(CAST(:who AS text) AS integer)")
    with capture_logs() as logged:
        answer = await http.get("/asks")
    await engine.dispose()
    said: dict[str, Any] = dict(logged[0])
    assert problem(answer) == (500, "internal-error")
    assert said["error"].startswith("DBAPIError (22P02) at test_problems.py:")
    assert "Amara" not in answer.text + json.dumps(logged)
