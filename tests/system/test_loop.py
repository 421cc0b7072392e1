"""The closed loop on the running system: somebody takes the case in time, or somebody else knows.

No time to answer in is shorter than an hour, the shortest that a policy can say: so a clock is made
to fire by moving its due time into the past, in the database, as the hour would have done.
"""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import pytest_asyncio

from deploy.client import Answered
from deploy.commands.trail import pages_of
from services.audit.verify import Verified, verify_trail
from tests.servers import until
from tests.system.people import (
    AGENCY,
    Asked,
    document,
    is_asked,
    letters,
    mailbox,
    police,
    told,
)
from tests.system.running import Running, running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole() -> AsyncIterator[Running]:
    """A whole system, for all of these; each test has referrals of its own."""
    async with running() as system:
        yield system


def act(whole: Running, one: Asked, name: str, who: str | None, **said: object) -> None:
    """Somebody does something with an assignment, over HTTP; Answered if refused."""
    with whole.client() as client:
        client.post(f"/triage/api/assignments/{one.id}/{name}", "practitioner", said, who=who)


async def falls_due(whole: Running, one: Asked) -> None:
    """An assignment's clock is over."""
    await whole.rows(
        "UPDATE triage.assignment SET due_at = now() - interval '1 minute'"
        f" WHERE id = '{one.id}' RETURNING id"
    )


def trail(whole: Running, referral: UUID) -> list[str]:
    """The types of a referral's events, each verified as it is read."""
    with whole.client() as client:
        pages = list(pages_of(client, referral))
    assert all(isinstance(verify_trail(page), Verified) for page in pages)
    return [entry["type"].removesuffix(".v1") for page in pages for entry in page["entries"]]


@pytest.mark.system
@pytest.mark.timeout(120)
async def test_from_referral_to_the_senders_last_receipt(whole: Running) -> None:
    """Offered, told, accepted, contacted, closed: the sender hears of it, and the trail has all."""
    async with police(whole) as sender:
        referral = await sender.send(document("LOOP-1"))
        one = await is_asked(whole, referral)
        messages = await letters(whole, one, 1)
        act(whole, one, "accept", one.holder)
        taken_up = await sender.hears("LOOP-1", "taken_up")
        act(whole, one, "contact", one.holder, how="call", reached=True)
        act(whole, one, "close", one.holder, outcome="engaged")
        closed = await sender.hears("LOOP-1", "closed")

    assert [message["recipient"] for message in messages] == [await mailbox(whole, one.holder)]
    assert taken_up["service"] == "a service"
    assert closed["referral_id"] == str(referral)
    assert one.pathway not in f"{taken_up}{closed}"
    await told(whole, referral, "referral.closed", 1)
    with whole.client() as client:
        status = client.get(f"/intake/api/referrals/{referral}", "sender", agency=AGENCY)
    assert status["status"] == "closed"
    types = trail(whole, referral)
    ours = [each for each in types if each.startswith(("assignment.", "referral."))]
    assert sorted(ours) == [
        "assignment.accepted",
        "assignment.closed",
        "assignment.contact_attempted",
        "assignment.offered",
        "referral.closed",
        "referral.information_requested",
        "referral.received",
        "referral.triaged",
    ]
    assert types.count("notification.sent") == 1


@pytest.mark.system
@pytest.mark.timeout(120)
async def test_who_passes_on_is_followed_by_the_next(whole: Running) -> None:
    """The next practitioner is asked and told; to the first one the case is no longer there."""
    async with police(whole) as sender:
        referral = await sender.send(document("LOOP-2"))
    first = await is_asked(whole, referral)
    await letters(whole, first, 1)
    act(whole, first, "decline", first.holder, reason="no_room")
    second = await is_asked(whole, referral, offer=2)
    await letters(whole, first, 2)
    with pytest.raises(Answered) as too_late:
        act(whole, first, "accept", first.holder)
    act(whole, second, "accept", second.holder)

    offers = await told(whole, referral, "assignment.offered", 2)
    assert [each["practitioner_id"] for each in offers] == [first.holder, second.holder]
    assert offers[1]["because"] == "declined"
    assert first.holder != second.holder
    assert too_late.value.status in (404, 409)
    assert len(await told(whole, referral, "assignment.accepted", 1)) == 1


@pytest.mark.system
@pytest.mark.timeout(180)
async def test_an_offer_that_nobody_answers_goes_up(whole: Running) -> None:
    """To the stand-in; then, over a time in which triage is not there, to the coordinator, once."""
    async with police(whole) as sender:
        referral = await sender.send(document("LOOP-3"))
    first = await is_asked(whole, referral)
    await letters(whole, first, 1)
    (stand_in,) = await whole.rows(
        "SELECT body ->> 'stand_in' AS id FROM triage.directory_entry"
        f" WHERE kind = 'practitioner' AND key = '{first.holder}'"
    )
    await falls_due(whole, first)
    second = await is_asked(whole, referral, offer=2)
    messages = await letters(whole, first, 2)
    with whole.stopped("triage"):
        await falls_due(whole, second)
    third = await is_asked(whole, referral, offer=3)
    await letters(whole, first, 3)

    assert (first.level, second.level, third.level) == ("practitioner", "stand_in", "coordinator")
    assert second.holder == stand_in["id"]
    assert await mailbox(whole, second.holder) in {each["recipient"] for each in messages}
    await _a_round_of_clocks(whole, third)
    assert len(await told(whole, referral, "assignment.overdue", 2)) == 2
    assert len(await told(whole, referral, "assignment.escalated", 2)) == 2
    assert len(await told(whole, referral, "assignment.offered", 3)) == 3
    act(whole, third, "accept", third.holder)


@pytest.mark.system
@pytest.mark.timeout(120)
async def test_a_late_first_contact_is_told_and_stays(whole: Running) -> None:
    """Its holder is reminded and keeps it, and the stand-in is told."""
    async with police(whole) as sender:
        referral = await sender.send(document("LOOP-4"))
    one = await is_asked(whole, referral)
    await letters(whole, one, 1)
    act(whole, one, "accept", one.holder)
    await falls_due(whole, one)
    (escalated,) = await told(whole, referral, "assignment.escalated", 1)
    messages = await letters(whole, one, 3)

    reminded = {m["recipient"] for m in messages if m["purpose"] == "first_contact_overdue"}
    assert reminded == {
        await mailbox(whole, one.holder),
        await mailbox(whole, escalated["practitioner_id"]),
    }
    after = await is_asked(whole, referral)
    assert (after.holder, after.state, after.offer) == (one.holder, "accepted", 1)


async def _a_round_of_clocks(whole: Running, one: Asked) -> None:
    """Wait until the clocks have been looked at again: another's that is over has fired."""
    async with police(whole) as sender:
        other = await is_asked(whole, await sender.send(document("LOOP-ROUND")))
    await falls_due(whole, other)

    async def fired() -> bool:
        rows = await whole.rows(f"SELECT offer FROM triage.assignment WHERE id = '{other.id}'")
        return bool(rows[0]["offer"] > 1)

    await until(fired, 30)
    (clock,) = await whole.rows(
        f"SELECT due_at > now() AS runs FROM triage.assignment WHERE id = '{one.id}'"
    )
    assert clock["runs"]
