"""The pages of panels, as a browser without scripts has them."""

from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx2
import pytest

from shared.sign_in import COOKIE, Role
from tests.triage.panels import people
from tests.triage.panels.ground import Ground

AGENDA = "/triage/panels/bromley/marac/agenda"
ACTION = {"text": "see to the locks", "owner": people.OWNER, "due_on": "2026-12-01"}


async def ask(
    ground: Ground,
    path: str,
    form: dict[str, str] | None = None,
    who: str = people.MEMBER,
    *roles: Role,
    site: str = "same-origin",
) -> httpx2.Response:
    """A page, or what a form is answered."""
    headers = {
        "Accept": "text/html",
        "Sec-Fetch-Site": site,
        "Cookie": f"{COOKIE}={ground.token(who, *roles)}",
    }
    if form is None:
        return await ground.http.get(path, headers=headers)
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    return await ground.http.post(path, content=urlencode(form), headers=headers)


async def test_the_panels(ground: Ground) -> None:
    """The next meeting and how much is listed for it; a way to the agenda."""
    await ground.listed()
    page = await ask(ground, "/triage/panels")
    assert "Tuesday 24 November 2026</strong>, one case" in page.text
    assert f"{AGENDA}?meets_on=2026-11-24" in page.text


async def test_who_sits_on_no_panel(ground: Ground) -> None:
    """It is said, and no panel is named."""
    page = await ask(ground, "/triage/panels", None, people.OWNER)
    assert "You sit on no panel." in page.text
    assert "Multi-agency" not in page.text


async def test_an_agenda(ground: Ground) -> None:
    """The date, the triggers in words, the way to who it is; nobody is named."""
    case = await ground.listed(police_callouts_12m=5)
    page = await ask(ground, AGENDA)
    for words in (
        "Tuesday 24 November 2026",
        "High risk",
        "Escalation: the police were called again and again",
        f'href="/intake/cases/{case["referral_id"]}"',
        "The next meeting after it is on Tuesday 22 December 2026",
    ):
        assert words in page.text


async def test_what_one_reader_got_wrong_is_no_other_readers(ground: Ground) -> None:
    """A page that was shown before, and a form that failed, leave nothing on the next page."""
    case = await ground.listed()
    await ask(ground, f"/triage/panels/cases/{case['id']}/outcome", {})
    for path in (AGENDA, f"/triage/panels/cases/{case['id']}") * 2:
        assert "Nothing was recorded" not in (await ask(ground, path)).text


async def test_an_outcome_leads_back_to_the_agenda(ground: Ground) -> None:
    """From an agenda to the case on it; from the case's page to itself."""
    case, other = await ground.listed(), await ground.listed()
    path = f"/triage/panels/cases/{case['id']}"
    form = {"outcome": "deferred", "note": "", "meets_on": "2026-11-24"}
    sent = await ask(ground, f"{path}/outcome", form)
    assert (sent.status_code, sent.headers["location"]) == (
        303,
        f"{AGENDA}?meets_on=2026-11-24#case-{case['id']}",
    )
    assert "Put off to the next meeting" in (await ask(ground, AGENDA)).text
    path = f"/triage/panels/cases/{other['id']}"
    sent = await ask(ground, f"{path}/outcome", {"outcome": "withdrawn", "note": "two\r\nlines"})
    assert (sent.status_code, sent.headers["location"]) == (303, path)
    assert "two\nlines" in (await ask(ground, path)).text


async def test_a_long_agenda_comes_in_pages(ground: Ground) -> None:
    """25 cases each, told as read where they are shown; a form leads back to its page."""
    for _ in range(26):
        last = await ground.listed()
    before = len(await ground.told())
    page = await ask(ground, f"{AGENDA}?first=25")
    assert ("Case 26 of 26" in page.text, "Case 25 of 26" in page.text) == (True, False)
    assert len(await ground.told()) == before + 1
    form = {"outcome": "deferred", "meets_on": "2026-11-24", "first": "25"}
    sent = await ask(ground, f"/triage/panels/cases/{last['id']}/outcome", form)
    assert sent.headers["location"] == f"{AGENDA}?meets_on=2026-11-24&first=25#case-{last['id']}"


async def test_a_status_and_an_action(ground: Ground) -> None:
    """They stand on the case's page, by whom and for whom."""
    case = await ground.nominal()
    path = f"/triage/panels/cases/{case['id']}"
    sent = await ask(ground, f"{path}/status", {"rag": "amber", "reason": "missed a visit"})
    assert sent.status_code == 303
    assert (await ask(ground, f"{path}/actions", ACTION)).status_code == 303
    page = await ask(ground, path)
    for words in ("Amber", "missed a visit", "see to the locks", "Tuesday 1 December 2026"):
        assert words in page.text


@pytest.mark.parametrize(
    ("form", "given", "status", "said"),
    [
        ("outcome", {}, 422, "Choose what the meeting made of it"),
        ("outcome", {"outcome": "heard"}, 409, "The meeting has not been held yet."),
        ("status", {"rag": "red"}, 422, "Say why, in at most 500 characters"),
        ("actions", ACTION | {"due_on": ""}, 422, "Say by which day it is to be done"),
        ("actions", ACTION | {"due_on": "2026-11-01"}, 409, "is over"),
    ],
)
async def test_a_form_to_be_mended(
    ground: Ground, form: str, given: dict[str, str], status: int, said: str
) -> None:
    """What is wrong is said at the top, what was entered stays, and nothing is recorded."""
    case = await ground.nominal()
    before = len(await ground.told("panel"))
    page = await ask(ground, f"/triage/panels/cases/{case['id']}/{form}", given)
    assert page.status_code == status
    assert said in page.text
    assert page.text.count("<title>Error: ") == 1
    if "text" in given:
        assert "see to the locks</textarea>" in page.text
    assert len(await ground.told("panel")) == before


async def test_my_actions(ground: Ground) -> None:
    """The owner, outside the panel, sees hers alone, and marks it done where she is."""
    case = await ground.listed()
    answer = await ground.post(f"/cases/{case['id']}/actions", ACTION)
    page = await ask(ground, "/triage/panels/actions", None, people.OWNER)
    assert "see to the locks" in page.text
    assert "see to the locks" not in (await ask(ground, "/triage/panels/actions")).text
    path = f"/triage/panels/actions/{answer.json()['action_id']}/done"
    done = await ask(ground, path, {"back": "mine"}, people.OWNER)
    assert (done.status_code, done.headers["location"]) == (303, "/triage/panels/actions")
    after = await ask(ground, "/triage/panels/actions", None, people.OWNER)
    assert "You have nothing to do for a panel." in after.text


async def test_a_message_leads_to_what_is_asked(ground: Ground) -> None:
    """Its link is the case's page: who does not sit on the panel is led to the action alone."""
    case = await ground.listed()
    await ground.post(f"/cases/{case['id']}/actions", ACTION | {"due_on": "2026-11-18"})
    ground.clock.now = ground.clock.now.replace(day=20)
    path = f"/triage/panels/cases/{case['id']}"
    assert (await ask(ground, path, None, people.STAND_IN)).status_code == 404
    await ground.overdue.step()
    led = await ask(ground, path, None, people.STAND_IN)
    assert (led.status_code, led.headers["location"]) == (303, "/triage/panels/actions")
    page = await ask(ground, "/triage/panels/actions", None, people.STAND_IN)
    assert "see to the locks" in page.text
    assert "you have been asked to see to it" in page.text
    assert "Multi-agency" not in (await ask(ground, path, None, people.OUTSIDER)).text


async def test_an_overdue_action_says_whom_it_went_to(ground: Ground) -> None:
    """On the agenda, in words."""
    case = await ground.listed()
    await ground.post(f"/cases/{case['id']}/actions", ACTION | {"due_on": "2026-11-18"})
    ground.clock.now = ground.clock.now.replace(day=20)
    await ground.overdue.step()
    page = await ask(ground, AGENDA)
    assert "Overdue." in page.text
    assert "The owner&#39;s stand-in has been told." in page.text


async def test_a_coordinator_lists_by_hand(ground: Ground) -> None:
    """From the agenda to the case on it; what cannot be listed is said."""
    referral = await ground.decided_elsewhere()
    form = {"referral_id": str(referral), "meets_on": "2026-11-24"}
    path = "/triage/panels/bromley/marac/cases"
    sent = await ask(ground, path, form, people.DAY, "coordinator")
    assert sent.headers["location"].startswith(f"{AGENDA}?meets_on=2026-11-24#case-")
    again = await ask(ground, path, form, people.DAY, "coordinator")
    assert (again.status_code, "on the agenda already" in again.text) == (409, True)
    wrong = await ask(ground, path, {"referral_id": "17"}, people.DAY, "coordinator")
    assert (wrong.status_code, "Give the referral" in wrong.text) == (422, True)


@pytest.mark.parametrize("form", ["outcome", "status", "actions"])
async def test_forms_of_others(ground: Ground, form: str) -> None:
    """Not from another site, not for another's case."""
    case = await ground.nominal()
    given: dict[str, Any] = {"outcome": "deferred", "rag": "red", "reason": "because", **ACTION}
    path = f"/triage/panels/cases/{case['id']}/{form}"
    assert (await ask(ground, path, given, site="cross-site")).status_code == 403
    assert (await ask(ground, path, given, people.OUTSIDER)).status_code == 404
    nowhere = f"/triage/panels/cases/{uuid4()}/{form}"
    assert (await ask(ground, nowhere, given)).status_code == 404
    assert len(await ground.told("panel")) == 1
