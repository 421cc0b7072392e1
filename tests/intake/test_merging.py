"""Merges, splits and what is remembered of them, on a real database."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4
from zlib import crc32

import pytest

from shared.events import roles_reversed
from tests.intake.ground import Serving
from tests.intake.people import Desk, Told, person

HOME = "BR1 1AB"


@pytest.fixture
def desk(served: Serving) -> Desk:
    """A coordinator's desk beside the running service."""
    return Desk(served)


def him(family: str) -> dict[str, Any]:
    """An other party whom exact keys find."""
    return person("Dorjan", family, "1979-08-08", gender="male")


def her(given: str, family: str, **more: Any) -> dict[str, Any]:
    """A woman of a family: of another birth date in each, or she might have changed her name."""
    born = date(1950, 1, 2) + timedelta(days=crc32(family.encode()) % 15_000)
    return person(given, family, born.isoformat(), **more)


async def two(desk: Desk, family: str, other: dict[str, Any] | None = None) -> tuple[Told, Told]:
    """Two referrals of one woman who is not recognised, each with the other party if any."""
    first = await desk.refer(her("Maryla", family, postcode=HOME), other)
    second = await desk.refer(her("Maryna", family, postcode=HOME), other)
    assert first.person != second.person
    assert len(second.doubts) == 1
    return first, second


async def test_a_merge_is_told_with_its_pairs(desk: Desk) -> None:
    """Whoever knows a pair learns its new reference, whichever of the two is the victim."""
    first, second = await two(desk, "Anstruther", him("Anstruther-Ray"))
    merge = await desk.same(second.doubts[0])
    (event,) = await desk.served.told(UUID(merge))
    moved = {each["pair_ref"]: each["into_ref"] for each in event["data"]["pairs"]}
    assert (event["type"], event["data"]["by"]) == ("person.merged.v1", "c-1")
    assert (event["data"]["person_ref"], event["data"]["into_ref"]) == (second.person, first.person)
    assert first.pair is not None
    assert second.pair is not None
    assert moved[second.pair] == first.pair
    turned = {str(roles_reversed(UUID(a))): str(roles_reversed(UUID(b))) for a, b in moved.items()}
    assert turned == moved


async def test_after_a_merge_both_are_one(desk: Desk) -> None:
    """Who comes by either name goes by one reference, and so does the pair."""
    first, second = await two(desk, "Birtwhistle", him("Birtwhistle-Ray"))
    await desk.same(second.doubts[0])
    third = await desk.refer(her("Maryna", "Birtwhistle"), him("Birtwhistle-Ray"), day="2026-11-20")
    assert (third.person, third.pair, third.doubts) == (first.person, first.pair, [])


async def test_a_repeat_is_seen_through_a_merge(desk: Desk) -> None:
    """What went to MARAC under one reference is a repeat under the other, from both sides."""
    accused = him("Cavendishe-Ray")
    first, second = await two(desk, "Cavendishe", accused)
    await desk.went_to_marac(first, date(2026, 11, 16))
    await desk.went_to_marac(second, date(2026, 11, 18))
    await desk.same(second.doubts[0])
    by_first = await desk.refer(her("Maryla", "Cavendishe"), accused, day="2026-11-17")
    by_second = await desk.refer(her("Maryna", "Cavendishe"), accused, day="2026-11-20")
    assert by_first.data["history"]["marac_on"] == "2026-11-16"
    assert by_second.data["history"]["marac_on"] == "2026-11-18"


async def test_a_cross_allegation_is_seen_through_a_merge(desk: Desk) -> None:
    """She was the victim under one reference, and is accused under the other."""
    accused = him("Dunsmuire-Ray")
    _, second = await two(desk, "Dunsmuire", accused)
    await desk.same(second.doubts[0])
    told = await desk.refer(accused, her("Maryna", "Dunsmuire"), role="victim", day="2026-11-20")
    assert told.data["history"]["cross_allegation"] is True


async def test_a_merge_undone(desk: Desk) -> None:
    """Each has their own again, also what came meanwhile; nobody is asked again."""
    accused = him("Eccleston-Ray")
    first, second = await two(desk, "Eccleston", accused)
    merge = await desk.same(second.doubts[0])
    meanwhile = await desk.refer(her("Maryna", "Eccleston"), accused, day="2026-11-18")
    await desk.went_to_marac(meanwhile, date(2026, 11, 18))
    undone = await desk.post(f"merges/{merge}/undo")
    _, split = await desk.served.told(UUID(merge))
    hers = await desk.refer(her("Maryla", "Eccleston"), accused, day="2026-11-20")
    others = await desk.refer(her("Maryna", "Eccleston", postcode=HOME), accused, day="2026-11-20")
    assert undone.status_code == 204
    assert (split["type"], split["sequence"]) == ("person.split.v1", 2)
    assert split["data"]["from_ref"] == first.person
    assert (hers.person, "marac_on" in hers.data["history"]) == (first.person, False)
    assert (others.person, others.pair, others.doubts) == (second.person, second.pair, [])
    assert others.data["history"]["marac_on"] == "2026-11-18"


async def test_different_is_remembered(desk: Desk) -> None:
    """Two of whom somebody said that they are two are not asked about again."""
    _, second = await two(desk, "Fotheringham")
    answer = await desk.post(f"reviews/{second.doubts[0]['review_id']}/different")
    again = await desk.refer(her("Maryna", "Fotheringham", postcode=HOME))
    settled = await desk.post(f"reviews/{second.doubts[0]['review_id']}/same")
    assert answer.status_code == 204
    assert (again.person, again.doubts) == (second.person, [])
    assert (settled.status_code, settled.json()["type"]) == (
        409,
        "urn:fingerpost:problem:already-settled",
    )


async def test_a_chain(desk: Desk) -> None:
    """Of three who are one the middle can be taken out again: it takes its own with it."""
    one, two_, three = [
        await desk.refer(person(name, "Gathercole", "1966-06-06"))
        for name in ("Aurelia", "Bertilda", "Cornelie")
    ]
    first = (await desk.merge(one.person, two_.person)).json()["merge_id"]
    await desk.merge(two_.person, three.person)
    joined = await desk.refer(person("Aurelia", "Gathercole", "1966-06-06"))
    await desk.post(f"merges/{first}/undo")
    parted = await desk.refer(person("Aurelia", "Gathercole", "1966-06-06"))
    still = await desk.refer(person("Bertilda", "Gathercole", "1966-06-06"))
    assert (joined.person, parted.person, still.person) == (three.person, one.person, three.person)


async def test_what_follows_from_an_answer(desk: Desk) -> None:
    """Told apart from one, a person is told apart from whoever turns out to be the same as that."""
    first, second = await two(desk, "Hollingbourne")
    third = await desk.refer(her("Maryka", "Hollingbourne", postcode=HOME), reference="WW-follows")
    by_other = {doubt["other_ref"]: doubt for doubt in third.doubts}
    await desk.post(f"reviews/{second.doubts[0]['review_id']}/different")
    await desk.same(by_other[first.person])
    left = await desk.get(f"reviews/{by_other[second.person]['review_id']}")
    assert left.json()["state"] == "different"


async def test_who_cannot_be_merged(desk: Desk) -> None:
    """Nobody with their own other party, nor with themselves, nor with somebody unknown."""
    accused = him("Inchbald-Ray")
    hers = await desk.refer(her("Maryla", "Inchbald"), accused)
    his = await desk.refer(accused)
    answers = [
        await desk.merge(hers.person, his.person),
        await desk.merge(hers.person, hers.person),
        await desk.merge(hers.person, str(uuid4())),
        await desk.post(f"merges/{uuid4()}/undo"),
    ]
    assert [(a.status_code, a.json()["type"].rsplit(":", 1)[1]) for a in answers] == [
        (409, "each-others-other-party"),
        (409, "already-one"),
        (404, "not-found"),
        (404, "not-found"),
    ]


async def test_nobody_with_the_other_party_of_somebody_merged(desk: Desk) -> None:
    """Who accuses one of two that are one accuses that person."""
    accused = him("Jermyne-Ray")
    hers = await desk.refer(her("Maryla", "Jermyne"), accused)
    his = await desk.refer(accused)
    third = await desk.refer(person("Zdenka", "Jermyne", "1955-12-24"))
    assert (await desk.merge(third.person, his.person)).status_code == 201
    refused = await desk.merge(hers.person, third.person)
    assert refused.json()["type"].endswith("each-others-other-party")


async def test_two_coordinators_at_once(desk: Desk) -> None:
    """One of two who answer at the same moment is told that it is settled."""
    _, second = await two(desk, "Kettlewell")
    path = f"reviews/{second.doubts[0]['review_id']}"
    answers = await asyncio.gather(*(desk.post(f"{path}/same") for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


async def test_merges_that_would_make_a_circle(desk: Desk) -> None:
    """Each into the other at the same moment: one is done, the other is done already."""
    one = await desk.refer(person("Aurelia", "Lillingstone", "1966-06-06"))
    other = await desk.refer(person("Bertilda", "Lillingstone", "1977-07-07"))
    answers = await asyncio.gather(
        desk.merge(one.person, other.person), desk.merge(other.person, one.person)
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_a_reason_is_sealed(desk: Desk) -> None:
    """Why two are one may name somebody: it lies sealed, and in no event."""
    one = await desk.refer(person("Aurelia", "Montacute", "1966-06-06"))
    other = await desk.refer(person("Bertilda", "Montacute", "1977-07-07"))
    merge = (await desk.merge(one.person, other.person)).json()["merge_id"]
    (event,) = await desk.served.told(UUID(merge))
    connection = await desk.served.database.connect("intake")
    sealed = await connection.fetchval("SELECT reason FROM person_merge WHERE merge_id = $1", merge)
    await connection.close()
    assert b"herself" not in sealed
    assert "reason" not in event["data"]
