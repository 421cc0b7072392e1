"""What audit answers with, for whoever asks and whoever checks it. Bytes are standard base64."""

import base64
import binascii
from typing import Annotated, Any, Literal
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


Altered = Literal["content", "columns", "place"]
"""What of an entry is no longer as it was signed. `content`: its words, which are not shown.
`columns`: its words stand, and the type, time, id, producer or referral that the database has
beside them is another. `place`: its leaf, or one beside it, so that no proof leads to the signed
root; nothing of it can be believed, and its words are not shown."""


class EventContent(Answer):
    """The received bytes, once more as text for reading, and the salt of the leaf."""

    text: str
    bytes: Base64
    salt: Base64


class TrailEntry(Answer):
    """One event of a trail.

    `referral` is the event's subject: of nearly all a referral. `leaf_data` is SHA-256(salt ||
    bytes), `leaf_hash` SHA-256(0 || leaf data), as RFC 6962 has it. `content` is null once it was
    destroyed; then only the hashes can be proved, and `event_id`, `type`, `time`, `producer` and
    `referral` are the log's word. `altered`: what somebody changed; `content` is null then, but
    for `columns`.
    """

    index: int = Field(ge=0)
    event_id: UUID
    type: str
    time: AwareDatetime
    producer: str
    referral: UUID
    content: EventContent | None
    altered: Altered | None = None
    leaf_data: Hash
    leaf_hash: Hash
    inclusion: tuple[Hash, ...]


class Asked(Answer):
    """What was looked for; an entry meets all that is not null.

    `person_ref`, `pair_ref`: what was told of the referrals that concern the person or the pair,
    under any of their references, and that references were found to be one. `agency`: entries that
    name it. `practitioner`: entries that name them, in whatever part. `since`, `until`: of the
    event's own time, the latter not included. `text`: words of a reason, all of them.
    """

    referral: UUID | None = None
    person_ref: UUID | None = None
    pair_ref: UUID | None = None
    agency: str | None = None
    practitioner: str | None = None
    type: str | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    text: str | None = None


class Trail(Answer):
    """A page of what was asked for, in the log's order, all of it under one signed checkpoint.

    `references`, `referrals`: where a person or a pair was asked for, every reference that counts
    as the same, and the referrals that concern them. `checkpoint`: the signed note, with its
    cosignatures; null while nothing was signed, and then there are no entries. `unsigned`: how many
    later entries the log has that no checkpoint covers yet. `next`: the cursor of the next page,
    which may be empty, since one page looks through no more than a part of the log; null at the
    end.
    """

    asked: Asked
    references: tuple[UUID, ...] = ()
    referrals: tuple[UUID, ...] = ()
    checkpoint: str | None
    unsigned: int = Field(ge=0)
    entries: tuple[TrailEntry, ...]
    next: int | None


class BundleQuery(Answer):
    """A bundle's `query.json`: what was looked for, and what that was found to mean.

    The log's word: no proof shows that a search left nothing out.
    """

    asked: Asked
    references: tuple[UUID, ...] = ()
    referrals: tuple[UUID, ...] = ()


class BundleEntry(Answer):
    """A line of a bundle's `entries.jsonl`: what is shown of one event, in the log's order.

    `leaf_data` is hexadecimal. `destroyed`: of its content the hash alone is left, so that there is
    neither a file of its bytes nor a salt, and all else on the line is the log's word. `altered`:
    the log itself finds that it is not what was signed, so that no bundle with it holds.
    """

    index: int = Field(ge=0)
    event_id: UUID
    type: str
    time: AwareDatetime
    producer: str
    referral: UUID
    leaf_data: str = Field(pattern=r"^[0-9a-f]{64}$")
    destroyed: bool
    altered: Altered | None = None
