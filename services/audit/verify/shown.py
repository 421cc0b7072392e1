"""Whether what is shown of an event is what its leaf in the log is made of."""

from datetime import datetime
from hashlib import sha256
from typing import Final, Protocol
from uuid import UUID

from pydantic import ValidationError

from services.audit.formats import Altered
from services.audit.verify.report import DoesNotHold
from shared.events import CloudEvent


class Shown(Protocol):
    """What is shown of an event."""

    @property
    def event_id(self) -> UUID: ...
    @property
    def type(self) -> str: ...
    @property
    def time(self) -> datetime: ...
    @property
    def producer(self) -> str: ...
    @property
    def referral(self) -> UUID: ...


_CALLED: Final[dict[Altered, str]] = {
    "content": "its words are no longer those that were logged",
    "columns": "what is shown beside its words is not what they say",
    "place": "no proof of it leads to the signed root",
}


def check_called(altered: Altered | None) -> None:
    """DoesNotHold of what the log itself calls altered. That it calls something else unaltered is
    believed of nothing."""
    if altered is not None:
        raise DoesNotHold(f"the log itself says that it was altered: {_CALLED[altered]}")


def check_shown(shown: Shown, salt: bytes, body: bytes, leaf_data: bytes) -> None:
    """DoesNotHold unless salt and bytes make the leaf data, and say what is shown."""
    check_said(shown, event_of(salt, body, leaf_data))


def event_of(salt: bytes, body: bytes, leaf_data: bytes) -> CloudEvent:
    """The event of these bytes; DoesNotHold unless salt and bytes make the leaf data."""
    if sha256(salt + body).digest() != leaf_data:
        raise DoesNotHold("salt and bytes do not make the leaf data")
    try:
        return CloudEvent.model_validate_json(body)
    except ValidationError:
        raise DoesNotHold("the bytes are no event") from None


def check_said(shown: Shown, event: CloudEvent) -> None:
    """DoesNotHold unless the event says what is shown of it."""
    said = (event.id, event.type, event.time, event.producer, event.subject)
    if said != (shown.event_id, shown.type, shown.time, shown.producer, shown.referral):
        raise DoesNotHold("what is shown is not what the bytes say")
