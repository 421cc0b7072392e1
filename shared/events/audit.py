"""What audit tells: of the trail itself."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.events.envelope import EventData

FindingKind = Literal[
    "number_missing",
    "number_twice",
    "out_of_order",
    "tally_missing",
    "tally_differs",
    "step_missing",
    "step_unexpected",
    "checkpoint_refused",
    "entry_altered",
]
"""What may be wrong with the trail; docs/audit.md says what to do about each."""


class TrailAlarmed(EventData):
    """Something is wrong with the trail, told once. `about`: a referral, a service, both, or
    entries of the log."""

    TYPE: ClassVar[str] = "trail.alarmed"
    finding_id: UUID
    kind: FindingKind
    about: str


class CheckpointStated(EventData):
    """The log as it stood today. `note`: the signed note, byte for byte as it is served."""

    TYPE: ClassVar[str] = "checkpoint.stated"
    origin: str
    size: int = Field(ge=0)
    root: str
    note: str


class ContentDestroyed(EventData):
    """Bytes and salts of so many entries were destroyed; their leaves, and every proof, stay.

    By the schedule, or because a person was erased: then `erasure` is the id of that event.
    """

    TYPE: ClassVar[str] = "content.destroyed"
    because: Literal["schedule", "erasure"]
    erasure: UUID | None = None
    entries: int = Field(ge=0)
