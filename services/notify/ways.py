"""What a message gives its reader to act by: a link, and a code where an answer by text is allowed.

Both are made when the message is composed, just before it is sent, and stored before it leaves. A
process that dies in between leaves one behind that nobody was ever sent; the next try has its own.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify import links, links_store, replies, replies_store
from services.notify.delivery import Message
from services.notify.links import Link
from services.notify.messages import TO_BE_ANSWERED, path
from services.notify.replies import ShortCode
from services.notify.replies_store import Offered


@dataclass(frozen=True)
class Way:
    """`path`: where the message's link leads. `code`: what may be sent back; empty for none."""

    path: str
    code: str = ""


async def make_ways(
    connection: AsyncConnection, messages: Sequence[Message], now: datetime, *, by_text: bool
) -> Mapping[UUID, Way]:
    """The way of each message, by its id. `by_text`: whether offers may be taken by text."""
    codes = await _codes(connection, messages, now) if by_text else {}
    made: list[Link] = []
    ways: dict[UUID, Way] = {}
    for message in messages:
        about, whose = message.assignment_id, message.practitioner_id
        if about is None or whose is None:
            # A panel's case, a desk, what is asked of an agency: they have an address of their own.
            ways[message.id] = Way(path(message))
            continue
        code = links.new_code(secrets.choice)
        until = links.expires(message.acknowledge_by, now)
        made.append(Link(links.hashed(code), about, message.offer, whose, until))
        answer = codes.get((about, message.offer, whose), "") if _may_be_taken(message) else ""
        ways[message.id] = Way(f"{links.PATH}{code}", answer)
    await links_store.keep(connection, made)
    return ways


def _may_be_taken(message: Message) -> bool:
    return message.channel == "sms" and message.purpose in TO_BE_ANSWERED


async def _codes(
    connection: AsyncConnection, messages: Sequence[Message], now: datetime
) -> Mapping[Offered, str]:
    offers: dict[Offered, datetime] = {}
    for message in filter(_may_be_taken, messages):
        about, whose = message.assignment_id, message.practitioner_id
        if about is not None and whose is not None:
            until = replies.expires(message.acknowledge_by, now)
            offers[about, message.offer, whose] = until
    taken = {
        whose: set(codes)
        for whose, codes in (
            await replies_store.in_force(connection, {each[2] for each in offers}, now)
        ).items()
    }
    made = []
    for (about, offer, whose), until in offers.items():
        code = replies.new_code(secrets.choice, taken.setdefault(whose, set()))
        taken[whose].add(code)
        made.append(ShortCode(code, about, offer, whose, until))
    return await replies_store.keep(connection, made)
