"""The trail over HTTP, on the real app with real tokens and a log that signs."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from deploy.keys import OWNER
from services.audit.tlog.witness_policy import parse_policy
from services.audit.trail.looking import PAGE
from services.audit.verify import Verified, verify_trail
from shared.bus.work import UnitOfWork
from tests.audit.heard import some, take
from tests.audit.looking import PURPOSE, is_signed, pages
from tests.audit.service import audit_app, client, signed_in, until
from tests.servers import Broker, Database

TOLD = text("SELECT body FROM outbox ORDER BY position")
TRAIL = "/audit/api/trail"


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
    """The reads that wait in the outbox to be told."""
    events = [json.loads(row.body) for row in await connection.execute(TOLD)]
    return [event for event in events if event["type"] == "access.recorded.v1"]


async def test_a_trail_is_verified_by_who_reads_it(
    log_database: Database,
    unit: UnitOfWork,
    http: httpx2.AsyncClient,
    auditor: dict[str, str],
    connection: AsyncConnection,
) -> None:
    """An auditor gets a referral's events, in order, byte for byte, proved in the signed log."""
    referral = uuid4()
    first, others, second = some(1, referral), some(300), some(1, referral)
    await take(unit, [*first, *others, *second])
    await is_signed(connection)

    (trail,) = await pages(http, auditor, referral=str(referral))

    policy = parse_policy(log_database.keys.log_policy_file.read_text())
    verified = verify_trail(trail, policy)
    assert isinstance(verified, Verified)
    assert verified.signed
    assert verified.tree is not None
    assert verified.tree.size == 302
    assert [entry["index"] for entry in trail["entries"]] == [0, 301]
    assert trail["entries"][1]["content"]["text"].encode() == second[0].body
    assert trail["unsigned"] == 0


async def test_pages_join_into_the_whole_trail(
    unit: UnitOfWork,
    http: httpx2.AsyncClient,
    auditor: dict[str, str],
    connection: AsyncConnection,
) -> None:
    """By the cursor every event is shown once, and each page is verified by itself."""
    referral = uuid4()
    await take(unit, some(2 * PAGE + 1, referral))
    await is_signed(connection)

    found = await pages(http, auditor, referral=str(referral))

    assert all(isinstance(verify_trail(page), Verified) for page in found)
    assert [len(page["entries"]) for page in found] == [PAGE, PAGE, 1]
    shown = [entry["index"] for page in found for entry in page["entries"]]
    assert shown == list(range(2 * PAGE + 1))


async def test_what_is_not_signed_is_counted_and_not_shown(
    log_database: Database, unit: UnitOfWork, auditor: dict[str, str]
) -> None:
    """A log that nobody signs shows nothing."""
    await take(unit, some(3))
    app = audit_app(log_database)
    transport = httpx2.ASGITransport(app=app)

    # Without its lifespan the app has no signer.
    async with httpx2.AsyncClient(transport=transport, base_url="http://audit.test") as http:
        (trail,) = await pages(http, auditor)

    assert (trail["checkpoint"], trail["unsigned"], trail["entries"]) == (None, 3, [])
    assert isinstance(verify_trail(trail), Verified)


@pytest.mark.parametrize(
    ("path", "asked", "subject", "what"),
    [
        ("trail", {"referral": "R"}, "R", "trail"),
        ("chronology", {"person_ref": "R"}, "R", "chronology"),
        ("export", {"referral": "R", "format": "csv"}, "R", "export csv"),
        ("trail", {"pair_ref": "R", "type": "referral.triaged"}, "R", "trail by type"),
    ],
)
async def test_a_read_is_recorded_before_the_answer_leaves(
    app: FastAPI,
    http: httpx2.AsyncClient,
    auditor: dict[str, str],
    connection: AsyncConnection,
    unit: UnitOfWork,
    path: str,
    asked: dict[str, str],
    subject: str,
    what: str,
) -> None:
    """When the answer's first byte goes out, who looks at what and why is committed."""
    await take(unit, some(1))
    await is_signed(connection)
    referral = str(uuid4())
    recorded: list[dict[str, Any]] = []

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        async def look_first(message: Any) -> None:
            if message["type"] == "http.response.start":
                recorded.extend(await told(connection))
            await send(message)

        await app(scope, receive, look_first)

    transport = httpx2.ASGITransport(app=watched)
    query = PURPOSE | {name: value.replace("R", referral) for name, value in asked.items()}
    async with httpx2.AsyncClient(transport=transport, base_url="http://audit.test") as watching:
        await watching.get(f"/audit/api/{path}", params=query, headers=auditor)

    (event,) = recorded
    assert event["subject"] == subject.replace("R", referral)
    assert event["data"].pop("what").startswith(what)
    assert event["data"] == {
        "reader": "auditor-1",
        "roles": ["auditor"],
        "why": "inspection HMI/2026-7",
    }


async def test_the_words_that_were_looked_for_are_not_recorded(
    http: httpx2.AsyncClient, auditor: dict[str, str], connection: AsyncConnection
) -> None:
    """Somebody might look for a name, and the trail keeps what it is told for ever."""
    query = PURPOSE | {"text": "Canarysurname", "agency": "met-police"}
    await http.get(TRAIL, params=query, headers=auditor)

    (event,) = await told(connection)
    assert "Canarysurname" not in json.dumps(event)
    assert event["data"]["what"] == "trail by agency met-police, words"


async def test_what_cannot_be_recorded_is_not_shown(
    log_database: Database,
    unit: UnitOfWork,
    http: httpx2.AsyncClient,
    auditor: dict[str, str],
    connection: AsyncConnection,
) -> None:
    """Without a record of the access there is no access, as data, as a file or as a page."""
    referral = str(uuid4())
    await take(unit, some(1, UUID(referral)))
    await is_signed(connection)
    owner = await log_database.connect(OWNER)
    await owner.execute("REVOKE INSERT ON audit.outbox FROM audit")
    await owner.close()
    one = {"referral": referral, "format": "jsonl"}
    person = {"person_ref": referral}
    looks = [("api/trail", one), ("api/chronology", person), ("api/export", one)]

    for path, asked in [*looks, ("trail", one), ("chronology", person)]:
        answer = await http.get(f"/audit/{path}", params=PURPOSE | asked, headers=auditor)

        assert answer.status_code == 500, path
        assert "idsva-1" not in answer.text


async def test_a_trail_is_for_auditors_alone(
    log_database: Database, http: httpx2.AsyncClient, connection: AsyncConnection
) -> None:
    """Any other role is refused, whatever it asks for, and nothing is recorded as read."""
    query = PURPOSE | {"person_ref": str(uuid4()), "format": "csv"}
    paths = ("api/trail", "api/chronology", "api/export", "trail", "chronology", "search", "log")
    for role in ("sender", "practitioner", "coordinator"):
        headers = signed_in(log_database.keys, role)
        for path in paths:
            answer = await http.get(f"/audit/{path}", params=query, headers=headers)

            assert answer.status_code == 403, (role, path)
            assert answer.headers["content-type"] == "application/problem+json"
    assert await told(connection) == []


async def test_a_trail_is_for_nobody_who_is_not_signed_in(http: httpx2.AsyncClient) -> None:
    """Without a token there is no trail."""
    assert (await http.get(TRAIL, params=PURPOSE)).status_code == 401


REFUSED = [
    ("trail", {}, "why"),
    ("trail", {"why": "curiosity", "reference": ""}, "why"),
    ("trail", PURPOSE | {"reference": "about J. Doe"}, "reference"),
    ("trail", PURPOSE | {"referral": "x"}, "referral"),
    ("trail", PURPOSE | {"cursor": "-1"}, "cursor"),
    ("trail", PURPOSE | {"text": "the of"}, "text"),
    ("chronology", PURPOSE, "person_ref"),
    ("chronology", PURPOSE | {"person_ref": str(uuid4()), "agency": "x-y"}, "person_ref"),
    ("export", PURPOSE | {"format": "docx"}, "format"),
    ("export", {"format": "csv"}, "why"),
]


async def test_a_question_of_another_form_is_refused(
    http: httpx2.AsyncClient, auditor: dict[str, str]
) -> None:
    """What cannot be answered, or says not why, is a problem with the field at fault."""
    for path, query, field in REFUSED:
        answer = await http.get(f"/audit/api/{path}", params=query, headers=auditor)

        assert answer.status_code == 422, query
        assert field in {each["field"] for each in answer.json()["problems"]}, query


async def test_a_look_without_a_cases_number_is_recorded_by_its_reason_alone(
    http: httpx2.AsyncClient, auditor: dict[str, str], connection: AsyncConnection
) -> None:
    """Left out or blank: not every look has a case. What is none is told how it may look."""
    for query in ({"why": "inspection"}, {"why": "inspection", "reference": ""}):
        assert (await http.get(TRAIL, params=query, headers=auditor)).status_code == 200
    words = PURPOSE | {"reference": "about J. Doe"}
    (problem,) = (await http.get(TRAIL, params=words, headers=auditor)).json()["problems"]

    assert [each["data"]["why"] for each in await told(connection)] == ["inspection"] * 2
    assert problem["problem"].endswith("Leave it out if there is none")


@pytest.mark.system
async def test_what_is_published_comes_into_the_trail(
    broker: Broker, log_database: Database, auditor: dict[str, str]
) -> None:
    """An event that triage publishes, and then the reading of its trail, are heard and signed."""
    referral = uuid4()
    (message,) = some(1, referral)
    async with broker.signed_in("triage") as triage:
        await triage.client.jetstream().publish(
            message.subject, message.body, headers={"Nats-Msg-Id": str(message.message_id)}
        )

    async with client(audit_app(log_database, broker.url)) as http:

        async def is_logged() -> bool:
            (page,) = await pages(http, auditor, referral=str(referral))
            assert isinstance(verify_trail(page), Verified)
            types = {entry["type"] for entry in page["entries"]}
            return types == {"assignment.withdrawn.v1", "access.recorded.v1"}

        await until(is_logged)
