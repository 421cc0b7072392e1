"""Messages that wait for a person: parked when they fail, sent again when a person says so."""

from functools import partial
from typing import Final
from uuid import UUID

from pydantic import ValidationError

from services.notify import delivery, store
from services.notify.delivery import IN_TIME, InTime, Message
from shared.bus.consumer import Delivery, Received
from shared.bus.errors import UnreadableMessage
from shared.bus.work import Work
from shared.facts import Frozen

UNDELIVERED: Final = "UNDELIVERED"
"""Where parked messages are said to come from: no stream, but they are listed, replayed and
discarded like what came from one."""


class Undelivered(Frozen):
    """What is parked of a message: its id."""

    message_id: UUID


async def park(message: Message, reason: str, work: Work) -> None:
    """Put a failed or doubtful message before a person. To replay it is to send it again."""
    body = Undelivered(message_id=message.id).model_dump_json().encode()
    subject = f"undelivered.{message.channel}"
    await work.park(stream=UNDELIVERED, subject=subject, body=body, reason=reason)


def open_undelivered(received: Received, in_time: InTime = IN_TIME) -> Delivery:
    """Read what was parked; handling it queues the message again. `in_time`: how long it may take
    then."""
    try:
        undelivered = Undelivered.model_validate_json(received.body)
    except ValidationError:
        raise UnreadableMessage("not an undelivered message") from None
    return Delivery(received, partial(_send_again, undelivered.message_id, in_time))


async def _send_again(message_id: UUID, in_time: InTime, work: Work) -> None:
    messages = await store.by_id(work.connection, message_id)
    again = [delivery.sent_again(message, work.now, in_time) for message in messages]
    await store.save(work.connection, again, work.now)
    work.transaction.collect(store.wake_senders, message_id)
