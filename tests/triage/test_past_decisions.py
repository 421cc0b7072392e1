"""Past decisions over HTTP, page by page, for a replay; on a real database."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI

from deploy.keys import Keys
from deploy.tokens import mint
from services.triage import api
from services.triage.assignments.assigning import Assigning
from services.triage.handlers import Handlers
from services.triage.policy.replaying import Kept, Replay
from shared import problems
from shared.events import AccessRecorded, ReferralReceived
from shared.facts import History
from shared.sign_in import Doorkeeper, Role
from tests.servers import Postgres
from tests.shared.ground import Bench, bench
from tests.triage.cases import facts, library
from tests.triage.people import Fixed, local

HANDLERS = Handlers(library(), Assigning(library(), Fixed(local())))
DAYS = {"catalogue": "bromley", "from": "2026-11-01", "to": "2026-11-30"}


@dataclass
class Past:
    """Triage's decisions, and the API that reads them."""

    ground: Bench
    http: httpx2.AsyncClient
    keys: Keys

    async def decided(self, made_at: str, catalogue: str = "bromley", **known: Any) -> UUID:
        """One more referral, decided and stored; its id."""
        given = facts(catalogue, made_at=made_at, **known)
        event = ReferralReceived(
            referral_id=uuid4(),
            revision=1,
            person_ref=uuid4(),
            catalogues=(catalogue,),
            facts=given,
            history=History(),
        )
        async with self.ground.unit.work(uuid4()) as work:
            await HANDLERS.on_referral_received(event, work)
        return event.referral_id

    async def ask(self, role: Role = "auditor", **query: Any) -> httpx2.Response:
        """One page."""
        token = mint(self.keys.token_signing_file, f"{role}-1", (role,))
        return await self.http.get(
            "/triage/api/decisions",
            params=DAYS | query,
            headers={"Authorization": f"Bearer {token}"},
        )

    async def readings(self) -> list[dict[str, Any]]:
        """The events that say who read what."""
        told = [json.loads(row.body) for row in await self.ground.rows("outbox")]
        return [event for event in told if event["type"] == f"{AccessRecorded.TYPE}.v1"]

    async def read(self, **query: Any) -> list[dict[str, Any]]:
        """Every page's decisions."""
        found: list[dict[str, Any]] = []
        cursor: str | None = str(UUID(int=0))
        while cursor is not None:
            page = (await self.ask(**query, cursor=cursor)).json()
            found += page["decisions"]
            cursor = page["next"]
        return found


@pytest.fixture
async def past(postgres: Postgres, test_keys: Keys) -> AsyncIterator[Past]:
    """No decision yet."""
    ground = await bench(postgres, "triage")
    app = FastAPI()
    problems.install(app)
    doorkeeper = Doorkeeper.from_file(test_keys.token_keys_file)
    app.include_router(api.api_router(ground.unit, library(), doorkeeper))
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://triage.test") as http:
        yield Past(ground, http, test_keys)
    await ground.engine.dispose()


async def test_the_days_are_londons_and_both_included(past: Past) -> None:
    """In summer London's midnight is an hour before that of UTC."""
    await past.decided("2026-06-09T22:59:59Z")
    first = await past.decided("2026-06-09T23:00:00Z")
    last = await past.decided("2026-06-10T22:59:59Z")
    await past.decided("2026-06-10T23:00:00Z")

    found = await past.read(**{"from": "2026-06-10", "to": "2026-06-10"})

    assert {each["referral_id"] for each in found} == {str(first), str(last)}


async def test_decisions_of_another_catalogue_stay_where_they_are(past: Past) -> None:
    """A replay of Bromley's policy reads nobody's facts in Barnet."""
    await past.decided("2026-11-18T10:00:00Z", "barnet")
    ours = await past.decided("2026-11-18T10:00:00Z")

    assert [each["referral_id"] for each in await past.read()] == [str(ours)]


async def test_pages_together_hold_each_decision_once(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a page holds none that fits."""
    monkeypatch.setattr(api, "PAGE", 2)
    ours = {str(await past.decided("2026-11-18T10:00:00Z")) for _ in range(5)}
    for _ in range(4):
        await past.decided("2026-11-18T10:00:00Z", "barnet")

    found = await past.read()

    assert len(found) == 5
    assert {each["referral_id"] for each in found} == ours


async def test_who_read_whose_facts_is_recorded_referral_by_referral(past: Past) -> None:
    """In the transaction that answers: what was not recorded was not read."""
    ours = {str(await past.decided("2026-11-18T10:00:00Z")) for _ in range(2)}

    await past.ask("coordinator")

    told = await past.readings()
    assert {event["subject"] for event in told} == ours
    assert told[0]["data"] == {
        "reader": "coordinator-1",
        "roles": ["coordinator"],
        "what": "facts",
        "why": "replay",
    }


async def test_what_was_stored_replays_without_a_difference(past: Past) -> None:
    """Through the database and back, a decision equals its own replay under its own catalogue."""
    for known in (
        {"age": 35, "district": "BR5", "risk_score": 15, "children": ({"age": 3},)},
        {"role": "perpetrator", "team": "self", "gender": "male"},
        {"role": "resident", "concerns": ("noise",)},
        {"role": "harmed_person", "crime_types": ("rape",), "consent_status": "given"},
    ):
        await past.decided("2026-11-18T10:00:00+00:00", **known)
    replay = Replay(library().versions("bromley")[1])

    for each in await past.read():
        replay.compare(Kept.model_validate(each))

    assert (replay.compared, replay.differences) == (4, [])


async def test_of_what_was_considered_only_the_verdict_travels(past: Past) -> None:
    """Criteria and tasks stay."""
    await past.decided("2026-11-18T10:00:00Z")

    (found,) = await past.read()

    assert "tasks" not in found["decision"]
    assert {frozenset(each) for each in found["decision"]["considered"]} == {
        frozenset({"pathway", "verdict"})
    }


async def test_a_period_that_ends_before_it_begins_is_refused(past: Past) -> None:
    """By the name of the parameter."""
    answer = await past.ask(to="2026-10-31")

    assert answer.status_code == 422
    assert answer.json()["problems"] == [{"field": "to", "problem": "is before from"}]


@pytest.mark.parametrize("role", ["sender", "practitioner"])
async def test_the_past_is_for_coordinators_and_auditors(past: Past, role: Role) -> None:
    """Nobody else reads everybody's facts."""
    answer = await past.ask(role)

    assert answer.status_code == 403
    assert await past.readings() == []
