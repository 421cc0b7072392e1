"""Of all who may be the person of a document: who it is, or whom somebody must look at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple
from uuid import UUID

from services.intake.likeness.judging import Answer, Judgement
from services.intake.likeness.weights import Seen

MOST_DOUBTS: Final = 3
"""So many reviews one document asks for, of the likeliest: a person's time is short."""

_ALSO_SHARED: Final = {
    Seen.NUMBER_EQUAL,
    Seen.PHONE_EQUAL,
    Seen.EMAIL_EQUAL,
    Seen.POSTCODE_EQUAL,
    Seen.CASE_EQUAL,
}


class Place(NamedTuple):
    """A part of a referral that speaks of a person, and the reference they had there."""

    referral_id: UUID
    is_other_party: bool
    person_ref: UUID


@dataclass(frozen=True)
class Candidate:
    """Somebody known who may be the person, by the record of theirs that fits best.

    `refs` are all their references, that by which they go first; `person_ref` is the one they had
    in that record. There is no `place` where a key alone tells.
    """

    refs: tuple[UUID, ...]
    person_ref: UUID
    place: Place | None
    judgement: Judgement

    @property
    def person(self) -> UUID:
        """The reference that they go by."""
        return self.refs[0]

    @property
    def is_same(self) -> bool:
        """Whether no person need look."""
        return self.judgement.answer is Answer.SAME

    @property
    def is_different(self) -> bool:
        """Whether they are somebody else, without a doubt."""
        return self.judgement.answer is Answer.DIFFERENT

    @property
    def shares_more(self) -> bool:
        """Whether more than name and birth date is shared."""
        return not _ALSO_SHARED.isdisjoint(self.judgement.seen)


@dataclass(frozen=True)
class Choice:
    """`known` is who it is, or None for somebody new; of each of `doubts` a person must judge."""

    known: Candidate | None
    doubts: tuple[Candidate, ...]


def best(refs: tuple[UUID, ...], judged: Sequence[tuple[Place, Judgement]]) -> Candidate:
    """One person by several records. What contradicts one of them keeps a machine from joining."""
    order = (Answer.SAME, Answer.DOUBTFUL, Answer.DIFFERENT)
    place, judgement = min(judged, key=lambda each: (order.index(each[1].answer), -each[1].score))
    against = [j for _, j in judged if Seen.NUMBER_OTHER in j.seen and j.answer is not Answer.SAME]
    if against and judgement.answer is Answer.SAME:
        judgement = replace(judgement, answer=Answer.DOUBTFUL, doubts=against[0].doubts)
    return Candidate(refs, place.person_ref, place, judgement)


def choose(candidates: Sequence[Candidate]) -> Choice:
    """The one who is certainly the person; else nobody, and the likeliest are looked at.

    Of several who would each be certain, one who shares more than name and birth date is: two
    people of one name and birth date, whom a person has told apart, both fit a document that
    names no more.
    """
    same = [each for each in candidates if each.is_same]
    if len(same) > 1:
        same = [each for each in same if each.shares_more]
    if len(same) == 1:
        return Choice(same[0], ())
    likely = [each for each in candidates if not each.is_different]
    # By the likeliest; a tie is broken by the reference, the same way every time.
    likely.sort(key=lambda each: (-each.judgement.score, each.person))
    return Choice(None, tuple(likely[:MOST_DOUBTS]))
