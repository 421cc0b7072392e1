"""What notify may see of the coordinators' desks: four numbers each, those of the page."""

import json
import re
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from deploy.keys import OWNER
from tests.servers import Database
from tests.triage.assignments.ground import BROMLEYS_COORDINATOR, Place
from tests.triage.assignments.visiting import offered, page, words

BARNETS_COORDINATOR = "p-zeea6y"


async def as_owner(database: Database, statement: str, *values: Any) -> None:
    """Change what triage keeps."""
    owner = await database.connect(OWNER)
    await owner.execute(statement, *values)
    await owner.close()


async def with_duty(database: Database, **coordinators: list[str]) -> None:
    """The coordinators of each borough, as the directory keeps them."""
    await as_owner(database, "DELETE FROM triage.directory_entry")
    for catalogue, ids in coordinators.items():
        body = json.dumps({"catalogue": catalogue, "coordinators": ids})
        await as_owner(
            database,
            "INSERT INTO triage.directory_entry (kind, key, body)"
            " VALUES ('duty', $1, CAST($2 AS jsonb))",
            catalogue,
            body,
        )


async def counts(database: Database) -> dict[str, tuple[int, ...]]:
    """By coordinator, as notify reads them: for a coordinator, late, waiting, untold."""
    notify = await database.connect("notify")
    rows = await notify.fetch("SELECT * FROM triage.desk_counts")
    await notify.close()
    return {row["coordinator_id"]: tuple(row.values())[1:] for row in rows}


async def test_the_numbers_are_those_of_the_desk(place: Place, triage_tables: Database) -> None:
    """What only a coordinator can see to, what is late, who waits; of her own borough."""
    await with_duty(triage_tables, bromley=[BROMLEYS_COORDINATOR], barnet=[BARNETS_COORDINATOR])
    await place.hear("10")
    late, waits = await offered(place), await offered(place)
    await as_owner(
        triage_tables, "UPDATE triage.assignment SET due_at = '2020-01-01' WHERE id = $1", late.id
    )
    await as_owner(
        triage_tables,
        "UPDATE triage.assignment SET state = 'waitlisted', holder = NULL, awaited = NULL,"
        " due_at = NULL, waiting_since = now() WHERE id = $1",
        waits.id,
    )

    found = await counts(triage_tables)

    desk = words(await page(place, "/triage/desk", BROMLEYS_COORDINATOR, "coordinator"))
    shown = re.search(r"For a coordinator: (\d+) Late: (\d+) Waiting for a place: (\d+)", desk)
    assert shown
    assert found[BROMLEYS_COORDINATOR][:3] == tuple(map(int, shown.groups()))
    assert found[BROMLEYS_COORDINATOR][1:] == (1, 1, 0)
    assert found[BARNETS_COORDINATOR][1:] == (0, 0, 0)


async def test_somebody_with_two_boroughs_is_counted_for_once(
    place: Place, triage_tables: Database
) -> None:
    """One row a coordinator: what belongs to no borough yet is not counted twice."""
    both = [BROMLEYS_COORDINATOR]
    await with_duty(triage_tables, bromley=both, barnet=both)
    one = await offered(place)
    await as_owner(
        triage_tables,
        "UPDATE triage.assignment SET due_at = '2020-01-01', catalogue = NULL WHERE id = $1",
        one.id,
    )
    assert await counts(triage_tables) == {BROMLEYS_COORDINATOR: (0, 1, 0, 0)}


async def test_whoever_could_not_be_told_is_counted(place: Place, triage_tables: Database) -> None:
    """Until somebody has told them, or has acted on what it was about."""
    await with_duty(triage_tables, bromley=[BROMLEYS_COORDINATOR])
    one = await offered(place)
    insert = (
        "INSERT INTO triage.untold (notification_id, purpose, assignment_id, offer, steps,"
        " practitioner_id, agency, at) VALUES ($1, $2, $3, 1, $4, $5, $6, now())"
    )
    await as_owner(triage_tables, insert, uuid4(), "offered", one.id, one.steps, one.holder, None)
    await as_owner(triage_tables, insert, uuid4(), "information_asked", None, 0, None, "iris-gp")
    before = await counts(triage_tables)
    await as_owner(
        triage_tables,
        "INSERT INTO triage.step (assignment_id, number, referral_id, at, act, state, level,"
        " pathway) VALUES ($1, $2, $3, now(), 'accept', 'accepted', 'practitioner', 'x')",
        one.id,
        one.steps + 1,
        one.referral_id,
    )
    acted = await counts(triage_tables)
    await as_owner(triage_tables, "UPDATE triage.untold SET told_by = 'c-1', told_at = now()")
    told = await counts(triage_tables)
    await as_owner(triage_tables, "DELETE FROM triage.untold")
    assert [each[BROMLEYS_COORDINATOR][3] for each in (before, acted, told)] == [2, 1, 0]


async def test_notify_sees_no_assignment(triage_tables: Database) -> None:
    """Numbers alone, and of nobody who is no coordinator."""
    notify = await triage_tables.connect("notify")
    for table in ("assignment", "untold", "step", "directory_entry"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await notify.execute(f"SELECT 1 FROM triage.{table}")
    await notify.close()
