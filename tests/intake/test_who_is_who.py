"""Who is found by likeness, and whom a person is asked about, on a real database."""

import asyncio

import pytest

from tests.intake.ground import Serving
from tests.intake.people import Desk, person


@pytest.fixture
def desk(served: Serving) -> Desk:
    """A coordinator's desk beside the running service."""
    return Desk(served)


async def test_a_short_form_and_a_telephone(desk: Desk) -> None:
    """Liz with Elizabeth's name, birth date and telephone is Elizabeth; nobody is asked."""
    first = await desk.refer(person("Elizabeth", "Harcastle", "1984-06-17", phone="07700 900201"))
    second = await desk.refer(person("Liz", "Harcastle", "1984-06-17", phone="07700 900201"))
    assert (second.person, second.doubts) == (first.person, [])


async def test_a_new_key_is_remembered(desk: Desk) -> None:
    """Once known by a short form, somebody is found by it alone."""
    born = "1981-02-03"
    first = await desk.refer(person("Robert", "Inglesant", born, postcode="BR2 9AB"))
    await desk.refer(person("Bob", "Inglesant", born, postcode="BR2 9AB"))
    third = await desk.refer(person("Bob", "Inglesant", born))
    assert (third.person, third.doubts) == (first.person, [])


async def test_twins(desk: Desk) -> None:
    """A twin is somebody else, and a coordinator is asked; nothing waits for the answer."""
    first = await desk.refer(person("Jadenne", "Clarkeson", "2010-09-01", postcode="BR5 1CD"))
    second = await desk.refer(person("Kadenne", "Clarkeson", "2010-09-01", postcode="BR5 1CD"))
    (doubt,) = second.doubts
    assert second.person != first.person
    assert (doubt["person_ref"], doubt["other_ref"]) == (second.person, first.person)
    assert [e["type"] for e in second.events] == ["referral.received.v1", "person.match_doubted.v1"]


async def test_an_exact_key_that_is_contradicted(desk: Desk) -> None:
    """One name and birth date with two valid NHS numbers: two people, until somebody looks."""
    name = ("Mohsena", "Khanzada", "1990-01-01")
    first = await desk.refer(person(*name, nhs="9990000123"))
    second = await desk.refer(person(*name, nhs="9990000131"))
    again = await desk.refer(person(*name, nhs="9990000131"))
    assert second.person != first.person
    assert [doubt["other_ref"] for doubt in second.doubts] == [first.person]
    assert (again.person, again.doubts) == (second.person, [])


async def test_a_document_that_fits_two_who_are_doubted(desk: Desk) -> None:
    """Who fits two people of one name and birth date is neither's without a person."""
    name = ("Mohsana", "Khansahib", "1990-01-01")
    first = await desk.refer(person(*name, nhs="9990000158"))
    second = await desk.refer(person(*name, nhs="9990000166"))
    third = await desk.refer(person(*name))
    assert third.person not in (first.person, second.person)
    assert {doubt["other_ref"] for doubt in third.doubts} == {first.person, second.person}


async def test_a_number_that_is_somebody_elses(desk: Desk) -> None:
    """A mother's number given for her child joins nobody by itself."""
    mother = await desk.refer(person("Halimah", "Yusufzai", "1984-01-09", nhs="9990000174"))
    child = await desk.refer(person("Idrees", "Yusufzai", "2016-05-16", nhs="9990000174"))
    assert child.person != mother.person
    assert len(child.doubts) == 1


async def test_the_other_party_is_found_too(desk: Desk) -> None:
    """The one who is accused under a short form is the one who was accused before."""
    his = {"phone": "07700 900202", "gender": "male"}
    first = await desk.refer(
        person("Amarante", "Quilling", "1991-03-04"),
        person("Stephen", "Ludlowe", "1964-01-29", **his),
    )
    second = await desk.refer(
        person("Amarante", "Quilling", "1991-03-04"),
        person("Steve", "Ludlowe", "1964-01-29", **his),
    )
    assert first.pair is not None
    assert second.pair == first.pair


async def test_nobody_is_their_own_other_party(desk: Desk) -> None:
    """Mother and daughter of one name at one address are never one person by likeness."""
    told = await desk.refer(
        person("Gracia", "Appiahene", "2003-10-27", postcode="BR4 4AG", phone="07700 900203"),
        person("Gracia", "Appiahene", postcode="BR4 4AG", phone="07700 900203"),
    )
    assert told.pair is not None


async def test_what_an_amendment_brings(desk: Desk) -> None:
    """Of whom more is told later stays who they were; a likeness that shows then is asked about."""
    known = await desk.refer(person("Wilhelmine", "Oostveen", "1974-10-11", phone="07700 900204"))
    await desk.refer({"gender": "female"}, reference="WW-amended")
    later = await desk.refer(
        person("Wilhelmine", "Oostven", "1974-10-11", phone="07700 900204"),
        reference="WW-amended",
        day="2026-11-17",
    )
    assert later.person != known.person
    assert [doubt["other_ref"] for doubt in later.doubts] == [known.person]


async def test_an_amendment_keeps_the_pair(desk: Desk) -> None:
    """The other party of an amended referral is the same, also where keys are somebody else's."""
    her = person("Philomela", "Carverson", "1971-05-15")
    him = ("Jon", "Smithsonian", "1980-01-01")
    await desk.refer(her, person(*him, gender="male", nhs="9990000182"))
    await desk.refer(her, person(*him, gender="male", nhs="9990000190"), reference="WW-kept")
    amended = await desk.refer(
        her, person(*him, gender="male"), reference="WW-kept", day="2026-11-17"
    )
    pairs = [event["data"].get("pair_ref") for event in amended.events if "facts" in event["data"]]
    assert len(set(pairs)) == 1


async def test_the_same_person_at_once(desk: Desk) -> None:
    """Several referrals of one new person at the same moment are one person's."""
    who = person("Xanthippe", "Orrery", "1988-02-02", nhs="9990000204")
    told = await asyncio.gather(*(desk.refer(who) for _ in range(6)))
    assert len({each.person for each in told}) == 1


async def test_common_names_that_live_apart(desk: Desk) -> None:
    """A common name and birth date alone, with all else different, is looked at."""
    first = await desk.refer(
        person("John", "Smith", "1980-05-12", postcode="BR1 2CB", phone="07700 900205")
    )
    second = await desk.refer(
        person("John", "Smith", "1980-05-12", postcode="EN5 4CC", phone="07700 900206")
    )
    assert second.person != first.person
    assert len(second.doubts) == 1
