"""Somebody could not be told, or answered by a text: what becomes of the assignment."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from services.triage.assignments import untold, views
from services.triage.assignments.life import Assignment, State
from services.triage.assignments.untold import Untold
from shared.events import AnsweredByText, EventData, NotificationFellBack
from tests.triage.assignments.small_triage import CSU, HIGH, HOUR, NOON, Triage, message
from tests.triage.assignments.small_triage import triage as triage  # the fixture


def fell_back(one: Assignment, **said: Any) -> NotificationFellBack:
    """Notify could not tell its holder of an assignment."""
    return NotificationFellBack.model_validate(
        {
            "notification_id": uuid4(),
            "assignment_id": one.id,
            "offer": one.offer,
            "practitioner_id": one.holder,
            "channel": "sms",
            "purpose": "offered",
            "to": "stand_in",
        }
        | said
    )


async def hear(triage: Triage, *said: EventData, subject: UUID | None = None) -> None:
    """Notify says something, each as it comes from the stream."""
    about = subject or uuid4()
    for number, each in enumerate(said, 1):
        await triage.hear(message(each, about, number, producer="notify"))


async def offered(triage: Triage) -> Assignment:
    """An urgent case, which Anna is asked to take."""
    return await triage.one(await triage.refer(**HIGH), CSU)


async def as_it_is(triage: Triage, one: Assignment) -> Assignment:
    """An assignment as it stands."""
    return await triage.one(one.referral_id, one.pathway)


async def left(triage: Triage, catalogue: str | None = None) -> Sequence[Untold]:
    """Whom a coordinator is to tell."""
    async with triage.engine.connect() as connection:
        return await untold.standing(connection, catalogue)


async def test_an_offer_goes_up_at_once(triage: Triage) -> None:
    """The stand-in is asked an hour before the clock would fire, and nothing is called overdue."""
    one = await offered(triage)
    triage.now += HOUR
    await hear(triage, fell_back(one))

    up = await as_it_is(triage, one)

    assert (up.holder, up.level, up.state) == ("p-beaa", "stand_in", State.ESCALATED)
    assert up.due_at == triage.now + HOUR
    assert up.because == "stands in for whoever could not be told"
    told = [each["type"] for each in await triage.told() if each.get("pathway") == CSU]
    assert told == ["assignment.offered", "assignment.escalated", "assignment.offered"]
    async with triage.engine.connect() as connection:
        last = (await views.history(connection, one.id))[-1]
    assert (last.act, last.reason) == ("escalate", "could_not_be_told")
    assert await left(triage) == ()


async def test_every_level_may_be_out_of_reach(triage: Triage) -> None:
    """Up and up, and where nobody is above a coordinator is to tell the last."""
    one = await offered(triage)
    holders = []
    for _ in range(5):
        holders.append(one.holder)
        await hear(triage, fell_back(one))
        one = await as_it_is(triage, one)

    assert holders == ["p-anna", "p-beaa", "p-coor", "p-lead", "p-lead"]
    (last,) = await left(triage)
    assert (last.assignment_id, last.practitioner_id) == (one.id, "p-lead")


async def test_it_goes_up_once(triage: Triage) -> None:
    """The email failed and the text failed; the event came again: one step."""
    one = await offered(triage)
    again = message(fell_back(one), uuid4(), producer="notify")
    await triage.hear(again)
    await triage.hear(again)
    await hear(triage, fell_back(one, channel="email"), fell_back(one))

    assert (await as_it_is(triage, one)).holder == "p-beaa"
    assert await left(triage) == ()


async def test_the_clock_and_the_failure_at_one_moment_are_one_step(triage: Triage) -> None:
    """Whichever comes first; the other finds another offer."""
    one = await offered(triage)
    triage.now += 2 * HOUR

    await asyncio.gather(triage.sweep(), hear(triage, fell_back(one)))

    assert (await as_it_is(triage, one)).offer == 2


async def test_who_has_answered_keeps_it(triage: Triage) -> None:
    """A late failure is nobody's business: the answer shows that they heard."""
    one = await triage.accept(await offered(triage))
    await hear(triage, fell_back(one), fell_back(one, to="coordinators_screen"))

    assert await as_it_is(triage, one) == one
    assert await left(triage) == ()


async def test_another_channel_is_tried_and_triage_waits(triage: Triage) -> None:
    """Nothing is to be done yet."""
    one = await offered(triage)
    await hear(triage, fell_back(one, channel="email", to="sms"))

    assert await as_it_is(triage, one) == one
    assert await left(triage) == ()


async def test_what_does_not_go_up_is_kept_for_a_coordinator(triage: Triage) -> None:
    """Of her own borough, until somebody acts on it."""
    one = await offered(triage)
    await hear(triage, fell_back(one, to="coordinators_screen"))
    before = await left(triage)
    other = await left(triage, "barnet")

    await triage.accept(one)

    assert [each.practitioner_id for each in before] == ["p-anna"]
    assert (other, await left(triage, "bromley")) == ((), ())


async def test_a_clock_that_fires_tells_nobody(triage: Triage) -> None:
    """At the top it fires each hour, and whoever cannot be told still is not."""
    one = await offered(triage)
    for _ in range(3):
        triage.now += 2 * HOUR
        await triage.sweep()
    one = await as_it_is(triage, one)
    await hear(triage, fell_back(one, to="coordinators_screen"))
    triage.now += 2 * HOUR
    await triage.sweep()

    assert (await as_it_is(triage, one)).steps == one.steps + 1
    assert [each.practitioner_id for each in await left(triage)] == ["p-lead"]


async def test_a_late_contact_that_cannot_be_told(triage: Triage) -> None:
    """The holder stays; a coordinator is to ring, until the person is reached."""
    one = await triage.accept(await offered(triage))
    triage.now += timedelta(hours=25)
    await triage.sweep()
    await hear(triage, fell_back(one, purpose="first_contact_overdue"))
    before = await left(triage)
    late = await as_it_is(triage, one)

    await triage.contact(late)
    await hear(triage, fell_back(one, purpose="first_contact_overdue", channel="email"))

    assert [each.purpose for each in before] == ["first_contact_overdue"]
    assert (late.holder, await left(triage)) == ("p-anna", ())


async def test_what_is_about_no_assignment_is_kept_too(triage: Triage) -> None:
    """What was asked of an agency, the day's digest: until somebody told them, and again when it
    fails another day."""
    one = await offered(triage)
    to_nobody = {"assignment_id": None, "offer": 0, "to": "coordinators_screen"}
    agency = {"practitioner_id": None, "agency": "bdas", "purpose": "information_asked"}
    asked = fell_back(one, **to_nobody, **agency)
    digest = fell_back(one, **to_nobody, practitioner_id="p-coor", purpose="digest")
    await hear(triage, asked, digest)
    kept = await left(triage, "bromley")
    async with triage.unit.work(uuid4()) as work:
        for each in kept:
            await untold.settle(work.connection, each.notification_id, "p-desk", work.now)
    settled = await left(triage)

    triage.now += HOUR
    await hear(triage, asked)

    assert [(each.agency, each.purpose) for each in sorted(kept, key=lambda u: u.purpose)] == [
        (None, "digest"),
        ("bdas", "information_asked"),
    ]
    assert settled == ()
    assert [(each.agency, each.at) for each in await left(triage)] == [("bdas", NOON + HOUR)]


def by_text(one: Assignment, who: str | None = None) -> AnsweredByText:
    """Somebody accepts an offer by a text message."""
    return AnsweredByText(
        assignment_id=one.id,
        offer=one.offer,
        practitioner_id=who or one.holder or "",
        answer="accept",
    )


async def test_an_offer_is_accepted_by_text(triage: Triage) -> None:
    """As on the page; a second text changes nothing."""
    one = await offered(triage)
    await hear(triage, by_text(one), by_text(one))

    after = await as_it_is(triage, one)

    assert (after.state, after.holder) == (State.ACCEPTED, "p-anna")
    accepted = await triage.told("assignment.accepted")
    assert [each["practitioner_id"] for each in accepted] == ["p-anna"]


async def test_what_has_gone_to_another_is_not_accepted_by_text(triage: Triage) -> None:
    """Nor what never was theirs, nor what is not there."""
    first = await offered(triage)
    triage.now += 2 * HOUR
    await triage.sweep()
    one = await as_it_is(triage, first)
    gone = replace(one, id=uuid4())

    await hear(triage, by_text(first), by_text(one, "p-cora"), by_text(gone))

    assert await as_it_is(triage, one) == one
