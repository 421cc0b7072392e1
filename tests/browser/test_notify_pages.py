"""Signing in and reading the inbox, with a real browser at a telephone's and a desk's width."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from tests.browser.visits import PHONE, Visit, needs_chromium
from tests.notify.ground import Notify, heard, offer
from tests.notify.service import Service

pytestmark = needs_chromium

SIGN_IN = "/notify/sign-in?next=/notify/inbox"


async def test_a_sign_in_link_opens_the_inbox(
    service: Service, emptied: Notify, visit: Visit
) -> None:
    """The code in the fragment signs in, is sent in no address, and is gone from the history."""
    token = service.token("coordinator")
    soon = emptied.clock() + timedelta(hours=2)
    await emptied.hear(heard(offer(urgent=True, acknowledge_by=soon)))
    await service.letters(2)
    await visit.page.goto(f"{service.url}{SIGN_IN}#{token}")
    await visit.page.wait_for_url("**/notify/inbox")
    assert await visit.page.get_by_role("article").count() == 2
    assert not any(token in request.url for request in visit.asked)
    await visit.page.go_back()
    assert token not in visit.page.url
    assert all(request.url.startswith(service.url) for request in visit.asked)
    assert visit.faults == []


async def test_a_sign_in_link_works_on_the_sign_in_page(service: Service, visit: Visit) -> None:
    """Somebody who stands before the form pastes the link into the address instead."""
    await visit.page.goto(f"{service.url}{SIGN_IN}")
    await visit.page.goto(f"{service.url}{SIGN_IN}#{service.token('coordinator')}")
    await visit.page.get_by_role("heading", name="Messages sent").wait_for()


async def test_a_pasted_code_signs_in(service: Service, emptied: Notify, visit: Visit) -> None:
    """By the label that people see, and on to where they wanted to go."""
    await visit.page.goto(f"{service.url}/notify/inbox")
    await visit.page.get_by_label("Your sign-in code").fill(service.token("coordinator"))
    await visit.page.get_by_role("button", name="Sign in").click()
    await visit.page.get_by_role("heading", name="Messages sent").wait_for()
    assert await visit.page.get_by_text("Nothing has been sent yet.").count() == 1


async def test_a_wrong_code_can_be_tried_again(service: Service, visit: Visit) -> None:
    """The page says what happened, and the form is there again."""
    await visit.page.goto(f"{service.url}{SIGN_IN}#wrong")
    await visit.page.get_by_role("alert").wait_for()
    await visit.page.get_by_label("Your sign-in code").fill(service.token("coordinator"))
    await visit.page.get_by_role("button", name="Sign in").click()
    await visit.page.get_by_role("heading", name="Messages sent").wait_for()


async def test_whoever_may_not_look_is_told_so(service: Service, visit: Visit) -> None:
    """A practitioner reads a sentence, not a code."""
    await visit.page.goto(f"{service.url}{SIGN_IN}#{service.token('practitioner')}")
    await visit.page.get_by_role("heading", name="This is for a coordinator.").wait_for()


async def test_a_link_in_webmail_finds_whoever_is_signed_in(
    service: Service, emptied: Notify, visit: Visit
) -> None:
    """From a strange page the browser first holds the cookie back; nobody has to sign in twice."""
    await visit.page.goto(f"{service.url}{SIGN_IN}#{service.token('coordinator')}")
    await visit.page.wait_for_url("**/notify/inbox")
    async with _webmail(f"{service.url}/notify/inbox") as webmail:
        await visit.page.goto(webmail)
        visit.asked.clear()
        await visit.page.get_by_role("link").click()
        await visit.page.get_by_role("heading", name="Messages sent").wait_for()
    pages = [r.url for r in visit.asked if r.is_navigation_request()]
    assert pages == [f"{service.url}/notify/inbox"] * 2


@pytest.mark.parametrize("path", ["/notify/sign-in", "/notify/inbox"])
async def test_nothing_runs_off_a_narrow_screen(
    service: Service, emptied: Notify, visit: Visit, path: str
) -> None:
    """No line, address or link makes a telephone scroll sideways."""
    await emptied.hear(heard(offer(urgent=True)))
    await service.letters(2)
    await visit.page.goto(f"{service.url}{SIGN_IN}#{service.token('coordinator')}")
    await visit.page.wait_for_url("**/notify/inbox")
    await visit.page.goto(service.url + path)
    width = await visit.page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]


@asynccontextmanager
async def _webmail(link: str) -> AsyncIterator[str]:
    """A page of another site with a link: `localhost` is another site than 127.0.0.1."""
    page = f'<!DOCTYPE html><title>Mail</title><a href="{link}">Sign in to see it</a>'.encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(page)}\r\n"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head.encode() + b"Connection: close\r\n\r\n" + page)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://localhost:{server.sockets[0].getsockname()[1]}/"
