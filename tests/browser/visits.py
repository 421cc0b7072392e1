"""A real browser at a telephone's width, and a page that is watched.

Needs Chromium: its path in CHROMIUM, or /usr/bin/chromium.
"""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, Request, ViewportSize, async_playwright

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
PHONE = ViewportSize(width=390, height=844)
NARROWEST = ViewportSize(width=320, height=640)
"""Also a desk's 1280 pixels at four times their size."""

needs_chromium = pytest.mark.skipif(
    not CHROMIUM.exists(),
    reason=f"NO BROWSER: no Chromium at {CHROMIUM}; the pages were NOT tested. Set CHROMIUM.",
)


@dataclass
class Visit:
    """A page in a browser, with what went wrong in it and where it asked for anything."""

    page: Page
    faults: list[str] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)


@pytest.fixture
async def context() -> AsyncIterator[BrowserContext]:
    """A browser that knows nobody, on a telephone."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield await browser.new_context(viewport=PHONE)
        await browser.close()


@pytest.fixture
async def visit(context: BrowserContext) -> Visit:
    """A page that is watched."""
    made = Visit(await context.new_page())
    made.page.set_default_timeout(20_000)
    made.page.on("pageerror", lambda error: made.faults.append(str(error)))
    made.page.on(
        "console",
        lambda said: made.faults.append(said.text) if said.type == "error" else None,
    )
    made.page.on("request", lambda request: made.asked.append(request))
    return made
