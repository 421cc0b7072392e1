"""A case as it is read on a telephone: what is safe first, and nothing that a browser keeps."""

from typing import Any, get_args

import pytest

from services.intake.language_names import NAMES
from services.intake.languages import Language
from tests.intake.ground import Serving, document
from tests.intake.two_sides import PERSON, ask, held, page, referral_of


async def test_what_is_safe_comes_first(served: Serving) -> None:
    """The safe way with its number stands before all others; what is not marked is not safe."""
    referral = await held(served, referral_of("victim"))
    reaching = (await ask(served, referral, "practitioner")).json()["reaching"]
    assert reaching["in_words"] == "Safe: text. Not safe: call, voicemail, email, letter."
    assert reaching["ways"][0] == {"way": "text", "safe": True, "to": "07700 900101"}
    assert all(way == {"way": way["way"], "safe": False} for way in reaching["ways"][1:])
    assert (reaching["when"], reaching["note"]) == ("weekdays", "not on\nTuesdays")
    shown = (await page(served, referral, "practitioner")).text
    assert shown.index("weekdays") < shown.index("07700 900101") < shown.index("1991")
    assert "Do not call, leave a voicemail, email or write a letter." in shown


@pytest.mark.parametrize("safe", [None, {}, {"call": False, "text": False}, {"when": "evenings"}])
async def test_no_safe_way(served: Serving, safe: dict[str, Any] | None) -> None:
    """What is absent is not safe, and the first thing on the page says so."""
    person = {**PERSON, "safe_contact": safe}
    if safe is None:
        del person["safe_contact"]
    referral = await held(served, referral_of("victim") | {"person": person})
    case = (await ask(served, referral, "practitioner")).json()
    words = "No safe way is recorded: do not call, text or write."
    assert case["reaching"]["in_words"] == words
    assert not any(way["safe"] or "to" in way for way in case["reaching"]["ways"])
    shown = (await page(served, referral, "practitioner")).text
    assert shown.index(words) < shown.index("07700 900101")
    assert "Not known to be safe. Do not use them." in shown


async def test_hardly_anything_is_known(served: Serving) -> None:
    """A referral that names nobody has a page that says so."""
    sent = document()
    for field in ("person", "other_party", "narrative", "children"):
        sent.pop(field, None)
    referral = await held(served, sent)
    case = (await ask(served, referral, "practitioner")).json()
    shown = (await page(served, referral, "practitioner")).text
    assert case["person"] == {"also_known_as": []}
    assert "other_party" not in case
    assert "Name not known" in shown
    assert "do not call, text or write" in shown


async def test_no_browser_keeps_it(served: Serving) -> None:
    """Neither answer is kept; no name stands in the title or in any address."""
    referral = await held(served, referral_of("victim"))
    answers = [
        await ask(served, referral, "practitioner"),
        await page(served, referral, "practitioner"),
    ]
    assert [answer.headers["cache-control"] for answer in answers] == ["no-store"] * 2
    title = answers[1].text.split("<title>")[1].split("</title>")[0]
    assert title == "Who it is – Fingerpost"
    assert "tel:" not in answers[1].text


async def test_the_page_escapes_what_was_written(served: Serving) -> None:
    """A narrative is text, whatever it looks like."""
    sent = referral_of("victim") | {"narrative": "<script>alert(1)</script>"}
    shown = (await page(served, await held(served, sent), "practitioner")).text
    assert "<script>alert" not in shown
    assert "&lt;script&gt;" in shown


def test_every_language_has_a_name() -> None:
    """No page shows two letters where a practitioner looks for an interpreter."""
    assert list(NAMES) == list(get_args(Language))
