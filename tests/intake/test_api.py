"""Intake over HTTP, on the real app with a real database and real tokens; no broker runs."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.routing import Mount, Route

from deploy.tokens import mint
from services.intake.api import SCHEMA_FILE
from services.intake.app import create_app
from services.intake.reading import LARGEST
from shared.sign_in import Role
from tests.intake.ground import POLICE, document, settings
from tests.servers import Database


@pytest.fixture
async def app(intake_database: Database) -> FastAPI:
    """The service with the local registry, and neither a broker nor triage."""
    return create_app(settings(intake_database))


@dataclass(frozen=True)
class Intake:
    """The running app and its tables."""

    http: httpx2.AsyncClient
    database: Database

    def signed_in(self, role: Role, agency: str | None = None) -> dict[str, str]:
        """The header of somebody with one role."""
        signing = self.database.keys.token_signing_file
        return {"Authorization": f"Bearer {mint(signing, f'{role}-1', (role,), agency=agency)}"}

    async def send(self, document: object, agency: str = "met-police") -> httpx2.Response:
        """A document, or bytes, from an agency's system."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        headers = self.signed_in("sender", agency)
        return await self.http.post("/intake/api/referrals", content=body, headers=headers)

    async def resolve(
        self, reference: str, role: Role = "auditor", agency: str = "met-police"
    ) -> httpx2.Response:
        """Whose referral a reference is."""
        return await self.http.post(
            "/intake/api/references",
            json={"agency": agency, "reference": reference},
            headers=self.signed_in(role, agency if role == "sender" else None),
        )

    async def told(self, referral_id: str) -> list[str]:
        """The types of the events that wait in the outbox for a referral."""
        engine = create_async_engine(self.database.url("intake"))
        async with engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT body FROM outbox WHERE subject LIKE 'event.%' ORDER BY position")
            )
            events = [json.loads(row.body) for row in rows]
        await engine.dispose()
        return [event["type"] for event in events if event["subject"] == referral_id]


@pytest.fixture
async def intake(app: FastAPI, intake_database: Database) -> AsyncIterator[Intake]:
    """The service as it runs."""
    async with _running(app) as http:
        yield Intake(http, intake_database)


@asynccontextmanager
async def _running(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://intake.test") as http,
    ):
        yield http


def problem(answer: httpx2.Response) -> tuple[int, str]:
    """Status and kind of an answer that is a problem."""
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["type"].removeprefix("urn:fingerpost:problem:")


async def test_a_document_is_answered_with_a_receipt(intake: Intake) -> None:
    """202: the referral is stored and told of, and its sender has the receipt at once."""
    sent = document()

    answer = await intake.send(sent)

    receipt = answer.json()
    assert answer.status_code == 202
    assert (receipt["outcome"], receipt["reference"]) == ("accepted", sent["reference"])
    assert await intake.told(receipt["referral_id"]) == ["referral.received.v1"]


async def test_http_stands_without_a_broker(intake: Intake) -> None:
    """PostgreSQL is the record: while the broker is away the service lives and takes documents;
    only readiness says what is missing."""
    live = await intake.http.get("/intake/health/live")
    ready = await intake.http.get("/intake/health/ready")
    taken = await intake.send(document())
    assert (live.status_code, taken.status_code) == (200, 202)
    assert (ready.status_code, ready.json()) == (503, {"database": True, "broker": False})


async def test_the_same_document_twice(intake: Intake) -> None:
    """The same document again is already known, under the same id, and nothing more is told."""
    sent = document()
    first, again = [(await intake.send(sent)).json() for _ in range(2)]
    assert (again["outcome"], again["referral_id"]) == ("already_known", first["referral_id"])
    assert await intake.told(first["referral_id"]) == ["referral.received.v1"]


async def test_more_of_the_same_referral(intake: Intake) -> None:
    """Other content under the same reference is taken as its next revision."""
    sent = document()
    first = (await intake.send(sent)).json()
    amended = (await intake.send({**sent, "needs": ["housing"]})).json()
    assert (amended["outcome"], amended["referral_id"]) == ("accepted", first["referral_id"])
    told = await intake.told(first["referral_id"])
    assert told == ["referral.received.v1", "referral.amended.v1"]


async def test_every_fault_is_named_at_once(intake: Intake) -> None:
    """A faulty document is refused with each fault by its field, and no value is repeated."""
    answer = await intake.send(
        document(role="Amara Quill", made_at=None, risk={"score": 25}, surname="Quill")
    )
    assert problem(answer) == (422, "invalid-referral")
    fields = [fault["field"] for fault in answer.json()["problems"]]
    assert {"role", "made_at", "risk.score", "surname"} <= set(fields)
    assert "Quill" not in answer.text


@pytest.mark.parametrize("body", [b"", b"no json", b"\xff", b"[]", b'{"a": 1, "a": 2}'])
async def test_what_is_no_document_is_refused(intake: Intake, body: bytes) -> None:
    """Bytes that hold no document are a problem of the document, never an error of ours."""
    assert problem(await intake.send(body)) == (422, "invalid-referral")


async def test_another_person_under_an_old_reference(intake: Intake) -> None:
    """An amendment that makes somebody else of the person is refused by its field."""
    sent = document()
    first = (await intake.send(sent)).json()
    person = {**sent["person"], "given_name": "Petra", "date_of_birth": "1970-01-01"}
    answer = await intake.send({**sent, "person": person})
    assert problem(answer) == (422, "invalid-referral")
    assert [fault["field"] for fault in answer.json()["problems"]] == ["person"]
    assert await intake.told(first["referral_id"]) == ["referral.received.v1"]


async def test_nobody_sends_as_another(intake: Intake) -> None:
    """The agency is that of the sign-in: a document that names another one is refused."""
    answer = await intake.send(document(), agency="bromley-council")
    assert problem(answer) == (422, "invalid-referral")
    assert [fault["field"] for fault in answer.json()["problems"]] == ["source.agency"]


async def test_nobody_sends_for_a_team_of_others(intake: Intake) -> None:
    """A document for a team that the agency is not registered for is refused."""
    answer = await intake.send(document(source={**POLICE["source"], "team": "hospital"}))
    assert [fault["field"] for fault in answer.json()["problems"]] == ["source.team"]


async def test_a_sender_of_no_agency_sends_for_nobody(intake: Intake) -> None:
    """A sign-in as a sender that names no agency is refused."""
    answer = await intake.http.post(
        "/intake/api/referrals", json=document(), headers=intake.signed_in("sender")
    )
    assert problem(answer) == (403, "forbidden")


@pytest.mark.parametrize("role", ["practitioner", "coordinator", "auditor"])
async def test_only_senders_send(intake: Intake, role: Role) -> None:
    """Any other role is refused, though it names an agency."""
    answer = await intake.http.post(
        "/intake/api/referrals", json=document(), headers=intake.signed_in(role, "met-police")
    )
    assert problem(answer) == (403, "forbidden")


async def test_the_largest_document(intake: Intake) -> None:
    """64 KiB are taken; one byte more is refused as too large."""
    padded = json.dumps(document()).encode().ljust(LARGEST)
    assert (await intake.send(padded)).status_code == 202
    assert problem(await intake.send(padded + b" ")) == (413, "too-large")


async def test_an_endless_document_is_not_read_to_its_end(intake: Intake) -> None:
    """A body without a stated length is read no further than its limit."""
    handed_over = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal handed_over
        while True:
            handed_over += 16_384
            yield b" " * 16_384

    answer = await intake.http.post(
        "/intake/api/referrals",
        content=endless(),
        headers=intake.signed_in("sender", "met-police"),
    )
    assert problem(answer) == (413, "too-large")
    assert handed_over <= 2 * LARGEST


@pytest.mark.parametrize("role", ["auditor", "coordinator"])
async def test_a_reference_is_resolved(intake: Intake, role: Role) -> None:
    """Who holds a sender's reference finds the referral, and that they asked is told."""
    sent = document()
    receipt = (await intake.send(sent)).json()
    answer = await intake.resolve(sent["reference"], role)
    assert answer.json() == {"referral_id": receipt["referral_id"]}
    told = await intake.told(receipt["referral_id"])
    assert told == ["referral.received.v1", "access.recorded.v1"]


async def test_a_reference_is_its_agencys_own(intake: Intake) -> None:
    """An unknown reference, and one of another agency, is not found and not repeated."""
    sent = document()
    await intake.send(sent)
    unknown = await intake.resolve("MP-Quill")
    of_others = await intake.resolve(sent["reference"], agency="bromley-council")
    assert [problem(answer) for answer in (unknown, of_others)] == [(404, "not-found")] * 2
    assert "Quill" not in unknown.text


@pytest.mark.parametrize("role", ["sender", "practitioner"])
async def test_references_are_not_for_everybody(intake: Intake, role: Role) -> None:
    """Senders and practitioners resolve nothing."""
    assert problem(await intake.resolve("MP-1", role)) == (403, "forbidden")


async def test_the_published_schema_is_the_file(intake: Intake) -> None:
    """What is served is the schema in the repository."""
    answer = await intake.http.get("/intake/schemas/referral-v1.json")
    assert answer.json() == json.loads(SCHEMA_FILE.read_text())


OPEN = {
    "/intake/health/live",
    "/intake/health/ready",
    "/intake/schemas/referral-v1.json",
    "/intake/openapi.json",
}


def _routes(of: Any) -> Iterator[Route]:
    """Every route of an app, those of the routers that it includes too."""
    for route in of.routes:
        if isinstance(route, Route):
            yield route
        elif not isinstance(route, Mount):  # style sheets, and nothing of anybody
            yield from _routes(route.original_router)


async def test_nothing_else_is_open(app: FastAPI, intake: Intake) -> None:
    """Without a sign-in there are health, the schema and the API's description, and no more."""
    asked = {
        (method, re.sub(r"{\w+}", str(uuid4()), route.path))
        for route in _routes(app)
        for method in route.methods or ()
    }
    answers = {path: await intake.http.request(method, path, json={}) for method, path in asked}
    assert len(answers) >= 10
    assert {path for path, answer in answers.items() if answer.status_code != 401} == OPEN
