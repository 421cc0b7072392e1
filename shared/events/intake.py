"""What intake tells: of referrals as they come, and of who is who."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.events.envelope import EventData
from shared.facts import Facts, Frozen, History


class Problem(Frozen):
    """One fault of a document: the field's path, and what is wrong in words, never the value."""

    field: str
    problem: str


class ReferralReceived(EventData):
    """Intake holds a new referral. `catalogues`: the policies that may decide for this sender."""

    TYPE: ClassVar[str] = "referral.received"
    referral_id: UUID
    revision: int = Field(ge=1)
    person_ref: UUID
    pair_ref: UUID | None = None
    catalogues: tuple[str, ...]
    facts: Facts
    history: History


class ReferralAmended(ReferralReceived):
    """The sender said more or other of the same referral: its next revision."""

    TYPE: ClassVar[str] = "referral.amended"


class ReferralRejected(EventData):
    """A document was refused; its bytes are parked at intake under `parked_id`."""

    TYPE: ClassVar[str] = "referral.rejected"
    agency: str
    parked_id: UUID
    problems: tuple[Problem, ...]


class PairMoved(Frozen):
    """A pair whose reference became another's."""

    pair_ref: UUID
    into_ref: UUID


class PersonsMerged(EventData):
    """A coordinator found that two references are one person. `pairs`: with whom each was known."""

    TYPE: ClassVar[str] = "person.merged"
    merge_id: UUID
    person_ref: UUID
    into_ref: UUID
    pairs: tuple[PairMoved, ...] = ()
    by: str


class PersonsSplit(EventData):
    """A merge is undone: they are two people after all."""

    TYPE: ClassVar[str] = "person.split"
    merge_id: UUID
    person_ref: UUID
    from_ref: UUID
    by: str


ErasedBecause = Literal["erasure_request", "retention_ended", "recorded_in_error", "court_order"]
"""Why a person is erased: a code, since words could name somebody."""


class PersonErased(EventData):
    """Who somebody is was destroyed, and what their referrals said of them.

    `person_refs`: all that they went by; `referral_ids`: the referrals about them.
    """

    TYPE: ClassVar[str] = "person.erased"
    person_ref: UUID
    person_refs: tuple[UUID, ...]
    referral_ids: tuple[UUID, ...]
    by: str
    because: ErasedBecause


class MatchDoubted(EventData):
    """A person who was just referred may be one who is known: somebody must look."""

    TYPE: ClassVar[str] = "person.match_doubted"
    review_id: UUID
    referral_id: UUID
    person_ref: UUID
    other_ref: UUID


def roles_reversed(pair_ref: UUID) -> UUID:
    """The pair of the same two people with victim and alleged perpetrator exchanged.

    Two references that differ in the last bit alone: so who hears of one pair can tell, without
    knowing either person, who serves the other side of a cross-allegation.
    """
    return UUID(int=pair_ref.int ^ 1)
