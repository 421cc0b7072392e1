"""Clocks and waiting lists by themselves: up the levels, once each, whatever stops and starts."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.triage.assignments.clocks import Clocks
from services.triage.assignments.going_up import next_level
from services.triage.assignments.life import Assignment, State
from services.triage.sweeping import DueClocks, FreePlaces, Sweeper
from shared.bus.work import Work
from shared.events import Level
from tests.triage.assignments.small_triage import (
    CSU,
    HIGH,
    HOUR,
    NOON,
    PERPETRATOR,
    Triage,
    directory,
)
from tests.triage.assignments.small_triage import triage as triage  # the fixture
from tests.triage.cases import VICTIM

STAND_IN: dict[Level, str] = {"stand_in": "p-beaa"}
ALL: dict[Level, str] = STAND_IN | {"coordinator": "p-coor", "contact": "p-lead"}


@pytest.mark.parametrize(
    ("after", "there", "up"),
    [
        ("practitioner", ALL, ("stand_in", "p-beaa")),
        ("practitioner", ALL.keys() - {"stand_in"}, ("coordinator", "p-coor")),
        ("practitioner", {"contact"}, ("contact", "p-lead")),
        ("stand_in", ALL, ("coordinator", "p-coor")),
        ("coordinator", ALL, ("contact", "p-lead")),
        ("coordinator", {"stand_in"}, None),
        ("contact", ALL, None),
    ],
)
def test_the_next_level_is_the_first_where_somebody_is(
    after: Level, there: Any, up: tuple[Level, str] | None
) -> None:
    """Levels without anybody are skipped; above the last is none."""
    assert next_level(after, {level: ALL[level] for level in there}) == up


async def after_hours(triage: Triage, hours: float, one: Assignment) -> Assignment:
    """An assignment as it is so many hours later, with what became due done."""
    triage.now += timedelta(hours=hours)
    await triage.sweep()
    return await triage.one(one.referral_id, one.pathway)


async def test_nobody_answers_and_it_goes_up_and_up(triage: Triage) -> None:
    """Practitioner, stand-in, coordinator, contact; and there the clock goes on firing."""
    one = await triage.one(await triage.refer(**HIGH), CSU)
    one = await after_hours(triage, 2, one)
    assert (one.holder, one.level, one.state) == ("p-beaa", "stand_in", State.ESCALATED)
    assert one.due_at == NOON + 3 * HOUR
    one = await after_hours(triage, 1, one)
    assert (one.holder, one.level) == ("p-coor", "coordinator")
    one = await after_hours(triage, 1, one)
    assert (one.holder, one.level) == ("p-lead", "contact")
    assert one.passed == ("p-anna", "p-beaa", "p-coor")
    for _ in range(3):
        one = await after_hours(triage, 1, one)
        assert (one.holder, one.level) == ("p-lead", "contact")
    overdue = [e for e in await triage.told("assignment.overdue") if e["pathway"] == CSU]
    late = ["p-anna", "p-beaa", "p-coor", "p-lead", "p-lead", "p-lead"]
    assert [each["practitioner_id"] for each in overdue] == late


async def test_an_hour_before_it_is_due_nothing_happens(triage: Triage) -> None:
    """No clock fires early."""
    await triage.refer(**HIGH)
    triage.now += 2 * HOUR - timedelta(seconds=1)
    assert await triage.sweep() == 0


@pytest.mark.parametrize(
    "why",
    [
        {"leave": [{"from": "2026-11-24", "until": "2026-11-24"}]},
        {"hours": {"monday": {"from": "09:00", "until": "17:00"}}},
        {"max_caseload": 1},
    ],
    ids=["on leave", "not at work", "no room"],
)
async def test_a_stand_in_who_cannot_take_it_is_skipped(
    triage: Triage, why: dict[str, Any]
) -> None:
    """It goes to the coordinator instead."""
    first = await triage.one(await triage.refer(**HIGH), CSU)
    await triage.accept(await triage.one(await triage.refer(**HIGH), CSU))  # Beaa's
    triage.directories.directory = directory(beaa=why)
    assert (await after_hours(triage, 2, first)).holder == "p-coor"


async def test_a_stand_in_of_the_other_side_is_skipped(triage: Triage) -> None:
    """Kurt's stand-in has her case: his goes to the coordinator."""
    triage.directories.directory = directory(kurt={"stand_in": "p-elle"})
    pair = uuid4()
    his = await triage.one(await triage.refer(pair=pair, **PERPETRATOR), "dvpp")
    await triage.refer(pair=pair, **VICTIM | {"risk_score": 5})
    # Elle has hers.
    assert his.holder == "p-kurt"
    assert (await after_hours(triage, 48, his)).level == "coordinator"


async def test_who_accepts_late_stops_the_clock_all_the_same(triage: Triage) -> None:
    """The stand-in takes it; the first contact is due when it was, and tells one level after
    another while the holder stays."""
    one = await triage.one(await triage.refer(**HIGH), CSU)
    one = await triage.accept(await after_hours(triage, 2, one))
    assert (one.holder, one.awaited, one.due_at) == ("p-beaa", "first_contact", NOON + 24 * HOUR)
    one = await after_hours(triage, 22, one)
    assert (one.holder, one.state, one.late) == ("p-beaa", State.ACCEPTED, "coordinator")
    one = await after_hours(triage, 1, one)
    assert (one.holder, one.late) == ("p-beaa", "contact")
    events = [e for e in await triage.told() if e.get("awaited") == "first_contact"]
    assert [e["practitioner_id"] for e in events] == ["p-beaa", "p-coor", "p-beaa", "p-lead"]
    assert (await triage.contact(one)).due_at is None
    assert await triage.sweep() == 0


async def test_two_sweepers_fire_once(triage: Triage) -> None:
    """However many look at the same moment."""
    for _ in range(3):
        await triage.refer(**HIGH)
    triage.now += 2 * HOUR
    done = await asyncio.gather(*(triage.sweeper().sweep() for _ in range(4)))
    overdue = await triage.told("assignment.overdue")
    assert sum(done) == len(overdue) == 6
    assert len({each["assignment_id"] for each in overdue}) == 6


async def test_what_became_due_while_nothing_ran_fires_once_on_return(triage: Triage) -> None:
    """A month later the clock has fired once, and the next one is due from now."""
    one = await triage.one(await triage.refer(**HIGH), CSU)
    one = await after_hours(triage, 24 * 30, one)
    assert one.due_at == triage.now + HOUR
    assert [e["pathway"] for e in await triage.told("assignment.overdue")].count(CSU) == 1


@dataclass(frozen=True)
class Breaking(Clocks):
    """Clocks of which one assignment's is broken."""

    broken: set[Any] = field(default_factory=set)

    async def fire(self, one: Assignment, work: Work) -> Assignment:
        """As Clocks, but for that one."""
        if one.id in self.broken:
            raise ValueError
        return await super().fire(one, work)


async def test_one_broken_clock_holds_up_no_other(triage: Triage) -> None:
    """It is tried again after a rest; the others fire meanwhile."""
    first, second = [await triage.one(await triage.refer(**HIGH), CSU) for _ in range(2)]
    clocks = Breaking(triage.library, triage.directories, broken={first.id})
    sweeper = Sweeper([DueClocks(triage.unit, clocks).step])
    triage.now += 2 * HOUR
    await sweeper.sweep()
    assert (await triage.one(first.referral_id, CSU)).holder == "p-anna"
    assert (await triage.one(second.referral_id, CSU)).holder != "p-beaa"
    clocks.broken.clear()
    assert await sweeper.sweep() == 0
    triage.now += timedelta(seconds=61)
    assert await sweeper.sweep() == 1


async def test_an_outage_is_waited_out(triage: Triage) -> None:
    """A step that cannot reach the database is tried again with the next sweep."""
    one = await triage.one(await triage.refer(**HIGH), CSU)
    away = [True]

    async def step() -> int:
        if away:
            raise ConnectionRefusedError
        return await DueClocks(triage.unit, Clocks(triage.library, triage.directories)).step()

    sweeper = Sweeper([step])
    triage.now += 2 * HOUR
    assert await sweeper.sweep() == 0
    away.clear()
    assert await sweeper.sweep() == 2
    assert (await triage.one(one.referral_id, CSU)).holder == "p-beaa"


async def test_lists_are_looked_at_in_peace(triage: Triage) -> None:
    """While nobody finds a place, the lists are left alone for some seconds."""
    places = FreePlaces(triage.unit, Clocks(triage.library, triage.directories))
    assert await places.step() == 0
    held = [await triage.refer(**VICTIM) for _ in range(5)]
    await triage.close(await triage.accept(await triage.one(held[0], CSU)))
    assert await places.step() == 0
    triage.now += timedelta(seconds=5)
    assert await places.step() == 1


async def test_the_second_replica_finds_nothing_left(triage: Triage) -> None:
    """Two that look for free places at once offer one place once."""
    held = [await triage.refer(**VICTIM) for _ in range(5)]
    triage.now += HOUR
    held.append(await triage.refer(**VICTIM))
    await triage.close(await triage.accept(await triage.one(held[0], CSU)))
    await asyncio.gather(*(triage.sweeper().sweep() for _ in range(3)))
    states = [(await triage.one(each, CSU)).state for each in held[4:]]
    assert states == [State.OFFERED, State.WAITLISTED]


async def test_what_has_become_urgent_waits_no_longer(triage: Triage) -> None:
    """A revision makes it urgent: it goes on at once, though nobody has room."""
    for _ in range(4):
        await triage.refer(**VICTIM)
    waits = await triage.refer(**VICTIM)
    await triage.amend(waits, **HIGH)
    one = await triage.one(waits, CSU)
    assert (one.state, one.level, one.urgent) == (State.ESCALATED, "coordinator", True)


async def test_who_was_asked_is_asked_again_in_haste(triage: Triage) -> None:
    """The same person, with the urgent time, as a new offer."""
    one = await triage.one(await triage.refer(**VICTIM), CSU)
    await triage.amend(one.referral_id, **HIGH)
    after = await triage.one(one.referral_id, CSU)
    assert (after.holder, after.offer, after.passed) == (one.holder, 2, ())
    assert after.due_at == NOON + 2 * HOUR
    assert replace(after, steps=one.steps).id == one.id
