"""Two records beside each other in a real browser: at a desk, and on a telephone."""

import pytest
from playwright.async_api import BrowserContext

from shared.sign_in import COOKIE
from tests.browser.accessible import faults_of
from tests.browser.visits import NARROWEST, PHONE, Visit, needs_chromium
from tests.intake.ground import Serving
from tests.intake.people import Desk, person
from tests.intake.service import Service

pytestmark = needs_chromium

DESK = {"width": 1280, "height": 900}


@pytest.fixture
async def signed_in(context: BrowserContext, intake_service: Service) -> None:
    """A coordinator's browser."""
    token = intake_service.token("c-1", "coordinator")
    await context.add_cookies([{"name": COOKIE, "value": token, "url": intake_service.url}])


async def asked(served: Serving, family: str, born: str) -> str:
    """A review whose records know much, one of them under a very long name."""
    known = {"postcode": "BR5 1YA", "phone": "07700 900301", "email": f"{family}@example.org"}
    desk = Desk(served)
    names = ["Jay " + "J" * 60]
    await desk.refer(person("Jadenta", family, born, also_known_as=names, **known))
    told = await desk.refer(person("Kadenta", family, born, **known))
    return str(told.doubts[0]["review_id"])


@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize("screen", [NARROWEST, PHONE, DESK], ids=["narrowest", "phone", "desk"])
async def test_two_records_can_be_compared_by_everybody(
    served: Serving, intake_service: Service, visit: Visit, screen: dict[str, int]
) -> None:
    """Headings, contrast, targets, no scrolling sideways, nothing from elsewhere; answered by
    keyboard alone."""
    review = await asked(
        served, f"Yelverton{screen['width']}", f"2009-08-{screen['width'] % 28 + 1:02}"
    )
    await visit.page.set_viewport_size({"width": screen["width"], "height": screen["height"]})
    await visit.page.goto(f"{intake_service.url}/intake/reviews")
    listed = await faults_of(visit.page)
    await visit.page.goto(f"{intake_service.url}/intake/reviews/{review}")
    shown = await faults_of(visit.page)
    await visit.page.get_by_role("button", name="Two people").focus()
    await visit.page.keyboard.press("Enter")
    await visit.page.wait_for_url("**/intake/reviews")
    assert (listed, shown) == ({}, {})
    assert visit.faults == []
    assert all(request.url.startswith(intake_service.url) for request in visit.asked)


@pytest.mark.usefixtures("signed_in")
async def test_answered_and_undone(served: Serving, intake_service: Service, visit: Visit) -> None:
    """One person by one press; two again by another."""
    review = await asked(served, "Zouchean", "2001-02-03")
    await visit.page.goto(f"{intake_service.url}/intake/reviews/{review}")
    await visit.page.get_by_role("button", name="One person").click()
    await visit.page.get_by_role("button", name="They are two people after all").click()
    await visit.page.get_by_text("Nobody is asked again.").wait_for()
    assert visit.faults == []
