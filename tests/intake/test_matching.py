"""Who is taken for the same person, and what for the same document."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.matching import canonical, changed_identity, match_keys, normalised
from services.intake.reading import read_stored
from services.intake.referral import Person
from tests.intake.documents import FULL, SMALL, raw, read, with_

AMARA: dict[str, Any] = {
    "given_name": "Amara",
    "family_name": "Quill",
    "date_of_birth": "1991-03-04",
}


def _keys(person: dict[str, Any], agency: str = "met-police") -> tuple[str, ...]:
    return match_keys(Person.model_validate(person), agency)


def _numbered(kind: str, value: str, agency: str = "met-police", **person: Any) -> tuple[str, ...]:
    return _keys({**person, "identifiers": [{"type": kind, "value": value}]}, agency)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Amara", "AMARA"),
        ("Zoë", "Zoe"),
        ("Zoe\u0308", "Zoë"),
        ("Anne-Marie", "anne marie"),
        ("Anne‑Marie", "AnneMarie"),
        ("O’Neil", "O'Neil"),
        ("O'Neil", "ONeil"),
        ("St. John", "St John"),
        ("Weiß", "WEISS"),
        ("İpek", "ipek"),
    ],
)
def test_spelling_of_a_name_does_not_count(one: str, other: str) -> None:
    """Accents, capitals, spaces, hyphens and apostrophes make no other person."""
    assert _keys({**AMARA, "given_name": one}) == _keys({**AMARA, "given_name": other})


@pytest.mark.parametrize(
    ("one", "other"), [("Amara", "Amira"), ("किरण", "करण"), ("李", "王"), ("Ann", "Anne")]
)
def test_another_name_is_another_person(one: str, other: str) -> None:
    """Letters of any script count; a vowel sign is a letter."""
    assert _keys({**AMARA, "given_name": one}) != _keys({**AMARA, "given_name": other})


def test_given_and_family_name_are_not_run_together() -> None:
    """A letter on the other side of the names' border makes another key."""
    one = {**AMARA, "given_name": "Anna", "family_name": "Smith"}
    assert _keys(one) != _keys({**AMARA, "given_name": "Ann", "family_name": "Asmith"})


@pytest.mark.parametrize("missing", sorted(AMARA))
def test_nobody_is_known_by_half_a_name(missing: str) -> None:
    """Without given name, family name or date of birth there is no key."""
    assert _keys({name: value for name, value in AMARA.items() if name != missing}) == ()


def test_nobody_is_known_by_a_name_of_signs() -> None:
    """A name with no letter in it is none, and where there is no person there is no key."""
    assert _keys({**AMARA, "given_name": "-"}) == ()
    assert match_keys(None, "met-police") == ()


@pytest.mark.parametrize("number", ["9434765919", "943 476 5919", "943-476-5919"])
def test_nhs_number_is_known_in_any_spelling(number: str) -> None:
    """Spaces and hyphens in an NHS number do not count."""
    assert _numbered("nhs_number", number) == ("nhs_number:9434765919",)


@pytest.mark.parametrize(
    "number", ["9434765918", "943476591", "94347659190", "0000000000", "1111111111", "٩434765919"]
)
def test_nhs_number_of_a_wrong_form_is_no_key(number: str) -> None:
    """A wrong check digit, a wrong length or a placeholder joins nobody."""
    assert _numbered("nhs_number", number) == ()


@pytest.mark.parametrize(
    "number", ["2001/0171310W", "01/171310W", "2001/171310w", "20010171310W", "01 / 0171310 W"]
)
def test_pnc_number_is_known_in_any_spelling(number: str) -> None:
    """Long, short and unpunctuated forms of a PNC number are one."""
    assert _numbered("pnc", number) == ("pnc:01/0171310W",)


@pytest.mark.parametrize("number", ["2001/0171310X", "01171310W", "2001/0171310", "2101/0171310W"])
def test_pnc_number_of_a_wrong_form_is_no_key(number: str) -> None:
    """A wrong check letter or an ambiguous form joins nobody."""
    assert _numbered("pnc", number) == ()


def test_case_number_counts_within_its_agency() -> None:
    """A local case number finds a renamed person again, for the same agency alone."""
    before = _numbered("local_case", "C-7", **AMARA)
    after = _numbered("local_case", "c 7", **{**AMARA, "family_name": "Fairweather"})
    elsewhere = _numbered("local_case", "C-7", "bdas", **{**AMARA, "family_name": "Fairweather"})
    assert len(set(before) & set(after)) == 1
    assert not set(before) & set(elsewhere)


def test_household_of_one_case_number_is_not_one_person() -> None:
    """Victim, accused and twins under one case number stay apart."""
    dorian = {**AMARA, "given_name": "Dorian", "date_of_birth": "1988-01-19"}
    twin = {**AMARA, "given_name": "Amira"}
    people = [_numbered("local_case", "C-7", **person) for person in (AMARA, dorian, twin)]
    assert len({key for keys in people for key in keys}) == sum(map(len, people))
    assert _numbered("local_case", "C-7") == ()


def test_keys_come_strongest_first() -> None:
    """A person's own number stands before the name, the name before a case number."""
    numbers = [{"type": "local_case", "value": "1"}, {"type": "pnc", "value": "2001/0171310W"}]
    kinds = [key.split(":")[0] for key in _keys({**AMARA, "identifiers": [*numbers, *numbers]})]
    assert kinds == ["pnc", "name", "local_case"]


@given(st.text())
def test_normalising_twice_changes_nothing(name: str) -> None:
    """A normalised name is its own normal form, whatever it was."""
    assert normalised(normalised(name)) == normalised(name)


@given(st.text(), st.text(alphabet=" -'’\u2011\u00ad", max_size=3))
def test_joints_anywhere_do_not_count(name: str, joint: str) -> None:
    """Separators put around a name leave its normal form as it was."""
    assert normalised(joint + name + joint) == normalised(name)


def test_same_document_in_other_bytes_is_the_same() -> None:
    """Order, spacing, escapes, the offset and CR LF do not make another document."""
    document = with_("narrative", "Zoë\nleft")
    respelled = dict(reversed(document.items())) | {
        "made_at": "2026-11-16T23:40:00.0+01:00",
        "narrative": "Zoë\r\nleft",
    }
    assert raw(document) != raw(respelled)
    assert canonical(read(document)) == canonical(read(respelled))


def test_other_content_is_another_document() -> None:
    """An empty list, another order or one letter more is another content."""
    said = [SMALL, with_("needs", []), with_("concerns", ["noise", "other"])]
    said += [with_("concerns", ["other", "noise"]), with_("reference", "T-12")]
    assert len({canonical(read(document)) for document in said}) == len(said)


@pytest.mark.parametrize("document", [SMALL, FULL])
def test_canonical_form_is_read_back(document: dict[str, Any]) -> None:
    """The stored form gives the same referral again."""
    assert read_stored(canonical(read(document))) == read(document)
    assert json.loads(canonical(read(document)))["version"] == 1


OTHER_NAME = {"given_name": "Halina"}
OTHER_BIRTH = {"date_of_birth": "1979-07-07"}


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        (AMARA, {**AMARA, **OTHER_NAME, **OTHER_BIRTH}, True),
        (AMARA, {**AMARA, **OTHER_NAME}, False),
        (AMARA, {**AMARA, **OTHER_BIRTH}, False),
        (AMARA, {**AMARA, "given_name": "AMÁRA", **OTHER_BIRTH}, False),
        (AMARA, {}, False),
        (AMARA, {**OTHER_NAME}, True),
        (AMARA, {**OTHER_BIRTH}, True),
        (AMARA, {"given_name": "Amara", **OTHER_BIRTH}, False),
        ({}, AMARA, False),
        ({"given_name": "Amara"}, AMARA, False),
        ({"given_name": "Unknown"}, AMARA, False),
    ],
)
def test_another_name_and_another_birth_are_another_person(
    before: dict[str, Any], after: dict[str, Any], changed: bool
) -> None:
    """Both at once are another person; one alone, or what is learnt, is not."""
    old, new = read(with_("person", before)), read(with_("person", after))
    assert changed_identity(old, new) is changed
