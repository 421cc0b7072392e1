"""The auditors' pages with a real browser: read by everybody, and found through from end to end."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from playwright.async_api import Page, ViewportSize
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.bus.work import UnitOfWork
from shared.sign_in import COOKIE
from tests.audit.heard import some, take
from tests.audit.looking import is_signed
from tests.audit.served import served
from tests.audit.service import audit_app, signed_in
from tests.audit.test_people import ANNA, BERTA, merged, referred
from tests.browser.accessible import faults_of
from tests.browser.visits import NARROWEST, PHONE, Visit, needs_chromium
from tests.servers import Database

pytestmark = needs_chromium

WIDE = ViewportSize(width=1280, height=900)
REFERRAL = UUID("8f8f2ad4-7c2a-4a94-8f0e-0c3f5ff1ba5c")
OTHER = UUID("3b1f77aa-0c0f-4f5c-9d8e-6a1f0d8a4c11")
WHY = "why=domestic_homicide_review&reference=DHR-2026-03"
PAGES = [
    "search",
    "search?why=",
    f"search?{WHY}",
    f"trail?{WHY}&since=x&referral=y",
    f"trail?{WHY}&referral={REFERRAL}",
    f"trail?{WHY}&type=assignment.withdrawn&text=amended",
    f"trail?{WHY}&agency=nobody-at-all",
    f"chronology?{WHY}&person_ref={ANNA}",
    "log",
]


@dataclass(frozen=True)
class Audited:
    """A log of two referrals of one person, served, and an auditor who is signed in to it."""

    url: str
    visit: Visit

    @property
    def page(self) -> Page:
        """The browser's page."""
        return self.visit.page


@pytest.fixture
async def audited(
    log_database: Database, unit: UnitOfWork, connection: AsyncConnection, visit: Visit
) -> AsyncIterator[Audited]:
    """Signed to its end before anybody looks."""
    told = [referred(REFERRAL, ANNA), *some(60, REFERRAL), referred(OTHER, BERTA)]
    await take(unit, [*told, *some(3, OTHER), merged(uuid4(), BERTA, ANNA)])
    token = signed_in(log_database.keys, "auditor")["Authorization"].removeprefix("Bearer ")
    async with served(audit_app(log_database)) as url:
        await is_signed(connection)
        await visit.page.context.add_cookies([{"name": COOKIE, "value": token, "url": url}])
        yield Audited(url, visit)


async def test_every_page_can_be_read_by_everybody(audited: Audited) -> None:
    """Nothing that a machine can see keeps anybody from a page, at any width."""
    for screen in (NARROWEST, PHONE, WIDE):
        await audited.page.set_viewport_size(screen)
        for path in PAGES:
            await audited.page.goto(f"{audited.url}/audit/{path}")
            assert await faults_of(audited.page) == {}, (path, screen)
            for fold in await audited.page.locator("details").all():
                await fold.evaluate("fold => fold.open = true")
            assert await faults_of(audited.page) == {}, (path, screen, "unfolded")
    refused = "Failed to load resource: the server responded with a status of 422"
    assert [each for each in audited.visit.faults if not each.startswith(refused)] == []
    assert all(request.url.startswith(audited.url) for request in audited.visit.asked)


async def test_an_auditor_says_why_and_finds_a_life(audited: Audited) -> None:
    """By the forms alone: why, then what; page by page, with the proof of each entry."""
    page = audited.page
    await page.goto(f"{audited.url}/audit/search")
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("link", name="Choose why you are looking").wait_for()
    await page.get_by_label("A Domestic Homicide Review").check()
    await page.get_by_label("The case's number").fill("DHR-2026-03")
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_label("The referral").fill(str(REFERRAL))
    await page.get_by_role("button", name="Show its life").click()
    await page.get_by_role("heading", name="The life of a referral").wait_for()
    assert await page.locator(".history > li").count() == 50
    await page.get_by_role("link", name="Go on").click()
    await page.get_by_text("That is all.").wait_for()
    assert await page.locator(".history > li").count() == 11
    await page.get_by_text("Entry 60 of the log: proof").click()
    proof = page.get_by_role("link", name="tlog-proof of entry 60")
    answer = await page.request.get(f"{audited.url}{await proof.get_attribute('href')}")
    assert (await answer.text()).startswith("c2sp.org/tlog-proof@v1\nindex 60\n")


async def test_what_is_found_can_be_taken_away(audited: Audited) -> None:
    """Each of the three, from the page, and of the whole answer."""
    page = audited.page
    await page.goto(f"{audited.url}/audit/trail?{WHY}&referral={REFERRAL}")
    for name, ending in (("CSV", "csv"), ("bundle", "zip"), ("JSON Lines", "jsonl")):
        async with page.expect_download() as download:
            await page.get_by_role("link", name=name).click()
        assert (await download.value).suggested_filename.endswith(f".{ending}")


async def test_a_chronology_joins_what_was_found_to_be_one_person(audited: Audited) -> None:
    """Both referrals, asked for by either reference; and each leads to its own life."""
    page = audited.page
    await page.goto(f"{audited.url}/audit/search?{WHY}")
    await page.get_by_label("The person's reference").fill(str(BERTA))
    await page.get_by_role("button", name="Show the chronology").click()
    await page.get_by_role("heading", name="2 referrals").wait_for()
    await page.get_by_text("2 references count as this person").click()
    assert await page.get_by_text(str(ANNA), exact=True).is_visible()
    await page.get_by_role("list").get_by_role("link", name=str(OTHER)).first.click()
    await page.get_by_role("heading", name="The life of a referral").wait_for()
    assert await page.locator(".history > li").count() == 4
