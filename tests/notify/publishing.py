"""Events said over a real broker, as triage says them."""

import json
from uuid import UUID, uuid4

from nats.js import JetStreamContext

from shared.events import EventData, envelope
from shared.subjects import event
from tests.notify.ground import NOON


async def publish(
    jetstream: JetStreamContext,
    referral: UUID,
    sequence: int,
    told: EventData,
    instead: dict[str, object] | None = None,
) -> None:
    """Say something as triage; `instead`: with other data than it should have."""
    made = envelope(
        told, event_id=uuid4(), producer="triage", subject=referral, time=NOON, sequence=sequence
    ).model_dump(mode="json", exclude_none=True)
    body = json.dumps(made | ({"data": instead} if instead else {})).encode()
    await jetstream.publish(event(told.TYPE), body, headers={"Nats-Msg-Id": made["id"]})
