"""Assignments over HTTP: who sees what, and what each act does or is refused."""

from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from shared.sign_in import Role
from tests.triage.assignments.ground import BROMLEYS_COORDINATOR, Place

API = "/triage/api/assignments"
YOUNG_PERSON = "idsva_young_person"


async def get(place: Place, path: str, who: str, *roles: Role) -> httpx2.Response:
    """As somebody reads."""
    async with place.browser(who, *roles) as browser:
        return await browser.get(path)


async def do(
    place: Place, one: Any, act: str, who: str, *roles: Role, **body: Any
) -> httpx2.Response:
    """As somebody acts on an assignment."""
    async with place.browser(who, *roles) as browser:
        return await browser.post(f"{API}/{one.id}/{act}", json=body)


async def offered(place: Place) -> Any:
    """A young person's case, offered to an IDSVA."""
    return (await place.assignments(await place.hear("02")))[YOUNG_PERSON]


async def test_mine_are_mine_alone(place: Place) -> None:
    """What somebody is asked, with its times, and the reading is told first, once a referral."""
    one = await offered(place)
    mine = (await get(place, f"{API}?mine", one.holder)).json()
    others = (await get(place, f"{API}?mine", "p-another")).json()
    assert [each["assignment_id"] for each in mine["assignments"]] == [str(one.id)]
    assert mine["assignments"][0]["acknowledge_by"] == one.acknowledge_by.isoformat()
    assert others == {"assignments": [], "next": None}
    read = [e["data"] for e in await place.told("access.recorded")]
    assert [(e["reader"], e["what"], e["why"]) for e in read] == [
        (one.holder, "assignment", "case work")
    ]


async def test_everybodys_are_for_coordinators(place: Place) -> None:
    """By catalogue and state; a practitioner is refused."""
    one = await offered(place)
    refused = await get(place, API, one.holder)
    every = (await get(place, API, "c-1", "coordinator")).json()["assignments"]
    accepted = (await get(place, f"{API}?state=accepted", "c-1", "coordinator")).json()
    barnet = (await get(place, f"{API}?catalogue=barnet", "c-1", "coordinator")).json()
    assert refused.status_code == 403
    assert str(one.id) in {each["assignment_id"] for each in every}
    assert accepted["assignments"] == barnet["assignments"] == []


async def test_pages_of_everybodys_follow_one_another(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each comes once, and the last page has no next."""
    monkeypatch.setattr("services.triage.assignments.api.PAGE", 2)
    await place.hear("01")
    seen: list[str] = []
    cursor = ""
    while True:
        page = (await get(place, f"{API}?{cursor}", "c-1", "coordinator")).json()
        seen += [each["assignment_id"] for each in page["assignments"]]
        if page["next"] is None:
            break
        cursor = f"cursor={page['next']}"
    assert len(seen) == len(set(seen)) == 3


async def test_one_comes_with_its_history(place: Place) -> None:
    """For who holds it; to everybody else there is none."""
    one = await offered(place)
    found = await get(place, f"{API}/{one.id}", one.holder)
    another = await get(place, f"{API}/{one.id}", "p-another")
    nowhere = await get(place, f"{API}/{uuid4()}", one.holder)
    assert [step["act"] for step in found.json()["history"]] == ["offer"]
    assert (another.status_code, another.json()) == (404, nowhere.json())


async def test_accepting_twice_is_accepting_once(place: Place) -> None:
    """The second answer is the same, and nothing more is told."""
    one = await offered(place)
    first = await do(place, one, "accept", one.holder)
    second = await do(place, one, "accept", one.holder)
    assert first.status_code == second.status_code == 200
    assert first.json() == {"assignment_id": str(one.id)}
    assert len(await place.told("assignment.accepted")) == 1


async def test_what_was_passed_on_is_refused_with_where_it_went(place: Place) -> None:
    """409 in words for who had it once, 404 for who never had."""
    one = await offered(place)
    await do(place, one, "decline", one.holder, reason="no_room")
    late = await do(place, one, "accept", one.holder)
    stranger = await do(place, one, "accept", "p-another")
    assert (late.status_code, late.json()["type"]) == (409, "urn:fingerpost:problem:not-now")
    assert late.json()["title"] == "You passed it on today at 12:50."
    assert stranger.status_code == 404
    assert (await place.now_of(one)).holder not in (None, one.holder)


async def test_a_note_stays_here(place: Place) -> None:
    """It stands in the history, and in nothing that is told."""
    one = await offered(place)
    await do(place, one, "decline", one.holder, reason="away", note="zanzibar")
    found = (await get(place, f"{API}/{one.id}", "c-1", "coordinator")).json()
    assert "zanzibar" in [step["note"] for step in found["history"]]
    assert "zanzibar" not in str(await place.told())


async def test_the_next_holder_does_not_learn_why_another_passed_it_on(place: Place) -> None:
    """It may speak of the other side; a coordinator sees it."""
    one = await offered(place)
    why = {"reason": "conflict_of_interest", "note": "I work with the father"}
    await do(place, one, "decline", one.holder, **why)
    holder = (await place.now_of(one)).holder
    for_next = (await get(place, f"{API}/{one.id}", holder)).json()["history"]
    for_coordinator = (await get(place, f"{API}/{one.id}", "c-1", "coordinator")).json()["history"]
    (hidden,) = [step for step in for_next if step["act"] == "decline"]
    (shown,) = [step for step in for_coordinator if step["act"] == "decline"]
    assert (hidden["by"], hidden["reason"], hidden["note"]) == (None, None, None)
    assert (shown["by"], shown["reason"], shown["note"]) == (one.holder, *why.values())


async def test_an_attempt_is_recorded_once_however_often_it_is_sent(place: Place) -> None:
    """By its number; without one each counts."""
    one = await offered(place)
    await do(place, one, "accept", one.holder)
    for _ in range(2):
        await do(place, one, "contact", one.holder, how="call", reached=False, attempt=1)
    assert (await place.now_of(one)).attempts == 1
    await do(place, one, "contact", one.holder, how="text", reached=True)
    assert ((await place.now_of(one)).attempts, (await place.now_of(one)).reached) == (2, True)


async def test_closing_too_early_is_refused_in_words(place: Place) -> None:
    """Unable to contact only after the attempts that the pathway wants; then it closes."""
    one = await offered(place)
    await do(place, one, "accept", one.holder)
    early = await do(place, one, "close", one.holder, outcome="unable_to_contact")
    assert early.status_code == 409
    assert "No attempt to reach the person is recorded" in early.json()["title"]
    closed = await do(place, one, "close", one.holder, outcome="engaged")
    assert closed.status_code == 200
    assert (await place.now_of(one)).state == "closed"


async def test_a_colleague_takes_over(place: Place) -> None:
    """Who has accepted hands on by name; a coordinator may at any time."""
    one = await offered(place)
    (colleague,) = {p.id for p in place.directory.team("bromley", YOUNG_PERSON)} - {one.holder}
    wish = {"to": colleague, "note": "she knows the family"}
    refused = await do(place, one, "reassign", one.holder, **wish)
    done = await do(place, one, "reassign", "c-1", "coordinator", **wish)
    assert (refused.status_code, done.status_code) == (409, 200)
    assert (await place.now_of(one)).holder == colleague


@pytest.mark.parametrize(
    ("act", "body", "fields"),
    [
        ("decline", {}, {"reason"}),
        ("decline", {"reason": "bored"}, {"reason"}),
        ("decline", {"reason": "away", "note": " "}, {"note"}),
        ("decline", {"reason": "away", "name": "X"}, {"name"}),
        ("contact", {"how": "fax"}, {"how", "reached"}),
        ("contact", {"how": "call", "reached": True, "attempt": 0}, {"attempt"}),
        ("close", {"outcome": "done"}, {"outcome"}),
        ("reassign", {}, {"to", "note"}),
        ("reassign", {"to": "p-abcd", "pathway": "outreach", "note": "x"}, {"to"}),
    ],
)
async def test_what_is_not_as_asked_is_told_by_field(
    place: Place, act: str, body: dict[str, Any], fields: set[str]
) -> None:
    """422, and nothing of what was sent."""
    one = await offered(place)
    answer = await do(place, one, act, one.holder, **body)
    assert answer.status_code == 422
    assert {each["field"] for each in answer.json()["problems"]} == fields


async def test_a_conflict_of_interest_keeps_somebody_away(place: Place) -> None:
    """Declared on the referral: what they hold of it goes to others, and the person is kept."""
    one = await offered(place)
    async with place.browser(one.holder) as browser:
        answer = await browser.post(f"/triage/api/referrals/{one.referral_id}/conflict")
    async with place.browser("p-another") as browser:
        stranger = await browser.post(f"/triage/api/referrals/{one.referral_id}/conflict")
    assert answer.json() == {"referral_id": str(one.referral_id)}
    assert stranger.status_code == 404
    assert (await place.now_of(one)).holder != one.holder
    (told,) = await place.told("conflict.declared")
    assert told["data"]["practitioner_id"] == one.holder


@pytest.mark.parametrize("role", ["sender", "auditor"])
async def test_it_is_for_those_who_take_referrals(place: Place, role: Role) -> None:
    """A sender's or an auditor's token opens nothing here."""
    answers = [
        await get(place, f"{API}?mine", "x-1", role),
        await get(place, f"{API}/{UUID(int=1)}", "x-1", role),
        await do(place, await offered(place), "accept", "x-1", role),
    ]
    assert {each.status_code for each in answers} == {403}


async def test_a_coordinator_on_call_may_accept_what_went_up(place: Place) -> None:
    """Nobody answers, and each who is asked lets it pass, until it is the coordinator's."""
    one = await offered(place)
    for _ in range(10):
        if (await place.now_of(one)).level == "coordinator":
            break
        await place.later(days=1)
    up = await place.now_of(one)
    answer = await do(place, up, "accept", up.holder, "coordinator")
    assert (up.state, up.holder) == ("escalated", BROMLEYS_COORDINATOR)
    assert answer.status_code == 200
