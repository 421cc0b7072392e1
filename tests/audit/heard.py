"""Events as the broker delivers them, and their way into a log."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

from services.audit.handlers import Handlers
from shared.bus.consumer import Consumer, Received
from shared.bus.work import UnitOfWork
from shared.events import AssignmentWithdrawn, EventData, envelope
from shared.subjects import EVENTS, event

MOMENT = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)


def withdrawn(referral: UUID) -> AssignmentWithdrawn:
    """An event with a practitioner in it."""
    return AssignmentWithdrawn(
        assignment_id=uuid4(),
        referral_id=referral,
        pathway="refuge",
        practitioner_id="idsva-1",
        reason="the referral was amended",
    )


def received(data: EventData, referral: UUID, event_id: UUID | None = None) -> Received:
    """A message on EVENTS that triage published."""
    sealed = envelope(
        data,
        event_id=event_id or uuid4(),
        producer="triage",
        subject=referral,
        time=MOMENT,
        sequence=1,
    )
    body = sealed.model_dump_json(exclude_none=True).encode()
    return Received(sealed.id, EVENTS, event(data.TYPE), body)


def some(count: int, referral: UUID | None = None) -> list[Received]:
    """Messages about one referral."""
    about = referral or uuid4()
    return [received(withdrawn(about), about) for _ in range(count)]


async def take(unit: UnitOfWork, messages: Sequence[Received]) -> None:
    """Take messages as the service does, all in one transaction."""
    consumer = Consumer(unit, Handlers().open_event)
    async with unit.transaction() as transaction:
        await consumer.handle(transaction, [consumer.open(message) for message in messages])
