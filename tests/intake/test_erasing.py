"""An erased person is nowhere in intake any more: neither in clear, nor sealed, nor found again."""

import json
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from deploy.keys import OWNER
from services.intake.vault import SealBroken
from shared.bus.work import outbox_place, parked_place
from shared.sign_in import ROLES
from tests.intake import triage_says as says
from tests.intake.ground import Serving, document
from tests.intake.people import Desk, Person, person

CANARIES = ("Zuleika", "Quetzalworth", "QZ-1998", "Tangerine Row", "900451", "zuleika@")
"""What says who is erased, and what was told of her."""


def zuleika(**more: Any) -> Person:
    """Somebody with everything that could be told, unlike anybody else."""
    return {
        **person("Zuleika", "Quetzalworth", "1998-07-09", phone="07700 900451"),
        "address": {"lines": ["4 Tangerine Row"], "postcode": "BR5 9QZ"},
        "also_known_as": ["Zuleika Q"],
        **more,
    }


@pytest.fixture
def desk(served: Serving) -> Desk:
    """Senders beside the running service."""
    return Desk(served)


async def erase(served: Serving, person_ref: str, **more: Any) -> httpx2.Response:
    """Information governance erases somebody."""
    return await served.http.post(
        f"/intake/api/people/{person_ref}/erase",
        json={"because": "erasure_request", **more},
        headers=served.signed_in("information_governance", who="ig-1"),
    )


async def close(served: Serving, *referrals: UUID) -> None:
    """The work on each ends."""
    for each in referrals:
        await served.hear(each, says.all_closed(each))


async def there(served: Serving, words: Iterable[str]) -> list[str]:
    """Which of some words stand in intake's tables; in what is sealed, too."""
    found: list[str] = []
    owner = await served.database.connect(OWNER)
    try:
        tables = await owner.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = 'intake'::regnamespace"
            " AND relkind = 'r'"
        )
        for (table,) in tables:
            for row in await owner.fetch(f"SELECT * FROM intake.{table}"):
                found += _opened(served, row)
    finally:
        await owner.close()
    whole = "\n".join(found)
    return [each for each in words if each in whole]


def _opened(served: Serving, row: Any) -> Iterator[str]:
    places = [
        f"vault_document/{row.get('referral_id')}/{row.get('revision')}",
        f"match_review/{row.get('review_id')}",
        f"person_merge/{row.get('merge_id')}",
        outbox_place(row.get("message_id")),
        parked_place(row.get("id")),
    ]
    for value in row.values():
        if not isinstance(value, bytes):
            yield str(value)
            continue
        yield value.decode(errors="replace")
        for place in places:
            try:
                yield served.vault.open(value, place).decode()
            except SealBroken:
                continue


async def test_nothing_is_left_of_an_erased_person(served: Serving, desk: Desk) -> None:
    """Of two revisions, a merge, a review, a parked document, receipts, and another's referral."""
    first = await desk.refer(zuleika(), person("Bartleby", "Oxenford", "1990-02-03"))
    await desk.refer(zuleika(), reference="QZ-1998")
    amended = await served.send(
        document(
            reference="QZ-1998",
            made_at="2026-11-17T09:00:00+00:00",
            person=zuleika(contact={"email": "zuleika@example.org"}),
            narrative="Zuleika Quetzalworth lives in Tangerine Row.",
        )
    )
    twin = await desk.refer(person("Zulieka", "Quetzalworth", "1998-07-09", postcode="BR5 9QZ"))
    assert (await desk.merge(twin.person, first.person)).status_code == 201
    accuser = await desk.refer(person("Hortensia", "Plumtree", "1985-05-05"), zuleika())
    await served.http.post(
        "/intake/api/referrals",
        content=json.dumps(document(reference="QZ-1998", person=zuleika(), nothing="known")),
        headers=served.signed_in("sender", who="a-system", agency="met-police"),
    )
    assert await there(served, CANARIES) == list(CANARIES)
    await close(served, first.referral, amended, twin.referral, accuser.referral)

    answer = await erase(served, first.person)

    assert answer.status_code == 200, answer.text
    assert answer.json()["referrals"] == 3
    assert await there(served, (*CANARIES, "Hortensia")) == ["Hortensia"]
    told = await served.told(UUID(first.person))
    assert [each["type"] for each in told] == ["person.erased.v1"]
    assert told[0]["data"]["because"] == "erasure_request"
    assert set(told[0]["data"]["referral_ids"]) == {
        str(each) for each in (first.referral, amended, twin.referral)
    }
    assert set(told[0]["data"]["person_refs"]) == {first.person, twin.person}


async def test_whoever_is_erased_is_not_found_again(served: Serving, desk: Desk) -> None:
    """Referred once more she is somebody new; under the old reference she is refused."""
    gone = await desk.refer(person("Wilhelmina", "Farthingale", "1979-01-31"), reference="WF-1")
    await close(served, gone.referral)
    assert (await erase(served, gone.person)).status_code == 200

    again = await desk.refer(person("Wilhelmina", "Farthingale", "1979-01-31"))
    refused = await served.http.post(
        "/intake/api/referrals",
        json=document(reference="WF-1"),
        headers=served.signed_in("sender", who="a-system", agency="met-police"),
    )

    assert again.person != gone.person
    assert refused.status_code == 422
    assert [each["field"] for each in refused.json()["problems"]] == ["reference"]


@pytest.mark.parametrize("as_other_party", [False, True])
async def test_nobody_is_erased_while_a_case_is_open(
    served: Serving, desk: Desk, as_other_party: bool
) -> None:
    """Their own, or another's that names them: somebody works with them."""
    family = f"Ploverton{'qy'[as_other_party]}"
    one = await desk.refer(person("Ottoline", family, "1970-10-10"))
    await close(served, one.referral)
    other = person("Ottoline", family, "1970-10-10")
    if as_other_party:
        await desk.refer(person("Peregrine", family, "1971-11-11"), other)
    else:
        await desk.refer(other)

    answer = await erase(served, one.person)

    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:fingerpost:problem:case-open"
    assert await there(served, [family]) == [family]


async def test_once_more_changes_and_tells_nothing(served: Serving, desk: Desk) -> None:
    """The second answer is the first."""
    one = await desk.refer(person("Lettice", "Marchbanks", "1966-06-06"))
    await close(served, one.referral)
    first = await erase(served, one.person)
    second = await erase(served, one.person)
    assert first.json() == second.json()
    assert len(await served.told(UUID(one.person))) == 1


async def test_what_was_erased_is_there_for_nobody(served: Serving, desk: Desk) -> None:
    """Neither for its sender nor for a coordinator; what triage still says of it does no harm."""
    one = await desk.refer(person("Araminta", "Dovecote", "1955-05-15"))
    await close(served, one.referral)
    await erase(served, one.person)

    for path in (f"/intake/api/cases/{one.referral}", f"/intake/api/referrals/{one.referral}"):
        assert (await served.get(path, "coordinator")).status_code == 404
    await served.hear(one.referral, says.offered(one.referral, uuid4()))
    await served.hear(one.referral, says.all_closed(one.referral))


@pytest.mark.parametrize("role", [each for each in ROLES if each != "information_governance"])
async def test_nobody_else_erases(served: Serving, role: Any) -> None:
    """Not even an auditor or a coordinator."""
    answer = await served.http.post(
        f"/intake/api/people/{uuid4()}/erase",
        json={"because": "erasure_request"},
        headers=served.signed_in(role),
    )
    assert answer.status_code == 403


async def test_an_unknown_person_and_a_reason_in_words_are_refused(served: Serving) -> None:
    """A code says why; words could name somebody."""
    assert (await erase(served, str(uuid4()))).status_code == 404
    assert (await erase(served, str(uuid4()), because="she asked")).status_code == 422
