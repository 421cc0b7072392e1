"""Opening the link of a message, as a browser does."""

from datetime import timedelta

import httpx2
import pytest

from deploy import tokens
from services.notify.links_pages import MOST_MISSES
from shared.sign_in import Role
from tests.notify.ground import Notify, offer
from tests.notify.service import Service
from tests.notify.ways import link_of

ADA, BEN = "p-k4wz7m", "p-nophone"


async def opened(
    service: Service, path: str, who: str, role: Role = "practitioner"
) -> httpx2.Response:
    """What somebody is answered who opens it, signed in."""
    token = tokens.mint(service.keys.token_signing_file, who, (role,))
    async with service.browser(token=token) as browser:
        return await browser.get(path)


async def test_a_link_leads_to_its_assignment(service: Service, emptied: Notify) -> None:
    """Whom it was made for; triage shows the rest."""
    asked = offer()
    answer = await opened(service, await link_of(emptied, asked), ADA)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/triage/assignments/{asked.assignment_id}"
    assert answer.headers["cache-control"] == "no-store"


async def test_a_link_asks_for_signing_in_first(service: Service, emptied: Notify) -> None:
    """Then it comes back to itself; a stranger's look uses nothing up."""
    link = await link_of(emptied, offer())
    async with service.browser() as browser:
        stranger = await browser.get(link)
    assert stranger.status_code == 303
    assert stranger.headers["location"] == f"/notify/sign-in?next={link}"
    assert (await opened(service, link, ADA)).status_code == 303


async def test_a_link_that_was_opened_leads_to_ones_work(service: Service, emptied: Notify) -> None:
    """It says so, and names no assignment any more."""
    asked = offer()
    link = await link_of(emptied, asked)
    await opened(service, link, ADA)
    again = await opened(service, link, ADA)
    assert again.status_code == 410
    assert "You have opened this link before" in again.text
    assert 'href="/triage/assignments"' in again.text
    assert str(asked.assignment_id) not in again.text


async def test_whoever_it_is_not_for_reads_the_same(service: Service, emptied: Notify) -> None:
    """A colleague's, one that is over, and none at all: one page, the same to the letter."""
    theirs = await link_of(emptied, offer())
    long_past = offer(acknowledge_by=emptied.clock() - timedelta(days=8))
    over = await link_of(emptied, long_past, days_ago=9)
    answers = [
        await opened(service, theirs, BEN),
        await opened(service, over, ADA),
        await opened(service, "/notify/l/0000000000000", ADA),
        await opened(service, "/notify/l/no-code", BEN),
    ]
    assert {each.status_code for each in answers} == {404}
    assert len({each.text for each in answers}) == 1
    assert "This link is not for you, or no longer works" in answers[0].text
    assert (await opened(service, theirs, ADA)).status_code == 303


@pytest.mark.parametrize("role", ["coordinator", "auditor", "sender"])
async def test_nobody_opens_a_colleagues_link(
    service: Service, emptied: Notify, role: Role
) -> None:
    """A coordinator neither: they have a desk to see it on."""
    answer = await opened(service, await link_of(emptied, offer()), "p-boss", role)
    assert answer.status_code == 404


async def test_a_coordinators_own_link_opens(service: Service, emptied: Notify) -> None:
    """What went up to them is told them like anybody."""
    link = await link_of(emptied, offer(practitioner_id="p-boss"))
    assert (await opened(service, link, "p-boss", "coordinator")).status_code == 303


async def test_who_tries_many_links_is_slowed_down(service: Service, emptied: Notify) -> None:
    """And nobody else is."""
    own = await link_of(emptied, offer(practitioner_id="p-curious"))
    for _ in range(MOST_MISSES):
        assert (await opened(service, "/notify/l/wrong", "p-curious")).status_code == 404
    slowed = await opened(service, own, "p-curious")
    assert slowed.status_code == 429
    assert "for ten minutes" in slowed.text
    assert (await opened(service, "/notify/l/wrong", "p-patient")).status_code == 404


async def test_no_code_stands_in_the_log(service: Service, emptied: Notify) -> None:
    """Whatever becomes of it; nor where the database is not to be had."""
    link = await link_of(emptied, offer())
    for who in (ADA, ADA, BEN):
        await opened(service, link, who)
    owner = await service.database.connect("fingerpost_owner")
    await owner.execute("REVOKE ALL ON notify.link FROM notify")
    try:
        assert (await opened(service, link, ADA)).status_code == 500
    finally:
        await owner.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON notify.link TO notify")
        await owner.close()
    log = service.log.read_text()
    assert "http.failed" in log
    assert link.rpartition("/")[2] not in log
