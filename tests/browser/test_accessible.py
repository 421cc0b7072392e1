"""The checks of a page find what they are there for."""

import pytest
from playwright.async_api import BrowserContext

from tests.browser.accessible import faults_of
from tests.browser.visits import needs_chromium

pytestmark = needs_chromium

SOUND = (
    '<!DOCTYPE html><html lang="en-GB"><meta name=viewport content="width=device-width">'
    "<title>Sound</title><style>label { display: block } * { min-height: 2rem; min-width: 2rem }"
    "button { min-height: 0 }</style><h1>One</h1><h2>Two</h2>"
    '<form><label for=a>Age</label><p id=h>A hint</p><input id=a name=age aria-describedby="h">'
    "<fieldset><legend>Which?</legend><label><input type=checkbox> This</label></fieldset>"
    '<a href="#a">Age</a><button style="height:2rem">Send it</button></form>'
)


@pytest.mark.parametrize(
    ("sound", "broken", "fault"),
    [
        ("<label for=a>", "<label>", "without a label"),
        ("<legend>Which?</legend>", "", "groups without a legend"),
        ("<p id=h>", "<p id=h><b id=h></b>", "ids that stand twice"),
        ('href="#a"', 'href="#b"', "links to nowhere"),
        ('describedby="h"', 'describedby="i"', "descriptions that are not there"),
        ("<h2>Two</h2>", "<h3>Three</h3>", "headings out of order"),
        ("<h2>Two</h2>", "<h1>Another one</h1>", "headings out of order"),
        ("height:2rem", "height:12px", "too small to hit"),
        ("<p id=h>", '<p id=h style="color:#999">', "too faint to read"),
        ("<p id=h>", '<p id=h style="width:500px">', "wider than the screen"),
        ("en-GB", "de", "language"),
    ],
)
async def test_a_fault_is_found(
    context: BrowserContext, sound: str, broken: str, fault: str
) -> None:
    """And a page without it has none."""
    page = await context.new_page()
    await page.set_content(SOUND)
    assert await faults_of(page) == {}
    await page.set_content(SOUND.replace(sound, broken))
    assert fault in await faults_of(page)
