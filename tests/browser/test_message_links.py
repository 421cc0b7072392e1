"""The link of a message on a telephone: sign in, be at the assignment; once, and nobody else."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.async_api import BrowserContext, Page, ViewportSize
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.local import child
from deploy.tokens import mint
from services.notify import links, links_store
from services.notify.links import Link
from services.notify.links_pages import MOST_MISSES, links_router
from services.notify.pages import TEMPLATES, sign_in_router
from shared.bus.work import UnitOfWork
from shared.pages import Pages
from shared.sign_in import Doorkeeper
from tests.browser.accessible import faults_of
from tests.browser.visits import NARROWEST, Visit, needs_chromium
from tests.servers import Database
from tests.triage.assignments.fixtures import place, triage_tables
from tests.triage.assignments.ground import Place
from tests.triage.people import with_team_of_one

__all__ = ["place", "triage_tables"]
pytestmark = needs_chromium

YOUNG_PERSON = "idsva_young_person"
WENDY, ANOTHER = "p-czp3y8", "p-another"
DESK = ViewportSize(width=1280, height=800)


@dataclass
class OneOrigin:
    """Triage's pages and notify's doors behind one address, as people reach them."""

    place: Place
    notify: UnitOfWork
    url: str

    def code(self, who: str) -> str:
        """A practitioner's sign-in code."""
        return mint(self.place.keys.token_signing_file, who, ("practitioner",))

    async def message(self) -> tuple[Any, str]:
        """A young person's case, offered to Wendy, and the link in the message to her."""
        referral = await self.place.hear("02")
        one = (await self.place.assignments(referral))[YOUNG_PERSON]
        code, now = links.new_code(secrets.choice), self.place.now
        link = Link(links.hashed(code), one.id, 1, WENDY, links.expires(None, now))
        async with self.notify.work(one.id) as work:
            await links_store.keep(work.connection, [link])
        return one, f"{self.url}{links.PATH}{code}"


@pytest.fixture
async def origin(place: Place, triage_tables: Database) -> AsyncIterator[OneOrigin]:
    """With Wendy alone in her team."""
    place.directory = with_team_of_one(YOUNG_PERSON, WENDY)
    port = child.free_port()
    url = f"http://127.0.0.1:{port}"
    engine = create_async_engine(triage_tables.url("notify"))
    notify = UnitOfWork(engine, "notify", lambda: None, clock=lambda: place.now)
    app = place.app(url)
    doorkeeper = Doorkeeper.from_file(place.keys.token_keys_file)
    pages = Pages("notify", TEMPLATES, url)
    pages.install(app)
    app.include_router(sign_in_router(pages, doorkeeper, secure=False))
    app.include_router(links_router(pages, doorkeeper, notify))
    async with _served(app, port):
        yield OneOrigin(place, notify, url)
    await engine.dispose()


@asynccontextmanager
async def _served(app: FastAPI, port: int) -> AsyncIterator[None]:
    config = uvicorn.Config(
        app, port=port, log_config=None, access_log=False, ws="none", lifespan="off"
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield
    server.should_exit = True
    await running


async def signed_in(page: Page, origin: OneOrigin, who: str) -> None:
    """Through the form that one is led to."""
    await page.get_by_label("Your sign-in code").fill(origin.code(who))
    await page.get_by_role("button", name="Sign in").click()


async def test_a_link_leads_to_the_assignment(origin: OneOrigin, visit: Visit) -> None:
    """Through the sign-in, to the page where one tap accepts."""
    one, link = await origin.message()
    await visit.page.goto(link)
    await signed_in(visit.page, origin, WENDY)
    await visit.page.get_by_role("button", name="Accept").wait_for()
    assert visit.page.url == f"{origin.url}/triage/assignments/{one.id}"
    await visit.page.get_by_role("button", name="Accept").click()
    await visit.page.get_by_text("You have accepted this.").wait_for()
    assert visit.faults == []


async def test_a_link_opened_again_leads_to_ones_work(origin: OneOrigin, visit: Visit) -> None:
    """One tap further: the case is the first on it."""
    one, link = await origin.message()
    await visit.page.goto(link)
    await signed_in(visit.page, origin, WENDY)
    await visit.page.get_by_role("button", name="Accept").wait_for()
    await visit.page.goto(link)
    await visit.page.get_by_role("heading", name="You have opened this link before").wait_for()
    await visit.page.get_by_role("link", name="Go to my work").click()
    await visit.page.wait_for_url(f"{origin.url}/triage/assignments")
    assert await visit.page.locator(f'a[href="/triage/assignments/{one.id}"]').count() > 0


async def test_a_colleague_opens_nothing(origin: OneOrigin, visit: Visit) -> None:
    """On a telephone that is shared: whom it is for signs in on the same page, and opens it."""
    one, link = await origin.message()
    await visit.page.goto(link)
    await signed_in(visit.page, origin, ANOTHER)
    await visit.page.get_by_role("heading", name="This link is not for you").wait_for()
    assert str(one.id) not in await visit.page.content()
    await visit.page.get_by_role("link", name="Sign in as yourself").click()
    await signed_in(visit.page, origin, WENDY)
    await visit.page.wait_for_url(f"{origin.url}/triage/assignments")
    await visit.page.goto(link)
    await visit.page.wait_for_url(f"{origin.url}/triage/assignments/{one.id}")


@pytest.mark.parametrize("screen", [NARROWEST, ViewportSize(width=360, height=740), DESK])
async def test_the_pages_can_be_read_by_everybody(
    origin: OneOrigin, visit: Visit, context: BrowserContext, screen: ViewportSize
) -> None:
    """Used, not one's own, and tried too often: headings, contrast, targets, no scrolling."""
    _, link = await origin.message()
    await visit.page.set_viewport_size(screen)
    await visit.page.goto(link)
    await signed_in(visit.page, origin, WENDY)
    await visit.page.get_by_role("button", name="Accept").wait_for()
    await visit.page.goto(link)
    assert await faults_of(visit.page) == {}
    for _ in range(MOST_MISSES):
        await visit.page.goto(f"{origin.url}/notify/l/wrong")
    assert await faults_of(visit.page) == {}
    await visit.page.goto(link)
    await visit.page.get_by_role("heading", name="Too many links").wait_for()
    assert await faults_of(visit.page) == {}
