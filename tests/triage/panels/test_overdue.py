"""Overdue actions on a real PostgreSQL: told once each time, by however many sweepers."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from services.triage.panels import store
from tests.triage.panels import people
from tests.triage.panels.ground import Ground

FIRST = datetime(2026, 11, 19, 9, tzinfo=UTC)
"""The morning after Wednesday 18 November 2026."""
DAY = timedelta(days=1)


async def given(ground: Ground, number: int = 1) -> list[str]:
    """The ids of so many actions, each due on Wednesday."""
    case = await ground.listed()
    wish: dict[str, Any] = {"owner": people.OWNER, "due_on": "2026-11-18"}
    answers = [
        await ground.post(f"/cases/{case['id']}/actions", wish | {"text": f"the {each}. thing"})
        for each in range(number)
    ]
    return [each.json()["action_id"] for each in answers]


async def fire(ground: Ground, at: datetime) -> list[tuple[str, str]]:
    """What is told when the sweeper comes by at a moment: how far up, and to whom."""
    ground.clock.now = at
    before = len(await ground.told("panel.action_overdue"))
    while await ground.overdue.step():
        pass
    told = (await ground.told("panel.action_overdue"))[before:]
    return [(each["data"]["level"], each["data"]["told"]) for each in told]


async def test_nothing_before_its_time(ground: Ground) -> None:
    """Its day is over at midnight; the stand-in is told when the office opens."""
    await given(ground)
    assert await fire(ground, FIRST - timedelta(microseconds=1)) == []
    assert await fire(ground, FIRST) == [("stand_in", people.STAND_IN)]
    assert await fire(ground, FIRST) == []


async def test_up_and_on(ground: Ground) -> None:
    """A working day each: stand-in, coordinator on call, contact, and the contact every day."""
    await given(ground)
    monday = FIRST + 4 * DAY
    assert await fire(ground, FIRST) == [("stand_in", people.STAND_IN)]
    assert await fire(ground, FIRST + DAY) == [("coordinator", people.DAY)]
    assert await fire(ground, FIRST + 3 * DAY) == []  # Sunday
    assert await fire(ground, monday) == [("contact", people.CONTACT)]
    assert await fire(ground, monday + DAY) == [("contact", people.CONTACT)]
    assert await fire(ground, monday + 2 * DAY) == [("contact", people.CONTACT)]


async def test_a_stopped_system_fires_once_on_return(ground: Ground) -> None:
    """However many working days it was away."""
    await given(ground)
    assert await fire(ground, FIRST + 30 * DAY) == [("stand_in", people.STAND_IN)]


async def test_done_is_never_overdue(ground: Ground) -> None:
    """Done before or after it fired, nothing more is told."""
    first, second = await given(ground, 2)
    await ground.post(f"/actions/{first}/done", {}, people.OWNER)
    assert len(await fire(ground, FIRST)) == 1
    await ground.post(f"/actions/{second}/done", {}, people.OWNER)
    assert await fire(ground, FIRST + 10 * DAY) == []


async def test_what_is_told(ground: Ground) -> None:
    """The action, its owner, how far up; not what it is. The agenda says whom it went to."""
    (action,) = await given(ground)
    await fire(ground, FIRST)
    (told,) = await ground.told("panel.action_overdue")
    (case,) = await ground.agenda()
    assert told["data"] == {
        "panel": "marac",
        "case_id": case["case_id"],
        "referral_id": case["referral_id"],
        "action_id": action,
        "owner": people.OWNER,
        "level": "stand_in",
        "told": people.STAND_IN,
    }
    assert case["actions"][0]["told"] == people.STAND_IN


async def test_nobody_is_told_across_the_wall(ground: Ground) -> None:
    """A stand-in who works with the other person of the pair is passed over."""
    await given(ground)
    (case,) = await ground.agenda()
    pair = uuid4()
    await ground.known_referral(UUID(case["referral_id"]), pair=pair, role="victim")
    await ground.known_referral(uuid4(), pair=pair, role="perpetrator", holder=people.STAND_IN)
    assert await fire(ground, FIRST) == [("coordinator", people.DAY)]


async def test_who_was_told_last_may_mark_it_done(ground: Ground) -> None:
    """Once it went up to the stand-in, she may; not before, and not when it has gone further."""
    (first,) = await given(ground)
    path = f"/actions/{first}/done"
    assert (await ground.post(path, {}, people.STAND_IN)).status_code == 404
    await fire(ground, FIRST)
    assert (await ground.post(path, {}, people.STAND_IN)).status_code == 200


async def test_two_sweepers_never_tell_twice(ground: Ground) -> None:
    """Four at once over many actions: each action is told once, and none is left."""
    actions = await given(ground, 40)
    ground.clock.now = FIRST
    fired = await asyncio.gather(*(ground.overdue.step() for _ in range(4)))
    assert sum(fired) == len(actions)
    told = await ground.told("panel.action_overdue")
    assert sorted(each["data"]["action_id"] for each in told) == sorted(actions)
    assert len({each["id"] for each in told}) == len(actions)


async def test_what_another_has_claimed_is_passed_over(ground: Ground) -> None:
    """Not waited for; and when the other dies with it, it is due again."""
    await given(ground)
    ground.clock.now = FIRST
    async with ground.engine.connect() as other:
        assert len(await store.claim_overdue(other, FIRST, 10)) == 1
        assert await ground.overdue.step() == 0
        await other.rollback()
    assert await ground.overdue.step() == 1


async def test_the_same_firing_has_the_same_id(ground: Ground) -> None:
    """It derives from the action and the time that it was due, not from who found it or when."""
    (action,) = await given(ground)
    await fire(ground, FIRST + 3 * DAY + timedelta(hours=2))
    (told,) = await ground.told("panel.action_overdue")
    cause = uuid5(UUID(action), "panel.action_overdue/2026-11-19T09:00:00+00:00")
    assert told["id"] == str(uuid5(cause, f"panel.action_overdue/{action}"))
