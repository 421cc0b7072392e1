"""What notify keeps: the messages, and how one sender at a time holds each.

A sender holds a message by its `due_at`: until that moment it is nobody else's, and what its
holder stores afterwards counts only while that moment still stands in the row.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notify.delivery import Message, State
from shared.events import Channel

_WOKEN: Final = "notify_message_queued"
_COLUMNS: Final = (
    "id, notice, sent_as, purpose, assignment_id, offer, action_id, case_id, referral_id,"
    " practitioner_id, channel, urgent, acknowledge_by, state, tries, due_at, give_up_at, withdrawn"
)

# A failed or doubtful one may be sent again by a person.
_UNSENT: Final = "state NOT IN ('sent', 'dropped')"


@dataclass(frozen=True)
class Claimed:
    """A message that is ours until its `due_at`. `crashed`: its last holder never said what came
    of it."""

    message: Message
    crashed: bool


async def queue(connection: AsyncConnection, messages: Sequence[Message], now: datetime) -> None:
    """Add messages that are not there yet; those that are stay as they are."""
    await connection.execute(
        text(
            f"INSERT INTO message ({_COLUMNS}, changed_at)"  # noqa: S608 - our own words
            " VALUES (:id, :notice, :sent_as, :purpose, :assignment_id, :offer, :action_id, :case_id,"
            " :referral_id, :practitioner_id, :channel, :urgent, :acknowledge_by, :state, :tries,"
            " :due_at, :give_up_at, :withdrawn, :now)"
            " ON CONFLICT DO NOTHING"
        ),
        [vars(message) | {"now": now} for message in messages],
    )


async def unsent_of_assignment(
    connection: AsyncConnection, assignment_id: UUID
) -> Sequence[Message]:
    """The messages of an assignment that may still leave, locked."""
    return await _locked(connection, f"assignment_id = :id AND {_UNSENT}", {"id": assignment_id})


async def unsent_of_action(connection: AsyncConnection, action_id: UUID) -> Sequence[Message]:
    """The messages of a panel's action that may still leave, locked."""
    return await _locked(connection, f"action_id = :id AND {_UNSENT}", {"id": action_id})


async def newest_offer(connection: AsyncConnection, assignment_id: UUID) -> int:
    """The number of the newest offer of an assignment that was told of; 0 if there was none."""
    found = await connection.execute(
        text("SELECT coalesce(max(offer), 0) FROM message WHERE assignment_id = :id"),
        {"id": assignment_id},
    )
    return int(found.scalar_one())


async def by_id(connection: AsyncConnection, message_id: UUID) -> Sequence[Message]:
    """The message of that id, locked; none if there is none."""
    return await _locked(connection, "id = :id", {"id": message_id})


async def still_held(
    connection: AsyncConnection, messages: Sequence[Message]
) -> Mapping[UUID, Message]:
    """Those of claimed messages that are still their claimer's, as they stand now, locked."""
    held = await _locked(
        connection,
        "state = 'sending' AND (id, due_at) IN"
        " (SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:until AS timestamptz[])))",
        {"ids": [m.id for m in messages], "until": [m.due_at for m in messages]},
    )
    return {message.id: message for message in held}


async def save(connection: AsyncConnection, messages: Sequence[Message], now: datetime) -> None:
    """Store what has changed of messages that are there."""
    await connection.execute(
        text(
            "UPDATE message m SET state = t.state, tries = t.tries, due_at = t.due_at,"
            " withdrawn = t.withdrawn, changed_at = :now"
            " FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[]),"
            " CAST(:tries AS integer[]), CAST(:due AS timestamptz[]),"
            " CAST(:withdrawn AS boolean[])) AS t(id, state, tries, due_at, withdrawn)"
            " WHERE m.id = t.id"
        ),
        {
            "ids": [m.id for m in messages],
            "states": [m.state for m in messages],
            "tries": [m.tries for m in messages],
            "due": [m.due_at for m in messages],
            "withdrawn": [m.withdrawn for m in messages],
            "now": now,
        },
    )


async def claim(
    connection: AsyncConnection,
    now: datetime,
    hold_for: Mapping[Channel, timedelta],
    limit: int,
) -> Sequence[Claimed]:
    """Take at most `limit` messages that are due, the urgent first, for as long as their channel
    needs. Among them are those whose holder let its time pass: it is dead, or as good as dead."""
    rows = await connection.execute(
        text(
            "WITH due AS (SELECT id, state FROM message"
            " WHERE state IN ('queued', 'sending') AND due_at <= :now"
            " ORDER BY urgent DESC, due_at LIMIT :limit FOR UPDATE SKIP LOCKED)"
            " UPDATE message m SET state = 'sending', changed_at = :now,"
            " tries = m.tries + CAST(due.state = 'queued' AS integer), due_at = h.until"
            " FROM due, unnest(CAST(:channels AS text[]), CAST(:until AS timestamptz[]))"
            " AS h(channel, until)"
            " WHERE m.id = due.id AND h.channel = m.channel"
            " RETURNING m.*, due.state = 'sending' AS crashed"
        ),
        {
            "now": now,
            "limit": limit,
            "channels": list(hold_for),
            "until": [now + held for held in hold_for.values()],
        },
    )
    return [Claimed(_message(row), row.crashed) for row in rows]


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
    return Message(
        id=row.id,
        notice=row.notice,
        sent_as=row.sent_as,
        purpose=row.purpose,
        assignment_id=row.assignment_id,
        offer=row.offer,
        action_id=row.action_id,
        case_id=row.case_id,
        referral_id=row.referral_id,
        practitioner_id=row.practitioner_id,
        channel=row.channel,
        urgent=row.urgent,
        acknowledge_by=row.acknowledge_by,
        state=State(row.state),
        tries=row.tries,
        due_at=row.due_at,
        give_up_at=row.give_up_at,
        withdrawn=row.withdrawn,
    )
