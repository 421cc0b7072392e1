"""The unit of work: one transaction with what is heard, what changes and what is told.

A transaction may carry one message, one HTTP call or a whole batch of messages; a handler sees a
`Work` for its own cause and cannot tell the difference. Nothing is published from here: `emit`
and `tell` write outbox rows, and the relay is nudged once the transaction is committed.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared import subjects
from shared.events import EventData, derived_id, envelope
from shared.subjects import Service

Clock = Callable[[], datetime]
T = TypeVar("T")


class Seal(Protocol):
    """What keeps parked messages and receipts from whoever reads the database.

    `bound_to` says where the bytes lie, so that they open nowhere else.
    """

    def seal(self, plaintext: bytes, bound_to: str) -> bytes:
        """The bytes as they may lie in a table."""

    def open(self, sealed: bytes, bound_to: str) -> bytes:
        """The bytes as they came."""


class Unsealed:
    """The seal of services whose messages name nobody: none."""

    def seal(self, plaintext: bytes, bound_to: str) -> bytes:  # noqa: ARG002 - as the vault's
        """The same bytes."""
        return plaintext

    def open(self, sealed: bytes, bound_to: str) -> bytes:  # noqa: ARG002 - as the vault's
        """The same bytes."""
        return sealed


def utc_now() -> datetime:
    """The clock of everything that runs; tests bring their own."""
    return datetime.now(UTC)


def parked_place(parked_id: UUID) -> str:
    """What the sealed bytes of a parked message are bound to."""
    return f"parked/{parked_id}"


def outbox_place(message_id: UUID) -> str:
    """What the sealed bytes of something that is told, and is no event, are bound to."""
    return f"outbox/{message_id}"


@dataclass(frozen=True)
class _Said:
    message_id: UUID
    subject: str
    at: datetime
    body: bytes = b""
    event: EventData | None = None
    referral: UUID | None = None


@dataclass
class Transaction:
    """One database transaction and what it will tell once it is committed."""

    service: Service
    connection: AsyncConnection
    seal: Seal
    said: list[_Said] = field(default_factory=list)
    _collected: dict[Callable[..., Awaitable[None]], list[Any]] = field(default_factory=dict)
    _found: dict[Callable[..., Awaitable[Any]], Any] = field(default_factory=dict)

    async def once(self, step: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """What `step` finds, looked up once in the transaction, whoever asks for it."""
        if step not in self._found:
            self._found[step] = await step(self.connection)
        found: T = self._found[step]
        return found

    def collect(self, step: Callable[[AsyncConnection, list[T]], Awaitable[None]], item: T) -> None:
        """Give `item` to `step` at the end of the transaction, with all that it was given."""
        self._collected.setdefault(step, []).append(item)

    async def catch_up(self) -> None:
        """Take the steps for what was collected so far, for whoever reads what they write."""
        while self._collected:
            step = next(iter(self._collected))
            await step(self.connection, self._collected.pop(step))

    async def finish(self) -> None:
        """Take the last steps, number the events of each referral, and write the outbox."""
        await self.catch_up()
        if not self.said:
            return
        numbers = await self._number()
        rows = [(s, self._body(s, numbers)) for s in self.said]
        await self.connection.execute(
            text(
                "INSERT INTO outbox (message_id, subject, body, created_at)"
                " SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:subjects AS text[]),"
                " CAST(:bodies AS bytea[]), CAST(:times AS timestamptz[]))"
            ),
            {
                "ids": [s.message_id for s, _ in rows],
                "subjects": [s.subject for s, _ in rows],
                "bodies": [body for _, body in rows],
                "times": [s.at for s, _ in rows],
            },
        )

    async def _number(self) -> dict[UUID, int]:
        """The next free sequence number of each referral that is spoken of, and take as many."""
        counts: dict[UUID, int] = {}
        for said in self.said:
            if said.referral is not None:
                counts[said.referral] = counts.get(said.referral, 0) + 1
        if not counts:
            return {}
        # In one order, so that two transactions over the same referrals cannot deadlock. The row
        # lock keeps a referral's events in the order of their commits.
        ordered = sorted(counts)
        result = await self.connection.execute(
            text(
                "INSERT INTO event_sequence AS s (subject, last)"
                " SELECT * FROM unnest(CAST(:subjects AS uuid[]), CAST(:counts AS integer[]))"
                " ON CONFLICT (subject) DO UPDATE SET last = s.last + excluded.last"
                " RETURNING subject, last"
            ),
            {"subjects": ordered, "counts": [counts[r] for r in ordered]},
        )
        return {row.subject: row.last - counts[row.subject] + 1 for row in result}

    def _body(self, said: _Said, numbers: dict[UUID, int]) -> bytes:
        if said.event is None or said.referral is None:
            # A receipt holds the sender's reference: it is sealed until it is published.
            return self.seal.seal(said.body, outbox_place(said.message_id))
        sequence = numbers[said.referral]
        numbers[said.referral] = sequence + 1
        return (
            envelope(
                said.event,
                event_id=said.message_id,
                producer=self.service,
                subject=said.referral,
                time=said.at,
                sequence=sequence,
            )
            .model_dump_json(exclude_none=True)
            .encode()
        )


@dataclass(frozen=True)
class Work:
    """What one cause brings about: all of it or none. `now` is the moment of handling (UTC)."""

    transaction: Transaction
    cause: UUID
    now: datetime

    @property
    def connection(self) -> AsyncConnection:
        """The transaction's connection, in the service's own schema."""
        return self.transaction.connection

    def emit(self, event: EventData, referral: UUID, about: str = "") -> UUID:
        """Tell an event of a referral; returns its id, derived from the cause (and `about`)."""
        allowed = subjects.PUBLISHES[self.transaction.service] + subjects.EVERYBODY
        if event.TYPE not in allowed:
            raise ValueError(f"{self.transaction.service} does not tell {event.TYPE}")
        message_id = derived_id(self.cause, event.TYPE, about)
        subject = subjects.event(event.TYPE)
        self.transaction.said.append(
            _Said(message_id, subject, self.now, event=event, referral=referral)
        )
        return message_id

    def tell(self, subject: str, body: dict[str, Any]) -> None:
        """Say something that is no event: a receipt, or that something was parked.

        A cause says one thing on one subject.
        """
        message_id = derived_id(self.cause, subject)
        raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        self.transaction.said.append(_Said(message_id, subject, self.now, body=raw))

    async def park(self, *, stream: str, subject: str, body: bytes, reason: str) -> UUID:
        """Keep bytes that cannot be processed until a person replays or discards them.

        The bytes are sealed where the service has a vault; PARKED carries the id and the reason.
        """
        parked_id = derived_id(self.cause, "parked")
        await self.connection.execute(
            text(
                "INSERT INTO parked (id, message_id, stream, subject, reason, body, parked_at)"
                " VALUES (:id, :message_id, :stream, :subject, :reason, :body, :now)"
                " ON CONFLICT (id) DO UPDATE SET reason = excluded.reason, body = excluded.body,"
                " parked_at = excluded.parked_at, settled_at = NULL, settled_how = NULL"
            ),
            {
                "id": parked_id,
                "message_id": self.cause,
                "stream": stream,
                "subject": subject,
                "reason": reason,
                "body": self.transaction.seal.seal(body, parked_place(parked_id)),
                "now": self.now,
            },
        )
        service = self.transaction.service
        self.tell(
            subjects.parked(service),
            {
                "id": str(parked_id),
                "service": service,
                "subject": subject,
                "reason": reason,
                "at": self.now.isoformat(),
            },
        )
        return parked_id


@dataclass(frozen=True)
class UnitOfWork:
    """Opens transactions for one service. `committed` is called after each that told something."""

    engine: AsyncEngine
    service: Service
    committed: Callable[[], None]
    seal: Seal = field(default_factory=Unsealed)
    clock: Clock = utc_now

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """All or nothing; then the relay is nudged."""
        async with self.engine.begin() as connection:
            transaction = Transaction(self.service, connection, self.seal)
            yield transaction
            await transaction.finish()
        if transaction.said:
            self.committed()

    @asynccontextmanager
    async def work(self, cause: UUID) -> AsyncIterator[Work]:
        """The unit of work of one HTTP call, or of one step that the service takes by itself."""
        async with self.transaction() as transaction:
            yield Work(transaction, cause, self.clock())
