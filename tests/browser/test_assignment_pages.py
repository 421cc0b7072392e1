"""Assignments on a telephone in a corridor, and the desk: with a real browser, without scripts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import uvicorn
from playwright.async_api import Browser, Page, ViewportSize, async_playwright

from deploy.local import child
from deploy.tokens import mint
from shared.sign_in import COOKIE, Role
from tests.browser.accessible import faults_of
from tests.browser.visits import CHROMIUM, NARROWEST, PHONE, needs_chromium
from tests.triage.assignments.fixtures import place, triage_tables
from tests.triage.assignments.ground import BROMLEYS_COORDINATOR, Place
from tests.triage.assignments.visiting import not_told
from tests.triage.people import with_team_of_one

__all__ = ["place", "triage_tables"]
pytestmark = needs_chromium

YOUNG_PERSON = "idsva_young_person"
WENDY = "p-czp3y8"
DESK = ViewportSize(width=1280, height=800)


@dataclass
class Corridor:
    """Triage on a port, and telephones to look at it."""

    place: Place
    url: str
    chromium: Browser

    async def telephone(
        self, who: str, role: Role = "practitioner", screen: ViewportSize = PHONE
    ) -> Page:
        """Somebody's, signed in; it runs no scripts."""
        context = await self.chromium.new_context(viewport=screen, java_script_enabled=False)
        token = mint(self.place.keys.token_signing_file, who, (role,))
        await context.add_cookies([{"name": COOKIE, "value": token, "url": self.url}])
        return await context.new_page()

    async def link(self) -> tuple[Any, str]:
        """A young person's case, offered to Wendy, and the link in the message to her."""
        referral = await self.place.hear("02")
        one = (await self.place.assignments(referral))[YOUNG_PERSON]
        return one, f"{self.url}/triage/assignments/{one.id}"


@pytest.fixture
async def corridor(place: Place) -> AsyncIterator[Corridor]:
    """With Wendy alone in her team."""
    place.directory = with_team_of_one(YOUNG_PERSON, WENDY)
    port = child.free_port()
    url = f"http://127.0.0.1:{port}"
    async with _served(place, port, url), async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield Corridor(place, url, browser)
        await browser.close()


@asynccontextmanager
async def _served(place: Place, port: int, url: str) -> AsyncIterator[None]:
    config = uvicorn.Config(
        place.app(url), port=port, log_config=None, access_log=False, ws="none", lifespan="off"
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield
    server.should_exit = True
    await running


async def test_accepting_takes_two_taps(corridor: Corridor) -> None:
    """The link in the message, and Accept; then the way to the person's safe contact is there."""
    one, link = await corridor.link()
    phone = await corridor.telephone(WENDY)
    await phone.goto(link)
    await phone.get_by_role("button", name="Accept").click()
    await phone.get_by_text("You have accepted this.").wait_for()
    who = phone.get_by_role("link", name="Who it is and how to reach them safely")
    assert await who.get_attribute("href") == f"/intake/cases/{one.referral_id}"
    assert (await corridor.place.now_of(one)).state == "accepted"


async def test_accept_is_seen_without_scrolling(corridor: Corridor) -> None:
    """On a small telephone too, and it is easily hit."""
    _, link = await corridor.link()
    phone = await corridor.telephone(WENDY, screen=ViewportSize(width=360, height=740))
    await phone.goto(link)
    at = await phone.get_by_role("button", name="Accept").bounding_box()
    assert at is not None
    assert at["y"] + at["height"] < 740
    assert at["height"] >= 44


async def test_passing_on_takes_two_taps(corridor: Corridor) -> None:
    """Pass it on, and the reason; then the page says that it is gone."""
    one, link = await corridor.link()
    phone = await corridor.telephone(WENDY)
    await phone.goto(link)
    await phone.get_by_text("Pass it on").click()
    await phone.get_by_role("button", name="I have no room").click()
    await phone.get_by_role("heading", name="This is no longer with you").wait_for()
    assert (await corridor.place.now_of(one)).holder != WENDY


async def test_a_case_from_the_first_call_to_its_end(corridor: Corridor) -> None:
    """Tried in vain, reached, closed; a reload records nothing again."""
    one, link = await corridor.link()
    phone = await corridor.telephone(WENDY)
    await phone.goto(link)
    await phone.get_by_role("button", name="Accept").click()
    for tried, button in enumerate(("Not reached", "I reached the person"), 1):
        await phone.get_by_text("I tried to reach the person").click()
        await phone.get_by_label("Call", exact=True).check()
        await phone.get_by_role("button", name=button).click()
        await phone.wait_for_load_state()
        await phone.reload()
        assert (await corridor.place.now_of(one)).attempts == tried
    await phone.get_by_text("My work here is finished").click()
    await phone.get_by_label("The person took up the help").check()
    await phone.get_by_role("button", name="Close it").click()
    await phone.get_by_text("Closed: today").wait_for()
    await phone.get_by_role("link", name="My work").click()
    await phone.get_by_role("heading", name="Closed in the last two weeks").wait_for()


async def test_a_forgotten_answer_is_asked_for_where_it_belongs(corridor: Corridor) -> None:
    """The form is open, says what to choose, and keeps the note."""
    _, link = await corridor.link()
    phone = await corridor.telephone(WENDY)
    await phone.goto(link)
    await phone.get_by_role("button", name="Accept").click()
    await phone.get_by_text("I tried to reach the person").click()
    await phone.get_by_label("Anything to remember? (optional)").first.fill("rings after four")
    await phone.get_by_role("button", name="Not reached").click()
    await phone.get_by_text("Choose how you tried.").wait_for()
    assert await phone.get_by_label("Anything to remember? (optional)").first.input_value() == (
        "rings after four"
    )


async def test_the_desk_gives_a_case_away(corridor: Corridor) -> None:
    """What nobody took is given to a coordinator by name, and leaves the desk's owner."""
    one, _ = await corridor.link()
    while (await corridor.place.now_of(one)).level != "coordinator":
        await corridor.place.later(days=1)
    holder = (await corridor.place.now_of(one)).holder
    desk = await corridor.telephone(BROMLEYS_COORDINATOR, "coordinator", DESK)
    await desk.goto(f"{corridor.url}/triage/desk")
    card = desk.get_by_role("article").filter(has_text="Young Person")
    await card.locator("summary", has_text="Give it to somebody else").click()
    choices = card.get_by_label("Who is to take it?")
    assert "Wendy Varley (did not take it before)" in await choices.inner_text()
    await choices.select_option(label="Will Brackley")
    await card.get_by_label("Why?").fill("on call tonight")
    await card.get_by_role("button", name="Give it").click()
    await desk.wait_for_load_state()
    assert desk.url == f"{corridor.url}/triage/desk"
    assert (await corridor.place.now_of(one)).holder != holder


async def test_the_desk_asks_a_service_by_hand(corridor: Corridor) -> None:
    """For what no rule could route."""
    referral = await corridor.place.hear("10")
    desk = await corridor.telephone(BROMLEYS_COORDINATOR, "coordinator")
    await desk.goto(f"{corridor.url}/triage/desk")
    card = desk.get_by_role("article").filter(has_text="A referral for the coordinator")
    await card.locator("summary", has_text="Ask a service by hand").click()
    await card.get_by_label("Which service is to be asked as well?").select_option("victim_service")
    await card.get_by_label("Why?").first.fill("she asked for it")
    await card.get_by_role("button", name="Ask this service").click()
    await desk.wait_for_load_state()
    assert "victim_service" in await corridor.place.assignments(referral)


async def test_the_desk_says_whom_to_ring(corridor: Corridor) -> None:
    """With the number to tap, until the coordinator taps that they were told."""
    one, _ = await corridor.link()
    await not_told(corridor.place, one)
    desk = await corridor.telephone(BROMLEYS_COORDINATOR, "coordinator")
    await desk.goto(f"{corridor.url}/triage/desk")
    card = desk.get_by_role("article").filter(has_text="No message has reached")
    assert await card.locator("a.tel").get_attribute("href") == "tel:07700900213"
    await card.get_by_role("button", name="I have told them").click()
    await desk.wait_for_load_state()
    assert await desk.get_by_text("Could not be told").count() == 0


@pytest.mark.parametrize("screen", [NARROWEST, PHONE, DESK])
async def test_every_page_can_be_read_by_everybody(
    corridor: Corridor, screen: ViewportSize
) -> None:
    """Labels, legends, headings, contrast, targets, and no scrolling sideways: in every state."""
    place = corridor.place
    one, link = await corridor.link()
    phone = await corridor.telephone(WENDY, screen=screen)
    await not_told(place, one)

    async def looks_sound(page: Page, path: str) -> None:
        await page.goto(path)
        context = await corridor.chromium.new_context(viewport=screen)
        seen = await context.new_page()
        style = await (await page.request.get(f"{corridor.url}/triage/static/page.css")).text()
        await seen.set_content(
            (await page.content()).replace("</head>", f"<style>{style}</style></head>")
        )
        await seen.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
        assert await faults_of(seen) == {}
        await context.close()

    await looks_sound(phone, link)
    coordinator = await corridor.telephone(BROMLEYS_COORDINATOR, "coordinator", screen)
    for path in ("/triage/desk", f"/triage/assignments/{one.id}"):
        await looks_sound(coordinator, f"{corridor.url}{path}")
    await phone.goto(link)
    await phone.get_by_role("button", name="Accept").click()
    await looks_sound(phone, link)
    await looks_sound(phone, f"{corridor.url}/triage/assignments")
    await place.hear("10")
    waiting = {"max_caseload": 1}
    place.directory = place.directory.model_copy(
        update={
            "practitioners": tuple(
                each.model_copy(update=waiting) if each.id == WENDY else each
                for each in place.directory.practitioners
            )
        }
    )
    await place.hear("02")
    await place.later(days=10)
    await looks_sound(coordinator, f"{corridor.url}/triage/desk")
    await looks_sound(coordinator, link)
    place.now += timedelta(minutes=1)
    await phone.goto(link)
    await phone.get_by_text("Somebody else must take it").click()
    await phone.get_by_role("button", name="Hand it on").click()
    await phone.get_by_text("Choose who is to take it.").wait_for()
