"""The morning's digest: when, to whom, once, and what it says of the desk."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploy.keys import OWNER
from services.notify.digest import Digests, due_on
from tests.notify.ground import PUBLIC_URL, Notify, Remembering
from tests.servers import Database

ADA, BEN = "p-k4wz7m", "p-nophone"
EIGHT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
IN_SUMMER = datetime(2026, 7, 1, 7, 0, tzinfo=UTC)


@pytest.fixture
async def coordinators(notify: Notify, notify_database: Database) -> None:
    """Ada and Ben coordinate Bromley, and Ada Barnet as well; it is before eight."""
    notify.clock.now = EIGHT - timedelta(minutes=1)
    owner = await notify_database.connect(OWNER)
    for catalogue, who in (("bromley", [ADA, BEN]), ("barnet", [ADA])):
        await owner.execute(
            "INSERT INTO triage.directory_entry (kind, key, body)"
            " VALUES ('duty', $1, CAST($2 AS jsonb))",
            catalogue,
            json.dumps({"catalogue": catalogue, "coordinators": who}),
        )
    await owner.close()


@pytest.mark.parametrize(
    ("when", "is_due"),
    [
        (EIGHT - timedelta(seconds=1), False),
        (EIGHT, True),
        (EIGHT + timedelta(hours=4) - timedelta(seconds=1), True),
        (EIGHT + timedelta(hours=4), False),
        (IN_SUMMER, True),
        (IN_SUMMER - timedelta(seconds=1), False),
        (datetime(2026, 11, 22, 8, 0, tzinfo=UTC), True),
        (datetime(2026, 12, 25, 8, 0, tzinfo=UTC), True),
    ],
)
def test_it_is_made_from_eight_in_london_until_noon(when: datetime, is_due: bool) -> None:
    """In summer that is seven, on Sundays and at Christmas too; one that is late is left out."""
    assert due_on(when) == (when.date() if is_due else None)


async def test_each_coordinator_has_one_a_day(notify: Notify, coordinators: None) -> None:
    """By email, whoever coordinates two boroughs as well; and the next day another."""
    digests = Digests(notify.unit)
    assert await digests.step() == 0
    notify.clock.now = EIGHT
    assert (await digests.step(), await digests.step()) == (2, 0)
    notify.clock.advance(timedelta(days=1))
    assert await digests.step() == 2
    queued = sorted((row.practitioner_id, row.channel) for row in await notify.rows("message"))
    assert queued == [(ADA, "email")] * 2 + [(BEN, "email")] * 2


async def test_of_several_processes_none_sends_a_second(notify: Notify, coordinators: None) -> None:
    """Replicas look at the same moment, and one begins anew: the ids are the same."""
    notify.clock.now = EIGHT
    for process in [Digests(notify.unit) for _ in range(3)]:
        await process.step()
        notify.clock.advance(timedelta(minutes=1))
    provider = Remembering()
    await notify.send(provider)
    assert sorted(letter.recipient for letter in provider.letters) == [
        "ada@team.example",
        "ben@team.example",
    ]


async def test_it_tells_what_is_on_the_desk_when_it_leaves(
    notify: Notify, coordinators: None, notify_database: Database
) -> None:
    """The numbers are read with the address, so they are not those of the hour before."""
    notify.clock.now = EIGHT
    await Digests(notify.unit).step()
    owner = await notify_database.connect(OWNER)
    await owner.execute(
        "INSERT INTO triage.untold (notification_id, purpose, offer, steps, agency, at)"
        " VALUES (gen_random_uuid(), 'information_asked', 1, 0, 'iris-gp', now())"
    )
    provider = Remembering()
    await notify.send(provider)
    await owner.execute("DELETE FROM triage.untold")
    await owner.close()
    [one, _] = provider.letters
    assert one.subject == "Fingerpost: your desk this morning"
    assert "For a coordinator now: 0\nLate: 0\n" in one.body
    assert "Could not be told: 1\n\nFirst: ring those who could not be told.\n" in one.body
    assert f"\n{PUBLIC_URL}/triage/desk\n" in one.body


async def test_that_it_was_sent_is_told(notify: Notify, coordinators: None) -> None:
    """As of any message; it is about no assignment."""
    notify.clock.now = EIGHT
    await Digests(notify.unit).step()
    await notify.send(Remembering())
    told: list[dict[str, Any]] = [json.loads(row.body) for row in await notify.rows("outbox")]
    assert {each["data"]["purpose"] for each in told} == {"digest"}
    assert sorted(each["data"]["practitioner_id"] for each in told) == [ADA, BEN]
    assert not any("assignment_id" in each["data"] for each in told)


async def test_who_coordinates_no_more_gets_none(
    notify: Notify, coordinators: None, notify_database: Database
) -> None:
    """There is no desk to tell of any more."""
    notify.clock.now = EIGHT
    await Digests(notify.unit).step()
    owner = await notify_database.connect(OWNER)
    await owner.execute("DELETE FROM triage.directory_entry WHERE kind = 'duty'")
    await owner.close()
    provider = Remembering()
    await notify.send(provider)
    assert provider.letters == []
    assert {row.state for row in await notify.rows("message")} == {"failed"}
