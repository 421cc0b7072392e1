"""The envelope of every event (CloudEvents 1.0, structured JSON), and how events get their ids."""

from typing import Any, ClassVar, Literal
from uuid import UUID, uuid5

from pydantic import AwareDatetime, Field

from shared.facts import Frozen
from shared.subjects import Service


class EventData(Frozen):
    """The `data` of one event type; `TYPE` is its subject below `event.`."""

    TYPE: ClassVar[str]


class CloudEvent(Frozen):
    """The envelope. `sequence` counts one producer's events on one subject, from 1."""

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str = Field(pattern=r"^/fingerpost/[a-z]+$")
    type: str = Field(pattern=r"^[a-z_]+\.[a-z_]+\.v1$")
    subject: UUID
    time: AwareDatetime
    datacontenttype: Literal["application/json"] = "application/json"
    traceparent: str = Field(pattern=r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")
    sequence: int = Field(ge=1)
    data: dict[str, Any]

    @property
    def event_type(self) -> str:
        """The type without its version: `referral.triaged`."""
        return self.type.removesuffix(".v1")

    @property
    def producer(self) -> str:
        """The service that says it."""
        return self.source.rsplit("/", 1)[1]


def derived_id(cause: UUID, event_type: str, about: str = "") -> UUID:
    """The id of what a cause brings about: the same cause never makes two events.

    `about` tells apart events of one type with one cause (a pathway, a channel).
    """
    return uuid5(cause, f"{event_type}/{about}")


def envelope(
    data: EventData,
    *,
    event_id: UUID,
    producer: Service,
    subject: UUID,
    time: AwareDatetime,
    sequence: int,
) -> CloudEvent:
    """Wrap `data`. The trace is the referral's: its id is the trace id, the event's the span."""
    return CloudEvent(
        id=event_id,
        source=f"/fingerpost/{producer}",
        type=f"{data.TYPE}.v1",
        subject=subject,
        time=time,
        traceparent=f"00-{subject.hex}-{event_id.hex[:16]}-01",
        sequence=sequence,
        data=data.model_dump(mode="json", by_alias=True, exclude_none=True),
    )
