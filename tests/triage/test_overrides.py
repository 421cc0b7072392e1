"""A coordinator overrules the rules: by hand, with a reason, and both decisions stay."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from deploy.keys import OWNER, Keys
from deploy.migrations import migrate
from deploy.tokens import mint
from services.intake.deriving import derive_facts
from services.intake.reading import read_document
from services.triage.app import create_app
from services.triage.assignments.assigning import Assigning
from services.triage.directory.store import seed
from services.triage.handlers import Handlers
from services.triage.policy.library import load_library
from services.triage.settings import TriageSettings
from shared.bus.work import UnitOfWork
from shared.events import ReferralAmended, ReferralReceived
from shared.facts import History
from shared.sign_in import Role
from tests.servers import Postgres, built_on
from tests.triage.people import Fixed, local

ROOT = Path(__file__).parents[2]
DIRECTORY = ROOT / "deploy" / "local" / "directory.yaml"
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@dataclass
class Triage:
    """Triage with a decided referral, its HTTP side, and its handlers as the bus calls them."""

    http: httpx2.AsyncClient
    engine: AsyncEngine
    handlers: Handlers
    keys: Keys
    referral: UUID

    async def override(
        self, action: str, pathway: str, role: Role = "coordinator", reason: str = "she asked"
    ) -> httpx2.Response:
        """As somebody with a role."""
        token = mint(self.keys.token_signing_file, f"{role}-1", (role,))
        return await self.http.post(
            f"/triage/api/referrals/{self.referral}/override",
            json={"action": action, "pathway": pathway, "reason": reason},
            headers={"Authorization": f"Bearer {token}"},
        )

    async def decision(self) -> dict[str, Any]:
        """What a coordinator sees."""
        token = mint(self.keys.token_signing_file, "coordinator-1", ("coordinator",))
        answer = await self.http.get(
            f"/triage/api/referrals/{self.referral}/decision",
            headers={"Authorization": f"Bearer {token}"},
        )
        found: dict[str, Any] = answer.json()
        return found

    async def offered(self) -> dict[str, str]:
        """The pathways for which somebody is asked, with the kind of each assignment."""
        assignments = (await self.decision())["assignments"]
        return {a["pathway"]: a["kind"] for a in assignments if a["state"] == "offered"}

    async def told(self) -> list[dict[str, Any]]:
        """Every event told, in order."""
        async with self.engine.connect() as connection:
            rows = await connection.execute(text("SELECT body FROM outbox ORDER BY position"))
            return [json.loads(row.body) for row in rows]

    async def hear(self, number: str, kind: type[ReferralReceived], **changes: Any) -> None:
        """An example as intake would tell it."""
        (file,) = (ROOT / "examples").glob(f"{number}-*.json")
        document = json.loads(file.read_text())["document"] | changes
        # Not from the person herself, who is owed an answer within 24 hours: at a weekend nobody
        # is at work within them.
        document["source"] |= {"team": "voluntary_organisation"}
        event = kind(
            referral_id=self.referral,
            revision=1 if kind is ReferralReceived else 2,
            person_ref=self.referral,
            catalogues=("bromley",),
            facts=derive_facts(read_document(json.dumps(document).encode(), NOW)),
            history=History(),
        )
        unit = UnitOfWork(self.engine, "triage", lambda: None)
        async with unit.work(uuid4()) as work:
            if isinstance(event, ReferralAmended):
                await self.handlers.on_referral_amended(event, work)
            else:
                await self.handlers.on_referral_received(event, work)


@pytest.fixture
async def triage(postgres: Postgres) -> AsyncIterator[Triage]:
    """Example 04, a referral of standard risk, decided."""
    database = await postgres.fresh_database()
    await migrate(database.url(OWNER))
    settings = TriageSettings(
        nats_url="nats://127.0.0.1:9",
        nats_seed_file=database.keys.seed_file("triage"),
        database_url=database.url("triage"),
        token_keys_file=database.keys.token_keys_file,
        port=0,
        directory_file=DIRECTORY,
        public_url="http://triage.test",
    )
    engine = create_async_engine(database.url("triage"))
    with built_on(engine):
        transport = httpx2.ASGITransport(app=create_app(settings))
    async with httpx2.AsyncClient(transport=transport, base_url="http://triage.test") as http:
        library = load_library()
        handlers = Handlers(library, Assigning(library, Fixed(local())))
        await seed(UnitOfWork(engine, "triage", lambda: None), DIRECTORY)
        whole = Triage(http, engine, handlers, database.keys, uuid4())
        await whole.hear("04", ReferralReceived)
        yield whole
    await engine.dispose()


async def test_routed_by_hand(triage: Triage) -> None:
    """A pathway that the rules did not choose is offered, told as an override and as an offer."""
    answer = await triage.override("route", "idsva_specialist_adult")
    assert answer.status_code == 201
    assert (await triage.offered())["idsva_specialist_adult"] == "by_hand"
    *_, overridden, offered, _access = await triage.told()
    assert (overridden["type"], offered["type"]) == (
        "referral.overridden.v1",
        "assignment.offered.v1",
    )
    assert offered["data"]["practitioner_id"] == answer.json()["practitioner_id"]


async def test_both_decisions_stay(triage: Triage) -> None:
    """The rules' decision is as it was; the override stands beside it with who and why."""
    before = await triage.decision()
    await triage.override("withdraw", "one_stop_shop", reason="she has a solicitor")
    after = await triage.decision()
    assert after["decision"] == before["decision"]
    (override,) = after["overrides"]
    assert (override["action"], override["pathway"]) == ("withdraw", "one_stop_shop")
    assert (override["made_by"], override["reason"]) == ("coordinator-1", "she has a solicitor")
    assert "one_stop_shop" not in await triage.offered()


async def test_the_reason_is_told_nobody(triage: Triage) -> None:
    """A reason is free text: it stays with the decision and never travels."""
    await triage.override("withdraw", "one_stop_shop", reason="Canary Quill said so")
    assert "Canary" not in json.dumps(await triage.told())


@pytest.mark.parametrize(
    ("action", "pathway", "status", "kind"),
    [
        ("route", "no_such_pathway", 404, "unknown-pathway"),
        ("route", "one_stop_shop", 409, "already-offered"),
        ("withdraw", "marac", 409, "not-offered"),
        ("route", "restorative_justice", 409, "safety-block"),
        ("route", "Robert'); --", 422, "invalid-request"),
        ("forget", "marac", 422, "invalid-request"),
    ],
)
async def test_what_cannot_be_overridden(
    triage: Triage, action: str, pathway: str, status: int, kind: str
) -> None:
    """It is refused with its reason, and nothing of it stands."""
    before = await triage.told()
    answer = await triage.override(action, pathway)
    assert (answer.status_code, answer.json()["type"]) == (
        status,
        f"urn:fingerpost:problem:{kind}",
    )
    assert await triage.told() == before


@pytest.mark.parametrize("role", ["sender", "practitioner", "auditor"])
async def test_coordinators_alone(triage: Triage, role: Role) -> None:
    """Nobody else overrules the rules."""
    assert (await triage.override("withdraw", "one_stop_shop", role)).status_code == 403


async def test_an_amendment_leaves_what_was_done_by_hand(triage: Triage) -> None:
    """New information neither withdraws an offer made by hand nor repeats one withdrawn by hand."""
    await triage.override("route", "idsva_specialist_adult")
    await triage.override("withdraw", "one_stop_shop")
    await triage.hear("04", ReferralAmended, wants=["counselling"])
    offered = await triage.offered()
    assert offered["idsva_specialist_adult"] == "by_hand"
    assert "one_stop_shop" not in offered
    assert "community_outreach" in offered
