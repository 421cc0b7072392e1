"""Whom a coordinator has to ring: on the desk, on the page, until they were told."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.triage.directory.refused import refuse
from tests.triage.assignments.ground import BROMLEYS_COORDINATOR, Place
from tests.triage.assignments.visiting import (
    WORK,
    fell_back,
    not_told,
    offered,
    page,
    tap,
    words,
)

DESK = "/triage/desk"


async def told(
    place: Place, notification: UUID, who: str = "c-1", role: Any = "coordinator"
) -> int:
    """Somebody taps that they have told them."""
    async with place.browser(who, role) as browser:
        return (await browser.post(f"{DESK}/told/{notification}")).status_code


async def test_who_could_not_be_told_is_first_on_the_desk(place: Place) -> None:
    """By name and number, with what to tell them; the reading of it is recorded."""
    one = await offered(place)
    holder = place.directory.practitioner(one.holder)
    assert holder
    await not_told(place, one)

    desk = words(await page(place, DESK, BROMLEYS_COORDINATOR, "coordinator"))

    assert desk.index("Could not be told: 1") < desk.index("For a coordinator:")
    assert f"No message has reached {holder.name} , {holder.phone} ." in desk
    assert f"Ring {holder.name} and tell them that they are asked to take this." in desk
    (read,) = await place.told("access.recorded")
    assert read["subject"] == str(one.referral_id)


async def test_whoever_was_told_is_taken_off(place: Place) -> None:
    """By a coordinator's tap, once; nobody else may."""
    one = await offered(place)
    notification = await not_told(place, one)

    assert await told(place, notification, one.holder, "practitioner") == 403
    assert "Could not be told" in words(await page(place, DESK, "c-1", "coordinator"))
    assert [await told(place, notification) for _ in range(2)] == [303, 303]
    assert "Could not be told" not in words(await page(place, DESK, "c-1", "coordinator"))


async def test_an_answer_takes_it_off(place: Place) -> None:
    """Who has answered knows of it."""
    one = await offered(place)
    await not_told(place, one)
    before = words(await page(place, f"{WORK}/{one.id}", "c-1", "coordinator"))
    theirs = words(await page(place, f"{WORK}/{one.id}", one.holder))

    await tap(place, one, "accept", one.holder)

    assert "Could not be told" in before
    assert "Could not be told" not in theirs
    for path in (DESK, f"{WORK}/{one.id}"):
        assert "Could not be told" not in words(await page(place, path, "c-1", "coordinator"))


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            {"agency": "bdas", "purpose": "information_asked"},
            "A question to an agency No message has reached bdas . Known since today, 12:50."
            " First: Ring bdas and tell them that something is missing in a referral of theirs.",
        ),
        (
            {"practitioner_id": "p-gone", "purpose": "digest"},
            "Ring whoever it was for and tell them to look at the desk.",
        ),
        (
            {"practitioner_id": "p-czp3y8", "action_id": uuid4(), "purpose": "action_overdue"},
            "Ring Wendy Varley and tell them that an action of a panel is overdue.",
        ),
    ],
    ids=["agency", "who has left", "action"],
)
async def test_what_is_about_no_assignment(place: Place, said: dict[str, Any], shown: str) -> None:
    """It stands on every desk."""
    await fell_back(place, **said)

    assert shown in words(await page(place, f"{DESK}?catalogue=barnet", "c-1", "coordinator"))


async def test_a_wrong_address_is_on_the_desk(place: Place) -> None:
    """Of those who work for the borough, until it is corrected, or a coordinator knows better."""
    async with place.unit.work(uuid4()) as work:
        await work.connection.execute(
            text(
                "INSERT INTO directory_entry VALUES ('practitioner', 'p-czp3y8',"
                ' \'{"email": "wendy.varley@example.org", "phone": "07700 900213"}\')'
            )
        )
        await refuse(work.connection, "p-czp3y8", "email", work.now)
        await refuse(work.connection, "p-czp3y8", "sms", work.now)
    own, others = [
        words(await page(place, f"{DESK}?catalogue={each}", "c-1", "coordinator"))
        for each in ("bromley", "barnet")
    ]
    async with place.browser("c-1", "coordinator") as browser:
        await browser.post(f"{DESK}/address-is-right/p-czp3y8")
    after = words(await page(place, DESK, "c-1", "coordinator"))
    async with place.unit.work(uuid4()) as work:
        await work.connection.execute(text("DELETE FROM directory_entry"))

    assert "Messages to the email address and telephone number in the directory are" in own
    assert "are refused" not in others + after


async def test_to_whom_it_came_up_reads_why(place: Place) -> None:
    """The stand-in did nothing wrong, nor did whoever no message reached."""
    one = await offered(place)
    await fell_back(
        place,
        assignment_id=one.id,
        offer=one.offer,
        practitioner_id=one.holder,
        purpose="offered",
        to="stand_in",
    )
    now = await place.now_of(one)

    theirs = words(await page(place, f"{WORK}/{one.id}", now.holder))
    before = words(await page(place, f"{WORK}/{one.id}", one.holder))

    assert "No message reached whoever was asked before you." in theirs
    assert "since no message had reached you." in before


async def test_a_coordinator_withdraws_by_hand(place: Place) -> None:
    """With a reason, which stays beside the decision; a practitioner cannot, nor anybody twice."""
    one = await offered(place)
    form = {"reason": "the person asked for it"}
    shown = (await page(place, f"{WORK}/{one.id}", "c-1", "coordinator")).text

    answers = [
        await tap(place, one, "withdraw", one.holder, **form),
        await tap(place, one, "withdraw", "c-1", "coordinator"),
        await tap(place, one, "withdraw", "c-1", "coordinator", **form),
        await tap(place, one, "withdraw", "c-1", "coordinator", **form),
    ]

    assert f'action="{WORK}/{one.id}/withdraw"' in shown
    assert [each.status_code for each in answers] == [404, 422, 303, 409]
    assert "Write why, in a few words." in words(answers[1])
    after = await place.now_of(one)
    assert (after.state, after.withdrawn_because) == ("withdrawn", "withdrawn by a coordinator")
    (told,) = await place.told("referral.overridden")
    assert (told["data"]["action"], told["data"]["coordinator"]) == ("withdraw", "c-1")
