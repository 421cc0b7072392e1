"""Same, Different, or a person must look: the answer to two records, with all that led to it."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from enum import Enum
from typing import Final

from services.intake.likeness.comparing import compare
from services.intake.likeness.record import Record
from services.intake.likeness.weights import LOOK_FROM, SAME_FROM, Seen
from services.intake.matching import match_keys


class Answer(Enum):
    """Whether two records are of one person."""

    SAME = "same"
    DOUBTFUL = "a person must look"
    DIFFERENT = "different"


@dataclass(frozen=True)
class Judgement:
    """An answer, what was seen with its weights, and why no machine may join the two."""

    answer: Answer
    seen: tuple[Seen, ...]
    doubts: tuple[str, ...]

    @property
    def score(self) -> float:
        """The sum of the weights, in powers of two."""
        return sum(each.weight for each in self.seen)


_GIVEN_CERTAIN: Final = {
    Seen.GIVEN_EQUAL,
    Seen.GIVEN_EQUAL_COMMON,
    Seen.GIVEN_SPELLED,
    Seen.GIVEN_SHORT,
    Seen.GIVEN_ONE_OF,
}
_FAMILY_CERTAIN: Final = {
    Seen.FAMILY_EQUAL,
    Seen.FAMILY_EQUAL_COMMON,
    Seen.FAMILY_FORM,
    Seen.FAMILY_PART,
    Seen.FAMILY_SLIP,
}
_ANOTHER_FAMILY: Final = {Seen.FAMILY_OTHER, Seen.FAMILY_OTHER_WOMAN}
_BORN_NEARLY: Final = {Seen.BORN_EQUAL_NEW_YEAR, Seen.BORN_SWAPPED}
_REACHED_BY: Final = {Seen.PHONE_EQUAL, Seen.EMAIL_EQUAL}
_BESIDE_NAME_AND_BIRTH: Final = _REACHED_BY | {Seen.POSTCODE_EQUAL, Seen.CASE_EQUAL}
_COMMON_NAME: Final = {Seen.GIVEN_EQUAL_COMMON, Seen.FAMILY_EQUAL_COMMON}
_LIVES_ELSEWHERE: Final = {Seen.POSTCODE_OTHER, Seen.PHONE_OTHER, Seen.EMAIL_OTHER}


def judge(one: Record, other: Record) -> Judgement:
    """The answer. The order of the two does not matter.

    Who shares an exact key is the same person, unless something contradicts it: then a person
    must look. For the rest the weights decide, and no sum is high enough while a doubt stands.
    """
    seen = compare(one, other)
    if _share_a_key(one, other):
        doubts = tuple(_contradictions(set(seen)))
        return Judgement(Answer.DOUBTFUL if doubts else Answer.SAME, seen, doubts)
    doubts = tuple(_doubts(set(seen)))
    score = sum(each.weight for each in seen)
    if score >= SAME_FROM and not doubts:
        return Judgement(Answer.SAME, seen, ())
    # Of whom two documents know the same little, nobody can say that they are two.
    if score >= LOOK_FROM or (one.names and one.says_the_same_as(other)):
        return Judgement(Answer.DOUBTFUL, seen, doubts)
    return Judgement(Answer.DIFFERENT, seen, doubts)


def is_told_by_keys(record: Record, owners: Mapping[str, object]) -> bool:
    """Whether exact keys alone tell who it is, by the owner of each that is known.

    So it is where name with birth date and every number are one person's: then nothing that is
    said of that person can contradict. A common name, or the birth date of all whose day is not
    known, needs more.
    """
    exact = match_keys(record.person, record.agency)
    telling = [key for key in exact if not key.startswith("local_case:")]
    return (
        len(set(owners.values())) == 1
        and any(key.startswith("name:") for key in telling)
        and all(key in owners for key in telling)
        and not _is_commonplace(set(compare(record, record)))
    )


def _share_a_key(one: Record, other: Record) -> bool:
    theirs = match_keys(other.person, other.agency)
    return any(key in theirs for key in match_keys(one.person, one.agency))


def _is_commonplace(seen: Set[Seen]) -> bool:
    """Whether name and birth date may be two people's in one borough."""
    return seen >= _COMMON_NAME or Seen.BORN_EQUAL_NEW_YEAR in seen


def _contradictions(seen: Set[Seen]) -> Iterator[str]:
    """What stands against an exact key."""
    if Seen.NUMBER_OTHER in seen:
        yield "each has another valid NHS or PNC number"
    if Seen.NUMBER_EQUAL in seen:
        if Seen.GIVEN_OTHER in seen:
            yield "the number is the same, and the given name is another"
        if Seen.BORN_OTHER in seen:
            yield "the number is the same, and the date of birth is another"
        return
    alike = _BESIDE_NAME_AND_BIRTH | {Seen.POSTCODE_DISTRICT}
    elsewhere = _LIVES_ELSEWHERE | {Seen.GENDER_OTHER}
    if _is_commonplace(seen) and seen & elsewhere and not seen & alike:
        yield "a common name or birth date, and all else that is known of both differs"


def _doubts(seen: Set[Seen]) -> Iterator[str]:
    """Why two without an exact key in common may be two people, however much they share."""
    if Seen.NUMBER_OTHER in seen:
        yield "each has another valid NHS or PNC number"
    if not seen & _GIVEN_CERTAIN:
        yield "the given names may be two people's, such as twins'"
    if Seen.ALIAS in seen:
        yield "the names fit by another name that is used, which may be somebody else's"
    if Seen.BORN_EQUAL not in seen:
        if not seen & _BORN_NEARLY:
            yield "the birth dates may be two people's, such as a father's and a son's"
        elif not seen & _REACHED_BY:
            yield "the birth dates fit loosely, and neither telephone nor email is shared"
    if seen & _ANOTHER_FAMILY:
        if len(seen & _BESIDE_NAME_AND_BIRTH) < 2:
            yield "the family name is another, and too little else is shared"
    elif not seen & _FAMILY_CERTAIN:
        yield "the family names are not known of both, or only sound alike"
    if not seen & _BESIDE_NAME_AND_BIRTH:
        yield "nothing beside name and birth date is shared"
    if Seen.GENDER_OTHER in seen:
        yield "the genders differ"
