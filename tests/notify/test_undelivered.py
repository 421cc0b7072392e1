"""Failed and doubtful messages in a person's hands."""

import json
from datetime import timedelta
from functools import partial

from services.notify.delivery import InTime
from services.notify.providers import OutcomeUnknown, PermanentFailure
from services.notify.undelivered import UNDELIVERED, open_undelivered
from shared.bus.consumer import Consumer, Received
from shared.subjects import event
from tests.notify.ground import Notify, Remembering, heard, offer, withdrawal

ONE = "p-nophone"  # is told by email alone


async def doubtful(notify: Notify, *, urgent: bool = False) -> Received:
    """A message of which nobody knows whether it was sent, as it is parked."""
    await notify.hear(heard(offer(practitioner_id=ONE, urgent=urgent)))
    await notify.send(Remembering(failures=[OutcomeUnknown("cut off")], forgetful=True))
    [row] = await notify.rows("parked")
    return Received(row.message_id, row.stream, row.subject, row.body)


async def replay(notify: Notify, parked: Received) -> None:
    """A person decides to send it again."""
    consumer = Consumer(notify.unit, open_undelivered)
    async with notify.unit.transaction() as transaction:
        await consumer.handle(transaction, [open_undelivered(parked)])


async def test_replayed_means_sent_again(notify: Notify) -> None:
    """A person's decision sends it once more, and once only."""
    parked = await doubtful(notify)
    provider = Remembering()
    await replay(notify, parked)
    await replay(notify, parked)
    await notify.send(provider)
    await notify.send(provider)
    assert parked.stream == UNDELIVERED
    assert len(provider.letters) == 1
    assert await notify.states() == {"email": "sent"}


async def test_replayed_after_its_assignment_was_withdrawn_is_dropped(notify: Notify) -> None:
    """Nobody is told of what no longer stands, not even by a person's slip."""
    offered = offer(practitioner_id=ONE)
    await notify.hear(heard(offered))
    await notify.send(Remembering(failures=[OutcomeUnknown("cut off")], forgetful=True))
    await notify.hear(heard(withdrawal(offered), sequence=2))
    [row] = await notify.rows("parked")
    await replay(notify, Received(row.message_id, row.stream, row.subject, row.body))
    assert await notify.states() == {"email": "dropped"}


async def test_a_second_failure_is_told_of_like_the_first(notify: Notify) -> None:
    """Two failures of one message are two events with two numbers: an id that came before would be
    passed over, and whoever follows the numbers would wait for the missing one for ever."""
    parked = await doubtful(notify)
    notify.clock.advance(timedelta(hours=1))
    await replay(notify, parked)
    await notify.send(Remembering(failures=[PermanentFailure("refused")]))
    told = [r for r in await notify.rows("outbox") if r.subject == event("notification.failed")]
    assert len({row.message_id for row in told}) == 2
    # In between somebody else was asked, once.
    assert [json.loads(row.body)["sequence"] for row in told] == [1, 3]
    assert len(await notify.rows("parked")) == 2


async def test_sent_again_it_has_the_time_of_the_settings(notify: Notify) -> None:
    """As any other urgent message, from the moment of the decision on."""
    parked = await doubtful(notify, urgent=True)
    notify.clock.advance(timedelta(hours=1))
    in_time = InTime(urgent=timedelta(minutes=3))
    async with notify.unit.transaction() as transaction:
        open_ = partial(open_undelivered, in_time=in_time)
        await Consumer(notify.unit, open_).handle(transaction, [open_(parked)])
    [row] = await notify.rows("message")
    assert row.give_up_at == notify.clock() + in_time.urgent
