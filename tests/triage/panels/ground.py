"""Panels on a real database, over HTTP: for the tests of this folder and of the browser."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx2
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from deploy.keys import OWNER, Keys
from deploy.migrations import migrate
from deploy.tokens import mint
from services.triage.directory.changes import differences, entries_of
from services.triage.directory.store import Directories, apply
from services.triage.pages import TEMPLATES
from services.triage.panels.api import panels_api
from services.triage.panels.listing import Listing
from services.triage.panels.meetings import Meetings
from services.triage.panels.overdue import OverdueActions
from services.triage.panels.pages import panel_pages
from services.triage.panels.rhythm import Panels
from shared import problems
from shared.bus.work import UnitOfWork
from shared.pages import Pages
from shared.sign_in import Doorkeeper, Role
from tests.servers import Postgres
from tests.triage.cases import VICTIM, decided, facts, library
from tests.triage.panels import people

MONDAY = datetime(2026, 11, 16, 10, tzinfo=UTC)
"""Bromley's next MARAC is on 24 November 2026, and the one after it on 22 December."""
URL = "http://triage.test"


@dataclass
class Clock:
    """What time it is; a test says so."""

    now: datetime = MONDAY

    def __call__(self) -> datetime:
        """As the unit of work asks."""
        return self.now


@dataclass
class Ground:
    """Panels with their tables, their HTTP side, and their sweeping."""

    http: httpx2.AsyncClient
    app: FastAPI
    unit: UnitOfWork
    clock: Clock
    keys: Keys
    listing: Listing
    overdue: OverdueActions

    @property
    def engine(self) -> AsyncEngine:
        """The database, as triage."""
        return self.unit.engine

    def token(self, who: str, *roles: Role) -> str:
        """A sign-in."""
        return mint(self.keys.token_signing_file, who, roles or ("practitioner",))

    async def get(self, path: str, who: str = people.MEMBER, *roles: Role) -> httpx2.Response:
        """As somebody, by the API; a practitioner unless said."""
        headers = {"Authorization": f"Bearer {self.token(who, *roles)}"}
        return await self.http.get(f"/triage/api/panels{path}", headers=headers)

    async def post(
        self, path: str, body: dict[str, Any], who: str = people.MEMBER, *roles: Role
    ) -> httpx2.Response:
        """As `get`."""
        headers = {"Authorization": f"Bearer {self.token(who, *roles)}"}
        return await self.http.post(f"/triage/api/panels{path}", json=body, headers=headers)

    async def agenda(self, panel: str = "marac", day: str = "2026-11-24") -> list[dict[str, Any]]:
        """The cases of a meeting, as the panel's team sees them."""
        answer = await self.get(f"/bromley/{panel}/agenda?meets_on={day}")
        assert answer.status_code == 200, answer.text
        cases: list[dict[str, Any]] = answer.json()["cases"]
        return cases

    async def decide(self, referral_id: UUID, *, amended: bool = False, **known: Any) -> None:
        """A victim's referral is decided on, or what else `known` says, and the panels follow."""
        decision = decided("bromley", **({**VICTIM, "risk_score": 14} | known))
        async with self.unit.work(uuid4()) as work:
            await self.listing.follow(referral_id, decision, "bromley", work, amended=amended)

    async def listed(self, panel: str = "marac", **known: Any) -> dict[str, Any]:
        """A new referral's case on the agenda."""
        referral_id = uuid4()
        await self.decide(referral_id, **known)
        async with self.engine.connect() as connection:
            row = (
                await connection.execute(
                    text("SELECT * FROM panel_case WHERE referral_id = :id AND panel = :panel"),
                    {"id": referral_id, "panel": panel},
                )
            ).one()
        return dict(row._mapping)

    async def nominal(self) -> dict[str, Any]:
        """A new referral to Integrated Offender Management, on its panel's agenda."""
        return await self.listed(
            "iom",
            role="offender",
            age=30,
            concerns=("acquisitive_crime",),
            cohorts=("persistent_offender",),
        )

    async def known_referral(
        self, referral_id: UUID, *, pair: UUID, role: str, holder: str | None = None
    ) -> None:
        """What triage keeps of a referral, with an assignment that somebody has held."""
        async with self.engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO referral (id, revision, person_ref, pair_ref, catalogue, measure,"
                    " made_on, role, team, urgent, risk_level) VALUES (:id, 1, :id, :pair,"
                    " 'bromley', 'bromley', '2026-11-16', :role, 'police_csu', false, 'medium')"
                ),
                {"id": referral_id, "pair": pair, "role": role},
            )
            if holder:
                assignment = uuid4()
                await self.assign(connection, referral_id, "some_pathway", holder, assignment)
                await connection.execute(
                    text(
                        "INSERT INTO step (assignment_id, number, referral_id, at, act, state,"
                        " level, pathway, holder) VALUES (:id, 1, :referral, now(), 'offer',"
                        " 'offered', 'practitioner', 'some_pathway', :holder)"
                    ),
                    {"id": assignment, "referral": referral_id, "holder": holder},
                )

    @staticmethod
    async def assign(
        connection: AsyncConnection, referral_id: UUID, pathway: str, holder: str, one: UUID
    ) -> None:
        """An assignment that somebody has accepted."""
        await connection.execute(
            text(
                "INSERT INTO assignment (id, referral_id, pathway, kind, holder, state, urgent)"
                " VALUES (:id, :referral, :pathway, 'lead', :holder, 'accepted', false)"
            ),
            {"id": one, "referral": referral_id, "pathway": pathway, "holder": holder},
        )

    async def declare_conflict(self, practitioner_id: str, person_ref: UUID) -> None:
        """Somebody may not work with a person."""
        async with self.engine.begin() as connection:
            await connection.execute(
                text("INSERT INTO conflict VALUES (:who, :person, now())"),
                {"who": practitioner_id, "person": person_ref},
            )

    async def decided_elsewhere(self) -> UUID:
        """A referral that Bromley's policy decided, and routed to no panel."""
        referral_id = uuid4()
        known = VICTIM | {"risk_score": 5}
        async with self.engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO decision (id, referral_id, revision, decided_at, facts, history,"
                    " decision) VALUES (:id, :id, 1, :now, CAST(:facts AS jsonb), '{}',"
                    " CAST(:decision AS json))"
                ),
                {
                    "id": referral_id,
                    "now": self.clock(),
                    "facts": facts("bromley", **known).model_dump_json(
                        by_alias=True, exclude_none=True
                    ),
                    "decision": decided("bromley", **known).as_route_text(),
                },
            )
        return referral_id

    async def told(self, type_: str = "") -> list[dict[str, Any]]:
        """The events told so far, in order; of one type, or all."""
        async with self.engine.connect() as connection:
            rows = await connection.execute(text("SELECT body FROM outbox ORDER BY position"))
            events = [json.loads(row.body) for row in rows]
        return [
            each
            for each in events
            if each["type"].startswith(type_) and each["type"] != "directory.changed.v1"
        ]


@asynccontextmanager
async def panels_on(postgres: Postgres, public_url: str = URL) -> AsyncIterator[Ground]:
    """Panels on a database of their own."""
    database = await postgres.fresh_database()
    await migrate(database.url(OWNER))
    owner = await database.connect(OWNER)
    # A test says what time it is: not only the coming year has a place.
    await owner.execute("CREATE TABLE triage.outbox_any PARTITION OF triage.outbox DEFAULT")
    await owner.close()
    engine = create_async_engine(database.url("triage"))
    clock = Clock()
    unit = UnitOfWork(engine, "triage", lambda: None, clock=clock)
    async with unit.work(uuid4()) as work:
        await apply(work, differences({}, entries_of(people.directory())), "test", 0)
    panels, directories = Panels(library()), Directories()
    meetings = Meetings(panels, directories)
    doorkeeper = Doorkeeper.from_file(database.keys.token_keys_file)
    app = FastAPI()
    problems.install(app)
    pages = Pages("triage", TEMPLATES, public_url)
    pages.install(app)
    app.include_router(panels_api(unit, meetings, doorkeeper))
    app.include_router(panel_pages(pages, unit, meetings, doorkeeper))
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=URL) as http:
        overdue = OverdueActions(unit, panels, directories)
        yield Ground(http, app, unit, clock, database.keys, Listing(panels), overdue)
    await engine.dispose()
