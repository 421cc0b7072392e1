"""A sender that dies between `sending` and `sent`: what the next one finds, and does."""

from datetime import timedelta
from uuid import UUID

import pytest

from services.notify import store
from services.notify.delivery import BUDGET
from services.notify.messages import Outgoing
from services.notify.providers import Fate, Provider
from services.notify.providers.local_inbox import LocalInbox
from services.notify.providers.smtp import Smtp
from services.notify.store import Claimed
from shared.subjects import event, parked
from tests.notify.ground import Notify, Remembering, heard, offer
from tests.notify.mail_server import mail_server

A_MINUTE = timedelta(minutes=1)
ONE = "p-nophone"  # is told by email alone
SENT, DELIVERED = event("notification.sent"), event("notification.delivered")
FAILED, FELL_BACK = event("notification.failed"), event("notification.fell_back")


class Mute(Remembering):
    """A provider whose answers do not come through."""

    async def find(self, message_id: UUID) -> Fate | None:
        """No answer."""
        raise ConnectionError(str(message_id))


async def claimed(notify: Notify) -> Claimed:
    """A sender commits `sending` for the one message that there is."""
    async with notify.engine.begin() as connection:
        now = notify.clock()
        [claim] = await store.claim(
            connection, now, "email", now + A_MINUTE, urgent=False, limit=64
        )
    return claim


async def dies(notify: Notify, provider: Provider, *, after_the_call: bool) -> None:
    """A sender takes a message and dies before it calls the provider, or just after."""
    claim = await claimed(notify)
    if after_the_call:
        await provider.send(await notify.addressing.compose(claim.message))


@pytest.mark.parametrize("after_the_call", [False, True])
async def test_the_local_inbox_has_it_once(notify: Notify, after_the_call: bool) -> None:
    """It is asked: what it has is sent, what it has not is sent now."""
    inbox = LocalInbox(notify.engine, notify.clock)
    await notify.hear(heard(offer(practitioner_id=ONE)))
    await dies(notify, inbox, after_the_call=after_the_call)
    notify.clock.advance(timedelta(minutes=1))
    await notify.send(inbox)
    await notify.send(inbox)
    assert len(await notify.rows("local_inbox")) == 1
    # What it is asked about has arrived; what it is given counts as told when it is taken.
    state, told = ("delivered", [DELIVERED, SENT]) if after_the_call else ("sent", [SENT])
    assert await notify.states() == {"email": state}
    assert await notify.told() == told


@pytest.mark.parametrize("after_the_call", [False, True])
async def test_a_mail_server_is_never_given_it_again(notify: Notify, after_the_call: bool) -> None:
    """It cannot be asked: the message is doubtful, everybody is told, a person decides."""
    async with mail_server() as mail:
        smtp = Smtp(mail.server())
        await notify.hear(heard(offer(practitioner_id=ONE)))
        await dies(notify, smtp, after_the_call=after_the_call)
        for _ in range(3):
            notify.clock.advance(timedelta(days=1))
            await notify.send(smtp)
        assert len(mail.letters) == int(after_the_call)
    assert await notify.states() == {"email": "doubtful"}
    assert await notify.told() == [FAILED, FELL_BACK, parked("notify")]
    [row] = await notify.rows("parked")
    assert row.reason == "it may have been sent or not, and the provider cannot be asked"


async def test_a_living_sender_is_left_alone(notify: Notify) -> None:
    """While a message is held nobody else touches it, or asks about it."""
    provider = Remembering()
    await notify.hear(heard(offer(practitioner_id=ONE)))
    await claimed(notify)
    notify.clock.advance(timedelta(seconds=59))
    await notify.send(provider)
    assert await notify.states() == {"email": "sending"}


async def test_a_sender_that_was_only_slow_changes_nothing_any_more(notify: Notify) -> None:
    """What comes of a call after its hold is over counts for nothing: another has the message."""

    class Slow(Remembering):
        async def send(self, message: Outgoing) -> None:
            await super().send(message)
            notify.clock.advance(timedelta(minutes=10))
            await claimed(notify)

    await notify.hear(heard(offer(practitioner_id=ONE)))
    await notify.send(Slow())
    assert await notify.states() == {"email": "sending"}
    assert await notify.told() == []


async def test_a_provider_that_cannot_answer_yet_is_asked_again(notify: Notify) -> None:
    """A question without an answer decides nothing: it is put again when the hold is over."""
    await notify.hear(heard(offer(practitioner_id=ONE)))
    await claimed(notify)
    notify.clock.advance(timedelta(minutes=1))
    await notify.send(Mute())
    assert await notify.states() == {"email": "sending"}
    notify.clock.advance(timedelta(hours=1))
    await notify.send(Remembering())
    assert await notify.states() == {"email": "queued"}


async def test_a_provider_that_is_silent_for_too_long_leaves_a_doubt(notify: Notify) -> None:
    """Once its time is over nobody waits for an answer: another way is tried, or a person hears."""
    await notify.hear(heard(offer(practitioner_id=ONE)))
    await claimed(notify)
    notify.clock.advance(BUDGET)
    await notify.send(Mute())
    assert await notify.states() == {"email": "doubtful"}
    assert await notify.told() == [FAILED, FELL_BACK, parked("notify")]


async def test_what_a_dead_sender_had_sent_is_told_of_once(notify: Notify) -> None:
    """Two senders that both learn that a message was sent tell it once."""
    provider = Remembering()
    await notify.hear(heard(offer(practitioner_id=ONE)))
    await dies(notify, provider, after_the_call=True)
    notify.clock.advance(timedelta(minutes=1))
    here, there = notify.sending(provider), notify.sending(provider)
    await here.send_due()
    await there.send_due()
    await here.finish()
    await there.finish()
    assert await notify.told() == [SENT]
