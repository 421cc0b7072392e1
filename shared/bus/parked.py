"""What could not be processed: listed, replayed or discarded by a coordinator.

The row is the record; the message on PARKED calls for a person. A replayed message goes the same
way as any other, in one transaction with its being settled.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.bus.consumer import Consumer, Delivery, Received
from shared.bus.errors import TooEarly, UnreadableMessage, describe, is_outage
from shared.bus.work import Transaction, UnitOfWork, parked_place
from shared.events import derived_id
from shared.problems import Refused
from shared.sign_in import Caller, Doorkeeper
from shared.subjects import Service


class ParkedMessage(BaseModel):
    """A parked message as a person sees it; its bytes are not shown."""

    id: UUID
    stream: str
    subject: str
    reason: str
    parked_at: datetime
    settled_how: Literal["replayed", "discarded"] | None = None


class Discard(BaseModel):
    """Why a message is given up."""

    why: str = Field(min_length=1, max_length=500)


def parked_router(
    service: Service,
    unit: UnitOfWork,
    consumers: Mapping[str, Consumer],
    doorkeeper: Doorkeeper,
) -> APIRouter:
    """`/<service>/api/parked`, for coordinators. `consumers`: by the stream they listen to."""
    router = APIRouter(prefix=f"/{service}/api/parked")
    coordinator = Depends(doorkeeper.require("coordinator"))

    @router.get("")
    async def list_parked(_caller: Annotated[Caller, coordinator]) -> list[ParkedMessage]:
        async with unit.engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT * FROM parked WHERE settled_at IS NULL ORDER BY parked_at LIMIT 1000")
            )
            return [_seen(row) for row in rows]

    @router.get("/{parked_id}")
    async def show(parked_id: UUID, _caller: Annotated[Caller, coordinator]) -> ParkedMessage:
        async with unit.engine.connect() as connection:
            return _seen(await _row(connection, parked_id))

    @router.post("/{parked_id}/replay")
    async def replay(parked_id: UUID, caller: Annotated[Caller, coordinator]) -> ParkedMessage:
        try:
            async with unit.transaction() as transaction:
                await _replay(transaction, consumers, parked_id, caller)
        except Refused:
            raise
        except TooEarly:
            raise _too_early() from None
        except Exception as error:
            if is_outage(error):
                raise
            raise Refused(
                409, "failed-again", f"It failed again and stays parked: {describe(error)}."
            ) from None
        return await show(parked_id, caller)

    @router.post("/{parked_id}/discard")
    async def discard(
        parked_id: UUID, reason: Discard, caller: Annotated[Caller, coordinator]
    ) -> ParkedMessage:
        async with unit.transaction() as transaction:
            row = await _waiting(transaction.connection, parked_id)
            consumer = consumers[row.stream]
            try:
                delivery = consumer.open(await _received(transaction, row))
            except UnreadableMessage:
                pass  # what cannot be read has no number
            else:
                # Noted without effect, so that what comes after it is not kept waiting.
                if await consumer.handle(transaction, [_without_effect(delivery)]):
                    raise _too_early()
            await _settle(transaction.connection, row, "discarded", caller, reason.why)
        return await show(parked_id, caller)

    return router


def _too_early() -> Refused:
    return Refused(409, "too-early", "An earlier event of this referral comes first.")


def _seen(row: Row[Any]) -> ParkedMessage:
    return ParkedMessage(
        id=row.id,
        stream=row.stream,
        subject=row.subject,
        reason=row.reason,
        parked_at=row.parked_at,
        settled_how=row.settled_how,
    )


async def _row(connection: AsyncConnection, parked_id: UUID, lock: str = "") -> Row[Any]:
    found = await connection.execute(
        text(f"SELECT * FROM parked WHERE id = :id {lock}"),  # noqa: S608 - our own words
        {"id": parked_id},
    )
    row = found.one_or_none()
    if row is None:
        raise Refused(404, "not-found", "Nothing of that id is parked here.")
    return row


async def _waiting(connection: AsyncConnection, parked_id: UUID) -> Row[Any]:
    row = await _row(connection, parked_id, "FOR UPDATE")
    if row.settled_at is not None:
        raise Refused(409, "already-settled", f"It was {row.settled_how} before.")
    return row


async def _replay(
    transaction: Transaction,
    consumers: Mapping[str, Consumer],
    parked_id: UUID,
    caller: Caller,
) -> None:
    row = await _waiting(transaction.connection, parked_id)
    consumer = consumers[row.stream]
    delivery = consumer.open(await _received(transaction, row))
    await _settle(transaction.connection, row, "replayed", caller, "")
    if await consumer.handle(transaction, [delivery]):
        raise TooEarly


async def _received(transaction: Transaction, row: Row[Any]) -> Received:
    """The message as it came. What was handled once (and refused) needs an id of its own."""
    handled = await transaction.connection.execute(
        text("SELECT 1 FROM inbox WHERE message_id = :id"), {"id": row.message_id}
    )
    message_id = row.message_id if handled.first() is None else derived_id(row.id, "replayed")
    body = transaction.seal.open(row.body, parked_place(row.id))
    return Received(message_id, row.stream, row.subject, body)


def _without_effect(delivery: Delivery) -> Delivery:
    async def nothing(_work: object) -> None:
        return

    return Delivery(
        delivery.received, nothing, delivery.producer, delivery.referral, delivery.sequence
    )


async def _settle(
    connection: AsyncConnection, row: Row[Any], how: str, caller: Caller, why: str
) -> None:
    # The bytes go: they are either handled now, or given up.
    await connection.execute(
        text(
            "UPDATE parked SET settled_at = now(), settled_how = :how, settled_by = :who,"
            " settled_why = :why, body = NULL WHERE id = :id"
        ),
        {"how": how, "who": caller.subject, "why": why, "id": row.id},
    )
