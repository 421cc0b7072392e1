"""What is overdue: who is reminded, how often, and what becomes of it afterwards."""

import json
from uuid import uuid4

import pytest

from shared.events import ActionDone, ActionOverdue, AssignmentContactAttempted
from shared.subjects import event
from tests.notify.ground import (
    NOON,
    Notify,
    Remembering,
    gone_up,
    heard,
    late_action,
    late_contact,
    offer,
    settled,
)

ADA, BEN = "p-k4wz7m", "p-nophone"  # he is told by email alone
ADAS, BENS = {"ada@team.example", "07700 900111"}, {"ben@team.example"}


async def test_the_holder_is_reminded_of_a_late_first_contact(notify: Notify) -> None:
    """By each channel, and everybody hears what it was for."""
    held = offer()
    provider = Remembering()
    await notify.hear(heard(late_contact(held)))
    await notify.send(provider)
    told = [json.loads(row.body)["data"] for row in await notify.rows("outbox")]
    assert {letter.recipient for letter in provider.letters} == ADAS
    assert [(each["purpose"], each["assignment_id"]) for each in told] == [
        ("first_contact_overdue", str(held.assignment_id))
    ] * 2


async def test_whoever_it_goes_up_to_is_told_once(notify: Notify) -> None:
    """The clock goes on firing; nobody gets a second message about the same offer."""
    held = offer()
    provider = Remembering()
    await notify.hear(heard(late_contact(held)), heard(gone_up(held, BEN), sequence=2))
    await notify.hear(
        heard(late_contact(held).model_copy(update={"due_at": NOON.replace(day=25)}), sequence=3),
        heard(gone_up(held, BEN), sequence=4),
    )
    await notify.send(provider)
    assert {letter.recipient for letter in provider.letters} == ADAS | BENS
    assert len(provider.letters) == 3


async def test_a_new_offer_may_fall_late_again(notify: Notify) -> None:
    """Who holds it a second time, by a later offer, is reminded a second time."""
    first = offer(practitioner_id=BEN)
    provider = Remembering()
    await notify.hear(heard(first), heard(late_contact(first), sequence=2))
    await notify.send(provider)
    second = first.model_copy(update={"offer": 3})
    await notify.hear(heard(second, sequence=3), heard(late_contact(second), sequence=4))
    await notify.send(provider)
    said = [letter.subject for letter in provider.letters]
    assert said.count("Fingerpost: something is overdue") == 2
    overdue = [m for m in await notify.rows("message") if m.purpose == "first_contact_overdue"]
    assert sorted(message.offer for message in overdue) == [1, 3]


async def test_an_unanswered_offer_makes_no_reminder(notify: Notify) -> None:
    """It has a new holder, whose offer tells him; being overdue and going up say nothing twice."""
    asked = offer()
    overdue = late_contact(asked).model_copy(update={"awaited": "acknowledgement"})
    await notify.hear(heard(overdue), heard(gone_up(asked, BEN, "acknowledgement"), sequence=2))
    assert await notify.rows("message") == []


async def test_a_reminder_ends_with_the_assignment(notify: Notify) -> None:
    """Nobody is reminded of what is closed."""
    held = offer()
    closed = settled(held)[4]
    provider = Remembering()
    await notify.hear(heard(late_contact(held)), heard(closed, sequence=2))
    await notify.send(provider)
    assert provider.letters == []


@pytest.mark.parametrize(("reached", "count"), [(True, 0), (False, 2)])
async def test_a_reminder_ends_with_the_contact(notify: Notify, reached: bool, count: int) -> None:
    """Nobody is reminded of a person who has been reached; one tried in vain is still waiting."""
    held = offer()
    tried = AssignmentContactAttempted(
        assignment_id=held.assignment_id,
        referral_id=held.referral_id,
        pathway=held.pathway,
        practitioner_id=ADA,
        how="call",
        reached=reached,
        attempt=1,
    )
    provider = Remembering()
    await notify.hear(heard(late_contact(held)), heard(tried, sequence=2))
    await notify.send(provider)
    assert len(provider.letters) == count


async def test_who_should_see_to_an_action_is_told(notify: Notify) -> None:
    """With a link to the case on its panel; the event says which action."""
    late = late_action()
    provider = Remembering()
    await notify.hear(heard(late), heard(late, sequence=2))
    await notify.send(provider)
    told = [json.loads(row.body) for row in await notify.rows("outbox")]
    assert {letter.recipient for letter in provider.letters} == ADAS
    assert len(provider.letters) == 2
    assert all(f"/triage/panels/cases/{late.case_id}" in each.body for each in provider.letters)
    assert {each["type"] for each in told} == {"notification.sent.v1"}
    assert {each["data"]["action_id"] for each in told} == {str(late.action_id)}
    assert {each["data"]["purpose"] for each in told} == {"action_overdue"}
    assert not any("assignment_id" in each["data"] for each in told)


async def test_an_action_that_goes_up_is_told_to_the_next(notify: Notify) -> None:
    """Each of them once."""
    late = late_action(ADA)
    provider = Remembering()
    higher = late.model_copy(update={"told": BEN, "level": "coordinator"})
    await notify.hear(heard(late), heard(higher, sequence=2))
    await notify.send(provider)
    assert {letter.recipient for letter in provider.letters} == ADAS | BENS


async def test_what_is_done_is_not_reminded_of(notify: Notify) -> None:
    """An action that was done before its reminder left leaves nobody reminded, other actions do."""
    late, other = late_action(), late_action(BEN)
    provider = Remembering()
    await notify.hear(heard(late), heard(other), heard(done(late), sequence=2))
    await notify.send(provider)
    assert {letter.recipient for letter in provider.letters} == BENS


async def test_a_reminder_that_cannot_be_sent_comes_before_a_person(notify: Notify) -> None:
    """An action's failed message is told and parked like any other."""
    await notify.hear(heard(late_action("p-nobody")))
    await notify.send(Remembering())
    [failed] = [r for r in await notify.rows("outbox") if r.subject == event("notification.failed")]
    said = json.loads(failed.body)["data"]
    assert (said["purpose"], said["practitioner_id"]) == ("action_overdue", "p-nobody")
    assert len(await notify.rows("parked")) == 1


def done(late: ActionOverdue) -> ActionDone:
    """Somebody saw to it."""
    return ActionDone(
        panel=late.panel,
        case_id=late.case_id,
        referral_id=late.referral_id,
        action_id=late.action_id,
        by=str(uuid4()),
    )
