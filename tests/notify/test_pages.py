"""Signing in, and who may look into the inbox."""

import re
from datetime import timedelta

import pytest

from shared.pages import own_path
from shared.sign_in import Role
from tests.notify.ground import Notify, heard, late_action, offer
from tests.notify.service import Service

EVIL = ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "", "/"]


async def test_a_stranger_is_led_to_the_sign_in(service: Service) -> None:
    """And back to where he wanted to go."""
    async with service.browser() as browser:
        answer = await browser.get("/notify/inbox?assignment=6b1f6d1e-58d2-4d0c-9a3e-5f8c1d2e3f40")
    assert answer.status_code == 303
    assert answer.headers["location"] == (
        "/notify/sign-in?next=/notify/inbox%3Fassignment%3D6b1f6d1e-58d2-4d0c-9a3e-5f8c1d2e3f40"
    )


async def test_a_program_is_told_in_its_own_way(service: Service) -> None:
    """The API answers a stranger with a problem, never with a page."""
    async with service.browser() as browser:
        answer = await browser.get("/notify/api/inbox")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/notify/inbox", "/notify/api/inbox"])
async def test_the_inbox_is_for_coordinators(service: Service, path: str) -> None:
    """It holds the practitioners' addresses."""
    async with service.browser(token=service.token("practitioner")) as browser:
        answer = await browser.get(path)
    assert answer.status_code == 403
    assert "This is for a coordinator." in answer.text


async def test_signing_in_sets_a_cookie_that_no_script_reads(service: Service) -> None:
    """For every service, and sent from our own pages alone."""
    async with service.browser() as browser:
        answer = await browser.post(
            "/notify/sign-in",
            data={"token": service.token("coordinator"), "next": "/triage/assignments/x"},
        )
    assert answer.status_code == 303
    assert answer.headers["location"] == "/triage/assignments/x"
    attributes = answer.headers["set-cookie"].split("; ")[1:]
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=strict"]


async def test_a_code_with_line_breaks_is_taken(service: Service) -> None:
    """Codes are copied from emails, which break lines."""
    token = service.token("coordinator")
    async with service.browser() as browser:
        answer = await browser.post(
            "/notify/sign-in", data={"token": f" {token[:40]}\n{token[40:]} "}
        )
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("roles", "page"),
    [
        (("practitioner",), "/triage/assignments"),
        (("coordinator",), "/triage/desk"),
        (("practitioner", "coordinator"), "/triage/desk"),
        (("auditor",), "/audit/search"),
        (("sender",), "/triage/catalogues"),
    ],
)
async def test_signing_in_leads_to_ones_work(
    service: Service, roles: tuple[Role, ...], page: str
) -> None:
    """Whoever came from nowhere in particular is led to a page that is for them."""
    async with service.browser() as browser:
        answer = await browser.post("/notify/sign-in", data={"token": service.token(*roles)})
    assert answer.headers["location"] == page


async def test_a_wrong_code_is_refused_in_words(service: Service) -> None:
    """Nothing of the code is repeated, and no cookie is set."""
    wrong = service.token("coordinator")[:-8] + "AAAAAAAA"
    async with service.browser() as browser:
        answer = await browser.post("/notify/sign-in", data={"token": wrong})
    assert answer.status_code == 401
    assert "That code did not work" in answer.text
    assert wrong not in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "said",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {},
    ],
)
async def test_a_form_on_a_strange_page_signs_nobody_in(
    service: Service, said: dict[str, str]
) -> None:
    """Not even with a code that is good: he would be at work under another's name."""
    async with service.browser() as browser:
        del browser.headers["Sec-Fetch-Site"]
        answer = await browser.post(
            "/notify/sign-in", data={"token": service.token("coordinator")}, headers=said
        )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_our_own_page_is_known_by_its_origin(service: Service) -> None:
    """Over plain http to another machine browsers send Origin alone."""
    async with service.browser() as browser:
        del browser.headers["Sec-Fetch-Site"]
        answer = await browser.post(
            "/notify/sign-in",
            data={"token": service.token("coordinator")},
            headers={"Origin": service.url},
        )
    assert answer.status_code == 303


@pytest.mark.parametrize("evil", EVIL)
async def test_nobody_is_sent_elsewhere_after_signing_in(service: Service, evil: str) -> None:
    """`next` leads to our own pages or nowhere."""
    async with service.browser() as browser:
        answer = await browser.post(
            "/notify/sign-in", data={"token": service.token("coordinator"), "next": evil}
        )
    assert answer.headers["location"] == "/triage/desk"


@pytest.mark.parametrize("evil", EVIL)
def test_a_path_of_others_is_none_of_ours(evil: str) -> None:
    """Schemes, hosts, backslashes and emptiness are refused."""
    assert own_path(evil, "/ours") == "/ours"


async def test_an_enormous_form_is_refused(service: Service) -> None:
    """Nobody fills the memory with a sign-in."""
    async with service.browser() as browser:
        answer = await browser.post("/notify/sign-in", data={"token": "x" * 100_000})
    assert answer.status_code == 413


@pytest.mark.parametrize("path", ["/notify/inbox", "/notify/sign-in"])
async def test_no_page_is_kept_and_none_loads_from_elsewhere(service: Service, path: str) -> None:
    """Cached nowhere, framed nowhere, with nothing inline and nothing foreign."""
    async with service.browser(token=service.token("coordinator")) as browser:
        answer = await browser.get(path)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert not re.search(r"<(script|style)>|\son\w+=|style=", answer.text)
    assert not re.search(r'(src|href|action)="(https?:)?//(?!127\.0\.0\.1)', answer.text)


async def test_the_inbox_shows_the_newest_first(service: Service, emptied: Notify) -> None:
    """Twenty a page, and the older ones behind a link."""
    for minute in range(11):
        await emptied.hear(heard(offer(urgent=True)))
        await service.letters(2 * minute + 2)
    letters = await service.letters(22)
    async with service.browser(token=service.token("coordinator")) as browser:
        first = (await browser.get("/notify/inbox")).text
        [older] = re.findall(r'rel="next" href="([^"]+)"', first)
        second = (await browser.get(older)).text
    shown = re.findall(r'data-message="([^"]+)"', first + second)
    assert shown == [letter["message_id"] for letter in letters]
    assert 'rel="next"' not in second


async def test_the_inbox_of_one_assignment(service: Service, emptied: Notify) -> None:
    """Its email and its text, and no other's; for programs too."""
    one, other = offer(urgent=True), offer(urgent=True)
    await emptied.hear(heard(one), heard(other))
    await service.letters(4)
    where = f"inbox?assignment={one.assignment_id}"
    async with service.browser(token=service.token("coordinator")) as browser:
        page = (await browser.get(f"/notify/{where}")).text
        told = (await browser.get(f"/notify/api/{where}")).json()
    assert page.count("/notify/l/") == 4  # each as link and as words
    assert str(other.assignment_id) not in page
    assert {letter["channel"] for letter in told} == {"email", "sms"}
    assert {letter["assignment_id"] for letter in told} == {str(one.assignment_id)}


async def test_a_reminder_about_a_panels_action_is_shown(service: Service, emptied: Notify) -> None:
    """It is about no assignment, and leads to its case."""
    late = late_action()
    await emptied.hear(heard(late))
    letters = await service.letters(2)
    async with service.browser(token=service.token("coordinator")) as browser:
        page = (await browser.get("/notify/inbox")).text
    assert {(each["purpose"], each["action_id"]) for each in letters} == {
        ("action_overdue", str(late.action_id))
    }
    assert f"/triage/panels/cases/{late.case_id}" in page
    assert "assignment=None" not in page


async def test_what_a_letter_holds_is_shown_and_not_obeyed(
    service: Service, emptied: Notify
) -> None:
    """An address with a tag in it is an address with a tag in it."""
    await emptied.hear(
        heard(offer(urgent=True, acknowledge_by=emptied.clock() + timedelta(hours=1)))
    )
    await service.letters(2)
    owner = await service.database.connect("fingerpost_owner")
    await owner.execute("UPDATE notify.local_inbox SET recipient = '<script>1</script>'")
    await owner.close()
    async with service.browser(token=service.token("coordinator")) as browser:
        page = (await browser.get("/notify/inbox")).text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
