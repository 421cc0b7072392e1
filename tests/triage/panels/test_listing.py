"""From a decision to the agenda, on real tables."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from shared.facts import History
from tests.triage.panels.ground import Ground

DRIVE: dict[str, Any] = {
    "role": "perpetrator",
    "concerns": ("domestic_abuse",),
    "serial": True,
    "relationship": "former_partner",
}
NOT_DRIVE: dict[str, Any] = DRIVE | {"serial": False, "risk_score": 3}
NEXT, AFTER_IT = date(2026, 11, 24), date(2026, 12, 22)


async def cases(ground: Ground, panel: str = "marac") -> list[tuple[date, str, list[str]]]:
    """All cases of a panel, the earliest first: the meeting, the state, the triggers."""
    async with ground.engine.connect() as connection:
        rows = await connection.execute(
            text(
                "SELECT meets_on, state, triggers FROM panel_case WHERE panel = :panel"
                " ORDER BY listed_at, id"
            ),
            {"panel": panel},
        )
        return [(row.meets_on, row.state, row.triggers) for row in rows]


async def test_a_route_to_the_marac_is_listed(ground: Ground) -> None:
    """For the next meeting, with its triggers, told once."""
    referral = uuid4()
    await ground.decide(referral)
    (case,) = await ground.agenda()
    assert case["referral_id"] == str(referral)
    (told,) = await ground.told("panel.case_listed")
    assert told["subject"] == str(referral)
    assert told["data"] == {
        "panel": "marac",
        "case_id": case["case_id"],
        "referral_id": str(referral),
        "meets_on": "2026-11-24",
        "triggers": ["visible_high_risk"],
        "repeat": False,
    }


async def test_a_repeat_is_flagged(ground: Ground) -> None:
    """The same two came to a MARAC within the year."""
    history = History(marac_on=date(2026, 2, 1), pair_known=True)
    await ground.decide(uuid4(), risk_score=3, history=history)
    (case,) = await ground.agenda()
    assert (case["repeat"], case["triggers"]) == (True, ["repeat"])


async def test_who_comes_on_the_day_is_listed_for_the_next(ground: Ground) -> None:
    """The agenda of a meeting that is held today is with everybody already."""
    ground.clock.now = datetime(2026, 11, 24, 8, tzinfo=UTC)
    await ground.decide(uuid4())
    assert [meets_on for meets_on, *_ in await cases(ground)] == [AFTER_IT]


async def test_the_day_is_londons(ground: Ground) -> None:
    """At 23:30 UTC in summer it is the day of the meeting in London."""
    ground.clock.now = datetime(2026, 6, 8, 23, 30, tzinfo=UTC)
    await ground.decide(uuid4())
    assert [meets_on for meets_on, *_ in await cases(ground)] == [date(2026, 7, 7)]


@pytest.mark.parametrize(
    ("panel", "meets_on", "known"),
    [
        ("perpetrator_panel", date(2026, 11, 25), DRIVE),
        (
            "iom",
            date(2026, 11, 26),
            {
                "role": "offender",
                "concerns": ("acquisitive_crime",),
                "cohorts": ("persistent_offender",),
            },
        ),
    ],
)
async def test_the_other_panels(
    ground: Ground, panel: str, meets_on: date, known: dict[str, Any]
) -> None:
    """The perpetrator panel and the IOM panel list by the same way, without MARAC triggers."""
    await ground.decide(uuid4(), **known)
    assert await cases(ground, panel) == [(meets_on, "listed", [])]
    assert await cases(ground) == []


async def test_a_referral_to_no_panel(ground: Ground) -> None:
    """It is on no agenda, and nothing is told."""
    await ground.decide(uuid4(), risk_score=5)
    assert await ground.told() == []


async def test_another_boroughs_case_is_not_on_this_agenda(ground: Ground) -> None:
    """A transfer is heard where the person lives."""
    await ground.decide(uuid4(), borough="bexley", district=None)
    assert await cases(ground) == []


async def test_what_waits_for_the_coordinator_is_not_listed(ground: Ground) -> None:
    """A cross-allegation: nobody sees the perpetrator's side before the coordinator has looked."""
    history = History(pair_known=True, cross_allegation=True)
    await ground.decide(uuid4(), history=history, **DRIVE)
    assert await cases(ground, "perpetrator_panel") == []


async def test_an_amendment_changes_the_case(ground: Ground) -> None:
    """New triggers stand on the same case, told anew; the same again is not."""
    referral = uuid4()
    await ground.decide(referral)
    await ground.decide(referral, amended=True, police_callouts_12m=4)
    await ground.decide(referral, amended=True, police_callouts_12m=4)
    assert await cases(ground) == [(NEXT, "listed", ["visible_high_risk", "escalation"])]
    told = await ground.told("panel.case_listed")
    assert [each["data"]["triggers"] for each in told] == [
        ["visible_high_risk"],
        ["visible_high_risk", "escalation"],
    ]
    assert len({each["data"]["case_id"] for each in told}) == 1


async def test_an_amendment_takes_nobody_off_the_marac(ground: Ground) -> None:
    """It is statutory."""
    referral = uuid4()
    await ground.decide(referral)
    await ground.decide(referral, amended=True, risk_score=3)
    assert [state for _, state, _ in await cases(ground)] == ["listed"]


async def test_an_amendment_takes_another_case_off(ground: Ground) -> None:
    """Where it no longer follows: told, and with its reason in the table; and back again."""
    referral = uuid4()
    await ground.decide(referral, **DRIVE)
    await ground.decide(referral, amended=True, **NOT_DRIVE)
    assert [state for _, state, _ in await cases(ground, "perpetrator_panel")] == ["withdrawn"]
    (told,) = await ground.told("panel.case_heard")
    assert told["data"]["outcome"] == "withdrawn"
    await ground.decide(referral, amended=True, **DRIVE)
    states = [state for _, state, _ in await cases(ground, "perpetrator_panel")]
    assert sorted(states) == ["listed", "withdrawn"]


async def test_a_case_that_somebody_accepted_stays(ground: Ground) -> None:
    """As its assignment does."""
    referral = uuid4()
    await ground.decide(referral, **DRIVE)
    async with ground.engine.begin() as connection:
        await ground.assign(connection, referral, "drive", "p-anybody", uuid4())
    await ground.decide(referral, amended=True, **NOT_DRIVE)
    assert [state for _, state, _ in await cases(ground, "perpetrator_panel")] == ["listed"]


async def test_a_case_put_off_keeps_its_new_day(ground: Ground) -> None:
    """An amendment does not bring it back to the meeting before."""
    case = await ground.listed()
    await ground.post(f"/cases/{case['id']}/outcome", {"outcome": "deferred"})
    await ground.decide(case["referral_id"], amended=True, police_callouts_12m=4)
    assert [meets_on for meets_on, *_ in await cases(ground)] == [AFTER_IT]


async def test_what_was_heard_comes_back_for_a_new_trigger(ground: Ground) -> None:
    """As a case of its own; anything else that is new does not list it again."""
    case = await ground.listed()
    ground.clock.now = datetime(2026, 11, 24, 15, tzinfo=UTC)
    await ground.post(f"/cases/{case['id']}/outcome", {"outcome": "heard"})
    await ground.decide(case["referral_id"], amended=True, needs=("housing",))
    assert len(await cases(ground)) == 1
    await ground.decide(case["referral_id"], amended=True, police_callouts_12m=9)
    assert [(day, state) for day, state, _ in await cases(ground)] == [
        (NEXT, "heard"),
        (AFTER_IT, "listed"),
    ]
