"""What an offer and its withdrawal bring about."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from services.notify.providers import OutcomeUnknown, TemporaryFailure
from services.notify.undelivered import open_undelivered
from shared.bus.consumer import Consumer, Received
from shared.events import AssignmentOffered
from tests.notify.ground import Notify, Remembering, heard, offer, settled, withdrawal

BEN = "p-nophone"  # is told by email alone


def again(event: AssignmentOffered, practitioner_id: str, number: int = 2) -> AssignmentOffered:
    """The same assignment, offered to somebody."""
    return event.model_copy(update={"practitioner_id": practitioner_id, "offer": number})


async def test_an_offer_is_told_once_by_each_channel(notify: Notify) -> None:
    """One email and one text an assignment, however often the offer is delivered."""
    event = heard(offer(urgent=True))
    await notify.hear(event)
    await notify.hear(event)
    assert await notify.states() == {"email": "queued", "sms": "queued"}
    assert len(await notify.rows("message")) == 2


async def test_the_same_offer_under_another_event_adds_nothing(notify: Notify) -> None:
    """The ids follow from the assignment, not from the event that told of it."""
    event = offer(urgent=True)
    provider = Remembering()
    await notify.hear(heard(event))
    await notify.send(provider)
    await notify.hear(heard(event, sequence=2))
    await notify.send(provider)
    assert len(provider.letters) == 2


async def test_an_offer_that_was_told_under_another_id_adds_nothing(notify: Notify) -> None:
    """A message that an older version made, whose ids were others, stays the only one."""
    event = offer(practitioner_id=BEN)
    await notify.hear(heard(event))
    async with notify.engine.begin() as connection:
        await connection.execute(text("UPDATE message SET id = gen_random_uuid()"))
    await notify.hear(heard(event, sequence=2))
    assert len(await notify.rows("message")) == 1


async def test_who_has_no_number_is_told_by_email_alone(notify: Notify) -> None:
    """A missing telephone is no failure."""
    await notify.hear(heard(offer(practitioner_id="p-nophone")))
    assert await notify.states() == {"email": "queued"}


async def test_what_is_withdrawn_before_it_left_never_leaves(notify: Notify) -> None:
    """Queued messages of a withdrawn assignment are dropped, and nothing is told of them."""
    event = offer(urgent=True)
    provider = Remembering()
    await notify.hear(heard(event), heard(withdrawal(event), sequence=2))
    await notify.send(provider)
    assert await notify.states() == {"email": "dropped", "sms": "dropped"}
    assert provider.letters == []
    assert await notify.told() == []


async def test_a_withdrawal_drops_only_its_own_assignment(notify: Notify) -> None:
    """Another assignment's messages go out."""
    withdrawn, standing = offer(urgent=True), offer(urgent=True)
    provider = Remembering()
    await notify.hear(heard(withdrawn), heard(standing))
    await notify.hear(heard(withdrawal(withdrawn), sequence=2))
    await notify.send(provider)
    rows = await notify.rows("message")
    standing_ids = {row.id for row in rows if row.assignment_id == standing.assignment_id}
    assert {letter.message_id for letter in provider.letters} == standing_ids


async def test_each_who_is_asked_is_told(notify: Notify) -> None:
    """A second offer of one assignment reaches the one whom it is for, by messages of its own."""
    first = offer(urgent=True)
    provider = Remembering()
    await notify.hear(heard(first))
    await notify.send(provider)
    await notify.hear(heard(again(first, BEN), sequence=2))
    await notify.send(provider)
    recipients = [letter.recipient for letter in provider.letters]
    assert sorted(recipients) == ["07700 900111", "ada@team.example", "ben@team.example"]


async def test_who_is_asked_again_is_told_again(notify: Notify) -> None:
    """A third offer that comes back to the first practitioner is one more thing to answer."""
    first = offer(practitioner_id=BEN)
    provider = Remembering()
    await notify.hear(heard(first))
    await notify.send(provider)
    await notify.hear(heard(again(first, BEN, 3), sequence=2))
    await notify.send(provider)
    assert len(provider.letters) == 2


async def test_who_was_asked_before_is_told_no_more(notify: Notify) -> None:
    """What has not left of an earlier offer is dropped, even where both wait in one batch."""
    first = offer(urgent=True)
    provider = Remembering()
    await notify.hear(heard(first), heard(again(first, BEN), sequence=2))
    await notify.send(provider)
    assert [letter.recipient for letter in provider.letters] == ["ben@team.example"]


@pytest.mark.parametrize("which", range(len(settled(offer(urgent=True)))))
async def test_after_an_answer_nothing_leaves(notify: Notify, which: int) -> None:
    """Accepted, declined, handed on, waiting, closed, withdrawn: nobody hears of it afterwards."""
    event = offer(urgent=True)
    provider = Remembering()
    await notify.hear(heard(event), heard(settled(event)[which], sequence=2))
    await notify.send(provider)
    assert provider.letters == []
    assert await notify.states() == {"email": "dropped", "sms": "dropped"}


async def test_an_answer_overtakes_a_message_that_is_tried_again(notify: Notify) -> None:
    """Who has accepted gets no text an hour later because the provider was away."""
    event = offer(practitioner_id=BEN)
    provider = Remembering(failures=[TemporaryFailure("away")])
    await notify.hear(heard(event))
    await notify.send(provider)
    await notify.hear(heard(settled(event)[0], sequence=2))
    notify.clock.advance(timedelta(hours=1))
    await notify.send(provider)
    assert provider.letters == []
    assert await notify.states() == {"email": "dropped"}


async def test_no_person_sends_what_has_been_answered(notify: Notify) -> None:
    """A doubtful message that is replayed after the answer is dropped."""
    event = offer(practitioner_id=BEN)
    await notify.hear(heard(event))
    await notify.send(Remembering(failures=[OutcomeUnknown("cut off")], forgetful=True))
    await notify.hear(heard(settled(event)[0], sequence=2))
    [row] = await notify.rows("parked")
    replayed = open_undelivered(Received(row.message_id, row.stream, row.subject, row.body))
    async with notify.unit.transaction() as transaction:
        await Consumer(notify.unit, open_undelivered).handle(transaction, [replayed])
    assert await notify.states() == {"email": "dropped"}
