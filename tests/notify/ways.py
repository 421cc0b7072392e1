"""Links and codes as they are sent, for tests that have no message to read them in."""

from datetime import timedelta
from uuid import uuid4

from services.notify.delivery import Message
from services.notify.ways import Way, make_ways
from shared.events import AssignmentOffered, Channel
from tests.notify.ground import Notify


async def way_of(
    notify: Notify, asked: AssignmentOffered, channel: Channel = "sms", days_ago: int = 0
) -> Way:
    """What its message would carry, had it been composed so many days ago."""
    then = notify.clock() - timedelta(days=days_ago)
    message = offer_message(asked, channel, notify)
    async with notify.engine.begin() as connection:
        return (await make_ways(connection, [message], then, by_text=True))[message.id]


async def link_of(notify: Notify, asked: AssignmentOffered, days_ago: int = 0) -> str:
    """The path of a link."""
    return (await way_of(notify, asked, "email", days_ago)).path


def offer_message(asked: AssignmentOffered, channel: Channel, notify: Notify) -> Message:
    """The message of an offer, as it is composed."""
    return Message(
        id=uuid4(),
        notice=uuid4(),
        sent_as=uuid4(),
        purpose="offered",
        assignment_id=asked.assignment_id,
        offer=asked.offer,
        referral_id=asked.referral_id,
        practitioner_id=asked.practitioner_id,
        channel=channel,
        urgent=asked.urgent,
        acknowledge_by=asked.acknowledge_by,
        due_at=notify.clock(),
        give_up_at=notify.clock(),
    )
