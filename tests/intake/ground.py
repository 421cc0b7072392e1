"""Intake as it runs, without a broker: the real app on a real database, and events by hand."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from deploy.tokens import mint
from services.intake.admission import Admission
from services.intake.app import create_app
from services.intake.following import Following
from services.intake.handlers import Handlers
from services.intake.settings import IntakeSettings
from services.intake.store import IntakeStore
from services.intake.vault import Vault
from shared.bus.consumer import Consumer, Received, open_event
from shared.bus.work import UnitOfWork, outbox_place
from shared.events import EventData, ReferralTriaged, envelope
from shared.registry import Registry
from shared.sign_in import Role
from shared.subjects import EVENTS, FOLLOWS
from tests.servers import Database

ROOT = Path(__file__).parents[2]
AGENCIES = ROOT / "deploy" / "local" / "agencies.yaml"
NOBODY_LISTENS = "127.0.0.1:9"
POLICE: dict[str, Any] = json.loads((ROOT / "examples" / "01-police-high-risk.json").read_text())[
    "document"
]


def settings(database: Database) -> IntakeSettings:
    """What the service is told: the local registry, and neither a broker nor triage."""
    return IntakeSettings(
        nats_url=f"nats://{NOBODY_LISTENS}",
        nats_seed_file=database.keys.seed_file("intake"),
        database_url=database.url("intake"),
        token_keys_file=database.keys.token_keys_file,
        port=0,
        vault_key_file=database.keys.vault_key_file,
        agencies_file=AGENCIES,
        triage_url=f"http://{NOBODY_LISTENS}",
        public_url="http://intake.test",
    )


@dataclass
class Serving:
    """The running app, its tables, and triage's voice."""

    http: httpx2.AsyncClient
    database: Database
    engine: AsyncEngine
    _numbers: dict[UUID, int] = field(default_factory=dict)

    @property
    def vault(self) -> Vault:
        """The vault of the running app."""
        return Vault.from_file(self.database.keys.vault_key_file)

    def signed_in(
        self, *roles: Role, who: str = "p-k4wz7m", agency: str | None = None
    ) -> dict[str, str]:
        """The header of somebody."""
        signing = self.database.keys.token_signing_file
        return {"Authorization": f"Bearer {mint(signing, who, roles, agency=agency)}"}

    async def send(self, document: dict[str, Any], agency: str = "met-police") -> UUID:
        """A document from an agency's system: the referral's id."""
        answer = await self.http.post(
            "/intake/api/referrals",
            json=document,
            headers=self.signed_in("sender", who="a-system", agency=agency),
        )
        assert answer.status_code == 202, answer.text
        return UUID(answer.json()["referral_id"])

    async def get(self, path: str, *roles: Role, **who: Any) -> httpx2.Response:
        """A page or a call, as somebody with these roles."""
        return await self.http.get(path, headers=self.signed_in(*roles, **who))

    async def hear(self, referral: UUID, *events: EventData, times: int = 1) -> None:
        """Events of triage's about a referral, as the broker brings them, all in one transaction
        and all of it so many times."""
        received = [self._received(referral, event) for event in events]
        store = IntakeStore(self.vault)
        handlers = Handlers(Admission(Registry.load(AGENCIES), store), store)
        types = {
            ReferralTriaged.TYPE: handlers.on_referral_triaged,
            **Following(store).handlers,
        }
        unit = UnitOfWork(self.engine, "intake", lambda: None, self.vault)
        consumer = Consumer(unit, open_event(types, frozenset(FOLLOWS["intake"])))
        for _ in range(times):
            async with unit.transaction() as transaction:
                early = await consumer.handle(transaction, [consumer.open(r) for r in received])
            assert not early

    def _received(self, referral: UUID, event: EventData) -> Received:
        number = self._numbers[referral] = self._numbers.get(referral, 0) + 1
        said = envelope(
            event,
            event_id=uuid4(),
            producer="triage",
            subject=referral,
            time=datetime.now(UTC),
            sequence=number,
        )
        body = said.model_dump_json(exclude_none=True).encode()
        return Received(said.id, EVENTS, f"event.{event.TYPE}", body)

    async def receipts(self, referral: UUID) -> list[dict[str, Any]]:
        """What was told on the bus to a referral's sender, in order."""
        return [
            said
            for subject, said in await self._outbox()
            if subject.startswith("receipt.") and said["referral_id"] == str(referral)
        ]

    async def told(self, referral: UUID) -> list[dict[str, Any]]:
        """The events of a referral, in order."""
        return [
            said
            for subject, said in await self._outbox()
            if subject.startswith("event.") and said["subject"] == str(referral)
        ]

    async def run(self, statement: str) -> None:
        """SQL as the tables' owner."""
        connection = await self.database.connect("fingerpost_owner")
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def _outbox(self) -> list[tuple[str, dict[str, Any]]]:
        async with self.engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT message_id, subject, body FROM outbox ORDER BY position")
            )
            return [(row.subject, json.loads(self._opened(row))) for row in rows]

    def _opened(self, row: Any) -> bytes:
        if row.subject.startswith("event."):
            return bytes(row.body)
        return self.vault.open(bytes(row.body), outbox_place(row.message_id))


@asynccontextmanager
async def serving(database: Database) -> AsyncIterator[Serving]:
    """The app on a database with intake's tables."""
    app = create_app(settings(database))
    engine = create_async_engine(database.url("intake"))
    transport = httpx2.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://intake.test") as http,
    ):
        yield Serving(http, database, engine)
    await engine.dispose()


def document(**changes: Any) -> dict[str, Any]:
    """The police's document under a reference that no other test uses."""
    return {**POLICE, "reference": f"MP-{uuid4().hex}", **changes}
