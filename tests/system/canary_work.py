"""Practitioners, coordinators and a sender do with a referral all that they can, in words.

What they write stays with the case, in triage's tables; what they are shown without opening the
case itself says who nobody is.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2

from deploy.client import Answered, Client
from deploy.tokens import mint
from shared.sign_in import COOKIE, Role
from tests.system.people import AGENCY, Asked, asked
from tests.system.running import Running

WRITTEN = ("Candeclineary", "Cancontactary", "Cancloseary", "Canhandonary", "Canoverruleary")
SAID_AT_PANELS = ("Canoutcomeary", "Canratingary", "Canactionary")
NOTES = WRITTEN + SAID_AT_PANELS


async def work_on(whole: Running, client: Client, referral: UUID) -> list[bytes]:
    """Do it; what was answered and shown, but for the page of the case itself."""
    shown: list[bytes] = []
    for number, one in enumerate(await asked(whole, referral)):
        assert one.holder is not None
        shown += await _read(whole, "practitioner", one.holder, _pages_about(one, referral))
        shown += _act(client, one, "decline", reason="other", note="Candeclineary")
        (now,) = [each for each in await asked(whole, referral) if each.id == one.id]
        shown += _act(client, now, "accept")
        await _read(whole, "practitioner", now.holder or "", [f"/intake/cases/{referral}"])
        shown += _act(client, now, "contact", how="call", reached=False, note="Cancontactary")
        shown += await _read(whole, "practitioner", now.holder or "", _pages_about(now, referral))
        if number == 0:
            shown += _act(client, now, "reassign", pathway="freedom_programme", note="Canhandonary")
        else:
            shown += _act(client, now, "close", outcome="engaged", note="Cancloseary")
    wish = {"action": "route", "pathway": "counselling", "reason": "Canoverruleary"}
    shown += _post(client, f"/triage/api/referrals/{referral}/override", "coordinator", wish)
    shown += await _meet(whole, client, referral)
    shown += _as_sender(client, referral)
    shown += await _read(whole, "coordinator", "cli-coordinator", DESK)
    await _read(whole, "coordinator", "cli-coordinator", [f"/intake/cases/{referral}"])
    # Where nothing was written, nothing could get out.
    kept = [row["words"] for row in await whole.rows(KEPT)]
    assert set(NOTES) - set(kept) == set()
    return shown


KEPT = """
    SELECT note AS words FROM triage.step UNION SELECT reason FROM triage.override
    UNION SELECT note FROM triage.panel_outcome UNION SELECT reason FROM triage.panel_rating
    UNION SELECT text FROM triage.panel_action"""


DESK = ("/triage/desk", "/triage/assignments", "/triage/panels", "/triage/api/assignments")


def _pages_about(one: Asked, referral: UUID) -> Iterable[str]:
    yield "/triage/assignments"
    yield f"/triage/assignments/{one.id}"
    yield f"/triage/api/assignments/{one.id}"
    yield "/triage/api/assignments?mine"
    yield f"/intake/api/cases/{UUID(int=referral.int ^ 1)}"


async def _meet(whole: Running, client: Client, referral: UUID) -> list[bytes]:
    """The case is on MARAC's agenda; the panel of nominals takes it up too, and gives it back."""
    panels = "/triage/api/panels"
    shown = _post(
        client, f"{panels}/bromley/iom/cases", "coordinator", {"referral_id": str(referral)}
    )
    due_on = (datetime.now(UTC) + timedelta(days=7)).date().isoformat()
    said = {
        "actions": {"text": "Canactionary", "owner": "p-w68hxf", "due_on": due_on},
        "status": {"rag": "red", "reason": "Canratingary"},
        "outcome": {"outcome": "withdrawn", "note": "Canoutcomeary"},
    }
    for row in await whole.rows(f"SELECT id FROM triage.panel_case WHERE referral_id='{referral}'"):
        for form, words in said.items():
            shown += _post(client, f"{panels}/cases/{row['id']}/{form}", "coordinator", words)
        page = f"/triage/panels/cases/{row['id']}"
        shown += await _read(whole, "coordinator", "cli-coordinator", [page])
    return shown


def _as_sender(client: Client, referral: UUID) -> list[bytes]:
    path = f"/intake/api/referrals/{referral}"
    status = str(client.get(path, "sender", agency=AGENCY)).encode().replace(b"CANREF", b"")
    faulty = {"answers": {"risk.score": "Canstoryary", "person.given_name": ["Cangivenary"]}}
    good = {"answers": {"needs": ["housing"], "narrative": "Canstoryary"}}
    return [
        status,
        *_post(client, f"{path}/information", "sender", faulty, AGENCY),
        *_post(client, f"{path}/information", "sender", good, AGENCY),
    ]


def _act(client: Client, one: Asked, name: str, **said: Any) -> list[bytes]:
    path = f"/triage/api/assignments/{one.id}/{name}"
    return _post(client, path, "practitioner", said, who=one.holder)


def _post(
    client: Client,
    path: str,
    role: Role,
    said: Any,
    agency: str | None = None,
    who: str | None = None,
) -> list[bytes]:
    """What is answered, refusals too; without the sender's own reference."""
    try:
        answer = client.post(path, role, said, agency, who)
    except Answered as refusal:
        answer = refusal.problem
    return [str(answer).encode().replace(b"CANREF", b"")]


async def _read(whole: Running, role: Role, who: str, paths: Iterable[str]) -> list[bytes]:
    """Pages as a browser gets them."""
    token = mint(whole.keys.token_signing_file, who, (role,))
    async with httpx2.AsyncClient(base_url=whole.system.url, cookies={COOKIE: token}) as browser:
        headers = {"Accept": "text/html"}
        return [(await browser.get(path, headers=headers)).content for path in paths]
