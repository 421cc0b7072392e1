"""The preview of messages: what it shows, of whose words, and to whom. No server runs here."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from deploy import tokens
from deploy.keys import Keys, make
from services.notify import gsm
from services.notify.messages import PURPOSES
from services.notify.pages import TEMPLATES
from services.notify.preview import TITLES, preview, preview_router
from services.notify.telling import telling_words
from services.notify.wording_files import FILES, FileWording, load_wording
from shared import problems
from shared.pages import Pages
from shared.sign_in import COOKIE, Doorkeeper, Role
from tests.notify.ground import PUBLIC_URL


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """What signs people in."""
    return make(tmp_path_factory.mktemp("keys"), ())


@asynccontextmanager
async def browser(
    keys: Keys, wording: FileWording, role: Role
) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody with this role, before the page alone."""
    app = FastAPI()
    problems.install(app)
    pages = Pages("notify", TEMPLATES, PUBLIC_URL)
    pages.install(app)
    doorkeeper = Doorkeeper.from_file(keys.token_keys_file)
    app.include_router(preview_router(pages, doorkeeper, wording, PUBLIC_URL))
    token = tokens.mint(keys.token_signing_file, "p-k4wz7m", (role,))
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app),
        base_url=PUBLIC_URL,
        cookies={COOKIE: token},
        headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"},
    ) as client:
        yield client


@pytest.fixture
def own(tmp_path: Path) -> FileWording:
    """A partnership with its own words for one text."""
    (tmp_path / "withdrawn.sms.txt").write_text("Our own words & no more. {{ link }}\n")
    return load_wording(PUBLIC_URL, tmp_path)


async def test_every_message_is_shown(keys: Keys, own: FileWording) -> None:
    """Each file's, with what a text takes; and whose the words are."""
    async with browser(keys, own, "coordinator") as client:
        page = (await client.get("/notify/messages")).text
    assert all(f'data-file="{name}"' in page for name in FILES)
    assert all(title in page.replace("&#39;", "'") for title, _ in TITLES.values())
    assert page.count(" characters, one text.") == page.count('<span class="tag">Text</span>') + 4
    assert page.count("Your own words") == 1
    assert "Our own words &amp; no more." in page


async def test_the_preview_is_for_coordinators(keys: Keys, own: FileWording) -> None:
    """As the inbox is."""
    async with browser(keys, own, "practitioner") as client:
        answer = await client.get("/notify/messages")
    assert answer.status_code == 403


def test_the_previews_are_of_what_is_sent(own: FileWording) -> None:
    """Each purpose by each of its channels, the same words as are sent, and counted."""
    shown = list(preview(own, PUBLIC_URL))
    assert [(each.purpose, each.channel) for each in shown] == list(FILES.values())
    assert {each.purpose for each in shown} == set(PURPOSES) == set(TITLES)
    assert [each.file.name for each in shown if each.own] == ["withdrawn.sms.txt"]
    for each in shown:
        for sample in each.samples:
            assert telling_words(f"{sample.subject} {sample.when}") == ()
            text = gsm.length(sample.body) if each.channel == "sms" else None
            assert sample.length == text


def test_one_purpose_or_one_channel_can_be_asked_for(own: FileWording) -> None:
    """Who changes one file looks at that one."""
    assert [each.channel for each in preview(own, PUBLIC_URL, ("offered",))] == ["email", "sms"]
    assert {each.channel for each in preview(own, PUBLIC_URL, channel="sms")} == {"sms"}
    assert list(preview(own, PUBLIC_URL, ("digest",), "sms")) == []
