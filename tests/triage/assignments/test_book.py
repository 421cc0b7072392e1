"""One suite for both books: on triage's tables, and in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.keys import OWNER
from deploy.migrations import migrate
from services.triage.assignments import steps
from services.triage.assignments.allocation import Load
from services.triage.assignments.book import Book, Places, Referral, Served
from services.triage.assignments.life import Assignment
from services.triage.assignments.memory_book import MemoryBook
from services.triage.assignments.sql_book import SqlBook
from services.triage.assignments.steps import Asked, Change
from services.triage.policy.deadlines import Deadlines
from shared.events import Level, PairMoved, roles_reversed
from tests.servers import Database, Postgres

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
YEAR = datetime(2026, 3, 31, 23, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PAIR = UUID(int=0x10)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def tables(postgres: Postgres) -> Database:
    """A database with triage's tables, for all tests here."""
    database = await postgres.fresh_database()
    await migrate(database.url(OWNER))
    return database


@pytest.fixture(params=["tables", "memory"])
async def book(request: pytest.FixtureRequest, tables: Database) -> AsyncIterator[Book]:
    """A book with nothing in it, locked."""
    async with _empty(request.param, tables) as empty:
        await empty.lock()
        yield empty


@asynccontextmanager
async def _empty(kind: str, tables: Database) -> AsyncIterator[Book]:
    if kind == "memory":
        yield MemoryBook()
        return
    engine = create_async_engine(tables.url("triage"))
    async with engine.connect() as connection:  # rolled back
        yield SqlBook(connection)
    await engine.dispose()


def referral(**known: Any) -> Referral:
    """A referral of a victim."""
    least: dict[str, Any] = {
        "id": uuid4(),
        "revision": 1,
        "person_ref": uuid4(),
        "pair_ref": None,
        "catalogue": "bromley",
        "measure": "bromley",
        "made_on": date(2026, 11, 24),
        "role": "victim",
        "team": "gp",
        "language": "pl",
        "urgent": False,
        "risk_level": "medium",
        "next_in_group": {"refuge": ("safebeds", "outreach")},
    }
    return Referral(**least | known)


def offered(
    of: Referral,
    pathway: str = "refuge",
    holder: str = "p-anna",
    level: Level = "practitioner",
    at: datetime = NOW,
) -> Change:
    """An offer to somebody."""
    one = begun(of, pathway)
    return steps.offer(one, asked(holder, level, at), "new", at)


def asked(holder: str, level: Level = "practitioner", at: datetime = NOW) -> Asked:
    """Somebody to be asked, who has an hour."""
    return Asked(holder, level, "nobody has fewer", Deadlines(at + HOUR, at + 2 * HOUR))


def begun(of: Referral, pathway: str = "refuge") -> Assignment:
    """An assignment of which nothing has been asked yet."""
    return steps.begun(
        uuid4(), of.id, pathway=pathway, kind="lead", catalogue="bromley", team="t", urgent=False
    )


async def kept(book: Book, of: Referral, *changes: Change) -> Assignment:
    """Keep a referral with what was done; what the last came to."""
    await book.save(changes, of)
    return changes[-1].one


async def situation(book: Book, of: Referral, *people: str) -> Any:
    """What is known of some people and the refuge."""
    return await book.situation(of, "bromley", people, ["refuge"], YEAR)


async def test_what_is_kept_is_found_again(book: Book) -> None:
    """A referral, an assignment and its history come back as they were."""
    of = referral(pair_ref=PAIR)
    first = offered(of)
    second = steps.accept(first.one, "p-anna", NOW, "Refuge")
    one = await kept(book, of, first, second)
    assert await book.referral(of.id) == of
    assert await book.assignment(one.id) == one
    assert await book.of_referral(of.id) == (one,)
    assert await book.steps(one.id) == (first.step, second.step)


async def test_what_is_written_later_is_known_at_once(book: Book) -> None:
    """Loads, places, the other side and the list know it, before and after it is written."""
    hers, his = referral(pair_ref=PAIR), referral(pair_ref=PAIR, role="perpetrator")
    third, fourth = referral(risk_level="high"), referral()
    assert (await situation(book, his, "p-anna")).loads == {}
    await book.save([offered(hers)], hers, later=True)
    await book.save([steps.wait(begun(third), "pathway_full", 1, NOW)], third, later=True)
    waiting = steps.wait(begun(fourth), "pathway_full", 2, NOW).one
    for _ in range(2):
        known = await situation(book, his, "p-anna")
        assert known.loads == {"p-anna": Load(open=1, this_year=1)}
        assert known.places == {"refuge": Places(held=1, this_year=1, waiting=1)}
        assert known.other_side == {Served("p-anna", "practitioner")}
        assert await book.ahead(waiting, fourth) == 1
        await book.finish()
    assert await book.referral(hers.id) == hers


async def test_nothing_is_found_of_what_is_not_there(book: Book) -> None:
    """An unknown id is nothing."""
    nowhere = uuid4()
    assert await book.referral(nowhere) is None
    assert await book.assignment(nowhere) is None
    assert await book.of_referral(nowhere) == ()
    assert await book.blocked(nowhere) == {}
    assert await book.due(NOW, ()) is None
    assert await book.waiting_lists() == ()


async def test_a_later_act_changes_what_is_kept(book: Book) -> None:
    """The assignment is as the last act left it; its referral as the last revision did."""
    of = referral()
    change = offered(of)
    await kept(book, of, change)
    after = steps.decline(change.one, "p-anna", "no_room", "full", NOW)
    later = replace(of, revision=2, urgent=True, closed_at=NOW)
    one = await kept(book, later, after)
    assert (await book.referral(of.id), await book.assignment(one.id)) == (later, one)
    assert [step.act for step in await book.steps(one.id)] == ["offer", "decline"]


async def test_a_caseload_is_what_is_held_and_a_year_what_was_offered(book: Book) -> None:
    """Held cases are open; those of this year count though they are over, unless withdrawn."""
    of = referral()
    closed = offered(of, "marac")
    accepted = steps.accept(closed.one, "p-anna", NOW, None)
    over = steps.close(accepted.one, "p-anna", "engaged", None, needed=3, now=NOW)
    gone = offered(of, "coda")
    withdrawn = steps.withdraw(gone.one, "no longer follows", NOW)
    last_year = offered(of, "iris", at=YEAR - HOUR)
    changes = (offered(of), closed, accepted, over, gone, withdrawn, last_year)
    await kept(book, of, *changes)
    known = await situation(book, of, "p-anna", "p-beaa")
    assert known.loads == {"p-anna": Load(open=2, this_year=2)}


async def test_places_are_the_teams_and_those_who_wait_are_counted(book: Book) -> None:
    """What a coordinator has takes no place of the programme; a list has its length."""
    of, another, third = referral(), referral(), referral()
    await kept(book, of, offered(of))
    await kept(book, another, offered(another, holder="p-coor", level="coordinator"))
    await kept(book, third, steps.wait(begun(third), "pathway_full", 1, NOW))
    known = await situation(book, of)
    assert known.places == {"refuge": Places(held=1, this_year=1, waiting=1)}


@pytest.mark.parametrize(
    ("pair", "role", "is_other"),
    [
        (PAIR, "perpetrator", True),
        (PAIR, "victim", False),
        (roles_reversed(PAIR), "victim", True),
        (roles_reversed(PAIR), "perpetrator", False),
        (UUID(int=0x20), "perpetrator", False),
        (None, "perpetrator", False),
    ],
)
async def test_who_serves_the_other_side(
    book: Book, pair: UUID | None, role: str, is_other: bool
) -> None:
    """Another role in the pair, or the same in the pair reversed; whoever ever was asked counts."""
    of = referral(pair_ref=pair, role=role)
    hers = referral(pair_ref=PAIR)
    change = offered(hers, holder="p-anna")
    passed_on = steps.decline(change.one, "p-anna", "away", None, NOW)
    again = steps.offer(passed_on.one, asked("p-coor", "coordinator"), "declined", NOW)
    await kept(book, hers, change, passed_on, again)
    await kept(book, of, offered(of, "drive", "p-driv"))
    known = await situation(book, of)
    served = {Served("p-anna", "practitioner"), Served("p-coor", "coordinator")}
    assert known.other_side == (served if is_other else frozenset())


async def test_the_wall_goes_through_merged_pairs_until_they_are_parted(book: Book) -> None:
    """A pair that became another's is that other one, in both directions and through two merges."""
    old, between, new = UUID(int=0x30), UUID(int=0x41), UUID(int=0x50)
    hers, his = referral(pair_ref=old), referral(pair_ref=new, role="perpetrator")
    crossed = referral(pair_ref=roles_reversed(new))
    await kept(book, hers, offered(hers))
    await kept(book, his, offered(his, "drive", "p-driv"))
    first, second = uuid4(), uuid4()
    await book.add_merge(first, uuid4(), uuid4(), [PairMoved(pair_ref=old, into_ref=between)])
    await book.add_merge(second, uuid4(), uuid4(), [PairMoved(pair_ref=between, into_ref=new)])
    anna = frozenset({Served("p-anna", "practitioner")})
    assert (await situation(book, his)).other_side == anna
    assert (await situation(book, crossed)).other_side == anna
    await book.end_merge(first)
    assert (await situation(book, his)).other_side == frozenset()


async def test_a_conflict_is_with_the_person_under_every_reference(book: Book) -> None:
    """It is new once, and holds for whom the person was merged with."""
    of, into = referral(), referral()
    assert await book.add_conflict("p-anna", of.person_ref, NOW)
    assert not await book.add_conflict("p-anna", of.person_ref, NOW)
    assert (await situation(book, of)).conflicts == {"p-anna"}
    assert (await situation(book, into)).conflicts == frozenset()
    merge = uuid4()
    await book.add_merge(merge, of.person_ref, into.person_ref, ())
    assert (await situation(book, into)).conflicts == {"p-anna"}
    await book.end_merge(merge)
    assert (await situation(book, into)).conflicts == frozenset()


async def test_what_is_due_first_comes_first(book: Book) -> None:
    """Only a clock that has fired, the earliest, and not one that is passed over."""
    of = referral()
    late, soon = offered(of), offered(of, "marac", at=NOW - HOUR / 2)
    await kept(book, of, late, soon)
    assert await book.due(NOW + HOUR / 2 - timedelta(seconds=1), ()) is None
    assert await book.due(NOW + HOUR / 2, ()) == soon.one
    assert await book.due(NOW + HOUR, (soon.one.id,)) == late.one
    assert await book.due(NOW + HOUR, (soon.one.id, late.one.id)) is None


async def test_those_at_risk_wait_first_then_the_earliest(book: Book) -> None:
    """The list's order, and how many are before whom."""
    cases = [
        (referral(risk_level=risk), NOW + minutes * timedelta(minutes=1))
        for risk, minutes in (
            ("standard", 0),
            ("not_completed", 1),
            ("medium", 3),
            ("medium", 2),
            ("high", 4),
        )
    ]
    ones = []
    for of, at in cases:
        ones.append(await kept(book, of, steps.wait(begun(of), "pathway_full", 1, at)))
    found = [one for one, _ in await book.waiting("bromley", "refuge")]
    assert found == [ones[4], ones[3], ones[2], ones[1], ones[0]]
    assert [await book.ahead(one, of) for one, (of, _) in zip(ones, cases, strict=True)] == [
        4,
        3,
        2,
        1,
        0,
    ]
    assert await book.waiting_lists() == (("bromley", "refuge"),)
    assert await book.waiting("barnet", "refuge") == ()


async def test_where_somebody_handed_it_on_from_is_remembered(book: Book) -> None:
    """A transfer to another pathway leaves its mark; one to a colleague none."""
    of = referral()
    first, other = offered(of), offered(of, "marac")
    moved = steps.transfer(first.one, "p-coor", NOW, pathway="safebeds")
    stayed = steps.transfer(other.one, "p-coor", NOW, to="p-beaa")
    await kept(book, of, first, other, moved, stayed)
    assert await book.left_by_hand(of.id) == {first.one.id: frozenset({"refuge"})}


async def test_what_concerns_a_person_or_a_pair_is_what_is_held(book: Book) -> None:
    """The latest offered first; what waits or is over is nobody's."""
    person = uuid4()
    hers, his = referral(person_ref=person), referral(pair_ref=PAIR)
    first, second = offered(hers), offered(his, at=NOW + HOUR)
    over = offered(hers, "marac")
    await kept(book, hers, first, over, steps.withdraw(over.one, "x", NOW))
    await kept(book, his, second)
    assert await book.concerning(person, [PAIR]) == ((second.one, his), (first.one, hers))
    assert await book.concerning(uuid4(), ()) == ()


async def test_a_safety_block_comes_from_the_newest_decision(tables: Database) -> None:
    """The tables read it out of what was decided last."""
    of = referral()
    engine = create_async_engine(tables.url("triage"))
    async with engine.connect() as connection:
        for revision, reason in ((1, "first"), (2, "second")):
            considered = (
                f'{{"considered": [{{"pathway": "restorative", "blocked_by": "{reason}"}},'
                ' {"pathway": "refuge", "blocked_by": null}]}'
            )
            await connection.execute(
                text(
                    "INSERT INTO decision (id, referral_id, revision, decided_at, facts, history,"
                    " decision) VALUES (:id, :of, :revision, now(), '{}', '{}',"
                    " CAST(:decision AS json))"
                ),
                {"id": uuid4(), "of": of.id, "revision": revision, "decision": considered},
            )
        assert await SqlBook(connection).blocked(of.id) == {"restorative": "second"}
    await engine.dispose()
