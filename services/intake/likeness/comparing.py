"""What two records show when they are laid side by side, field by field."""

from datetime import date
from itertools import zip_longest
from typing import Final

from rapidfuzz.distance import OSA

from services.intake.likeness.common import COMMON_FAMILY, COMMON_GIVEN
from services.intake.likeness.forms import BORNE_BY_SEVERAL, full_names, older_names, spellings
from services.intake.likeness.record import Name, Record, core, whole
from services.intake.likeness.sounds import sound
from services.intake.likeness.weights import Seen

NAME_FIELDS: Final = ("given name", "family name", "both names")
_SHORTEST_OWN: Final = 4
_AGES_APART: Final = 4

# Of several given names that fit in different ways the weakest counts.
_FROM_WEAK: Final = (
    Seen.GIVEN_OTHER,
    Seen.GIVEN_INITIAL,
    Seen.GIVEN_SOUNDS,
    Seen.GIVEN_SLIP,
    Seen.GIVEN_PERHAPS_SHORT,
    Seen.GIVEN_SHORT,
    Seen.GIVEN_SPELLED,
    Seen.GIVEN_EQUAL,
)


def compare(one: Record, other: Record) -> tuple[Seen, ...]:
    """What is seen, in the order of the fields. The order of the two does not matter.

    Of all the names that each is known by, those two count that go together best.
    """
    return (
        *_names(one, other),
        _born(one, other),
        _of(one.gender, other.gender, Seen.GENDER_EQUAL, Seen.GENDER_OTHER, Seen.GENDER_UNKNOWN),
        _postcode(one, other),
        _of(one.phone, other.phone, Seen.PHONE_EQUAL, Seen.PHONE_OTHER, Seen.PHONE_UNKNOWN),
        _of(one.email, other.email, Seen.EMAIL_EQUAL, Seen.EMAIL_OTHER, Seen.EMAIL_UNKNOWN),
        *_numbers(one, other),
        *((Seen.CASE_EQUAL,) if one.cases & other.cases else ()),
    )


def _of(one: object, other: object, equal: Seen, differs: Seen, unknown: Seen) -> Seen:
    if not one or not other:
        return unknown
    return equal if one == other else differs


def _names(one: Record, other: Record) -> tuple[Seen, ...]:
    is_woman = one.gender == other.gender == "female"
    ways = [
        _two_names(mine, theirs, is_woman)
        for mine in one.names or (one.name,)
        for theirs in other.names or (other.name,)
    ]
    # By worth; of the same worth, the one with fewer circumstances, then by name.
    return min(ways, key=lambda w: (-_worth(w), len(w), [s.name for s in w]))


def _two_names(one: Name, other: Name, is_woman: bool) -> tuple[Seen, ...]:
    alias = (Seen.ALIAS,) if one.is_alias or other.is_alias else ()
    straight = (given(one.given, other.given), family(one.family, other.family, is_woman))
    across = (given(one.given, other.family), family(one.family, other.given, is_woman))
    turned = (given(one.family, other.given), family(one.given, other.family, is_woman))
    exchanged = min(across, turned, key=lambda w: (-_worth(w), [s.name for s in w]))
    # Both must fit, or every Thomas would be half a match for the Thomases.
    both_fit = min(seen.weight for seen in exchanged) >= Seen.GIVEN_SLIP.weight
    if both_fit and _worth(exchanged) + Seen.EXCHANGED.weight > _worth(straight):
        return (*exchanged, Seen.EXCHANGED, *alias)
    return (*straight, *alias)


def _worth(seen: tuple[Seen, ...]) -> float:
    return sum(each.weight for each in seen)


def given(one: tuple[str, ...], other: tuple[str, ...]) -> Seen:
    """Given names, all that each has."""
    if not one or not other:
        return Seen.GIVEN_UNKNOWN
    if whole(one) == whole(other):
        return _equal_given(one)
    if len(one) == len(other):
        fits = [_one_given(mine, theirs) for mine, theirs in zip(one, other, strict=True)]
        weakest = min(fits, key=_FROM_WEAK.index)
        if weakest is Seen.GIVEN_SPELLED and _borne_by_several(one):
            return Seen.GIVEN_SHARED_BY_MANY  # twins may both be written down as Mohammed
        if weakest is not Seen.GIVEN_OTHER:
            return weakest
        if len(one) > 1 and fits[0] is not Seen.GIVEN_OTHER:
            return Seen.GIVEN_SHARED_BY_MANY  # Anna Maria and Anna Sofia
    elif (found := _one_of(one, other)) is not None:
        return found
    return _spelled_alike(whole(one), whole(other))


def _equal_given(parts: tuple[str, ...]) -> Seen:
    is_common = len(parts) == 1 and any(n in COMMON_GIVEN for n in spellings(parts[0]) | {parts[0]})
    return Seen.GIVEN_EQUAL_COMMON if is_common else Seen.GIVEN_EQUAL


def _one_given(one: str, other: str) -> Seen:
    if one == other:
        return Seen.GIVEN_EQUAL
    if 1 in (len(one), len(other)):
        return Seen.GIVEN_INITIAL if one[0] == other[0] else Seen.GIVEN_OTHER
    if spellings(one) & spellings(other):
        return Seen.GIVEN_SPELLED
    mine, theirs = full_names(one), full_names(other)
    shared = mine & theirs
    if shared:
        # One is the full name itself, and the other is short for nothing else.
        certain = (spellings(one) & shared and len(theirs) == 1) or (
            spellings(other) & shared and len(mine) == 1
        )
        return Seen.GIVEN_SHORT if certain else Seen.GIVEN_PERHAPS_SHORT
    if older_names(mine) & older_names(theirs):
        return Seen.GIVEN_PERHAPS_SHORT
    return _spelled_alike(one, other)


def _one_of(one: tuple[str, ...], other: tuple[str, ...]) -> Seen | None:
    """Of two people with so many given names and fewer: whether the fewer are among them."""
    few, many = sorted((one, other), key=len)
    fits = [max((_one_given(name, each) for each in many), key=_FROM_WEAK.index) for name in few]
    weakest = min(fits, key=_FROM_WEAK.index)
    if weakest is Seen.GIVEN_INITIAL or weakest is Seen.GIVEN_OTHER:
        return None if weakest is Seen.GIVEN_OTHER else weakest
    if _FROM_WEAK.index(weakest) < _FROM_WEAK.index(Seen.GIVEN_SHORT):
        return weakest
    return Seen.GIVEN_SHARED_BY_MANY if _borne_by_several(few) else Seen.GIVEN_ONE_OF


def _borne_by_several(names: tuple[str, ...]) -> bool:
    # Sisters may share a name of one syllable: Jia Hui and Jia Wen.
    return all(len(name) < _SHORTEST_OWN or spellings(name) & BORNE_BY_SEVERAL for name in names)


def _spelled_alike(one: str, other: str) -> Seen:
    if is_slip(one, other):
        return Seen.GIVEN_SLIP
    return Seen.GIVEN_SOUNDS if _sounds_like(one, other) else Seen.GIVEN_OTHER


def family(one: tuple[str, ...], other: tuple[str, ...], is_woman: bool = False) -> Seen:
    """Family names. `is_woman`: both are recorded as women."""
    if not one or not other:
        return Seen.FAMILY_UNKNOWN
    mine, theirs = core(one), core(other)
    if whole(one) == whole(other):
        names = spellings(whole(one)) | {whole(one)}
        return Seen.FAMILY_EQUAL_COMMON if names & COMMON_FAMILY else Seen.FAMILY_EQUAL
    if _one_family(whole(mine), whole(theirs)) or _one_family(whole(one), whole(other)):
        return Seen.FAMILY_FORM
    if max(len(mine), len(theirs)) > 1 and _share_a_part(mine, theirs):
        return Seen.FAMILY_PART
    if is_slip(whole(one), whole(other)) or is_slip(whole(mine), whole(theirs)):
        return Seen.FAMILY_SLIP
    if _sounds_like(whole(mine), whole(theirs)):
        return Seen.FAMILY_SOUNDS
    return Seen.FAMILY_OTHER_WOMAN if is_woman else Seen.FAMILY_OTHER


def _one_family(one: str, other: str) -> bool:
    if one == other or spellings(one) & spellings(other):
        return True
    if min(len(one), len(other)) < _SHORTEST_OWN:
        return False
    # Alhassan and Hassan; Macdonald and Donald are two.
    if {one, other} & {f"{article}{each}" for article in ("al", "el") for each in (one, other)}:
        return True
    return _stem(one) == _stem(other) and one[-1] != other[-1]


def _stem(name: str) -> str:
    """Without the ending by which a Slavic name tells a woman from a man."""
    for woman, man in (("ska", "ski"), ("cka", "cki"), ("dzka", "dzki"), ("aya", "y")):
        for ending in (woman, man):
            if name.endswith(ending) and len(name) > len(ending) + 2:
                return name[: -len(ending)] + woman
    for ending in ("ova", "owa", "eva", "ewa", "ina", "yna"):
        if name.endswith(ending) and len(name) > len(ending) + 2:
            return name[:-1]
    return name


def _share_a_part(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return any(
        _one_family(mine, theirs) or is_slip(mine, theirs) for mine in one for theirs in other
    )


def is_slip(one: str, other: str) -> bool:
    """One letter wrong, missing, too many or exchanged with its neighbour; two in a long name."""
    shorter = min(len(one), len(other))
    allowed = 0 if shorter < 3 else 1 if shorter < 8 else 2
    return OSA.distance(one, other, score_cutoff=allowed) <= allowed


def _sounds_like(one: str, other: str) -> bool:
    # A sound of three consonants may be many a name; so most letters must be the same too.
    return (
        sound(one) == sound(other)
        and min(len(one), len(other)) >= _SHORTEST_OWN
        and OSA.normalized_similarity(one, other) >= 0.6
    )


def _born(one: Record, other: Record) -> Seen:
    if one.born is not None and other.born is not None:
        return _two_dates(one.born, other.born)
    if one.years is None or other.years is None:
        return Seen.BORN_UNKNOWN
    apart = max(one.years.first, other.years.first) - min(one.years.last, other.years.last)
    if apart <= 1:
        return Seen.BORN_YEAR
    return Seen.BORN_NEAR if apart <= _AGES_APART else Seen.BORN_OTHER


def _two_dates(one: date, other: date) -> Seen:
    if one == other:
        return Seen.BORN_EQUAL_NEW_YEAR if (one.month, one.day) == (1, 1) else Seen.BORN_EQUAL
    if (one.year, one.month, one.day) == (other.year, other.day, other.month):
        return Seen.BORN_SWAPPED
    mine, theirs = f"{one:%d%m%Y}", f"{other:%d%m%Y}"
    differ = [at for at, (a, b) in enumerate(zip_longest(mine, theirs)) if a != b]
    if len(differ) == 1:
        return Seen.BORN_SLIP
    neighbours = len(differ) == 2 and differ[1] == differ[0] + 1 and differ[1] not in (2, 4)
    if neighbours and mine[differ[0]] == theirs[differ[1]] and mine[differ[1]] == theirs[differ[0]]:
        return Seen.BORN_SLIP
    return Seen.BORN_OTHER


def _postcode(one: Record, other: Record) -> Seen:
    if one.postcode is None or other.postcode is None:
        return Seen.POSTCODE_UNKNOWN
    if one.postcode == other.postcode:
        return Seen.POSTCODE_EQUAL
    return Seen.POSTCODE_DISTRICT if one.district == other.district else Seen.POSTCODE_OTHER


def _numbers(one: Record, other: Record) -> tuple[Seen, ...]:
    kinds = sorted(one.numbers.keys() & other.numbers.keys())
    if not kinds:
        return (Seen.NUMBER_UNKNOWN,)
    return tuple(
        dict.fromkeys(
            Seen.NUMBER_EQUAL if one.numbers[kind] & other.numbers[kind] else Seen.NUMBER_OTHER
            for kind in kinds
        )
    )
