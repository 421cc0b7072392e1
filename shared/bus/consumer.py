"""Hearing: messages that wait together are committed together, each acknowledged by itself.

The broker pushes at most a few hundred unacknowledged messages. Each is handed to `take`, which
returns when the transaction that holds its effect is committed. While one transaction commits, the
next messages gather: one each when it is quiet, a whole batch under load, with no timer.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.bus.errors import TooEarly, UnreadableMessage, is_outage
from shared.bus.work import Transaction, UnitOfWork, Work
from shared.events import EVENT_TYPES, CloudEvent

# A batch is one transaction: large enough to share a disk write, small enough to redo one by one.
BATCH = 64

Handle = Callable[[Work], Awaitable[None]]


@dataclass(frozen=True)
class Received:
    """One message as it came: where from, its bytes, and what identifies it for ever."""

    message_id: UUID
    stream: str
    subject: str
    body: bytes


@dataclass(frozen=True)
class Delivery:
    """A message with what to do about it. Events have a producer, a referral and a number."""

    received: Received
    handle: Handle
    producer: str | None = None
    referral: UUID | None = None
    sequence: int | None = None


Open = Callable[[Received], Delivery]
OnEvent = Callable[[Any, Work], Awaitable[None]]


def open_event(handlers: Mapping[str, OnEvent], follows: frozenset[str]) -> Open:
    """Read CloudEvents and choose the handler of their type.

    A type without a handler is only noted, so that its number is not missed later. What a producer
    says whom the service does not follow is noted without its number.
    """

    def open_(received: Received) -> Delivery:
        try:
            event = CloudEvent.model_validate_json(received.body)
            data = EVENT_TYPES[event.event_type].model_validate(event.data)
        except (ValidationError, KeyError) as error:
            raise UnreadableMessage(_faults(error)) from None
        if received.subject != f"event.{event.event_type}" or event.id != received.message_id:
            raise UnreadableMessage("subject or message id is not that of the event inside")
        on_event = handlers.get(event.event_type)

        async def handle(work: Work) -> None:
            if on_event is not None:
                await on_event(data, work)

        if event.producer not in follows:
            return Delivery(received, handle)
        return Delivery(received, handle, event.producer, event.subject, event.sequence)

    return open_


def _faults(error: ValidationError | KeyError) -> str:
    if isinstance(error, KeyError):
        return "event of an unknown type"
    places = (".".join(map(str, e["loc"])) + ": " + e["type"] for e in error.errors())
    return "; ".join(sorted(places))


@dataclass
class Consumer:
    """Takes messages of one stream, each once, in the order of their numbers."""

    unit: UnitOfWork
    open: Open
    _waiting: "asyncio.Queue[tuple[Delivery, asyncio.Future[None]]]" = field(
        default_factory=asyncio.Queue
    )

    async def take(self, received: Received) -> None:
        """Handle one message; returns once its transaction is committed.

        Raises UnreadableMessage, TooEarly, or whatever the handler or the database raised; then
        nothing of it stands.
        """
        delivery = self.open(received)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((delivery, done))
        await done

    async def run(self) -> None:
        """Commit what waits, batch by batch, for ever."""
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < BATCH and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            # A redelivered first event may come after its successor.
            batch.sort(key=lambda pair: pair[0].sequence or 0)
            await self._commit(batch)

    async def _commit(self, batch: list[tuple[Delivery, "asyncio.Future[None]"]]) -> None:
        try:
            async with self.unit.transaction() as transaction:
                early = await self.handle(transaction, [delivery for delivery, _ in batch])
        except Exception as error:
            if len(batch) > 1 and not is_outage(error):
                # One of them is at fault: each alone, so that the good ones are not held up.
                for pair in batch:
                    await self._commit([pair])
                return
            for _, done in batch:
                _settle(done, error)
            return
        for delivery, done in batch:
            too_early = delivery.received.message_id in early
            _settle(done, TooEarly() if too_early else None)

    async def handle(self, transaction: Transaction, batch: list[Delivery]) -> set[UUID]:
        """Handle what is new and due; returns the ids of what came before its predecessor."""
        now = self.unit.clock()
        due, early = await _due(transaction.connection, batch)
        new = await _note(transaction.connection, due, now)
        for delivery in due:
            message_id = delivery.received.message_id
            if message_id in new:
                new.remove(message_id)
                await delivery.handle(Work(transaction, message_id, now))
        return early


def _settle(done: "asyncio.Future[None]", error: BaseException | None) -> None:
    if done.done():  # the service is stopping and nobody waits any more
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)


async def _due(
    connection: AsyncConnection, batch: list[Delivery]
) -> tuple[list[Delivery], set[UUID]]:
    """Part a batch into what may be handled now and what waits for an earlier event."""
    here = {(d.producer, d.referral, d.sequence) for d in batch}
    wanted = {
        before
        for d in batch
        if d.sequence is not None and d.sequence > 1
        for before in [(d.producer, d.referral, d.sequence - 1)]
        if before not in here
    }
    handled = await _handled(connection, wanted) if wanted else set()
    due: list[Delivery] = []
    early: set[UUID] = set()
    admitted: set[tuple[str | None, UUID | None, int | None]] = set()
    for d in batch:
        before = (d.producer, d.referral, (d.sequence or 1) - 1)
        if d.sequence is None or d.sequence == 1 or before in handled or before in admitted:
            due.append(d)
            admitted.add((d.producer, d.referral, d.sequence))
        else:
            early.add(d.received.message_id)
    return due, early


async def _handled(
    connection: AsyncConnection, wanted: set[tuple[str | None, UUID | None, int]]
) -> set[tuple[str | None, UUID | None, int]]:
    rows = await connection.execute(
        text(
            "SELECT i.producer, i.subject, i.sequence FROM inbox i"
            " JOIN unnest(CAST(:producers AS text[]), CAST(:subjects AS uuid[]),"
            " CAST(:sequences AS integer[])) AS w(producer, subject, sequence)"
            " USING (producer, subject, sequence)"
        ),
        {
            "producers": [p for p, _, _ in wanted],
            "subjects": [s for _, s, _ in wanted],
            "sequences": [n for _, _, n in wanted],
        },
    )
    return {(row.producer, row.subject, row.sequence) for row in rows}


async def _note(connection: AsyncConnection, due: list[Delivery], now: Any) -> set[UUID]:
    """Write the inbox rows; returns the ids that were not there before."""
    if not due:
        return set()
    rows = await connection.execute(
        text(
            "INSERT INTO inbox (message_id, producer, subject, sequence, handled_at)"
            " SELECT m, p, s, n, :now FROM unnest(CAST(:ids AS uuid[]), CAST(:producers AS text[]),"
            " CAST(:subjects AS uuid[]), CAST(:sequences AS integer[])) AS t(m, p, s, n)"
            # Another event under a number that is taken is no repetition: it fails, and is parked.
            " ON CONFLICT (message_id) DO NOTHING RETURNING message_id"
        ),
        {
            "ids": [d.received.message_id for d in due],
            "producers": [d.producer for d in due],
            "subjects": [d.referral for d in due],
            "sequences": [d.sequence for d in due],
            "now": now,
        },
    )
    return {row.message_id for row in rows}
