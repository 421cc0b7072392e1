"""The preview of messages, with a real browser at a telephone's and a desk's width."""

import pytest

from services.notify.wording_files import FILES
from tests.browser.accessible import faults_of
from tests.browser.visits import NARROWEST, Visit, needs_chromium
from tests.notify.service import Service

pytestmark = needs_chromium


@pytest.mark.parametrize("width", [NARROWEST["width"], 360, 1280])
async def test_every_message_can_be_read(service: Service, visit: Visit, width: int) -> None:
    """Nothing that a machine can see keeps anybody from it, at any width; no link leads out."""
    await visit.page.set_viewport_size({"width": width, "height": 900})
    await visit.page.goto(
        f"{service.url}/notify/sign-in?next=/notify/messages#{service.token('coordinator')}"
    )
    await visit.page.get_by_role("heading", name="Messages as people read them").wait_for()
    assert await visit.page.get_by_role("article").count() == len(FILES)
    assert await faults_of(visit.page) == {}
    assert visit.faults == []
    assert await visit.page.locator("main a:not([href^='#'])").count() == 0
