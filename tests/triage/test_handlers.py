"""What triage does with the events of intake, on a real database: decide, ask, tell."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from deploy.keys import OWNER
from deploy.migrations import migrate
from services.intake.store import pair_of
from services.triage import store
from services.triage.assignments.assigning import Assigning
from services.triage.directory.entries import Directory
from services.triage.directory.rota import coordinator_for
from services.triage.handlers import Handlers
from services.triage.policy.library import Library
from shared.bus.consumer import Consumer, Received, open_event
from shared.bus.work import UnitOfWork
from shared.events import ReferralAmended, ReferralReceived, envelope
from shared.facts import Facts, History
from shared.subjects import EVENTS
from tests.servers import Database, Postgres
from tests.triage.cases import EXAMPLES, facts_of, library
from tests.triage.people import Fixed, local, with_team_of_one

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DIRECTORY = local()
MARAC = {"p-w68hxf", "p-5ha577"}
BROMLEYS_COORDINATORS = {"p-yb63sy", "p-wkrrrw"}
BARNETS_COORDINATORS = {"p-zeea6y", "p-64hn3u"}

VICTIM, PERPETRATOR = uuid4(), uuid4()
PAIR = pair_of(VICTIM, PERPETRATOR).pair_ref
REVERSED = pair_of(PERPETRATOR, VICTIM).pair_ref


def example(number: str, **changes: Any) -> Facts:
    """The facts of an example, with some top-level fields of its document replaced; None is out."""
    (file,) = EXAMPLES.glob(f"{number}-*.json")
    document = json.loads(file.read_text())["document"] | changes
    return facts_of({name: value for name, value in document.items() if value is not None})


def received(
    facts: Facts,
    *,
    referral: UUID | None = None,
    revision: int = 1,
    catalogues: tuple[str, ...] = ("bromley", "barnet"),
    pair: UUID | None = None,
    crossed: bool = False,
) -> Received:
    """A referral as intake tells it, or its next revision, as it comes from the stream."""
    kind = ReferralReceived if revision == 1 else ReferralAmended
    told = kind(
        referral_id=referral or uuid4(),
        revision=revision,
        person_ref=uuid4(),
        pair_ref=pair,
        catalogues=catalogues,
        facts=facts,
        history=History(pair_known=pair is not None, cross_allegation=crossed),
    )
    event = envelope(
        told,
        event_id=uuid4(),
        producer="intake",
        subject=told.referral_id,
        time=NOW,
        sequence=revision,
    )
    body = event.model_dump_json(exclude_none=True).encode()
    return Received(event.id, EVENTS, f"event.{kind.TYPE}", body)


@dataclass(frozen=True)
class Triage:
    """Triage without a broker."""

    engine: AsyncEngine
    library: Library
    directory: Directory = DIRECTORY

    async def hear(self, *messages: Received) -> None:
        """Handle messages as the consumer does, in one transaction."""
        assigning = Assigning(self.library, Fixed(self.directory))
        handlers = Handlers(self.library, assigning)
        open_ = open_event(
            {
                ReferralReceived.TYPE: handlers.on_referral_received,
                ReferralAmended.TYPE: handlers.on_referral_amended,
            },
            frozenset({"intake"}),
        )
        unit = UnitOfWork(self.engine, "triage", lambda: None, clock=lambda: NOW)
        async with unit.transaction() as transaction:
            await Consumer(unit, open_).handle(transaction, [open_(each) for each in messages])

    async def assigned(self, referral: UUID) -> dict[str, dict[str, Any]]:
        """A referral's assignments by their pathway, each of which comes once."""
        async with self.engine.connect() as connection:
            rows = await store.assignments(connection, referral)
        assert len(rows) == len({row["pathway"] for row in rows})
        return {row["pathway"]: row for row in rows}

    async def asked(self, referral: UUID) -> dict[str, str]:
        """Who is asked for what."""
        rows = await self.assigned(referral)
        return {
            pathway: row["practitioner_id"]
            for pathway, row in rows.items()
            if row["state"] in ("offered", "escalated")
        }

    async def told(self, referral: UUID) -> list[dict[str, Any]]:
        """What was told of a referral, in the order of telling."""
        async with self.engine.connect() as connection:
            rows = await connection.execute(text("SELECT body FROM outbox ORDER BY position"))
            events = [json.loads(row.body) for row in rows]
        return [event for event in events if event["subject"] == str(referral)]

    async def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        tables = ("decision", "referral", "assignment", "step", "outbox", "inbox")
        async with self.engine.connect() as connection:
            return {
                table: await connection.scalar(text(f"SELECT count(*) FROM {table}"))
                for table in tables
            }


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def migrated(postgres: Postgres) -> Database:
    """A database with triage's tables, for all tests here."""
    database = await postgres.fresh_database()
    await migrate(database.url(OWNER))
    return database


@pytest.fixture
async def triage(migrated: Database) -> AsyncIterator[Triage]:
    """Triage on empty tables, with the local directory."""
    owner = await migrated.connect(OWNER)
    await owner.execute(
        "TRUNCATE triage.decision, triage.referral, triage.assignment, triage.step,"
        " triage.inbox, triage.outbox, triage.event_sequence CASCADE"
    )
    await owner.close()
    engine = create_async_engine(migrated.url("triage"))
    yield Triage(engine, library())
    await engine.dispose()


async def test_a_decision_is_kept_with_its_facts_and_reasons(triage: Triage) -> None:
    """What was decided can be explained and run again: policy, facts and every criterion stay."""
    referral, facts = uuid4(), example("01")
    await triage.hear(received(facts, referral=referral))

    async with triage.engine.connect() as connection:
        kept = (await connection.execute(text("SELECT facts, history FROM decision"))).one()
        found = await store.latest_decision(connection, referral)
    assert Facts.model_validate(kept.facts) == facts
    assert History.model_validate(kept.history) == History()
    assert found is not None
    decision = found["decision"]
    assert (decision["catalogue"]["name"], len(decision["catalogue"]["sha256"])) == ("bromley", 64)
    marac = next(each for each in decision["considered"] if each["pathway"] == "marac")
    assert marac["verdict"] == "eligible"
    assert all(line["text"] and line["source"] for line in marac["criteria"])


async def test_first_what_was_decided_then_who_is_asked(triage: Triage) -> None:
    """referral.triaged is told before the offers that follow from it, and before the MARAC that
    hears it, each under its number."""
    referral = uuid4()
    await triage.hear(received(example("01"), referral=referral))

    told = await triage.told(referral)
    triaged, asks, *offers, listed = [event["type"].removesuffix(".v1") for event in told]
    assert (triaged, asks) == ("referral.triaged", "referral.information_requested")
    assert set(offers) == {"assignment.offered"}
    assert listed == "panel.case_listed"
    assert [event["sequence"] for event in told] == [1, 2, 3, 4, 5, 6]
    routes = {route["pathway"] for route in told[0]["data"]["routes"]}
    assert routes == {"marac", "childrens_mash", "idsva_community_safety_unit"}
    assert {event["data"]["pathway"] for event in told[2:-1]} == routes


async def test_what_is_told_is_what_is_kept(triage: Triage) -> None:
    """Each offer names the practitioner and the deadlines that its assignment has."""
    referral = uuid4()
    await triage.hear(received(example("01"), referral=referral))

    rows = await triage.assigned(referral)
    _, _, *offers, _listed = [event["data"] for event in await triage.told(referral)]
    for offer in offers:
        row = rows[offer["pathway"]]
        for field in ("assignment_id", "practitioner_id", "urgent"):
            assert offer[field] == row[field]
        for field in ("acknowledge_by", "first_contact_by"):
            assert datetime.fromisoformat(offer[field]) == datetime.fromisoformat(row[field])


async def test_the_second_referral_goes_to_the_other(triage: Triage) -> None:
    """In a team of two the second referral is offered to the one who has no case yet."""
    first, second = uuid4(), uuid4()
    await triage.hear(received(example("01"), referral=first))
    await triage.hear(received(example("01"), referral=second))
    assert {(await triage.asked(each))["marac"] for each in (first, second)} == MARAC


async def test_two_in_one_transaction_are_shared_out_too(triage: Triage) -> None:
    """Referrals that are handled together count each other's offers."""
    referrals = (uuid4(), uuid4())
    await triage.hear(*(received(example("01"), referral=each) for each in referrals))
    assert {(await triage.asked(each))["marac"] for each in referrals} == MARAC


async def test_what_nobody_of_a_team_can_do_is_the_coordinators_on_call(triage: Triage) -> None:
    """The transfers of somebody who lives elsewhere are made by the coordinator on call."""
    referral, person = uuid4(), {"given_name": "Amara", "age": 35, "borough": "bexley"}
    facts = example("01", person=person)
    await triage.hear(received(facts, referral=referral, catalogues=("bromley",)))
    on_call = coordinator_for(DIRECTORY, "bromley", NOW).id
    asked = await triage.asked(referral)
    assert (asked["marac"], asked["childrens_mash"]) == (on_call, on_call)


async def test_a_perpetrator_goes_to_the_panel(triage: Triage) -> None:
    """A serial perpetrator is offered to the panel without consent; his partner's support is a
    coordinator's task."""
    referral = uuid4()
    await triage.hear(received(example("06"), referral=referral))
    asked = await triage.asked(referral)
    assert set(asked) == {"drive", "coordination"}
    assert asked["coordination"] in BROMLEYS_COORDINATORS


@pytest.mark.parametrize(("number", "outcome"), [("07", "needs_information"), ("10", "unrouted")])
async def test_no_referral_ends_in_silence(triage: Triage, number: str, outcome: str) -> None:
    """What no rule could route is offered to a coordinator of the borough, with a deadline."""
    referral = uuid4()
    await triage.hear(received(example(number), referral=referral, catalogues=("bromley",)))
    triaged, *_, offer = await triage.told(referral)
    assert triaged["data"]["outcome"] == outcome
    assert offer["data"]["pathway"] == "coordination"
    assert offer["data"]["practitioner_id"] in BROMLEYS_COORDINATORS
    assert datetime.fromisoformat(offer["data"]["acknowledge_by"]) > NOW


async def test_what_is_missing_is_asked_for(triage: Triage) -> None:
    """The facts that would settle it are told by their paths, and whom to ask."""
    referral = uuid4()
    await triage.hear(received(example("07"), referral=referral))
    triaged, requested, _ = await triage.told(referral)
    assert "consent.status" in triaged["data"]["asks"]
    assert requested["type"] == "referral.information_requested.v1"
    assert requested["data"]["asks"] == triaged["data"]["asks"]
    assert requested["data"]["agency"] == example("07").agency


async def test_nobody_knows_whose_policy_decides(triage: Triage) -> None:
    """Where two policies may decide and nothing says where the person lives, a coordinator has it
    at once and the borough is asked for; risk and urgency are computed all the same."""
    referral = uuid4()
    person = {"given_name": "Amara", "age": 35}
    await triage.hear(received(example("01", person=person), referral=referral))
    triaged, _, offer = await triage.told(referral)
    data = triaged["data"]
    assert (data["outcome"], data["asks"]) == ("needs_information", ["borough"])
    assert (data["risk_level"], data["urgent"]) == ("high", True)
    assert (offer["data"]["pathway"], offer["data"]["urgent"]) == ("coordination", True)
    assert offer["data"]["practitioner_id"] in BROMLEYS_COORDINATORS | BARNETS_COORDINATORS


WITH_A_CHILD = [{"age": 6, "lives_in_household": True}]


async def test_nobody_serves_both_sides_of_a_pair(triage: Triage) -> None:
    """Who has the victim's case is not offered the perpetrator's, though nobody else is in the
    team: a coordinator is asked. Of a stranger he is offered it."""
    mash = replace(triage, directory=with_team_of_one("childrens_mash", "p-7cjmx3"))
    victim, perpetrator, stranger = uuid4(), uuid4(), uuid4()
    await mash.hear(received(example("01"), referral=victim, pair=PAIR))
    his = example("06", children=WITH_A_CHILD)
    await mash.hear(received(his, referral=perpetrator, pair=PAIR))
    await mash.hear(received(his, referral=stranger, pair=uuid4()))

    assert (await mash.asked(victim))["childrens_mash"] == "p-7cjmx3"
    assert (await mash.asked(perpetrator))["childrens_mash"] in BROMLEYS_COORDINATORS
    assert (await mash.asked(stranger))["childrens_mash"] == "p-7cjmx3"


async def test_nobody_serves_two_who_accuse_each_other(triage: Triage) -> None:
    """Two who each say that the other is the perpetrator are two sides as well."""
    marac = replace(triage, directory=with_team_of_one("marac_coordination", "p-w68hxf"))
    one, other = uuid4(), uuid4()
    await marac.hear(received(example("01"), referral=one, pair=PAIR))
    await marac.hear(received(example("01"), referral=other, pair=REVERSED, crossed=True))

    assert (await marac.asked(one))["marac"] == "p-w68hxf"
    assert (await marac.asked(other))["marac"] in BROMLEYS_COORDINATORS


async def test_the_same_person_again_may_have_the_same_practitioner(triage: Triage) -> None:
    """A second referral of the same victim and perpetrator is the same side."""
    marac = replace(triage, directory=with_team_of_one("marac_coordination", "p-w68hxf"))
    referrals = (uuid4(), uuid4())
    for each in referrals:
        await marac.hear(received(example("01"), referral=each, pair=PAIR))
    assert {(await marac.asked(each))["marac"] for each in referrals} == {"p-w68hxf"}


LESS = {"risk": {"tool": "dash", "score": 8}, "consent": {"status": "refused"}}
"""An amendment of example 01 by which neither MARAC nor an IDSVA follows any more."""


async def amended(triage: Triage, **changes: Any) -> UUID:
    """Example 01, decided, and then with other content."""
    referral = uuid4()
    await triage.hear(received(example("01"), referral=referral))
    await triage.hear(received(example("01", **changes), referral=referral, revision=2))
    return referral


async def test_what_no_longer_follows_is_withdrawn(triage: Triage) -> None:
    """After an amendment a lead route that no longer follows, and nobody has taken yet, is
    withdrawn, and told, with its reason in words."""
    referral = await amended(triage, **LESS)

    row = (await triage.assigned(referral))["idsva_community_safety_unit"]
    told = [event for event in await triage.told(referral) if "withdrawn" in event["type"]]
    assert row["state"] == "withdrawn"
    assert "consent" in row["withdrawn_because"]
    assert [event["data"]["assignment_id"] for event in told] == [row["assignment_id"]]
    assert told[0]["data"]["reason"] == row["withdrawn_because"]


async def test_what_still_follows_is_left_alone(triage: Triage) -> None:
    """An assignment that still follows keeps its practitioner and its deadlines, and is not told
    again."""
    referral = uuid4()
    await triage.hear(received(example("01"), referral=referral))
    before = await triage.assigned(referral)
    more = received(example("01", needs=["housing"]), referral=referral, revision=2)
    await triage.hear(more)

    after = await triage.assigned(referral)
    assert {pathway: after[pathway] for pathway in before} == before
    assert set(after) - set(before) == {"one_stop_shop"}
    offered = [e["data"]["pathway"] for e in await triage.told(referral) if "offered" in e["type"]]
    assert sorted(offered) == sorted(after)


async def test_a_statutory_route_stays(triage: Triage) -> None:
    """A statutory route that no longer follows stands; a coordinator is asked to look."""
    referral = await amended(triage, **LESS)
    asked = await triage.asked(referral)
    assert set(asked) == {"marac", "childrens_mash", "coordination"}
    assert asked["coordination"] in BROMLEYS_COORDINATORS


async def test_both_decisions_are_kept(triage: Triage) -> None:
    """An amendment adds a decision on its revision; the newest is the one that is shown."""
    referral = await amended(triage, **LESS)
    async with triage.engine.connect() as connection:
        found = await store.latest_decision(connection, referral)
    assert found is not None
    assert (found["revision"], found["decision"]["risk_level"]) == (2, "standard")
    assert (await triage.counts())["decision"] == 2


@pytest.mark.parametrize("together", [True, False])
async def test_a_redelivered_referral_is_decided_once(triage: Triage, together: bool) -> None:
    """The same event again, in the same transaction or a later one, changes nothing."""
    message = received(example("01"))
    await triage.hear(*([message, message] if together else [message]))
    before = await triage.counts()
    await triage.hear(message)
    assert await triage.counts() == before
    assert (before["decision"], before["assignment"], before["step"]) == (1, 3, 3)
