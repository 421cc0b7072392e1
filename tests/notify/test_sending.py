"""Each message goes out at most once, and everybody hears what came of it."""

import json
from datetime import timedelta

from services.notify.delivery import PAUSES
from services.notify.messages import Outgoing
from services.notify.providers import OutcomeUnknown, PermanentFailure, TemporaryFailure
from shared.subjects import event, parked
from tests.notify.ground import Notify, Remembering, heard, offer, withdrawal

SENT, FAILED = event("notification.sent"), event("notification.failed")
FELL_BACK = event("notification.fell_back")
ONE = "p-nophone"  # is told by email alone


async def test_sent_and_told_together(notify: Notify) -> None:
    """Once the provider has a message it is `sent`, and an event says so under its referral."""
    offered = offer(practitioner_id=ONE)
    await notify.hear(heard(offered))
    await notify.send(Remembering())
    [told] = [json.loads(row.body) for row in await notify.rows("outbox")]
    assert await notify.states() == {"email": "sent"}
    assert told["type"] == "notification.sent.v1"
    assert told["subject"] == str(offered.referral_id)
    assert told["data"]["assignment_id"] == str(offered.assignment_id)


async def test_two_processes_send_each_message_once(notify: Notify) -> None:
    """Two senders that look at the same moment share the messages between them."""
    provider = Remembering()
    await notify.hear(*(heard(offer(urgent=True)) for _ in range(30)))
    here, there = notify.sending(provider), notify.sending(provider)
    await here.send_due()
    await there.send_due()
    await here.finish()
    await there.finish()
    sent = [letter.message_id for letter in provider.letters]
    assert len(sent) == len(set(sent)) == 60
    assert await notify.told() == [SENT] * 60


async def test_a_passing_failure_is_tried_again_after_a_pause(notify: Notify) -> None:
    """Not before the pause is over, and then with success."""
    provider = Remembering(failures=[TemporaryFailure("away")])
    await notify.hear(heard(offer(practitioner_id=ONE)))
    await notify.send(provider)
    await notify.send(provider)
    assert provider.letters == []
    notify.clock.advance(PAUSES[0])
    await notify.send(provider)
    assert len(provider.letters) == 1
    assert await notify.told() == [SENT]


async def test_a_failure_without_end_comes_before_a_person(notify: Notify) -> None:
    """After the last try everybody is told, and the message is parked."""
    provider = Remembering(failures=[TemporaryFailure("away")] * 7)
    await notify.hear(heard(offer(practitioner_id=ONE)))
    for pause in (*PAUSES, timedelta(0)):
        await notify.send(provider)
        notify.clock.advance(pause)
    assert await notify.states() == {"email": "failed"}
    assert await notify.told() == [FAILED, FELL_BACK, parked("notify")]
    [row] = await notify.rows("parked")
    assert row.reason == "tried 7 times: remembering: away"


async def test_a_refusal_is_not_tried_again(notify: Notify) -> None:
    """An address that the provider will never take fails at once."""
    provider = Remembering(failures=[PermanentFailure("refused")])
    await notify.hear(heard(offer(practitioner_id=ONE)))
    await notify.send(provider)
    assert await notify.states() == {"email": "failed"}


async def test_an_unknown_practitioner_comes_before_a_person(notify: Notify) -> None:
    """An id that is not in the directory fails with that reason."""
    await notify.hear(heard(offer(practitioner_id="p-nobody")))
    await notify.send(Remembering())
    [row] = await notify.rows("parked")
    assert row.reason == "nobody in the directory has the practitioner's id"


async def test_withdrawn_between_two_tries_is_dropped(notify: Notify) -> None:
    """A message that waits for its second try does not outlive its assignment."""
    offered = offer(practitioner_id=ONE)
    provider = Remembering(failures=[TemporaryFailure("away")])
    await notify.hear(heard(offered))
    await notify.send(provider)
    await notify.hear(heard(withdrawal(offered), sequence=2))
    notify.clock.advance(PAUSES[0])
    await notify.send(provider)
    assert await notify.states() == {"email": "dropped"}
    assert provider.letters == []


async def test_an_unclear_call_is_cleared_up_by_asking(notify: Notify) -> None:
    """The provider took it though the call failed: it is sent, and not sent again."""
    provider = _Interrupted()
    await notify.hear(heard(offer(practitioner_id=ONE)))
    await notify.send(provider)
    assert await notify.states() == {"email": "sent"}
    assert len(provider.letters) == 1


async def test_an_unclear_call_to_a_provider_that_cannot_be_asked_is_doubtful(
    notify: Notify,
) -> None:
    """No machine sends it again: everybody is told, and a person decides."""
    provider = Remembering(failures=[OutcomeUnknown("cut off")], forgetful=True)
    await notify.hear(heard(offer(practitioner_id=ONE)))
    await notify.send(provider)
    notify.clock.advance(timedelta(days=1))
    await notify.send(provider)
    assert await notify.states() == {"email": "doubtful"}
    assert provider.letters == []
    assert await notify.told() == [FAILED, FELL_BACK, parked("notify")]


class _Interrupted(Remembering):
    async def send(self, message: Outgoing) -> None:
        await super().send(message)
        raise OutcomeUnknown("cut off")
