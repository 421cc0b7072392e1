"""What audit hears: every event, whatever it says, goes into the log as the bytes it came in.

An event is read only for what it will be found by, so that a type unknown here is logged all the
same. What is no event of ours is parked: it has no id that would tell it from a forgery of one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID
from weakref import WeakValueDictionary

from pydantic import ValidationError

from services.audit import log
from services.audit.store import Heard
from shared import subjects
from shared.bus.consumer import Delivery, Received
from shared.bus.errors import UnreadableMessage
from shared.bus.work import Transaction, Work
from shared.events import CloudEvent

LONGEST_NAME = 500


@dataclass
class Handlers:
    """Collects what one transaction hears, and appends it in one step before the commit."""

    salt: Callable[[], bytes] = log.new_salt
    _batches: "WeakValueDictionary[int, _Batch]" = field(default_factory=WeakValueDictionary)

    def open_event(self, received: Received) -> Delivery:
        """Read one message. It has no producer: the log takes what comes and waits for nothing."""
        heard = read(received)

        async def handle(work: Work) -> None:
            self._batch(work.transaction).heard.append(heard)

        return Delivery(received, handle)

    def _batch(self, transaction: Transaction) -> "_Batch":
        batch = self._batches.get(id(transaction))
        if batch is None:
            batch = self._batches[id(transaction)] = _Batch(transaction, self.salt)
            # The transaction alone keeps the batch: one that is rolled back takes it along.
            transaction.before_commit("append", batch.append)
        return batch


@dataclass(eq=False)
class _Batch:
    """What one transaction has heard. It holds the transaction, whose `id` it is known by, so that
    no other transaction can have that while the batch is there."""

    transaction: Transaction
    salt: Callable[[], bytes]
    heard: list[Heard] = field(default_factory=list)

    async def append(self) -> None:
        await log.append(self.transaction.connection, self.heard, self.salt)


def read(received: Received) -> Heard:
    """An event by what it is found by; UnreadableMessage if the bytes are none, or another's."""
    try:
        event = CloudEvent.model_validate_json(received.body)
    except ValidationError as error:
        raise UnreadableMessage(_faults(error)) from None
    if received.subject != subjects.event(event.event_type) or event.id != received.message_id:
        raise UnreadableMessage("subject or message id is not that of the event inside")
    facts = event.data.get("facts")
    return Heard(
        event_id=event.id,
        type=event.type,
        producer=event.producer,
        referral=event.subject,
        time=event.time,
        body=received.body,
        practitioner=_name(event.data.get("practitioner_id")),
        agency=_name(
            facts.get("source.agency") if isinstance(facts, dict) else event.data.get("agency")
        ),
        person_ref=_uuid(event.data.get("person_ref")),
    )


def _name(value: Any) -> str | None:
    """A name that an entry can be found by. Anything else stays in the bytes alone."""
    named = isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and value.isprintable()
    return value if named else None


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _faults(error: ValidationError) -> str:
    places = (".".join(map(str, e["loc"])) + ": " + e["type"] for e in error.errors())
    return "; ".join(sorted(places))
