"""What audit answers with, for whoever asks and whoever checks it. Bytes are standard base64."""

import base64
import binascii
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)


def _decoded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("not base64") from error


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()


Base64 = Annotated[
    bytes,
    BeforeValidator(_decoded),
    PlainSerializer(_encoded, return_type=str),
    WithJsonSchema({"type": "string", "contentEncoding": "base64"}),
]
Hash = Annotated[Base64, Field(min_length=32, max_length=32)]


class Answer(BaseModel):
    """Read as written: an unknown field is refused rather than left unchecked."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TreeHead(Answer):
    """The log at one size: an RFC 6962 tree over SHA-256."""

    size: int = Field(ge=0)
    root: Hash


class EntryProof(Answer):
    """That a leaf is in the tree. `inclusion` goes from the leaf's sibling up to the root."""

    index: int = Field(ge=0)
    leaf_hash: Hash
    inclusion: tuple[Hash, ...]
    tree: TreeHead


class EventContent(Answer):
    """The received bytes, once more as text for reading, and the salt of the leaf."""

    text: str
    bytes: Base64
    salt: Base64


class TrailEntry(Answer):
    """One event of a trail.

    `leaf_data` is SHA-256(salt || bytes), `leaf_hash` the leaf's hash over that. `content` is null
    once retention destroyed it; then only the hashes can be proved, and `event_id`, `type`, `time`
    and `producer` are the log's word.
    """

    index: int = Field(ge=0)
    event_id: UUID
    type: str
    time: AwareDatetime
    producer: str
    content: EventContent | None
    leaf_data: Hash
    leaf_hash: Hash
    inclusion: tuple[Hash, ...]


class Trail(Answer):
    """A page of a referral's events in the log's order, all proved in one tree.

    `next`: the cursor of the next page; null on the last.
    """

    referral: UUID
    tree: TreeHead
    entries: tuple[TrailEntry, ...]
    next: int | None
