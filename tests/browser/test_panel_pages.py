"""Panels in a real browser: an agenda on a telephone, its forms without scripts."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import uvicorn
from playwright.async_api import BrowserContext

from deploy.local import child
from shared.sign_in import COOKIE, Role
from tests.browser.accessible import faults_of
from tests.browser.visits import NARROWEST, PHONE, Visit, needs_chromium
from tests.servers import Postgres, until
from tests.triage.panels import people
from tests.triage.panels.ground import Ground, panels_on

pytestmark = needs_chromium

MEETING = datetime(2026, 11, 24, 15, tzinfo=UTC)
MARAC = "/triage/panels/bromley/marac/agenda?meets_on=2026-11-24"
IOM = "/triage/panels/bromley/iom/agenda?meets_on=2026-11-26"


@dataclass
class Site:
    """Panels as a browser reaches them."""

    url: str
    ground: Ground

    async def sign_in(self, context: BrowserContext, who: str, *roles: Role) -> None:
        """Somebody's browser."""
        token = self.ground.token(who, *roles)
        await context.add_cookies([{"name": COOKIE, "value": token, "url": self.url}])


@pytest.fixture
async def site(postgres: Postgres) -> AsyncIterator[Site]:
    """Panels on a port, two cases at the MARAC and two nominals."""
    port = child.free_port()
    url = f"http://127.0.0.1:{port}"
    async with panels_on(postgres, url) as ground:
        config = uvicorn.Config(ground.app, port=port, log_config=None, ws="none", lifespan="off")
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve())

        async def started() -> bool:
            return server.started

        await until(started)
        await filled(ground)
        yield Site(url, ground)
        server.should_exit = True
        await running


async def filled(ground: Ground) -> None:
    """What a meeting may have before it."""
    await ground.listed(risk_score=11, police_callouts_12m=5)
    case = await ground.listed()
    late: dict[str, Any] = {"owner": people.OWNER, "due_on": "2026-11-18", "text": "ring the GP"}
    soon = late | {"due_on": "2026-12-01", "text": "see to the locks of the front door"}
    for wish in (late, soon):
        await ground.post(f"/cases/{case['id']}/actions", wish)
    await ground.nominal()
    nominal = await ground.nominal()
    wish = {"rag": "red", "reason": "recalled to prison twice this month"}
    await ground.post(f"/cases/{nominal['id']}/status", wish)
    ground.clock.now = MEETING
    await ground.overdue.step()


@pytest.mark.parametrize("screen", [NARROWEST, PHONE])
@pytest.mark.parametrize(
    ("path", "who", "role"),
    [
        ("/triage/panels", people.MEMBER, "practitioner"),
        (MARAC, people.MEMBER, "practitioner"),
        (MARAC, people.DAY, "coordinator"),
        (IOM, people.MEMBER, "practitioner"),
        ("/triage/panels/actions", people.OWNER, "practitioner"),
    ],
)
async def test_a_page_can_be_read_by_everybody(
    context: BrowserContext,
    site: Site,
    visit: Visit,
    path: str,
    who: str,
    role: Role,
    screen: dict[str, int],
) -> None:
    """Labels, legends, headings, contrast, targets, and no scrolling sideways, all forms open."""
    await site.sign_in(context, who, role)
    await visit.page.set_viewport_size({"width": screen["width"], "height": screen["height"]})
    await visit.page.goto(site.url + path)
    await visit.page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    assert await faults_of(visit.page) == {}
    assert visit.faults == []
    assert all(request.url.startswith(site.url) for request in visit.asked)


async def test_a_case_and_a_form_to_be_mended(
    context: BrowserContext, site: Site, visit: Visit
) -> None:
    """A case's own page is as readable; so is what is wrong with a form, which has the focus."""
    await site.sign_in(context, people.MEMBER)
    await visit.page.goto(site.url + IOM)
    await visit.page.get_by_role("link", name="Case 1 of 2").click()
    assert await faults_of(visit.page) == {}
    await visit.page.get_by_role("button", name="Record the status").click()
    assert (await visit.page.title()).startswith("Error: ")
    assert await visit.page.locator(":focus").get_attribute("role") == "alert"
    assert await faults_of(visit.page) == {}


async def test_a_meeting_without_scripts(context: BrowserContext, site: Site) -> None:
    """From case to case on one agenda: heard, an action given, another one done."""
    browser = context.browser
    assert browser is not None
    plain = await browser.new_context(viewport=PHONE, java_script_enabled=False)
    await site.sign_in(plain, people.MEMBER)
    page = await plain.new_page()
    await page.goto(site.url + MARAC)
    first = page.get_by_role("article").first
    await first.get_by_text("Outcome", exact=True).click()
    await first.get_by_label("Heard").check()
    await first.get_by_role("button", name="Record the outcome").click()
    assert page.url.startswith(f"{site.url}{MARAC}#case-")
    assert await first.get_by_text("Heard.").is_visible()
    await first.get_by_text("Give an action", exact=True).click()
    await first.get_by_label("What is to be done?").fill("ask the school")
    await first.get_by_label("Who is to do it?").select_option(people.OWNER)
    await first.get_by_label("By which day?").fill("2026-12-04")
    await first.get_by_role("button", name="Give the action").click()
    assert await first.get_by_text("by Friday 4 December 2026").is_visible()
    await first.get_by_role("button", name="ring the GP").click()
    assert await first.get_by_text("One action is done.").is_visible()
    assert page.url.startswith(f"{site.url}{MARAC}#case-")
    assert [e["data"]["outcome"] for e in await site.ground.told("panel.case_heard")] == ["heard"]
