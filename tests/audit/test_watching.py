"""What is missing in a trail is found and told once, on a real PostgreSQL."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from deploy.keys import OWNER
from services.audit.whole.completeness import HOUR, SETTLED
from services.audit.whole.watching import Watching
from shared.bus.work import UnitOfWork
from shared.events import CloudEvent
from shared.subjects import Service
from tests.audit.signing import signer
from tests.audit.test_expected import life
from tests.audit.trails import TEN, Told, hear
from tests.servers import Database

SOON = SETTLED + timedelta(minutes=1)


class Auditing:
    """Audit at work, with a clock that a test sets."""

    def __init__(self, unit: UnitOfWork, database: Database) -> None:
        self.now = TEN - HOUR
        self.unit = replace(unit, clock=lambda: self.now)
        self.database = database
        self.watching = Watching(self.unit)

    async def look(self, at: datetime) -> list[tuple[str, str]]:
        """Look, at such a time, until nothing is left to look at: every finding so far."""
        self.now = at
        while await self.watching.look():
            pass
        async with self.unit.engine.connect() as connection:
            rows = await connection.execute(text("SELECT kind, detail FROM finding ORDER BY 1, 2"))
            return [tuple(row) for row in rows]

    async def alarms(self) -> list[dict[str, Any]]:
        """What was told of findings."""
        async with self.unit.engine.connect() as connection:
            rows = await connection.execute(text("SELECT body FROM outbox ORDER BY position"))
            return [json.loads(row.body) for row in rows]

    async def run(self, *statements: str) -> None:
        """SQL of somebody with the owner's password, who takes the triggers away first."""
        owner = await self.database.connect(OWNER)
        try:
            for table in ("entry", "content", "tile_hash"):
                await owner.execute(f"ALTER TABLE audit.{table} DISABLE TRIGGER USER")
            for statement in statements:
                await owner.execute(statement)
        finally:
            await owner.close()


@pytest.fixture
async def auditing(unit: UnitOfWork, log_database: Database) -> Auditing:
    """Audit, which began an hour before ten."""
    made = Auditing(unit, log_database)
    await made.look(TEN - HOUR)
    return made


def told_since_nine() -> Told:
    """Three referrals from beginning to end after ten, and the tallies until now."""
    told = Told()
    for at in range(3):
        told.live(life(), TEN + timedelta(minutes=at))
    for hour in range(-1, 3):
        told.tally(TEN + hour * HOUR)
    return told


def later() -> datetime:
    """Once all that was logged has settled."""
    return datetime.now(UTC) + SOON


async def test_on_a_whole_trail_nothing_is_found(auditing: Auditing) -> None:
    """Neither as it comes, nor when it is looked at again, nor when more is due."""
    await hear(auditing.unit, told_since_nine().events)
    for minutes in range(3):
        assert await auditing.look(later() + timedelta(minutes=minutes)) == []
    assert await auditing.alarms() == []


async def test_what_comes_in_another_order_is_whole(auditing: Auditing) -> None:
    """A redelivered event is logged after its successors."""
    told = told_since_nine()
    await hear(auditing.unit, reversed(told.events))
    assert await auditing.look(later()) == []


async def test_what_was_made_unreadable_hides_nothing_else(auditing: Auditing) -> None:
    """Bytes that are no event any more are a finding each, and what is missing is found besides."""
    told = told_since_nine()
    await hear(auditing.unit, without(18 + 5)(told.events))
    await auditing.run("UPDATE audit.content SET body = '\\xff' WHERE leaf_index IN (0, 18)")

    found = await auditing.look(later())

    assert ("step_unexpected", "an event of it cannot be read") in found
    assert ("tally_missing", "tally number 1 cannot be read") in found
    assert {"number_missing", "tally_differs"} <= kinds(found)


Which = Callable[[list[CloudEvent]], list[CloudEvent]]


def kinds(found: list[tuple[str, str]]) -> set[str]:
    """Of findings."""
    return {kind for kind, _ in found}


def without(index: int) -> Which:
    """All but one."""
    return lambda events: [*events[:index], *events[index + 1 :]]


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        # The first event of intake, of triage, one in between; the last one, by its tally alone.
        (without(0), {"tally_differs", "step_missing"}),
        (without(1), {"number_missing", "tally_differs"}),
        (without(3), {"number_missing", "tally_differs"}),
        (without(5), {"tally_differs", "step_missing"}),
        (lambda events: events[:4] + events[6:], {"tally_differs", "step_missing"}),
        # A tally in between; and all of triage's from an hour on.
        (without(18 + 5), {"number_missing", "tally_differs"}),
        (
            lambda events: [
                each for at, each in enumerate(events) if at < 18 + 8 or each.producer != "triage"
            ],
            {"tally_missing"},
        ),
    ],
    ids=["first", "triaged", "between", "last", "tail", "tally", "stopped"],
)
async def test_what_is_withheld_is_missed(
    auditing: Auditing, heard: Which, expected: set[str]
) -> None:
    """Whatever never reaches the log: by its number, by the tally, by what ought to have come."""
    told = told_since_nine()
    await hear(auditing.unit, heard(told.events))
    assert kinds(await auditing.look(later())) == expected


async def test_an_hour_that_a_producer_leaves_out_is_found(auditing: Auditing) -> None:
    """Though its tallies are numbered without a gap."""
    told = Told()
    for hour in (-1, 1, 2):
        told.tally(TEN + hour * HOUR, ("triage",))
    others: tuple[Service, ...] = ("intake", "notify", "audit")
    for hour in range(-1, 3):
        told.tally(TEN + hour * HOUR, others)
    await hear(auditing.unit, told.events)
    assert kinds(await auditing.look(later())) == {"tally_missing"}


async def test_a_number_that_is_given_twice_is_found(auditing: Auditing) -> None:
    """Two events cannot both be the third."""
    told = told_since_nine()
    forged = told.events[3].model_copy(update={"id": uuid4()})
    await hear(auditing.unit, [*told.events, forged])
    assert kinds(await auditing.look(later())) == {"number_twice", "tally_differs"}


@pytest.mark.parametrize(
    ("tampering", "expected"),
    [
        ("DELETE FROM audit.entry WHERE leaf_index = 3", {"number_missing", "tally_differs"}),
        ("DELETE FROM audit.entry WHERE leaf_index = 5", {"tally_differs", "step_missing"}),
        (
            "UPDATE audit.entry SET sequence = 5 - sequence WHERE leaf_index IN (2, 3)"
            "; UPDATE audit.entry SET logged_at = logged_at + interval '1 hour'"
            " WHERE leaf_index = 3",
            # Content is kept under the moment as well.
            {"out_of_order", "entry_altered"},
        ),
    ],
)
async def test_what_is_altered_afterwards_is_found_in_the_next_round(
    auditing: Auditing, tampering: str, expected: set[str]
) -> None:
    """Though it was whole when it was looked at first."""
    await hear(auditing.unit, told_since_nine().events)
    assert await auditing.look(later()) == []

    await auditing.run(*tampering.split("; "))

    assert kinds(await auditing.look(later() + 2 * HOUR)) - {"tally_missing"} == expected


@pytest.mark.parametrize(
    ("tampering", "detail"),
    [
        (
            "UPDATE audit.content SET body = body || ' ' WHERE leaf_index = 3",
            "its words in the database are not those that were logged",
        ),
        (
            "UPDATE audit.entry SET producer = 'notify' WHERE leaf_index = 3",
            "what the database has beside its words is not what they say",
        ),
        (
            "UPDATE audit.entry SET leaf = sha256('another') WHERE leaf_index = 3",
            "their proofs do not lead to the signed root",
        ),
        (
            "UPDATE audit.tile_hash SET hash = sha256('another') WHERE number = 1",
            "their proofs do not lead to the signed root",
        ),
        ("DELETE FROM audit.tile_hash", "they cannot be read and proved"),
        (
            "DELETE FROM audit.content WHERE leaf_index = 3",
            "its words are gone, and it is not noted that they were destroyed",
        ),
    ],
)
async def test_what_is_not_as_it_was_signed_is_found_in_the_next_round(
    auditing: Auditing, tmp_path: Path, tampering: str, detail: str
) -> None:
    """Though nobody looks at it: its words, what stands beside them, leaf and hashes."""
    await hear(auditing.unit, told_since_nine().events)
    await signer(auditing.unit.engine, tmp_path / "memory").sign()
    assert await auditing.look(later()) == []

    await auditing.run(tampering)

    found = await auditing.look(later() + timedelta(minutes=1))
    assert {each for kind, each in found if kind == "entry_altered"} == {detail}


async def test_rows_that_stop_the_watch_are_told_of(auditing: Auditing) -> None:
    """Once a day; and it goes on when they can be read again."""
    await hear(auditing.unit, told_since_nine().events)
    await auditing.run(
        "ALTER TABLE audit.entry ALTER type DROP NOT NULL",
        "UPDATE audit.entry SET type = NULL WHERE leaf_index = 3",
    )
    at = later()
    for _ in range(2):
        with pytest.raises(AttributeError):
            await auditing.look(at)
    told = await auditing.alarms()
    assert [each["data"]["about"] for each in told] == [
        f"the whole trail, on {at.date().isoformat()}"
    ]

    await auditing.run(
        "UPDATE audit.entry SET type = 'assignment.accepted.v1' WHERE leaf_index = 3"
    )
    assert kinds(await auditing.look(later())) >= {"entry_altered"}


async def test_a_finding_is_told_once(auditing: Auditing) -> None:
    """However often it is looked at, and by however many; about the referral, where it is one's."""
    told = told_since_nine()
    await hear(auditing.unit, without(3)(told.events))
    for minutes in range(3):
        await auditing.look(later() + timedelta(minutes=minutes))

    alarms = await auditing.alarms()
    of_referral = [each for each in alarms if each["data"]["kind"] == "number_missing"]
    assert [each["type"] for each in alarms] == ["trail.alarmed.v1"] * 2
    assert [each["subject"] for each in of_referral] == [str(told.events[3].subject)]


async def test_what_was_down_has_time_to_catch_up(auditing: Auditing) -> None:
    """After a night in which nothing ran, nothing is missed before the services are up again."""
    await hear(auditing.unit, told_since_nine().events[:21])
    auditing.now = later() + 12 * HOUR
    auditing.watching = Watching(auditing.unit)

    assert await auditing.look(auditing.now + SETTLED / 2) == []
    assert kinds(await auditing.look(auditing.now + SETTLED)) == {"tally_missing"}
