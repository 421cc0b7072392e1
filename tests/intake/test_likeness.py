"""How two records are compared: each field by itself, and what holds for all of them."""

from datetime import date
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.intake.likeness.blocking import MOST_KEYS, blocks
from services.intake.likeness.comparing import compare
from services.intake.likeness.comparing import family as family_names
from services.intake.likeness.comparing import given as given_names
from services.intake.likeness.judging import Answer, judge
from services.intake.likeness.record import Record
from services.intake.likeness.sounds import sound
from services.intake.likeness.weights import Seen
from services.intake.matching import match_keys
from tests.intake.pairs import record

AMARA: dict[str, Any] = {
    "given": "Amara",
    "family": "Quill",
    "born": "1991-03-14",
    "gender": "female",
    "postcode": "BR5 3ZZ",
    "phone": "07700 900101",
}
NUMBERS = ("9990000018", "9990000026", "9990000034")


@pytest.mark.parametrize(
    ("one", "other", "seen"),
    [
        ("amara", "amara", Seen.GIVEN_EQUAL),
        ("john", "john", Seen.GIVEN_EQUAL_COMMON),
        ("elizabeth", "liz", Seen.GIVEN_SHORT),
        ("elizabeth", "beth", Seen.GIVEN_PERHAPS_SHORT),
        ("mary", "molly", Seen.GIVEN_PERHAPS_SHORT),
        ("oleksandr", "alexander", Seen.GIVEN_SPELLED),
        ("mohammed", "muhammad", Seen.GIVEN_SHARED_BY_MANY),
        ("jaden", "kaden", Seen.GIVEN_SLIP),
        ("j", "judith", Seen.GIVEN_INITIAL),
        ("joanna ruth", "joanna", Seen.GIVEN_ONE_OF),
        ("mohammed ali", "mohammed umar", Seen.GIVEN_SHARED_BY_MANY),
        ("jia", "jia wen", Seen.GIVEN_SHARED_BY_MANY),
        ("thomas", "thea", Seen.GIVEN_OTHER),
        ("", "thea", Seen.GIVEN_UNKNOWN),
    ],
)
def test_given_names(one: str, other: str, seen: Seen) -> None:
    """What two given names are to each other, from either side."""
    mine, theirs = tuple(one.split()), tuple(other.split())
    assert given_names(mine, theirs) is given_names(theirs, mine) is seen


@pytest.mark.parametrize(
    ("one", "other", "seen"),
    [
        ("quill", "quill", Seen.FAMILY_EQUAL),
        ("khan", "khan", Seen.FAMILY_EQUAL_COMMON),
        ("choudhury", "chowdhury", Seen.FAMILY_FORM),
        ("al hassan", "hassan", Seen.FAMILY_FORM),
        ("kowalska", "kowalski", Seen.FAMILY_FORM),
        ("ivanova", "ivanov", Seen.FAMILY_FORM),
        ("garcia marquez", "garcia", Seen.FAMILY_PART),
        ("bexfield", "bexfeild", Seen.FAMILY_SLIP),
        ("macarthy", "mcarthy", Seen.FAMILY_SLIP),
        ("macarthy", "mcarty", Seen.FAMILY_SOUNDS),
        ("stone", "whitlock", Seen.FAMILY_OTHER),
        ("", "whitlock", Seen.FAMILY_UNKNOWN),
    ],
)
def test_family_names(one: str, other: str, seen: Seen) -> None:
    """What two family names are to each other, from either side."""
    mine, theirs = tuple(one.split()), tuple(other.split())
    assert family_names(mine, theirs) is family_names(theirs, mine) is seen


@pytest.mark.parametrize(
    ("one", "other", "seen"),
    [
        ("1991-03-14", "1991-03-14", Seen.BORN_EQUAL),
        ("1991-01-01", "1991-01-01", Seen.BORN_EQUAL_NEW_YEAR),
        ("1991-03-07", "1991-07-03", Seen.BORN_SWAPPED),
        ("1991-03-14", "1991-03-15", Seen.BORN_SLIP),
        ("1991-03-14", "1961-03-14", Seen.BORN_SLIP),
        ("1978-03-14", "1987-03-14", Seen.BORN_SLIP),
        ("1991-03-14", "1992-04-14", Seen.BORN_OTHER),
        # Neighbours on two sides of the border between day and month are no slip.
        ("1991-02-11", "1991-12-10", Seen.BORN_OTHER),
    ],
)
def test_birth_dates(one: str, other: str, seen: Seen) -> None:
    """What two dates of birth are to each other."""
    assert seen in compare(record(born=one), record(born=other))


@pytest.mark.parametrize(
    ("age", "seen"),
    [(35, Seen.BORN_YEAR), (34, Seen.BORN_YEAR), (32, Seen.BORN_NEAR), (20, Seen.BORN_OTHER)],
)
def test_age_beside_a_birth_date(age: int, seen: Seen) -> None:
    """An age is a guess: a year more or less fits."""
    assert seen in compare(record(born="1991-03-14"), record(age=age))


def test_an_age_is_of_its_day() -> None:
    """Thirty in 2016 and forty in 2026 is one age."""
    then = record(age=30, made_on=date(2016, 11, 16))
    assert Seen.BORN_YEAR in compare(then, record(age=40))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("stephen", "steven"),
        ("catherine", "kathryn"),
        ("hussain", "hussein"),
        ("bexfield", "bexfeild"),
        ("kravets", "kravetz"),
    ],
)
def test_sounds(one: str, other: str) -> None:
    """What is heard alike has one sound."""
    assert sound(one) == sound(other)


def test_no_fixed_abode_is_no_address() -> None:
    """Everybody without an address has the same made-up postcode."""
    homeless = record(given="Amara", postcode="ZZ99 3VZ")
    assert Seen.POSTCODE_UNKNOWN in compare(homeless, homeless)


def test_a_telephone_with_or_without_the_country() -> None:
    """However it is written, it is one number."""
    assert Seen.PHONE_EQUAL in compare(
        record(phone="+44 (0)7700 900101"), record(phone="07700900101")
    )


def test_a_number_with_a_wrong_check_character_says_nothing() -> None:
    """It is a slip, and neither joins nor parts."""
    assert Seen.NUMBER_UNKNOWN in compare(record(nhs="9990000019"), record(nhs="9990000018"))


@pytest.mark.parametrize("doubt", [{"given": "Amina"}, {"born": "1963-08-30"}])
def test_a_number_that_is_somebody_elses(doubt: dict[str, str]) -> None:
    """Twins mixed up, a father's number given for the son: a number alone joins neither."""
    numbered: dict[str, Any] = {**AMARA, "nhs": NUMBERS[0]}
    changed: dict[str, Any] = {**numbered, **doubt}
    judgement = judge(record(**numbered), record(**changed))
    assert (judgement.answer, bool(judgement.doubts)) == (Answer.DOUBTFUL, True)


def test_who_is_not_named_is_not_looked_for() -> None:
    """A telephone number of nobody known brings nobody together."""
    assert blocks(record(phone="07700 900101")) == ((), ())


def test_an_ordinary_person_has_few_keys() -> None:
    """Each is a row of the database."""
    assert len(blocks(record(**AMARA)).kept) <= 9


def test_a_document_full_of_names_is_bounded() -> None:
    """Hundreds of names make no more work than a few."""
    record_ = record(**AMARA, aka=[f"Name{n} Other{n}" for n in range(300)])
    assert len(blocks(record_).kept) <= MOST_KEYS
    assert len(blocks(record_).sought) <= 2 * MOST_KEYS


# fmt: off
_names = st.sampled_from((
    "Amara", "Amina", "Elizabeth", "Liz", "Beth", "Jaden", "Kaden", "Mohammed", "Muhammad", "Ali",
    "Mohammed Ali", "Maria Elena", "Anne-Marie", "Łucja", "J", "Світлана", "Quill", "Quil", "Smith",
    "Smyth", "Kowalska", "Kowalski", "O'Neil", "van der Berg", "Khan",
))
# fmt: on
_dates = st.sampled_from(["1991-03-07", "1991-07-03", "1991-03-08", "1960-01-01", "2012-02-29"])
_records: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"given": _names, "family": _names},
    optional={
        "born": _dates,
        "gender": st.sampled_from(["female", "male", "other"]),
        "aka": st.lists(_names, min_size=1, max_size=2),
        "postcode": st.sampled_from(["BR5 3ZZ", "BR5 1AA", "EN5 1AB", "ZZ99 3VZ"]),
        "phone": st.sampled_from(["07700 900101", "07700 900102"]),
        "email": st.sampled_from(["a@example.org", "b@example.org"]),
        "nhs": st.sampled_from(NUMBERS[:2]),
        "case": st.sampled_from(["H-1", "H-2"]),
    },
)
_made = _records.map(lambda said: record(**said))


@settings(max_examples=300)
@given(_made, _made)
def test_the_order_does_not_matter(one: Record, other: Record) -> None:
    """The answer is the same from either side, with the same sum and the same doubts."""
    there, back = judge(one, other), judge(other, one)
    assert (there.answer, there.score, there.doubts) == (back.answer, back.score, back.doubts)


@settings(max_examples=300)
@given(_made)
def test_who_says_the_same_is_never_different(one: Record) -> None:
    """Two documents with one and the same person are never called two people's."""
    assert judge(one, one).answer is not Answer.DIFFERENT


@settings(max_examples=300)
@given(_records, _records)
def test_a_contradiction_never_joins(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Whatever two records share: another valid NHS number on each, and no machine joins them."""
    mine, theirs = record(**{**one, "nhs": NUMBERS[0]}), record(**{**other, "nhs": NUMBERS[2]})
    assert judge(mine, theirs).answer is not Answer.SAME


@settings(max_examples=300)
@given(_records, _records)
def test_another_given_name_never_joins(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Twins: however much they share, another given name is never joined by a machine."""
    twin = {**other, **one, "given": "Zachariah"}
    mine = {**one, "given": "Tobias"}
    for each in (mine, twin):
        each.pop("aka", None)
    mine["family"] = twin["family"] = "Quill"
    assert judge(record(**mine), record(**twin)).answer is not Answer.SAME


@settings(max_examples=300)
@given(_made, _made)
def test_finding_goes_both_ways(one: Record, other: Record) -> None:
    """Of two who may be one, the second finds the first, whichever of them came first. (Who
    shares an exact key, such as an NHS number, is found by it, whatever the names say.)"""
    mine, theirs = (match_keys(each.person, each.agency) for each in (one, other))
    assume(not set(mine) & set(theirs))
    first = set(blocks(one).kept) & set(blocks(other).sought)
    second = set(blocks(other).kept) & set(blocks(one).sought)
    assert bool(first) == bool(second) or judge(one, other).answer is Answer.DIFFERENT
