"""What providers call to report what became of a message.

A report on a message that is none of ours (any more) is answered like any other: to be told of it
again would help nobody.
"""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from services.notify import callers
from services.notify.providers import Fate, govuk_notify, sms_callbacks, sms_gateway
from services.notify.reports import Reports, heard
from services.notify.together import WriteFailed
from shared.problems import Refused

GOVUK_PATH: Final = "/notify/callbacks/govuk-notify"
GATEWAY_PATH: Final = sms_gateway.CALLBACK_PATH


class GovukReceipt(BaseModel):
    """What GOV.UK Notify posts of a message that ended. There is more in it, of which nothing is
    needed. `reference`: ours; null where whoever sent it gave none.

    Source: https://docs.notifications.service.gov.uk/rest-api.html#delivery-receipts
    """

    reference: str | None
    status: str


def govuk_router(reports: Reports, bearer: str) -> APIRouter:
    """`POST /notify/callbacks/govuk-notify`."""
    router = APIRouter(include_in_schema=False)

    @router.post(GOVUK_PATH)
    async def received(request: Request) -> Response:
        receipt = await callers.from_govuk_notify(request, bearer, GovukReceipt)
        fate = govuk_notify.fate_of(receipt.status)
        await _take(reports, receipt.reference or "", fate, govuk_notify.GovukNotify.name)
        return Response()

    return router


def gateway_router(reports: Reports, public_url: str, token: str) -> APIRouter:
    """`POST /notify/callbacks/sms?message=...`, Twilio's shape."""
    router = APIRouter(include_in_schema=False)

    @router.post(GATEWAY_PATH)
    async def received(request: Request, message: str = "") -> Response:
        fate = sms_callbacks.fate(await callers.from_gateway(request, public_url, token))
        if fate is None:
            raise callers.unreadable("MessageStatus")
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
