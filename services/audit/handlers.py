"""What audit hears: every event, whatever it says, goes into the log as the bytes it came in.

An event is read only for what it will be found by, so that a type unknown here is logged all the
same. What is no event of ours is parked: it has no id that would tell it from a forgery of one.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.audit.log import log
from services.audit.log.store import Heard
from services.audit.trail.finding import found_by, name_in, uuid_in
from shared import subjects
from shared.bus.consumer import Delivery, Received
from shared.bus.errors import UnreadableMessage
from shared.bus.work import Work
from shared.events import CloudEvent


@dataclass(frozen=True)
class Handlers:
    """Collects what one transaction hears, and appends it in one step before the commit."""

    salt: Callable[[], bytes] = log.new_salt

    def open_event(self, received: Received) -> Delivery:
        """Read one message. It has no producer: the log takes what comes and waits for nothing."""
        heard = read(received)

        async def handle(work: Work) -> None:
            work.transaction.collect(self._append, heard)

        return Delivery(received, handle)

    async def _append(self, connection: AsyncConnection, heard: list[Heard]) -> None:
        await log.append(connection, heard, self.salt)


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
        sequence=event.sequence,
        practitioner=name_in(event.data.get("practitioner_id")),
        agency=name_in(
            facts.get("source.agency") if isinstance(facts, dict) else event.data.get("agency")
        ),
        person_ref=uuid_in(event.data.get("person_ref")),
        found_by=found_by(event),
    )


def _faults(error: ValidationError) -> str:
    places = (".".join(map(str, e["loc"])) + ": " + e["type"] for e in error.errors())
    return "; ".join(sorted(places))
