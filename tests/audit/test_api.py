"""Audit over HTTP, on the real app with real tokens."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from deploy.keys import OWNER
from services.audit.api import PAGE
from services.audit.verify import Verified, verify_trail
from shared.bus.work import UnitOfWork
from tests.audit.heard import some, take
from tests.audit.service import audit_app, client, signed_in, until
from tests.servers import Broker, Database

TOLD = text("SELECT body FROM outbox ORDER BY position")


@pytest.fixture
async def app(log_database: Database) -> FastAPI:
    """The app without a broker: nothing is heard or published while a test looks."""
    return audit_app(log_database)


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A client that is not signed in."""
    async with client(app) as answering:
        yield answering


@pytest.fixture
def auditor(log_database: Database) -> dict[str, str]:
    """The header of a signed-in auditor."""
    return signed_in(log_database.keys, "auditor")


async def told(connection: AsyncConnection) -> list[dict[str, Any]]:
    """The events that wait in the outbox."""
    return [json.loads(row.body) for row in await connection.execute(TOLD)]


async def test_a_trail_is_verified_by_who_reads_it(
    unit: UnitOfWork, http: httpx2.AsyncClient, auditor: dict[str, str]
) -> None:
    """An auditor gets a referral's events, in order, byte for byte, with proofs that hold."""
    referral = uuid4()
    first, others, second = some(1, referral), some(300), some(1, referral)
    await take(unit, [*first, *others, *second])

    answer = await http.get(f"/audit/api/trail?referral={referral}", headers=auditor)

    trail = answer.json()
    assert isinstance(verify_trail(trail), Verified)
    assert trail["tree"]["size"] == 302
    assert [entry["index"] for entry in trail["entries"]] == [0, 301]
    assert trail["entries"][1]["content"]["text"].encode() == second[0].body
    assert trail["next"] is None


async def test_pages_join_into_the_whole_trail(
    unit: UnitOfWork, http: httpx2.AsyncClient, auditor: dict[str, str]
) -> None:
    """By the cursor every event is shown once, and each page is verified by itself."""
    referral = uuid4()
    await take(unit, some(2 * PAGE + 1, referral))

    pages = []
    cursor: int | None = 0
    while cursor is not None:
        url = f"/audit/api/trail?referral={referral}&cursor={cursor}"
        pages.append((await http.get(url, headers=auditor)).json())
        cursor = pages[-1]["next"]

    assert all(isinstance(verify_trail(page), Verified) for page in pages)
    assert [len(page["entries"]) for page in pages] == [PAGE, PAGE, 1]
    shown = [entry["index"] for page in pages for entry in page["entries"]]
    assert shown == list(range(2 * PAGE + 1))


async def test_a_read_is_recorded_before_the_answer_leaves(
    app: FastAPI, http: httpx2.AsyncClient, auditor: dict[str, str], connection: AsyncConnection
) -> None:
    """When the answer's first byte goes out, access.recorded is committed in the outbox."""
    referral = uuid4()
    recorded: list[dict[str, Any]] = []

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        async def look_first(message: Any) -> None:
            if message["type"] == "http.response.start":
                recorded.extend(await told(connection))
            await send(message)

        await app(scope, receive, look_first)

    transport = httpx2.ASGITransport(app=watched)
    async with httpx2.AsyncClient(transport=transport, base_url="http://audit.test") as watching:
        await watching.get(f"/audit/api/trail?referral={referral}", headers=auditor)

    (event,) = recorded
    assert (event["type"], event["subject"]) == ("access.recorded.v1", str(referral))
    assert event["data"] == {
        "reader": "auditor-1",
        "roles": ["auditor"],
        "what": "trail",
        "why": "audit",
    }


async def test_what_cannot_be_recorded_is_not_shown(
    log_database: Database, unit: UnitOfWork, http: httpx2.AsyncClient, auditor: dict[str, str]
) -> None:
    """Without a record of the access there is no access."""
    referral = uuid4()
    await take(unit, some(1, referral))
    owner = await log_database.connect(OWNER)
    await owner.execute("REVOKE INSERT ON audit.outbox FROM audit")
    await owner.close()

    answer = await http.get(f"/audit/api/trail?referral={referral}", headers=auditor)

    assert answer.status_code == 500
    assert "entries" not in answer.json()


@pytest.mark.parametrize("role", ["sender", "practitioner", "coordinator"])
async def test_a_trail_is_for_auditors_alone(
    log_database: Database, http: httpx2.AsyncClient, connection: AsyncConnection, role: str
) -> None:
    """Any other role is refused, and nothing is recorded as read."""
    headers = signed_in(log_database.keys, role)

    answer = await http.get(f"/audit/api/trail?referral={uuid4()}", headers=headers)

    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert await told(connection) == []


async def test_a_trail_is_for_nobody_who_is_not_signed_in(http: httpx2.AsyncClient) -> None:
    """Without a token there is no trail."""
    assert (await http.get(f"/audit/api/trail?referral={uuid4()}")).status_code == 401


@pytest.mark.parametrize("query", ["referral=x", "", f"referral={uuid4()}&cursor=-1"])
async def test_a_question_of_another_form_is_refused(
    http: httpx2.AsyncClient, auditor: dict[str, str], query: str
) -> None:
    """What is no referral or no cursor is a problem, not an error."""
    answer = await http.get(f"/audit/api/trail?{query}", headers=auditor)

    assert answer.status_code == 422


async def test_the_tree_and_its_proofs_are_for_everybody(
    unit: UnitOfWork, http: httpx2.AsyncClient
) -> None:
    """The size, the root and a leaf's proof name nobody, and need no sign-in."""
    await take(unit, some(3))

    tree = (await http.get("/audit/api/tree")).json()
    proof = (await http.get("/audit/api/entries/2/proof")).json()

    assert tree["size"] == 3
    assert proof["tree"] == tree
    assert sorted(proof) == ["inclusion", "index", "leaf_hash", "tree"]


@pytest.mark.parametrize("index", [0, 2**40])
async def test_there_is_no_proof_beyond_the_end(http: httpx2.AsyncClient, index: int) -> None:
    """An entry that is not there yet is not found."""
    assert (await http.get(f"/audit/api/entries/{index}/proof")).status_code == 404


@pytest.mark.system
async def test_what_is_published_comes_into_the_trail(
    broker: Broker, log_database: Database, auditor: dict[str, str]
) -> None:
    """An event that triage publishes, and then the reading of its trail, are heard and logged."""
    referral = uuid4()
    (message,) = some(1, referral)
    async with broker.signed_in("triage") as triage:
        await triage.client.jetstream().publish(
            message.subject, message.body, headers={"Nats-Msg-Id": str(message.message_id)}
        )

    async with client(audit_app(log_database, broker.url)) as http:

        async def trail() -> dict[str, Any]:
            url = f"/audit/api/trail?referral={referral}"
            answer: dict[str, Any] = (await http.get(url, headers=auditor)).json()
            return answer

        async def is_logged() -> bool:
            types = {entry["type"] for entry in (await trail())["entries"]}
            return types == {"assignment.withdrawn.v1", "access.recorded.v1"}

        await until(is_logged)
        assert isinstance(verify_trail(await trail()), Verified)
