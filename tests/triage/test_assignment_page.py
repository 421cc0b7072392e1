"""The page that every message links to."""

from uuid import uuid4

import httpx2

from deploy.tokens import mint
from shared.sign_in import Role
from tests.triage.test_overrides import Triage
from tests.triage.test_overrides import triage as triage  # the fixture


async def seen(triage: Triage, assignment: str, who: str, role: Role) -> httpx2.Response:
    """The page as somebody sees it."""
    token = mint(triage.keys.token_signing_file, who, (role,))
    return await triage.http.get(
        f"/triage/assignments/{assignment}", headers={"Authorization": f"Bearer {token}"}
    )


async def test_who_is_asked_sees_what_and_why(triage: Triage) -> None:
    """Programme, times, risk and reasons; the reading is told before the page leaves."""
    assignments = (await triage.decision())["assignments"]
    asked = next(a for a in assignments if a["pathway"] == "one_stop_shop")
    before = len(await triage.told())
    page = await seen(triage, asked["assignment_id"], asked["practitioner_id"], "practitioner")
    assert page.status_code == 200
    for words in ("One Stop Shop", "Answer by", "standard", "consent is given"):
        assert words in page.text
    told = (await triage.told())[before:]
    assert [(e["type"], e["data"]["what"]) for e in told] == [("access.recorded.v1", "assignment")]


async def test_nobody_else_sees_it(triage: Triage) -> None:
    """Another practitioner is told the same as of a page that is not there."""
    (asked, *_) = (await triage.decision())["assignments"]
    another = await seen(triage, asked["assignment_id"], "p-another", "practitioner")
    nowhere = await seen(triage, str(uuid4()), "p-another", "practitioner")
    auditor = await seen(triage, asked["assignment_id"], "auditor-1", "auditor")
    assert (another.status_code, another.text) == (nowhere.status_code, nowhere.text)
    assert (another.status_code, auditor.status_code) == (404, 403)


async def test_a_coordinator_sees_what_was_withdrawn(triage: Triage) -> None:
    """An offer that no longer stands says so, and asks nothing of anybody."""
    await triage.override("withdraw", "one_stop_shop")
    assignments = (await triage.decision())["assignments"]
    gone = next(a for a in assignments if a["pathway"] == "one_stop_shop")
    page = await seen(triage, gone["assignment_id"], "coordinator-1", "coordinator")
    assert "Nothing is asked of you any more" in page.text
    assert "Answer by" not in page.text
