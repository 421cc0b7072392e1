"""Texts that come in: an offer is accepted by its code from the number that it was sent to."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from services.notify.providers import sms_callbacks
from services.notify.replies_answer import MOST_MISSES, Answers
from services.notify.replies_api import GATEWAY_PATH, GOVUK_PATH, gateway_router, govuk_router
from shared import problems
from shared.events import AssignmentOffered
from tests.notify.ground import PUBLIC_URL, Notify, heard, offer
from tests.notify.ways import way_of

TOKEN, BEARER = "invented-account-token", "invented-callback-token"
ADAS, ANOTHERS = "+447700900111", "+447700900222"


@pytest.fixture
async def providers(notify: Notify) -> AsyncIterator[httpx2.AsyncClient]:
    """Whoever calls us back."""
    app, answers = FastAPI(), Answers(notify.unit)
    problems.install(app)
    app.include_router(gateway_router(answers, PUBLIC_URL, TOKEN))
    app.include_router(govuk_router(answers, BEARER))
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(base_url=PUBLIC_URL, transport=transport) as client:
        yield client


async def by_gateway(
    client: httpx2.AsyncClient, words: str, number: str = ADAS, *, token: str = TOKEN, sid: str = ""
) -> httpx2.Response:
    """A text as the gateway posts it."""
    form = {
        "MessageSid": sid or f"SM{uuid4().hex}",
        "AccountSid": "AC00",
        "From": number,
        "To": "+447700900999",
        "Body": words,
        "NumMedia": "0",
        "FromCity": "",
    }
    signature = sms_callbacks.sign(token, f"{PUBLIC_URL}{GATEWAY_PATH}", list(form.items()))
    headers = {sms_callbacks.SIGNATURE_HEADER: signature}
    return await client.post(GATEWAY_PATH, data=form, headers=headers)


async def by_govuk(
    client: httpx2.AsyncClient, words: str, number: str = ADAS[1:], bearer: str = BEARER
) -> httpx2.Response:
    """A text as GOV.UK Notify posts it."""
    said = {
        "id": str(uuid4()),
        "source_number": number,
        "destination_number": "447700900999",
        "message": words,
        "date_received": "2026-11-24T12:00:00.000000Z",
    }
    headers = {"Authorization": f"Bearer {bearer}"}
    return await client.post(GOVUK_PATH, json=said, headers=headers)


async def sent(notify: Notify, asked: AssignmentOffered | None = None) -> str:
    """The code in a text about an offer that notify has heard of."""
    asked = asked or offer()
    await notify.hear(heard(asked))
    return (await way_of(notify, asked)).code


async def answered(notify: Notify) -> list[dict[str, Any]]:
    """What was told of answers."""
    told = [row for row in await notify.rows("outbox") if row.subject.endswith(".answered")]
    return [json.loads(row.body) for row in told]


async def test_an_offer_is_accepted_by_text(notify: Notify, providers: httpx2.AsyncClient) -> None:
    """Triage is told which offer, and by whom; the gateway is told to say nothing."""
    asked = offer()
    code = await sent(notify, asked)
    answer = await by_gateway(providers, f"YES {code}")
    assert (answer.status_code, answer.text) == (200, "<Response/>")
    [event] = await answered(notify)
    assert event["subject"] == str(asked.referral_id)
    assert event["data"] == {
        "assignment_id": str(asked.assignment_id),
        "offer": 1,
        "practitioner_id": "p-k4wz7m",
        "answer": "accept",
    }


@pytest.mark.parametrize("number", ["447700900111", "07700900111", "+447700900111"])
async def test_govuk_notify_tells_of_texts_too(
    notify: Notify, providers: httpx2.AsyncClient, number: str
) -> None:
    """However it writes the number."""
    code = await sent(notify)
    answer = await by_govuk(providers, f"accept {code.lower()}", number)
    assert (answer.status_code, answer.content) == (200, b"")
    assert len(await answered(notify)) == 1


async def test_a_text_that_comes_twice_accepts_once(
    notify: Notify, providers: httpx2.AsyncClient
) -> None:
    """At the same moment too."""
    words = f"YES {await sent(notify)}"
    await asyncio.gather(*(by_gateway(providers, words, sid="SM1") for _ in range(4)))
    await by_gateway(providers, words, sid="SM1")
    assert len(await answered(notify)) == 1


async def test_another_number_accepts_nothing(
    notify: Notify, providers: httpx2.AsyncClient
) -> None:
    """Whoever reads the code on a screen cannot use it; its owner still can."""
    code = await sent(notify)
    assert (await by_gateway(providers, f"YES {code}", ANOTHERS)).text == "<Response/>"
    assert await answered(notify) == []
    await by_gateway(providers, f"YES {code}")
    assert len(await answered(notify)) == 1


async def test_an_old_code_accepts_nothing(notify: Notify, providers: httpx2.AsyncClient) -> None:
    """With the time to answer it is over."""
    code = await sent(notify)
    notify.clock.advance(timedelta(hours=3))
    await by_gateway(providers, f"YES {code}")
    assert await answered(notify) == []


@pytest.mark.parametrize("words", ["STOP", "STOP {code}", "NO {code}", "{code}", "thank you"])
async def test_other_words_change_nothing(
    notify: Notify, providers: httpx2.AsyncClient, words: str
) -> None:
    """Nobody is unsubscribed from work, and nothing is accepted; the code can still be used."""
    code = await sent(notify)
    answer = await by_gateway(providers, words.format(code=code))
    assert answer.text == "<Response/>"
    assert await answered(notify) == []
    await by_gateway(providers, f"YES {code}")
    assert len(await answered(notify)) == 1


async def test_who_guesses_is_not_heard_for_an_hour(
    notify: Notify, providers: httpx2.AsyncClient
) -> None:
    """A forged number has ten tries an hour at 280,000 codes."""
    asked = offer(acknowledge_by=notify.clock() + timedelta(hours=5))
    code = await sent(notify, asked)
    wrong = "2222" if code != "2222" else "3333"
    for _ in range(MOST_MISSES):
        await by_gateway(providers, f"YES {wrong}")
    await by_gateway(providers, f"YES {code}")
    assert await answered(notify) == []
    notify.clock.advance(timedelta(hours=1))
    await by_gateway(providers, f"YES {code}")
    assert len(await answered(notify)) == 1


async def test_guesses_that_come_at_once_are_counted(
    notify: Notify, providers: httpx2.AsyncClient
) -> None:
    """None is looked at while another's outcome is open."""
    await sent(notify)
    with capture_logs() as logged:
        await asyncio.gather(*(by_gateway(providers, "YES 2222") for _ in range(3 * MOST_MISSES)))
    assert [line["made"] for line in logged].count("no_such_code") == MOST_MISSES


async def test_only_the_provider_is_heard(notify: Notify, providers: httpx2.AsyncClient) -> None:
    """A signature of another account's, another's token, and none."""
    words = f"YES {await sent(notify)}"
    answers = [
        await by_gateway(providers, words, token="another"),
        await providers.post(GATEWAY_PATH, data={"Body": words, "From": ADAS}),
        await by_govuk(providers, words, bearer="another"),
        await providers.post(GOVUK_PATH, json={}),
    ]
    assert {each.status_code for each in answers} == {403}
    assert {each.json()["type"] for each in answers} == {"urn:fingerpost:problem:not-the-provider"}
    assert await answered(notify) == []


@pytest.mark.parametrize("body", [b"", b"[]", b'{"id": 1}', b"\xff"])
async def test_what_cannot_be_read_is_refused(providers: httpx2.AsyncClient, body: bytes) -> None:
    """In words that repeat nothing of it."""
    headers = {"Authorization": f"Bearer {BEARER}"}
    assert (await providers.post(GOVUK_PATH, content=body, headers=headers)).status_code == 422


async def test_an_enormous_text_is_refused(providers: httpx2.AsyncClient) -> None:
    """Nobody fills the memory."""
    answer = await providers.post(GATEWAY_PATH, content=b"Body=" + b"x" * 100_000)
    assert answer.status_code == 413


async def test_a_text_is_recorded_by_ids_alone(
    notify: Notify, providers: httpx2.AsyncClient
) -> None:
    """Neither number nor words nor code stands in the log or in what is told."""
    code = await sent(notify)
    with capture_logs() as logged:
        await by_gateway(providers, f"YES {code}", sid="SM42")
        await by_gateway(providers, "STOP Canary Smith", sid="SM43")
        await by_gateway(providers, "YES 2222", "no number", sid="SM44")
        await by_gateway(providers, f"YES {code}", ANOTHERS, sid="SM45")
    made = {line["received_id"]: line["made"] for line in logged}
    assert made == {
        "SM42": "accepted",
        "SM43": "no_answer",
        "SM44": "not_a_number",
        "SM45": "no_such_code",
    }
    written = json.dumps([logged, await answered(notify)])
    assert [each for each in (code, "7700", "Canary") if each in written] == []


async def test_an_offer_has_one_code(notify: Notify) -> None:
    """What is sent again about it says the same; another offer's is another."""
    asked, other = offer(), offer(UUID(int=7))
    first = await way_of(notify, asked)
    again = await way_of(notify, asked)
    assert first.code == again.code != ""
    assert first.path != again.path
    assert (await way_of(notify, other)).code != first.code
    assert (await way_of(notify, asked, "email")).code == ""
