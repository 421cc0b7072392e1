"""What providers call back: who may, what is answered, and what is never said of it."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from services.notify import callbacks_api
from services.notify.callbacks_api import GATEWAY_PATH, GOVUK_PATH
from services.notify.providers.sms_callbacks import SIGNATURE_HEADER, sign
from shared import problems
from tests.notify.ground import PUBLIC_URL, Notify, Remembering, heard, offer

ONE = "p-nophone"  # is told by email alone
BEARER, TOKEN = "a-token-of-the-tests", "a-password-of-the-tests"


@pytest.fixture
async def provider(notify: Notify) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of notify's callbacks."""
    app = FastAPI()
    problems.install(app)
    app.include_router(callbacks_api.govuk_router(notify.reports, BEARER))
    app.include_router(callbacks_api.gateway_router(notify.reports, PUBLIC_URL, TOKEN))
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        yield client


async def sent(notify: Notify) -> UUID:
    """A message that a provider has taken; its reference."""
    await notify.hear(heard(offer(practitioner_id=ONE)))
    await notify.send(Remembering(reports_delivery=True))
    [row] = await notify.rows("message")
    reference: UUID = row.sent_as
    return reference


def receipt(reference: object, status: str = "delivered") -> dict[str, Any]:
    """GOV.UK Notify's, as its documentation shows it."""
    return {
        "id": str(uuid4()),
        "reference": str(reference),
        "to": "ada@team.example",
        "status": status,
        "created_at": "2026-11-24T12:00:00.000000Z",
        "completed_at": "2026-11-24T12:00:05.000000Z",
        "sent_at": "2026-11-24T12:00:01.000000Z",
        "notification_type": "email",
        "template_id": str(uuid4()),
        "template_version": 1,
    }


async def govuk(
    provider: httpx2.AsyncClient, body: object, bearer: str = BEARER
) -> httpx2.Response:
    """GOV.UK Notify calls."""
    return await provider.post(GOVUK_PATH, json=body, headers={"Authorization": f"Bearer {bearer}"})


async def gateway(
    provider: httpx2.AsyncClient, reference: object, token: str = TOKEN, **form: str
) -> httpx2.Response:
    """The SMS gateway calls."""
    path = f"{GATEWAY_PATH}?message={reference}"
    signature = sign(token, f"{PUBLIC_URL}{path}", list(form.items()))
    headers = {
        SIGNATURE_HEADER: signature,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return await provider.post(path, content=urlencode(form), headers=headers)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("delivered", "delivered"),
        ("permanent-failure", "failed"),
        ("temporary-failure", "failed"),
        ("technical-failure", "failed"),
        ("sending", "sent"),
        ("a-status-of-next-year", "sent"),
    ],
)
async def test_a_receipt_decides_where_its_message_is(
    notify: Notify, provider: httpx2.AsyncClient, status: str, state: str
) -> None:
    """Only what ends a message changes it."""
    answer = await govuk(provider, receipt(await sent(notify), status))
    assert answer.status_code == 200
    assert await notify.states() == {"email": state}


async def test_the_gateways_report_counts_too(notify: Notify, provider: httpx2.AsyncClient) -> None:
    """By the reference in the address that it was given."""
    answer = await gateway(
        provider, await sent(notify), MessageStatus="delivered", To="+447700900111"
    )
    assert answer.status_code == 200
    assert await notify.states() == {"email": "delivered"}


@pytest.mark.parametrize("reference", [uuid4(), "", "a reference of somebody else's"])
async def test_an_unknown_reference_is_no_fault(
    notify: Notify,
    provider: httpx2.AsyncClient,
    reference: object,
) -> None:
    """The provider hears nothing of it; one line says so, without what it held."""
    with capture_logs() as lines:
        assert (await govuk(provider, receipt(reference))).status_code == 200
        assert (await gateway(provider, uuid4(), MessageStatus="delivered")).status_code == 200
    assert await notify.rows("delivery_report") == []
    assert [line["event"] for line in lines] == ["report.of_nothing_known"] * 2
    assert "ada@team.example" not in str(lines)
    assert "somebody else" not in str(lines)


async def test_strangers_change_nothing(notify: Notify, provider: httpx2.AsyncClient) -> None:
    """Without the token, or the signature, nobody reports anything."""
    reference = await sent(notify)
    strange = await gateway(provider, reference, "another", MessageStatus="delivered")
    assert strange.status_code == 403
    assert (await govuk(provider, receipt(reference), "another")).status_code == 403
    assert (await provider.post(GOVUK_PATH, json=receipt(reference))).status_code == 403
    assert (await provider.post(f"{GATEWAY_PATH}?message={reference}")).status_code == 403
    assert await notify.states() == {"email": "sent"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reference": "x", "to": "ada@team.example"}, "status"),
        ({"status": "delivered", "to": "ada@team.example"}, "reference"),
        ({"status": ["ada@team.example"], "reference": "x"}, "status"),
        (["ada@team.example"], "body"),
    ],
)
async def test_a_faulty_report_is_told_by_its_field_alone(
    provider: httpx2.AsyncClient, body: object, field: str
) -> None:
    """Neither the answer nor the log holds what stood in it."""
    with capture_logs() as lines:
        answer = await govuk(provider, body)
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["problems"]] == [field]
    assert "ada@team.example" not in answer.text + str(lines)


async def test_a_faulty_form_is_told_by_its_field(provider: httpx2.AsyncClient) -> None:
    """A word for a status that nobody knows."""
    answer = await gateway(provider, uuid4(), MessageStatus="beamed")
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["field"] == "MessageStatus"


async def test_a_long_body_is_not_read_to_its_end(provider: httpx2.AsyncClient) -> None:
    """A report is short."""
    answer = await govuk(provider, {"reference": "x" * 20_000, "status": "delivered"})
    assert answer.status_code == 413
