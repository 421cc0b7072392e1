"""What providers call to report what became of a message. Each must show that it is the provider.

What they send holds addresses: nothing of it is logged, and an answer names the faulty field alone.
A report on a message that is none of ours (any more) is answered like any other: to be told of it
again would help nobody.
"""

import hmac
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ValidationError

from services.notify.providers import Fate, govuk_notify, sms_callbacks, sms_gateway
from services.notify.reports import Reports, heard
from services.notify.together import WriteFailed
from shared.events import Problem
from shared.problems import Refused

GOVUK_PATH: Final = "/notify/callbacks/govuk-notify"
GATEWAY_PATH: Final = sms_gateway.CALLBACK_PATH
LONGEST_BODY: Final = 16 * 1024


class GovukReceipt(BaseModel):
    """What GOV.UK Notify posts of a message that ended. There is more in it, of which nothing is
    needed. `reference`: ours; null where whoever sent it gave none.

    Source: https://docs.notifications.service.gov.uk/rest-api.html#delivery-receipts
    """

    reference: str | None
    status: str


def govuk_router(reports: Reports, bearer: str) -> APIRouter:
    """`POST /notify/callbacks/govuk-notify`. `bearer`: the token that was given to GOV.UK Notify
    with our address."""
    router = APIRouter(include_in_schema=False)

    @router.post(GOVUK_PATH)
    async def received(request: Request) -> Response:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {bearer}".encode()):
            raise _stranger()
        try:
            receipt = GovukReceipt.model_validate_json(await _body(request))
        except ValidationError as error:
            raise _unreadable(*{_field(each["loc"]) for each in error.errors()}) from None
        fate = govuk_notify.fate_of(receipt.status)
        await _take(reports, receipt.reference or "", fate, govuk_notify.GovukNotify.name)
        return Response()

    return router


def gateway_router(reports: Reports, public_url: str, token: str) -> APIRouter:
    """`POST /notify/callbacks/sms?message=...`, Twilio's shape. `token`: of the account that
    signs; `public_url`: what the gateway signed."""
    router = APIRouter(include_in_schema=False)

    @router.post(GATEWAY_PATH)
    async def received(request: Request, message: str = "") -> Response:
        try:
            form = sms_callbacks.read_form(await _body(request))
        except ValueError:
            raise _unreadable("body") from None
        url = f"{public_url}{GATEWAY_PATH}?{request.url.query}".removesuffix("?")
        signature = request.headers.get(sms_callbacks.SIGNATURE_HEADER, "")
        if not sms_callbacks.is_signed(token, url, form, signature):
            raise _stranger()
        fate = sms_callbacks.fate(form)
        if fate is None:
            raise _unreadable("MessageStatus")
        await _take(reports, message, fate, sms_gateway.NAME)
        return Response()

    return router


async def _take(reports: Reports, reference: str, fate: Fate, provider: str) -> None:
    """Record and apply it. What is no reference of ours is known as none."""
    try:
        sent_as = UUID(reference)
    except ValueError:
        sent_as = UUID(int=0)
    report = heard(sent_as, fate, provider)
    if report is None:
        return
    try:
        await reports.take(report)
    except WriteFailed:
        # Providers call again.
        raise Refused(503, "unavailable", "Nothing was stored. Please try again.") from None


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            raise Refused(413, "too-large", "That is far longer than a report.")
    return body


def _field(location: tuple[int | str, ...]) -> str:
    return str(location[0]) if location else "body"


def _stranger() -> Refused:
    return Refused(403, "not-the-provider", "The caller did not show that it is the provider.")


def _unreadable(*fields: str) -> Refused:
    faults = [Problem(field=each, problem="missing, or not what was expected") for each in fields]
    return Refused(422, "invalid-request", "The request is not as it should be.", faults)
