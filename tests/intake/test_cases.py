"""Whom a case is about: who may know, what of each side, and that reading it is recorded first."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.events import EventData
from shared.sign_in import Role
from tests.intake import triage_says as says
from tests.intake.ground import Serving, document
from tests.intake.service import Service
from tests.intake.two_sides import (
    ACROSS,
    HOLDER,
    OTHER,
    OTHER_PARTY,
    PERSON,
    ask,
    held,
    page,
    referral_of,
)

STATES: dict[str, tuple[Callable[[UUID, UUID], EventData], ...]] = {
    "nothing heard yet": (),
    "offered": (says.offered,),
    "accepted": (says.offered, says.accepted),
    "declined": (says.offered, says.declined),
    "handed on": (says.offered, says.accepted, says.transferred),
    "offered to a colleague": (
        says.accepted,
        says.transferred,
        lambda r, a: says.offered(r, a, OTHER),
    ),
    "accepted by a colleague": (
        says.accepted,
        says.transferred,
        lambda r, a: says.accepted(r, a, OTHER),
    ),
    "offered anew": (says.accepted, lambda r, a: says.offered(r, a, offer=2)),
    "waitlisted": (says.accepted, says.waitlisted),
    "withdrawn": (says.accepted, says.withdrawn),
    "closed": (says.accepted, says.closed),
    "all closed": (says.accepted, lambda r, _a: says.all_closed(r)),
    "taken again": (says.accepted, says.closed, says.offered, says.accepted),
}
MAY_SEE = {"accepted": {HOLDER}, "taken again": {HOLDER}, "accepted by a colleague": {OTHER}}


@pytest.mark.parametrize("role", ["victim", "perpetrator", "child"])
@pytest.mark.parametrize("state", list(STATES))
async def test_who_may_know(served: Serving, state: str, role: str) -> None:
    """In every state: who holds an accepted assignment now, and a coordinator; nobody else."""
    referral, one = await served.send(referral_of(role)), uuid4()
    for event in STATES[state]:
        await served.hear(referral, event(referral, one))
    seen = {who for who in (HOLDER, OTHER, "p-third1") if await _sees(served, referral, who)}
    assert seen == MAY_SEE.get(state, set())
    assert (await ask(served, referral, "coordinator", who="c-1")).status_code == 200


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        (("practitioner",), 200),
        (("practitioner", "coordinator"), 200),
        (("sender",), 404),
        (("auditor",), 404),
        (("sender", "auditor"), 404),
    ],
)
async def test_holding_it_is_a_practitioners(
    served: Serving, roles: tuple[Role, ...], expected: int
) -> None:
    """A sign-in that is no practitioner's shows nothing, not even its sender what it sent."""
    referral = await held(served, referral_of("victim"))
    answer = await ask(served, referral, *roles, agency="met-police")
    assert answer.status_code == expected
    assert ("Amara" in answer.text) == (expected == 200)


async def test_another_referral_of_the_same_person(served: Serving) -> None:
    """Who holds one referral sees nothing of another, though it is about the same two people."""
    await held(served, referral_of("victim"))
    other_side = await served.send(
        document(role="perpetrator", person=_without_relationship(), other_party=PERSON)
    )
    assert (await ask(served, other_side, "practitioner")).status_code == 404


async def test_what_is_not_there_and_what_is_anothers(served: Serving) -> None:
    """They are told apart by nobody."""
    theirs = await served.send(referral_of("victim"))
    answers = [await ask(served, one, "practitioner") for one in (theirs, uuid4())]
    assert answers[0].json() == answers[1].json()


async def test_nobody_without_a_sign_in(served: Serving) -> None:
    """A browser is led to the sign-in, a program told to."""
    referral = await held(served, referral_of("victim"))
    program = await served.http.get(f"/intake/api/cases/{referral}")
    browser = await served.http.get(f"/intake/cases/{referral}", headers={"Accept": "text/html"})
    assert program.status_code == 401
    assert (browser.status_code, browser.headers["location"]) == (
        303,
        f"/notify/sign-in?next=/intake/cases/{referral}",
    )


async def test_what_a_victims_practitioner_sees(served: Serving) -> None:
    """All that is needed to help her; of the other party name and date of birth."""
    referral = await held(served, referral_of("victim"))
    case = (await ask(served, referral, "practitioner")).json()
    assert case["person"] == {
        "given_name": "Amara",
        "family_name": "Quill",
        "also_known_as": ["Amy Quill"],
        "date_of_birth": "1991-03-04",
        "age": case["person"]["age"],
        "gender": "female",
        "language": "pl",
        "interpreter": True,
        "address": {"lines": ["12 Example Road"], "postcode": "BR5 3ZZ"},
        "phone": "07700 900101",
        "email": "amara@example.org",
    }
    assert case["other_party"] == {
        "given_name": "Dorian",
        "family_name": "Vale",
        "date_of_birth": "1988-01-19",
        "relationship": "former_partner",
    }
    assert case["narrative"] == "She told\nthat the school is in Orpington."
    assert case["children"] == [{"age": 6, "lives_in_household": True}]
    assert case["needs"] == ["nrpf", "housing"]
    assert case["referrer"] == {
        "agency": "Metropolitan Police Service",
        "team": "police_csu",
        "name": "Pat Hale",
        "role": "constable",
        "phone": "07700 900102",
    }


@pytest.mark.parametrize("roles", [("practitioner",), ("coordinator",)])
@pytest.mark.parametrize(
    "role",
    ["victim", "perpetrator", "child", "young_person", "offender", "harmed_person", "resident"],
)
async def test_the_wall(served: Serving, role: str, roles: tuple[Role, ...]) -> None:
    """Of the other party a victim's side has the date of birth beside the name, any other the name
    alone; neither has more, on the page neither. A coordinator sees no more than the holder."""
    referral = await held(served, referral_of(role))
    case = await ask(served, referral, *roles)
    shown = await page(served, referral, *roles)
    born = {"date_of_birth": "1988-01-19"} if role == "victim" else {}
    assert case.json()["other_party"] == {
        "given_name": "Dorian",
        "family_name": "Vale",
        "relationship": "former_partner",
        **born,
    }
    values = set(_values(case.json()))
    for kept in ACROSS:
        assert kept not in values
        if len(kept) > 4:  # the others are parts of words
            assert kept not in case.text + shown.text
    assert ("1988" in shown.text) == (role == "victim")


@pytest.mark.parametrize("role", ["perpetrator", "offender"])
async def test_the_narrative_about_an_accused(served: Serving, role: str) -> None:
    """It may tell where the victim is, and so may the children: neither is shown on this side,
    nor whether there are any."""
    told = await held(served, referral_of(role))
    silent = referral_of(role)
    del silent["narrative"], silent["children"]
    untold = await held(served, silent)
    cases = [(await ask(served, one, "practitioner")).json() for one in (told, untold)]
    for case in cases:
        assert case["withheld"] == ["children", "narrative"]
        assert not {"children", "narrative"} & set(case)
    shown = await page(served, told, "practitioner")
    assert "Orpington" not in shown.text
    assert "lives in the household" not in shown.text
    assert "On this side the children and the narrative are not shown" in shown.text


async def test_the_newest_revision_is_shown(served: Serving) -> None:
    """What was corrected is what is seen."""
    sent = referral_of("victim")
    referral = await held(served, sent)
    await served.send(sent | {"person": PERSON | {"contact": {"phone": "07700 900333"}}})
    case = (await ask(served, referral, "practitioner")).json()
    assert (case["revision"], case["person"]["phone"]) == (2, "07700 900333")


async def test_reading_it_is_told(served: Serving) -> None:
    """Each reading, by API and page, has left an event; a refused one none."""
    referral = await held(served, referral_of("victim"))
    await ask(served, referral, "practitioner")
    await page(served, referral, "coordinator", who="c-1")
    await ask(served, referral, "practitioner", who=OTHER)
    reads = [each["data"] for each in await served.told(referral) if "access" in each["type"]]
    assert reads == [
        {"reader": HOLDER, "roles": ["practitioner"], "what": "identity", "why": "case work"},
        {"reader": "c-1", "roles": ["coordinator"], "what": "identity", "why": "case work"},
    ]


@pytest.mark.parametrize("path", ["/intake/api/cases/", "/intake/cases/"])
async def test_nothing_leaves_that_is_not_recorded(served: Serving, path: str) -> None:
    """Where the reading cannot be written down, nobody is shown anything."""
    referral = await held(served, referral_of("victim"))
    await served.run("REVOKE INSERT ON intake.outbox FROM intake")
    try:
        answer = await served.get(f"{path}{referral}", "practitioner")
    finally:
        await served.run("GRANT INSERT ON intake.outbox TO intake")
    assert answer.status_code == 500
    assert "Amara" not in answer.text
    assert not any("access" in each["type"] for each in await served.told(referral))


async def test_canaries(served: Serving, intake_service: Service) -> None:
    """Reading, refusing and failing leave no name, number or story in an event or in the log."""
    referral = await held(served, referral_of("victim"))
    api, here = f"/intake/api/cases/{referral}", f"/intake/cases/{referral}"
    statuses = []
    async with (
        intake_service.browser(HOLDER, "practitioner") as holder,
        intake_service.browser(OTHER, "practitioner") as other,
    ):
        for browser, path in ((holder, api), (holder, here), (other, api), (other, here)):
            statuses.append((await browser.get(path)).status_code)
        await served.run("REVOKE INSERT ON intake.outbox FROM intake")
        statuses.append((await holder.get(here)).status_code)
        await served.run("GRANT INSERT ON intake.outbox TO intake")
    everything = str(await served.told(referral)) + intake_service.log.read_text()
    assert statuses == [200, 200, 404, 404, 500]
    assert "http.failed" in everything
    for canary in ("Amara", "Quill", "900101", "Example Road", "Orpington", "MP-", *ACROSS[:7]):
        assert canary not in everything


async def _sees(served: Serving, referral: UUID, who: str) -> bool:
    answer = await ask(served, referral, "practitioner", who=who)
    shown = await page(served, referral, "practitioner", who=who)
    assert answer.status_code == shown.status_code
    assert answer.status_code in (200, 404)
    for each in (answer, shown):
        assert ("Amara" in each.text) == (each.status_code == 200)
    return answer.status_code == 200


def _values(tree: Any) -> list[str]:
    """Every text in a JSON value."""
    if isinstance(tree, dict):
        return [value for each in tree.values() for value in _values(each)]
    if isinstance(tree, list):
        return [value for each in tree for value in _values(each)]
    return [tree] if isinstance(tree, str) else []


def _without_relationship() -> dict[str, Any]:
    return {name: value for name, value in OTHER_PARTY.items() if name != "relationship"}
