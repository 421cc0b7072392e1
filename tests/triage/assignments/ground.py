"""Triage's pages and API of assignments on real tables, with a clock of the test's own."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from deploy.keys import OWNER, Keys
from deploy.tokens import mint
from services.triage.assignments.acts import Acting
from services.triage.assignments.api import assignments_api
from services.triage.assignments.assigning import Assigning
from services.triage.assignments.clocks import Clocks
from services.triage.assignments.desk_page import desk_router
from services.triage.assignments.pages import WorkPages, work_router
from services.triage.directory.entries import Directory
from services.triage.handlers import Handlers
from services.triage.pages import TEMPLATES
from services.triage.policy.library import Library
from services.triage.sweeping import DueClocks, FreePlaces
from shared import problems
from shared.bus.work import UnitOfWork
from shared.events import ReferralReceived
from shared.facts import History
from shared.pages import Pages
from shared.sign_in import COOKIE, Doorkeeper, Role
from tests.servers import Database
from tests.triage.cases import EXAMPLES, facts_of, library
from tests.triage.people import Fixed, local

NOW = datetime(2026, 11, 20, 12, 50, tzinfo=UTC)
"""A Friday in working hours, in the time of Bromley's second catalogue."""
BROMLEYS_COORDINATOR = "p-yb63sy"


@dataclass
class Place:
    """A room of triage with its doors. `directory` may be replaced between requests."""

    engine: AsyncEngine
    keys: Keys
    library: Library = field(default_factory=library)
    directory: Directory = field(default_factory=local)
    now: datetime = NOW

    async def current(self, connection: AsyncConnection) -> Directory:  # noqa: ARG002 - not needed
        """The directory as the services ask for it."""
        return self.directory

    @property
    def unit(self) -> UnitOfWork:
        """Transactions at the test's time."""
        return UnitOfWork(self.engine, "triage", lambda: None, clock=lambda: self.now)

    def app(self, public_url: str = "http://triage.test") -> FastAPI:
        """The HTTP side alone."""
        app = FastAPI()
        problems.install(app)
        pages = Pages("triage", TEMPLATES, public_url)
        pages.install(app)
        doorkeeper = Doorkeeper.from_file(self.keys.token_keys_file)
        acting = Acting(self.unit, Assigning(self.library, self))
        of = WorkPages(pages, acting, self.library, self)
        app.include_router(assignments_api(acting, doorkeeper))
        app.include_router(work_router(of, doorkeeper))
        app.include_router(desk_router(of, doorkeeper))
        return app

    @asynccontextmanager
    async def browser(self, who: str, *roles: Role) -> AsyncIterator[httpx2.AsyncClient]:
        """Somebody at work: asks for pages as a browser does, and for JSON where the path says
        so."""
        token = mint(self.keys.token_signing_file, who, roles or ("practitioner",))
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.app()),
            base_url="http://triage.test",
            cookies={COOKIE: token},
            headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"},
        ) as client:
            yield client

    async def hear(self, number: str, **changes: Any) -> UUID:
        """An example, as intake would tell it, made now; the referral's id."""
        (file,) = EXAMPLES.glob(f"{number}-*.json")
        document = json.loads(file.read_text())["document"] | changes
        referral = uuid4()
        event = ReferralReceived(
            referral_id=referral,
            revision=1,
            person_ref=uuid4(),
            catalogues=("bromley",),
            facts=facts_of(document),
            history=History(),
        )
        handlers = Handlers(self.library, Assigning(self.library, Fixed(self.directory)))
        async with self.unit.work(uuid4()) as work:
            await handlers.on_referral_received(event, work)
        return referral

    async def later(self, **time: float) -> None:
        """Time passes, and what became due meanwhile happens."""
        self.now += timedelta(**time)
        clocks = Clocks(self.library, self)
        for step in (DueClocks(self.unit, clocks).step, FreePlaces(self.unit, clocks).step):
            while await step():
                pass

    async def assignments(self, referral: UUID) -> dict[str, Any]:
        """A referral's assignments as they stand, by their pathways."""
        async with self.engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT * FROM assignment WHERE referral_id = :id"), {"id": referral}
            )
            return {row.pathway: row for row in rows}

    async def now_of(self, one: Any) -> Any:
        """An assignment as it stands."""
        async with self.engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT * FROM assignment WHERE id = :id"), {"id": one.id}
            )
            return rows.one()

    async def told(self, kind: str | None = None) -> list[dict[str, Any]]:
        """What was told, in order; of one type, if given."""
        async with self.engine.connect() as connection:
            rows = await connection.execute(text("SELECT body FROM outbox ORDER BY position"))
            events = [json.loads(row.body) for row in rows]
        return [each for each in events if kind in (None, each["type"].removesuffix(".v1"))]


@asynccontextmanager
async def place_on(database: Database) -> AsyncIterator[Place]:
    """A room of triage on empty tables."""
    owner = await database.connect(OWNER)
    await owner.execute(
        "TRUNCATE triage.decision, triage.referral, triage.assignment, triage.step,"
        " triage.conflict, triage.override, triage.inbox, triage.outbox, triage.event_sequence"
        " CASCADE"
    )
    await owner.close()
    engine = create_async_engine(database.url("triage"))
    yield Place(engine, database.keys)
    await engine.dispose()
