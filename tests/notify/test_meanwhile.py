"""What is decided while something else is being decided of the same messages."""

import asyncio

from sqlalchemy import text

from services.notify import store
from services.notify.outcomes import DidNotArrive
from tests.notify.ground import Notify, Remembering, heard, offer, settled


async def somebody_waits(notify: Notify) -> None:
    """Return once a transaction of notify's waits for another's lock."""
    waiting = text("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    async with asyncio.timeout(20):
        while True:
            async with notify.engine.connect() as connection:
                if (await connection.execute(waiting)).first() is not None:
                    return
            await asyncio.sleep(0.01)


async def test_what_is_tried_instead_meanwhile_is_silenced_too(notify: Notify) -> None:
    """An answer that waits for a message's lock, under which a text was queued for its email."""
    asked = offer()
    await notify.hear(heard(asked))
    await notify.send(Remembering(reports_delivery=True))
    [email] = await notify.rows("message")
    async with notify.unit.transaction() as falling_back:
        locked = await store.notices(falling_back.connection, of=[email.id])
        did_not = {email.id: DidNotArrive("it could not")}
        await notify.following.happened(falling_back, locked, did_not, notify.clock())
        answering = asyncio.create_task(notify.hear(heard(settled(asked)[0], sequence=2)))
        await somebody_waits(notify)
    await answering
    assert await notify.states() == {"email": "failed", "sms": "dropped"}
