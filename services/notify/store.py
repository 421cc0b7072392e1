"""What notify keeps: the messages, and how one sender at a time holds each.

A sender holds a message by its `due_at`: until that moment it is nobody else's, and what its
holder stores afterwards counts only while that moment still stands in the row. Whoever changes a
message for another reason locks all of its notice first, in the order of their ids.
"""

import json
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notify.delivery import Message, State
from services.notify.notices import OFFERS
from shared.bus.work import Transaction
from shared.events import Channel, Level

_WOKEN: Final = "notify_message_queued"

_STAYS: Final[Mapping[str, str]] = {
    "id": "uuid",
    "notice": "uuid",
    "purpose": "text",
    "assignment_id": "uuid",
    "offer": "integer",
    "action_id": "uuid",
    "case_id": "uuid",
    "referral_id": "uuid",
    "practitioner_id": "text",
    "agency": "text",
    "channel": "text",
    "urgent": "boolean",
    "acknowledge_by": "timestamptz",
}
"""What of a message never changes, and its type."""

_CHANGES: Final[Mapping[str, str]] = {
    "state": "text",
    "tries": "integer",
    "due_at": "timestamptz",
    "give_up_at": "timestamptz",
    "sent_as": "uuid",
    "provider": "text",
    "sent_at": "timestamptz",
    "deliver_by": "timestamptz",
    "ask_at": "timestamptz",
    "delivered_at": "timestamptz",
    "withdrawn": "boolean",
    "fell_back_to": "text",
}
"""What of a message may change, and its type."""

_COLUMNS: Final = {**_STAYS, **_CHANGES}
_ADD: Final = text(
    f"INSERT INTO message ({', '.join(_COLUMNS)}, changed_at) SELECT *, :now FROM"  # noqa: S608 - ours
    f" unnest({', '.join(f'CAST(:{name} AS {kind}[])' for name, kind in _COLUMNS.items())})"
    " ON CONFLICT DO NOTHING"
)

# A failed or doubtful one may be sent again by a person; for a sent one another may be sent.
_UNSETTLED: Final = "state NOT IN ('delivered', 'dropped') AND NOT withdrawn"


@dataclass(frozen=True)
class Claimed:
    """A message that is ours until its `due_at`. `crashed`: its last holder never said what came
    of it."""

    message: Message
    crashed: bool


async def queue(transaction: Transaction, messages: Sequence[Message], now: datetime) -> None:
    """Add messages that are not there yet, for the senders to see once this is committed; those
    that are there stay as they are."""
    if not messages:
        return
    await add(transaction.connection, messages, now)
    for message in messages:
        transaction.collect(wake_senders, message.id)


async def add(connection: AsyncConnection, messages: Sequence[Message], now: datetime) -> None:
    """Add messages that are not there yet; the senders have to be woken."""
    await connection.execute(
        _ADD, {name: [getattr(m, name) for m in messages] for name in _COLUMNS} | {"now": now}
    )


async def tell_auditors(
    connection: AsyncConnection, messages: Sequence[Message], said: Mapping[str, str]
) -> None:
    """Keep what the messages are to say word for word."""
    for message in messages:
        await connection.execute(
            text(
                "INSERT INTO told_to_auditors (notice, said) VALUES (:notice, CAST(:said AS jsonb))"
                " ON CONFLICT DO NOTHING"
            ),
            {"notice": message.notice, "said": json.dumps(said)},
        )


async def said_to_auditors(connection: AsyncConnection, notice: UUID) -> Mapping[str, str] | None:
    """What a message is to say word for word."""
    rows = await connection.execute(
        text("SELECT said FROM told_to_auditors WHERE notice = :notice"), {"notice": notice}
    )
    said: Mapping[str, str] | None = rows.scalar_one_or_none()
    return said


async def unsettled_of_assignment(
    connection: AsyncConnection, assignment_id: UUID
) -> Sequence[Message]:
    """The messages of an assignment that may still leave, or bring about others, locked."""
    return await _unsettled(connection, "assignment_id = :id", {"id": assignment_id})


async def unsettled_of_action(connection: AsyncConnection, action_id: UUID) -> Sequence[Message]:
    """The messages of a panel's action that may still leave, or bring about others, locked."""
    return await _unsettled(connection, "action_id = :id", {"id": action_id})


async def unsettled_to_agency(connection: AsyncConnection, referral_id: UUID) -> Sequence[Message]:
    """What an agency is still to be asked of a referral, locked."""
    return await _unsettled(
        connection, "referral_id = :id AND purpose = 'information_asked'", {"id": referral_id}
    )


async def newest_offer(connection: AsyncConnection, assignment_id: UUID) -> tuple[int, bool]:
    """The number of the newest offer of an assignment that was told of, and whether it was urgent;
    where there was none, 0, and urgent: nobody said that it is not."""
    found = await connection.execute(
        text(
            "SELECT offer, urgent FROM message WHERE assignment_id = :id AND purpose = ANY(:offers)"
            " ORDER BY offer DESC LIMIT 1"
        ),
        {"id": assignment_id, "offers": list(OFFERS)},
    )
    row = found.first()
    return (row.offer, row.urgent) if row else (0, True)


async def heard_of(
    connection: AsyncConnection, assignment_id: UUID, practitioner_id: str
) -> Message | None:
    """The newest offer of an assignment that has reached somebody, or may have."""
    found = await connection.execute(
        text(
            "SELECT * FROM message WHERE assignment_id = :id AND practitioner_id = :who"
            " AND purpose = ANY(:offers)"
            " AND state IN ('sending', 'sent', 'delivered', 'doubtful')"
            " ORDER BY offer DESC, id LIMIT 1"
        ),
        {"id": assignment_id, "who": practitioner_id, "offers": list(OFFERS)},
    )
    row = found.first()
    return _message(row) if row else None


async def note_level(
    connection: AsyncConnection, assignment_id: UUID, practitioner_id: str, level: Level
) -> None:
    """Keep how far up an unanswered assignment has gone, and to whom."""
    await connection.execute(
        text(
            "INSERT INTO gone_up (assignment_id, practitioner_id, level) VALUES (:id, :who, :level)"
            " ON CONFLICT (assignment_id) DO UPDATE SET practitioner_id = :who, level = :level"
        ),
        {"id": assignment_id, "who": practitioner_id, "level": level},
    )


async def level(connection: AsyncConnection, message: Message) -> Level | None:
    """At which level the recipient of an offer was asked; None where it has not gone up."""
    found = await connection.execute(
        text("SELECT level FROM gone_up WHERE assignment_id = :id AND practitioner_id = :who"),
        {"id": message.assignment_id, "who": message.practitioner_id},
    )
    return found.scalar_one_or_none()


async def by_id(connection: AsyncConnection, message_id: UUID) -> Sequence[Message]:
    """The message of that id, locked; none if there is none."""
    return await _locked(connection, "id = :id", {"id": message_id})


async def notices(
    connection: AsyncConnection,
    *,
    of: Collection[UUID] = (),
    sent_as: Collection[UUID] = (),
) -> Sequence[Sequence[Message]]:
    """The notices, each with all of its messages, locked: of the messages of these ids, or that
    providers know by these references."""
    messages = await _locked(
        connection,
        "notice IN (SELECT notice FROM message WHERE id = ANY(:ids) OR sent_as = ANY(:sent_as))",
        {"ids": list(of), "sent_as": list(sent_as)},
    )
    found: dict[UUID, list[Message]] = {}
    for message in messages:
        found.setdefault(message.notice, []).append(message)
    return list(found.values())


async def save(connection: AsyncConnection, messages: Sequence[Message], now: datetime) -> None:
    """Store what has changed of messages that are there, and that the caller has locked."""
    if not messages:
        return
    await connection.execute(
        text(
            f"UPDATE message m SET {', '.join(f'{n} = t.{n}' for n in _CHANGES)},"  # noqa: S608 - ours
            " changed_at = :now FROM unnest(CAST(:id AS uuid[]),"
            f" {', '.join(f'CAST(:{n} AS {kind}[])' for n, kind in _CHANGES.items())})"
            f" AS t(id, {', '.join(_CHANGES)}) WHERE m.id = t.id"
        ),
        {name: [getattr(m, name) for m in messages] for name in ("id", *_CHANGES)} | {"now": now},
    )


async def claim(
    connection: AsyncConnection,
    now: datetime,
    channel: Channel,
    until: datetime,
    *,
    urgent: bool,
    limit: int,
) -> Sequence[Claimed]:
    """Take at most `limit` of a channel's messages that are due, urgent ones or the others, and
    hold them until `until`. Among them are those whose holder let its time pass: it is dead, or as
    good as dead."""
    rows = await connection.execute(
        text(
            "WITH due AS (SELECT id, state FROM message"
            " WHERE state IN ('queued', 'sending') AND channel = :channel AND urgent = :urgent"
            " AND due_at <= :now ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED)"
            " UPDATE message m SET state = 'sending', changed_at = :now,"
            " tries = m.tries + CAST(due.state = 'queued' AS integer), due_at = :until"
            " FROM due WHERE m.id = due.id"
            " RETURNING m.*, due.state = 'sending' AS crashed"
        ),
        {"now": now, "limit": limit, "channel": channel, "urgent": urgent, "until": until},
    )
    return [Claimed(_message(row), row.crashed) for row in rows]


async def note_provider(connection: AsyncConnection, message: Message, provider: str) -> None:
    """Keep who may have a message of which nobody can say so yet, while it is still held."""
    await connection.execute(
        text(
            "UPDATE message SET provider = :provider"
            " WHERE id = :id AND state = 'sending' AND due_at = :due_at"
        ),
        {"id": message.id, "due_at": message.due_at, "provider": provider},
    )


async def late(connection: AsyncConnection, now: datetime, limit: int) -> Sequence[UUID]:
    """Messages that have not arrived in their time, while no other of their notice may still."""
    rows = await connection.execute(
        text(
            "SELECT id FROM message m WHERE state = 'sent' AND deliver_by <= :now"
            " AND fell_back_to IS NULL AND NOT withdrawn"
            " AND NOT EXISTS (SELECT FROM message o WHERE o.notice = m.notice AND"
            " (o.state IN ('queued', 'sending') OR (o.state = 'sent' AND o.deliver_by > :now)))"
            " ORDER BY deliver_by LIMIT :limit"
        ),
        {"now": now, "limit": limit},
    )
    return list(rows.scalars())


async def to_ask(connection: AsyncConnection, now: datetime, limit: int) -> Sequence[Message]:
    """Sent messages after which their providers are to be asked now, locked."""
    rows = await connection.execute(
        text(
            "SELECT * FROM message WHERE state = 'sent' AND ask_at <= :now"
            " ORDER BY ask_at LIMIT :limit FOR UPDATE SKIP LOCKED"
        ),
        {"now": now, "limit": limit},
    )
    return [_message(row) for row in rows]


async def wake_senders(connection: AsyncConnection, _about: list[UUID]) -> None:
    """Once this transaction is committed, tell the senders of every process that there is work."""
    await connection.execute(text(f"NOTIFY {_WOKEN}"))


@asynccontextmanager
async def woken(engine: AsyncEngine, wake: Callable[[], None]) -> AsyncIterator[Callable[[], bool]]:
    """Call `wake` whenever messages were queued, by this process or another, and once when the
    connection that tells it is lost. Yields a question: is it still there?"""
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        driver = (await connection.get_raw_connection()).driver_connection
        if driver is None:
            raise ConnectionError("the pool gave no connection")

        def on_notified(*_about: object) -> None:
            wake()

        await driver.add_listener(_WOKEN, on_notified)
        driver.add_termination_listener(on_notified)
        try:
            yield lambda: not driver.is_closed()
        finally:
            # A pooled connection would go on listening.
            driver.remove_termination_listener(on_notified)
            await connection.invalidate()


async def _unsettled(
    connection: AsyncConnection, where: str, values: Mapping[str, Any]
) -> Sequence[Message]:
    where = f"{where} AND {_UNSETTLED}"
    found = await _locked(connection, where, values)
    # Whoever held one may have queued another way instead of it: what was not there when we began
    # to wait is seen by a new look alone.
    return await _locked(connection, where, values) if found else found


async def _locked(
    connection: AsyncConnection, where: str, values: Mapping[str, Any]
) -> Sequence[Message]:
    # In one order, so that two transactions over the same messages cannot deadlock.
    rows = await connection.execute(
        text(f"SELECT * FROM message WHERE {where} ORDER BY id FOR UPDATE"),  # noqa: S608 - ours
        values,
    )
    return [_message(row) for row in rows]


def _message(row: Row[Any]) -> Message:
    known = {name: getattr(row, name) for name in _COLUMNS}
    return Message(**known | {"state": State(row.state)})
