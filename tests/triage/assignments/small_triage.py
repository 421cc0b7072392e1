"""Triage's assignments on a real database, with a clock of the test's own and a small directory."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from deploy.keys import OWNER
from services.triage.assignments.assigning import Assigning
from services.triage.assignments.clocks import Clocks
from services.triage.assignments.life import Assignment
from services.triage.assignments.reaching import Reaching
from services.triage.assignments.same_people import SamePeople
from services.triage.assignments.sql_book import SqlBook
from services.triage.directory.entries import Directory
from services.triage.handlers import Handlers
from services.triage.policy.catalogue import Capacity
from services.triage.policy.library import Catalogue, Library
from services.triage.sweeping import DueClocks, FreePlaces, Sweeper
from shared.bus.consumer import Consumer, Received, open_event
from shared.bus.work import UnitOfWork
from shared.events import (
    AnsweredByText,
    EventData,
    NotificationFellBack,
    PersonsMerged,
    PersonsSplit,
    ReferralAmended,
    ReferralReceived,
    envelope,
)
from shared.facts import History
from shared.sign_in import Caller
from shared.subjects import EVENTS, FOLLOWS, Service
from tests.servers import Database
from tests.triage import cases
from tests.triage.cases import VICTIM

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
"""A Tuesday."""
HOUR = timedelta(hours=1)

HIGH: dict[str, Any] = VICTIM | {"risk_score": 16}
"""Urgent: MARAC, and an IDSVA of the Community Safety Unit without an alternative."""
YOUNG: dict[str, Any] = HIGH | {"age": 20, "needs": ("mental_health",)}
"""Urgent: MARAC, and a young person's IDSVA; the specialist and the unit would do as well."""
STANDARD: dict[str, Any] = VICTIM | {"risk_score": 5, "wants": ("safe_accommodation",)}
"""Outreach, the housing duty, the One Stop Shop and a refuge."""
PERPETRATOR: dict[str, Any] = {
    "role": "perpetrator",
    "age": 30,
    "gender": "male",
    "risk_score": 5,
    "relationship": "intimate_partner",
    "team": "gp",
    "consent_status": "given",
    "admits_responsibility": True,
    "children": (),
}
"""The programme for men, and a task for the coordinator."""
MENTORED: dict[str, Any] = {
    "role": "young_person",
    "age": 15,
    "concerns": ("at_risk_of_offending",),
    "team": "school",
    "consent_status": "given",
    "consent_given_by": "person",
    "circumstances": ("bullying",),
}
"""Mentoring."""

CSU = "idsva_community_safety_unit"
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ALWAYS = {day: {"from": "00:00", "until": "00:00"} for day in _DAYS}
ROOM = {
    "p-anna": 2,
    "p-beaa": 2,
    "p-cora": 1,
    "p-dina": 1,
    "p-elle": 2,
    "p-faye": 9,
    "p-gwen": 9,
    "p-hana": 9,
    "p-ivan": 3,
    "p-jude": 3,
    "p-kurt": 2,
    "p-lars": 2,
    "p-mona": 9,
    "p-lead": 2,
}
"""How many cases each practitioner may have at one time."""
STAND_INS = {"p-anna": "p-beaa", "p-ivan": "p-jude", "p-cora": "p-dina"}
TEAMS = {
    CSU: ["p-anna", "p-beaa"],
    "idsva_young_person": ["p-cora"],
    "idsva_specialist_adult": ["p-dina"],
    "bcwa_outreach": ["p-elle"],
    "one_stop_shop": ["p-faye"],
    "bcwa_refuge": ["p-gwen", "p-hana"],
    "housing_options": ["p-hana"],
    "marac_coordination": ["p-ivan", "p-jude"],
    "dvpp": ["p-kurt", "p-lars"],
    "perpetrator_panel": ["p-lars"],
    "mentoring": ["p-mona"],
}
COORDINATORS = ("p-coor", "p-desk")
PLACES = {"refuge": ("at_once", 2), "mentoring": ("year", 2)}
"""Of these programmes."""


def directory(**changes: Mapping[str, Any]) -> Directory:
    """Everybody works at every hour. `changes`: to somebody's entry, by the end of their id."""
    people = [
        {
            "id": each,
            "name": each,
            "email": f"{each}@example.org",
            "hours": _ALWAYS,
            "max_caseload": ROOM.get(each),
            "stand_in": STAND_INS.get(each),
        }
        | dict(changes.get(each.removeprefix("p-"), {}))
        for each in (*ROOM, *COORDINATORS)
    ]
    teams = [
        {"team": team, "catalogue": "bromley", "members": members, "contact": "p-lead"}
        for team, members in TEAMS.items()
    ]
    rota = [{"days": list(_DAYS), "from": "00:00", "until": "00:00", "who": "p-coor"}]
    duty = [{"catalogue": "bromley", "coordinators": COORDINATORS, "rota": rota}]
    return Directory.model_validate({"practitioners": people, "teams": teams, "duty": duty})


@cache
def library() -> Library:
    """Bromley's policy, with few places."""
    shipped = cases.library().in_force("bromley", date(2026, 11, 24))
    assert isinstance(shipped, Catalogue)
    rows = [
        row.model_copy(
            update={"capacity": Capacity(per=PLACES[row.id][0], places=PLACES[row.id][1])}
        )
        if row.id in PLACES
        else row
        for row in shipped.policy.pathways
    ]
    policy = shipped.policy.model_copy(update={"pathways": tuple(rows)})
    return Library([Catalogue(policy, shipped.sha256, shipped.rules)])


@dataclass
class Directories:
    """The directory, which a test may replace."""

    directory: Directory = field(default_factory=directory)

    async def current(self, _connection: object) -> Directory:
        """As it stands."""
        return self.directory


@dataclass
class Triage:
    """Triage without a broker; `now` is its clock."""

    engine: AsyncEngine
    directories: Directories = field(default_factory=Directories)
    now: datetime = NOON
    library: Library = field(default_factory=library)

    @property
    def unit(self) -> UnitOfWork:
        """Transactions at the test's time."""
        return UnitOfWork(self.engine, "triage", lambda: None, clock=lambda: self.now)

    @property
    def assigning(self) -> Assigning:
        """The acts."""
        return Assigning(self.library, self.directories)

    def sweeper(self) -> Sweeper:
        """A new one, as of a new process."""
        clocks = Clocks(self.library, self.directories)
        return Sweeper([DueClocks(self.unit, clocks).step, FreePlaces(self.unit, clocks).step])

    async def sweep(self) -> int:
        """Everything that is due."""
        return await self.sweeper().sweep()

    async def hear(self, *messages: Received) -> None:
        """Handle messages as the consumer does, in one transaction."""
        handlers = Handlers(self.library, self.assigning)
        same_people = SamePeople(self.library, self.directories)
        reaching = Reaching(self.library, self.directories)
        open_ = open_event(
            {
                ReferralReceived.TYPE: handlers.on_referral_received,
                ReferralAmended.TYPE: handlers.on_referral_amended,
                PersonsMerged.TYPE: same_people.on_person_merged,
                PersonsSplit.TYPE: same_people.on_person_split,
                NotificationFellBack.TYPE: reaching.on_notification_fell_back,
                AnsweredByText.TYPE: reaching.on_notification_answered,
            },
            frozenset(FOLLOWS["triage"]),
        )
        async with self.unit.transaction() as transaction:
            await Consumer(self.unit, open_).handle(transaction, [open_(m) for m in messages])

    async def refer(
        self, pair: UUID | None = None, person: UUID | None = None, **facts: Any
    ) -> UUID:
        """A new referral; its id."""
        referral = uuid4()
        await self.hear(received(referral, facts, pair=pair, person=person))
        return referral

    async def amend(self, referral: UUID, revision: int = 2, **facts: Any) -> None:
        """Its next revision."""
        await self.hear(received(referral, facts, revision=revision))

    async def ones(self, referral: UUID) -> dict[str, Assignment]:
        """The newest assignment of a referral on each pathway."""
        async with self.engine.connect() as connection:
            found = await SqlBook(connection).of_referral(referral)
        return {one.pathway: one for one in sorted(found, key=lambda one: one.is_open)}

    async def one(self, referral: UUID, pathway: str) -> Assignment:
        """The newest assignment of a referral on a pathway."""
        return (await self.ones(referral))[pathway]

    async def accept(self, one: Assignment, who: str | None = None) -> Assignment:
        """Its holder, or somebody else, takes it."""
        async with self.unit.work(uuid4()) as work:
            return await self.assigning.accept(one.id, caller(who or one.holder or ""), work)

    async def decline(self, one: Assignment, reason: Any = "no_room", who: str = "") -> Assignment:
        """Its holder passes it on."""
        async with self.unit.work(uuid4()) as work:
            by = caller(who or one.holder or "")
            return await self.assigning.decline(one.id, by, reason, "my words", work)

    async def contact(self, one: Assignment, reached: bool = True, **more: Any) -> Assignment:
        """Its holder tries to reach the person."""
        async with self.unit.work(uuid4()) as work:
            return await self.assigning.contact(
                one.id, caller(one.holder or ""), "call", reached, None, work, **more
            )

    async def close(self, one: Assignment, outcome: Any = "engaged", who: str = "") -> Assignment:
        """Its holder ends it."""
        async with self.unit.work(uuid4()) as work:
            by = caller(who or one.holder or "")
            return await self.assigning.close(one.id, by, outcome, None, work)

    async def reassign(
        self, one: Assignment, by: str, to: str | None = None, pathway: str | None = None
    ) -> Assignment:
        """Somebody hands it on."""
        async with self.unit.work(uuid4()) as work:
            return await self.assigning.reassign(
                one.id, caller(by), work, to=to, pathway=pathway, note="because"
            )

    async def declare(self, referral: UUID, who: str) -> None:
        """Somebody may not work with the person."""
        async with self.unit.work(uuid4()) as work:
            await self.assigning.declare_conflict(referral, caller(who), work)

    async def told(self, *types: str) -> list[dict[str, Any]]:
        """The `data` of what was told, in order, with its `type`; of some types alone."""
        async with self.engine.connect() as connection:
            rows = await connection.execute(text("SELECT body FROM outbox ORDER BY position"))
            events = [json.loads(row.body) for row in rows]
        told = [event["data"] | {"type": event["type"].removesuffix(".v1")} for event in events]
        return [event for event in told if not types or event["type"] in types]

    async def types(self) -> list[str]:
        """What was told, by type, in order."""
        return [event["type"] for event in await self.told()]


def caller(who: str) -> Caller:
    """Somebody signed in as who they are."""
    return Caller(who, ("coordinator",) if who in COORDINATORS else ("practitioner",), None)


def received(
    referral: UUID,
    facts: Mapping[str, Any],
    *,
    revision: int = 1,
    pair: UUID | None = None,
    person: UUID | None = None,
    event_id: UUID | None = None,
) -> Received:
    """A referral as intake tells it, or its next revision."""
    kind = ReferralReceived if revision == 1 else ReferralAmended
    told = kind(
        referral_id=referral,
        revision=revision,
        person_ref=person or referral,
        pair_ref=pair,
        catalogues=("bromley",),
        facts=cases.facts(**facts),
        history=History(pair_known=pair is not None),
    )
    return message(told, referral, revision, event_id)


def message(
    told: EventData,
    subject: UUID,
    sequence: int = 1,
    event_id: UUID | None = None,
    producer: Service = "intake",
) -> Received:
    """What intake says, or another, as it comes from the stream."""
    event = envelope(
        told,
        event_id=event_id or uuid4(),
        producer=producer,
        subject=subject,
        time=NOON,
        sequence=sequence,
    )
    body = event.model_dump_json(exclude_none=True).encode()
    return Received(event.id, EVENTS, f"event.{told.TYPE}", body)


TABLES: Sequence[str] = (
    "decision",
    "referral",
    "assignment",
    "step",
    "conflict",
    "panel_case",
    "pair_alias",
    "person_alias",
    "inbox",
    "outbox",
    "event_sequence",
)


async def empty(database: Database) -> None:
    """Nothing has happened yet."""
    owner = await database.connect(OWNER)
    # Something that was left open is a fault of a test, and no reason to wait for ever.
    await owner.execute("SET lock_timeout = '10s'")
    await owner.execute(f"TRUNCATE {', '.join(f'triage.{table}' for table in TABLES)} CASCADE")
    await owner.close()


@pytest.fixture
async def triage(triage_tables: Database) -> AsyncIterator[Triage]:
    """Triage on empty tables, with the small directory."""
    await empty(triage_tables)
    engine = create_async_engine(triage_tables.url("triage"))
    yield Triage(engine)
    await engine.dispose()
