"""What a meeting records over HTTP, and who may."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from shared.events import roles_reversed
from shared.sign_in import Role
from tests.triage.panels import people
from tests.triage.panels.ground import Ground

MEETING = datetime(2026, 11, 24, 15, tzinfo=UTC)
ACTION: dict[str, Any] = {
    "text": "see to the locks",
    "owner": people.OWNER,
    "due_on": "2026-12-01",
}


async def test_the_panels_of_a_team(ground: Ground) -> None:
    """A practitioner sees those of her team with their next meetings; a coordinator sees all."""
    await ground.listed()
    own = (await ground.get("")).json()["panels"]
    assert [(each["catalogue"], each["panel"], each["next_meeting"]) for each in own] == [
        ("bromley", "marac", "2026-11-24"),
        ("bromley", "perpetrator_panel", "2026-11-25"),
        ("bromley", "iom", "2026-11-26"),
    ]
    assert own[0]["listed"] == [{"meets_on": "2026-11-24", "cases": 1}]
    assert [each["rag"] for each in own] == [False, False, True]
    every = (await ground.get("", people.DAY, "coordinator")).json()["panels"]
    assert {each["catalogue"] for each in every} == {"barnet", "bromley"}


async def test_the_next_meeting_is_the_agenda_without_a_day(ground: Ground) -> None:
    """On the day of a meeting it is that meeting."""
    ground.clock.now = MEETING
    assert (await ground.get("/bromley/marac/agenda")).json()["meets_on"] == "2026-11-24"


async def test_an_agenda_in_its_order(ground: Ground) -> None:
    """High risk first; each reading is told before the answer leaves."""
    escalation = await ground.listed(risk_score=11, police_callouts_12m=5)
    high = await ground.listed()
    before = len(await ground.told())
    agenda = await ground.agenda()
    assert [each["case_id"] for each in agenda] == [str(high["id"]), str(escalation["id"])]
    read = (await ground.told())[before:]
    assert {(each["type"], each["subject"]) for each in read} == {
        ("access.recorded.v1", str(high["referral_id"])),
        ("access.recorded.v1", str(escalation["referral_id"])),
    }


async def test_a_day_without_a_meeting(ground: Ground) -> None:
    """There is no agenda of it."""
    assert (await ground.get("/bromley/marac/agenda?meets_on=2026-11-25")).status_code == 404


@pytest.mark.parametrize(
    ("who", "roles", "status"),
    [
        (people.MEMBER, ("practitioner",), 200),
        (people.DAY, ("coordinator",), 200),
        (people.OUTSIDER, ("practitioner",), 404),
        (people.OWNER, ("practitioner",), 404),
        (people.MEMBER, ("auditor",), 403),
        (people.MEMBER, ("sender",), 403),
    ],
)
async def test_who_may_see_an_agenda(
    ground: Ground, who: str, roles: tuple[Role, ...], status: int
) -> None:
    """The panel's team and coordinators; to others it is told as what is not there."""
    await ground.listed()
    before = len(await ground.told())
    assert (await ground.get("/bromley/marac/agenda", who, *roles)).status_code == status
    assert (len(await ground.told()) > before) == (status == 200)
    nowhere = await ground.get("/bromley/no_such_panel/agenda", who, *roles)
    assert nowhere.status_code == (404 if status == 200 else status)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("outcome", {"outcome": "deferred"}),
        ("status", {"rag": "red", "reason": "recalled"}),
        ("actions", ACTION),
    ],
)
async def test_who_may_record(ground: Ground, path: str, body: dict[str, Any]) -> None:
    """Nobody outside the panel; nor does anybody learn that there is such a case."""
    case = await ground.nominal()
    outside = await ground.post(f"/cases/{case['id']}/{path}", body, people.OUTSIDER)
    nowhere = await ground.post(f"/cases/{uuid4()}/{path}", body, people.OUTSIDER)
    assert (outside.status_code, outside.json()) == (nowhere.status_code, nowhere.json())
    assert outside.status_code == 404
    inside = await ground.post(f"/cases/{case['id']}/{path}", body)
    assert inside.status_code in (200, 201)


async def test_heard(ground: Ground) -> None:
    """The outcome stands on that meeting's agenda, its note is told nobody."""
    case = await ground.listed()
    ground.clock.now = MEETING
    wish = {"outcome": "heard", "note": "Canary Quill spoke"}
    answer = await ground.post(f"/cases/{case['id']}/outcome", wish)
    assert (answer.status_code, answer.json()["state"]) == (200, "heard")
    (shown,) = await ground.agenda()
    assert (shown["outcome"], shown["note"]) == ("heard", "Canary Quill spoke")
    (told,) = await ground.told("panel.case_heard")
    assert (told["data"]["meets_on"], told["data"]["outcome"]) == ("2026-11-24", "heard")
    assert "Canary" not in json.dumps(await ground.told())


async def test_deferred(ground: Ground) -> None:
    """It is on both agendas: put off on the one, listed on the next, and told so."""
    case = await ground.listed()
    await ground.post(f"/cases/{case['id']}/outcome", {"outcome": "deferred"})
    (before,), (after,) = await ground.agenda(), await ground.agenda(day="2026-12-22")
    assert (before["outcome"], after["outcome"]) == ("deferred", None)
    assert before["case_id"] == after["case_id"] == str(case["id"])
    heard, listed = (await ground.told("panel"))[1:]
    assert (heard["data"]["outcome"], heard["data"]["meets_on"]) == ("deferred", "2026-11-24")
    assert listed["data"]["meets_on"] == "2026-12-22"


async def test_a_nominal_stays_in_view(ground: Ground) -> None:
    """Who was heard by the IOM panel is on its next agenda too, until withdrawn."""
    case = await ground.nominal()
    ground.clock.now = datetime(2026, 11, 26, 15, tzinfo=UTC)
    await ground.post(f"/cases/{case['id']}/outcome", {"outcome": "heard"})
    (following,) = await ground.agenda("iom", "2026-12-24")
    assert following["case_id"] == str(case["id"])
    await ground.post(f"/cases/{case['id']}/outcome", {"outcome": "withdrawn"})
    ended = await ground.post(f"/cases/{case['id']}/outcome", {"outcome": "heard"})
    assert (ended.status_code, ended.json()["type"]) == (409, "urn:fingerpost:problem:not-now")


async def test_too_early(ground: Ground) -> None:
    """A meeting that is still to come has heard nobody; nothing is kept."""
    case = await ground.listed()
    early = await ground.post(f"/cases/{case['id']}/outcome", {"outcome": "heard"})
    assert (early.status_code, early.json()["title"]) == (
        409,
        "The meeting has not been held yet.",
    )
    assert await ground.told("panel.case_heard") == []


async def test_a_case_of_a_meeting_that_is_over_is_seen(ground: Ground) -> None:
    """Without an outcome it stays listed there, and counts."""
    await ground.listed()
    ground.clock.now = datetime(2026, 12, 1, 10, tzinfo=UTC)
    marac, *_ = (await ground.get("")).json()["panels"]
    assert marac["next_meeting"] == "2026-12-22"
    assert marac["listed"] == [{"meets_on": "2026-11-24", "cases": 1}]


async def test_a_status(ground: Ground) -> None:
    """It stands on the case with its reason, orders the agenda, and travels without the reason."""
    first, second = await ground.nominal(), await ground.nominal()
    for rag, reason in (("amber", "missed a visit"), ("red", "Canary Quill told us")):
        wish = {"rag": rag, "reason": reason}
        await ground.post(f"/cases/{second['id']}/status", wish)
        await ground.post(f"/cases/{second['id']}/status", wish)
    agenda = await ground.agenda("iom", "2026-11-26")
    assert [each["case_id"] for each in agenda] == [str(second["id"]), str(first["id"])]
    assert (agenda[0]["rag"], agenda[0]["rag_reason"]) == ("red", "Canary Quill told us")
    told = await ground.told("panel.case_rated")
    assert [each["data"]["rag"] for each in told] == ["amber", "red"]
    assert "Canary" not in json.dumps(told)


async def test_the_marac_gives_no_status(ground: Ground) -> None:
    """Only a panel whose policy says so."""
    case = await ground.listed()
    answer = await ground.post(f"/cases/{case['id']}/status", {"rag": "red", "reason": "because"})
    assert answer.status_code == 409


async def test_an_action(ground: Ground) -> None:
    """It stands on the case; its text is told nobody; the same again is the same."""
    case = await ground.listed()
    first = await ground.post(f"/cases/{case['id']}/actions", ACTION)
    again = await ground.post(f"/cases/{case['id']}/actions", ACTION)
    assert (first.status_code, first.json()) == (201, again.json())
    ((shown,),) = [each["actions"] for each in await ground.agenda()]
    assert {name: shown[name] for name in ACTION} == ACTION
    (told,) = await ground.told("panel.action_set")
    assert (told["data"]["owner"], told["data"]["due_on"]) == (people.OWNER, "2026-12-01")
    assert "locks" not in json.dumps(await ground.told())


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"owner": "p-nobody"}, 409),
        ({"owner": "Robert'); --"}, 422),
        ({"due_on": "2026-11-15"}, 409),
        ({"due_on": "9999-12-31"}, 409),
        ({"due_on": "soon"}, 422),
        ({"text": " \n"}, 422),
        ({"text": "a\x00b"}, 422),
        ({"text": "x" * 501}, 422),
        ({"colour": "red"}, 422),
    ],
)
async def test_an_action_that_means_nothing(
    ground: Ground, change: dict[str, Any], status: int
) -> None:
    """It is refused, and nothing of it stands."""
    case = await ground.listed()
    answer = await ground.post(f"/cases/{case['id']}/actions", ACTION | change)
    assert answer.status_code == status
    assert await ground.told("panel.action_set") == []


async def test_no_action_for_a_withdrawn_case(ground: Ground) -> None:
    """Nobody is given anything to do for who is on no agenda any more."""
    case = await ground.listed()
    await ground.post(f"/cases/{case['id']}/outcome", {"outcome": "withdrawn"})
    assert (await ground.post(f"/cases/{case['id']}/actions", ACTION)).status_code == 409


async def test_the_owner_marks_it_done(ground: Ground) -> None:
    """And nobody else from outside; once is enough."""
    case = await ground.listed()
    action = (await ground.post(f"/cases/{case['id']}/actions", ACTION)).json()["action_id"]
    path = f"/actions/{action}/done"
    assert (await ground.post(path, {}, people.OUTSIDER)).status_code == 404
    done = await ground.post(path, {}, people.OWNER)
    assert (done.status_code, done.json()["done_by"]) == (200, people.OWNER)
    assert (await ground.post(path, {})).json() == done.json()
    (told,) = await ground.told("panel.action_done")
    assert (told["data"]["action_id"], told["data"]["by"]) == (action, people.OWNER)


async def test_nobody_sees_the_other_side(ground: Ground) -> None:
    """Who serves the perpetrator of a pair sees no victim's case of theirs, on no way."""
    pair = uuid4()
    case, other = await ground.listed(), await ground.listed()
    await ground.known_referral(case["referral_id"], pair=pair, role="victim")
    await ground.known_referral(uuid4(), pair=pair, role="perpetrator", holder=people.MEMBER)
    assert [each["case_id"] for each in await ground.agenda()] == [str(other["id"])]
    marac, *_ = (await ground.get("")).json()["panels"]
    assert marac["listed"] == [{"meets_on": "2026-11-24", "cases": 1}]
    wish = {"outcome": "deferred"}
    assert (await ground.post(f"/cases/{case['id']}/outcome", wish)).status_code == 404
    seen = await ground.get("/bromley/marac/agenda", people.DAY, "coordinator")
    assert len(seen.json()["cases"]) == 2


@pytest.mark.parametrize(
    ("turned", "role", "walled"),
    [(False, "perpetrator", True), (False, "victim", False), (True, "victim", True)],
)
async def test_nobody_gets_an_action_across_the_wall(
    ground: Ground, turned: bool, role: str, walled: bool
) -> None:
    """The other role in the pair, or the same role in the pair with the roles reversed."""
    pair = uuid4()
    case = await ground.listed()
    await ground.known_referral(case["referral_id"], pair=pair, role="victim")
    others = roles_reversed(pair) if turned else pair
    await ground.known_referral(uuid4(), pair=others, role=role, holder=people.OWNER)
    answer = await ground.post(f"/cases/{case['id']}/actions", ACTION)
    assert answer.status_code == (409 if walled else 201)


async def test_a_conflict_of_interest_is_a_wall(ground: Ground) -> None:
    """Who declared one with the person has no part in the case."""
    case = await ground.listed()
    await ground.known_referral(case["referral_id"], pair=uuid4(), role="victim")
    await ground.declare_conflict(people.MEMBER, case["referral_id"])
    assert await ground.agenda() == []


async def test_a_coordinator_lists_by_hand(ground: Ground) -> None:
    """What no rule listed, with the triggers of its decision, once; no amendment takes it off."""
    referral = await ground.decided_elsewhere()
    path, body = "/bromley/marac/cases", {"referral_id": str(referral)}
    assert (await ground.post(path, body)).status_code == 409
    listed = await ground.post(path, body, people.DAY, "coordinator")
    assert (listed.status_code, listed.json()["meets_on"]) == (201, "2026-11-24")
    assert (await ground.post(path, body, people.DAY, "coordinator")).status_code == 409
    await ground.decide(referral, amended=True, risk_score=1)
    assert [each["referral_id"] for each in await ground.agenda()] == [str(referral)]


async def test_who_has_it_by_hand_lists_it(ground: Ground) -> None:
    """The panel's own coordinator, whom a coordinator asked for it against the rules."""
    referral = await ground.decided_elsewhere()
    async with ground.engine.begin() as connection:
        await ground.assign(connection, referral, "marac", people.MEMBER, uuid4())
    listed = await ground.post("/bromley/marac/cases", {"referral_id": str(referral)})
    assert listed.status_code == 201


@pytest.mark.parametrize("catalogue", ["bromley", "barnet"])
async def test_what_was_not_decided_there_is_not_listed(ground: Ground, catalogue: str) -> None:
    """Neither a number of no referral, nor another borough's."""
    referral = await ground.decided_elsewhere() if catalogue == "barnet" else uuid4()
    body = {"referral_id": str(referral)}
    answer = await ground.post(f"/{catalogue}/marac/cases", body, people.DAY, "coordinator")
    assert answer.status_code == 409
