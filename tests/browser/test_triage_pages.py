"""Policies and the checker in a real browser: on a telephone, by keyboard, without scripts."""

from itertools import pairwise

import pytest
from playwright.async_api import BrowserContext, Locator, Page

from shared.sign_in import COOKIE
from tests.browser.accessible import faults_of
from tests.browser.visits import NARROWEST, PHONE, Visit, needs_chromium
from tests.triage.service import Service

pytestmark = needs_chromium

BROMLEY = "/triage/catalogues/bromley/2022-10-01"
PAGES = [
    "/triage/catalogues",
    BROMLEY,
    "/triage/catalogues/barnet/2013-04-19",
    f"{BROMLEY}/childrens_mash",
    f"{BROMLEY}/restorative_justice",
    f"{BROMLEY}/drive",
    "/triage/check",
]


@pytest.fixture
async def signed_in(context: BrowserContext, triage_service: Service) -> None:
    """A practitioner's browser."""
    await context.add_cookies(
        [{"name": COOKIE, "value": triage_service.token("practitioner"), "url": triage_service.url}]
    )


def worries(page: Page) -> Locator:
    """The list of concerns."""
    return page.get_by_role("group", name="What are you worried about?")


async def fill_in(page: Page) -> None:
    """What a nurse at a hospital may know."""
    await page.get_by_label("Bromley").first.check()
    await page.get_by_label("Victim or survivor").check()
    await page.get_by_label("Which team do you refer from?").select_option(label="Hospital")
    await worries(page).get_by_label("Domestic abuse").check()
    await page.get_by_label("How old is the person?").fill("34")
    await page.get_by_label("DASH score").fill("12")
    await page.get_by_label("Yes, consent is given").check()


async def submit(page: Page) -> None:
    """Send the form, and wait for the answer."""
    async with page.expect_navigation():
        await page.get_by_role("button", name="Try these facts").click()


@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize("screen", [NARROWEST, PHONE])
@pytest.mark.parametrize("path", PAGES)
async def test_a_page_can_be_read_by_everybody(
    triage_service: Service, visit: Visit, path: str, screen: dict[str, int]
) -> None:
    """Labels, legends, headings, contrast, targets, and no scrolling sideways."""
    await visit.page.set_viewport_size({"width": screen["width"], "height": screen["height"]})
    await visit.page.goto(triage_service.url + path)
    await visit.page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    assert await faults_of(visit.page) == {}
    assert visit.faults == []
    assert all(request.url.startswith(triage_service.url) for request in visit.asked)


@pytest.mark.usefixtures("signed_in")
async def test_facts_are_tried_and_stand_in_no_address(
    triage_service: Service, visit: Visit
) -> None:
    """From the form to the routes; the address is the form's alone."""
    await visit.page.goto(f"{triage_service.url}/triage/check")
    await fill_in(visit.page)
    await submit(visit.page)
    assert await visit.page.get_by_role("heading", name="What would happen").count() == 1
    asked = visit.page.get_by_role("article")
    assert await asked.get_by_text("IDVA at the Princess Royal University Hospital").count() == 1
    await visit.page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    assert await faults_of(visit.page) == {}
    urls = {request.url for request in visit.asked}
    assert {url for url in urls if "/static/" not in url} == {f"{triage_service.url}/triage/check"}
    assert visit.faults == []


@pytest.mark.usefixtures("signed_in")
async def test_a_missing_fact_is_found_from_the_answer(
    triage_service: Service, visit: Visit
) -> None:
    """Its link leads to the question; answered there, it is tried with the rest."""
    await visit.page.goto(f"{triage_service.url}/triage/check")
    await fill_in(visit.page)
    await submit(visit.page)
    await visit.page.get_by_role("link", name="How many children under 18").click()
    children = visit.page.get_by_label("How many children under 18 are in the family?")
    assert await children.is_visible()
    await children.fill("2")
    await submit(visit.page)
    asked = visit.page.get_by_role("article")
    assert await asked.get_by_text("Children's multi-agency safeguarding hub").count() == 1


@pytest.mark.usefixtures("signed_in")
async def test_a_mistake_is_met_at_the_top(triage_service: Service, visit: Visit) -> None:
    """The list of problems has the focus; its links lead to the inputs; what was right stays."""
    await visit.page.goto(f"{triage_service.url}/triage/check")
    await fill_in(visit.page)
    await visit.page.get_by_label("How old is the person?").fill("thirty-four")
    await submit(visit.page)
    assert (await visit.page.title()).startswith("Error: ")
    focused = visit.page.locator(":focus")
    assert await focused.get_attribute("role") == "alert"
    await visit.page.get_by_role("alert").get_by_role("link").click()
    assert await visit.page.locator(":focus").get_attribute("name") == "age"
    assert await visit.page.get_by_label("DASH score").input_value() == "12"
    assert await worries(visit.page).get_by_label("Domestic abuse").is_checked()
    assert await faults_of(visit.page) == {}


@pytest.mark.usefixtures("signed_in")
async def test_the_keyboard_alone_is_enough(triage_service: Service, visit: Visit) -> None:
    """Tab goes down the page in order, shows where it is, and reaches the button."""
    await visit.page.goto(f"{triage_service.url}/triage/check")
    heights = []
    for _ in range(120):
        await visit.page.keyboard.press("Tab")
        focused = visit.page.locator(":focus")
        box = await focused.bounding_box()
        assert box is not None
        heights.append(box["y"] + await visit.page.evaluate("window.scrollY"))
        outline = await focused.evaluate("e => getComputedStyle(e).outlineStyle")
        assert outline != "none"
        if await focused.evaluate("e => e.tagName") == "BUTTON":
            break
    else:
        pytest.fail("the button is not reached by Tab")
    # Side by side stands in one line, within a line's height.
    assert all(later > earlier - 24 for earlier, later in pairwise(heights))


@pytest.mark.usefixtures("signed_in")
async def test_it_works_without_scripts(
    context: BrowserContext, triage_service: Service, visit: Visit
) -> None:
    """A browser that runs none has the same form and the same answer."""
    browser = context.browser
    assert browser is not None
    plain = await browser.new_context(viewport=PHONE, java_script_enabled=False)
    await plain.add_cookies(
        [{"name": COOKIE, "value": triage_service.token("sender"), "url": triage_service.url}]
    )
    page = await plain.new_page()
    await page.goto(f"{triage_service.url}/triage/check")
    await fill_in(page)
    await submit(page)
    assert await page.get_by_role("heading", name="Who would be asked").count() == 1
