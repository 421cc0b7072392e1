"""A case in a real browser: on a telephone in a corridor, what is safe first."""

from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import BrowserContext

from shared.sign_in import COOKIE
from tests.browser.accessible import faults_of
from tests.browser.visits import NARROWEST, PHONE, Visit, needs_chromium
from tests.intake.ground import Serving
from tests.intake.service import Service
from tests.intake.two_sides import HOLDER, PERSON, held, referral_of

pytestmark = needs_chromium

LONG_NAME = {**PERSON, "given_name": "A" * 60}
UNSAFE = {name: value for name, value in PERSON.items() if name != "safe_contact"}
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "victim": ("victim", {}),
    "perpetrator": ("perpetrator", {}),
    "no safe way": ("victim", {"person": UNSAFE}),
    "a long word": (
        "victim",
        {"narrative": "w" * 400, "person": LONG_NAME},
    ),
}


async def sent(served: Serving, case: str) -> UUID:
    """One of the cases, held by HOLDER, under a reference of its own."""
    role, changes = CASES[case]
    return await held(served, referral_of(role) | changes)


@pytest.fixture
async def signed_in(context: BrowserContext, intake_service: Service) -> None:
    """The browser of the practitioner who holds the cases."""
    token = intake_service.token(HOLDER, "practitioner")
    await context.add_cookies([{"name": COOKIE, "value": token, "url": intake_service.url}])


@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize("screen", [NARROWEST, PHONE])
@pytest.mark.parametrize("case", list(CASES))
async def test_a_case_can_be_read_by_everybody(
    served: Serving, intake_service: Service, visit: Visit, case: str, screen: dict[str, int]
) -> None:
    """Headings, contrast, targets, and no scrolling sideways; nothing is loaded from elsewhere."""
    referral = await sent(served, case)
    await visit.page.set_viewport_size({"width": screen["width"], "height": screen["height"]})
    await visit.page.goto(f"{intake_service.url}/intake/cases/{referral}")
    assert await faults_of(visit.page) == {}
    assert visit.faults == []
    assert all(request.url.startswith(intake_service.url) for request in visit.asked)


@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize(
    ("case", "first"),
    [
        ("victim", "Text"),
        ("no safe way", "No safe way is recorded: do not call, text or write."),
    ],
)
async def test_what_is_safe_is_seen_without_scrolling(
    served: Serving, intake_service: Service, visit: Visit, case: str, first: str
) -> None:
    """On a telephone's first screen stands by which way she may be reached, or that none is."""
    referral = await sent(served, case)
    await visit.page.goto(f"{intake_service.url}/intake/cases/{referral}")
    box = await visit.page.get_by_text(first, exact=True).first.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < PHONE["height"]


@pytest.mark.usefixtures("signed_in")
async def test_no_number_can_be_called_by_mistake(
    served: Serving, intake_service: Service, visit: Visit
) -> None:
    """No number is a link: whoever calls has read first when, and what is not safe."""
    referral = await sent(served, "victim")
    await visit.page.goto(f"{intake_service.url}/intake/cases/{referral}")
    hrefs = await visit.page.eval_on_selector_all("a", "all => all.map(a => a.href)")
    assert hrefs
    assert all(href.startswith(intake_service.url) for href in hrefs)


async def test_whose_it_is_not_reads_that_there_is_none(
    served: Serving, intake_service: Service, context: BrowserContext, visit: Visit
) -> None:
    """Another practitioner's browser is told so in words, by nobody's name."""
    token = intake_service.token("p-other1", "practitioner")
    await context.add_cookies([{"name": COOKIE, "value": token, "url": intake_service.url}])
    referral = await sent(served, "victim")
    await visit.page.goto(f"{intake_service.url}/intake/cases/{referral}")
    assert await visit.page.get_by_role("heading").inner_text() == "There is no such case for you."
    assert "Amara" not in await visit.page.content()
    assert await faults_of(visit.page) == {}
