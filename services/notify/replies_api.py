"""Texts that come in, as the providers tell of them.

Whatever came, and whatever was made of it, the answer is the same and empty: no text is sent back,
and nobody learns whether there is such a code.
"""

import re
from typing import Final

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from services.notify import callers
from services.notify.providers import govuk_notify, sms_gateway
from services.notify.replies import Text
from services.notify.replies_answer import Answers

GATEWAY_PATH: Final = "/notify/callbacks/sms/inbound"
GOVUK_PATH: Final = "/notify/callbacks/govuk-notify/inbound"
_ID: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_NOTHING_TO_SAY: Final = "<Response/>"
"""TwiML that sends nothing. An answer without it is listed as a fault at the gateway."""


class GovukInbound(BaseModel):
    """What GOV.UK Notify posts of a text received. There is more in it, of which nothing is needed.

    Source: https://docs.notifications.service.gov.uk/rest-api.html#received-text-messages
    """

    id: str
    source_number: str
    message: str


def gateway_router(answers: Answers, public_url: str, token: str) -> APIRouter:
    """`POST /notify/callbacks/sms/inbound`, Twilio's shape."""
    router = APIRouter(include_in_schema=False)

    @router.post(GATEWAY_PATH)
    async def received(request: Request) -> Response:
        fields = dict(await callers.from_gateway(request, public_url, token))
        sid = _id("MessageSid", fields.get("MessageSid", ""))
        number, words = fields.get("From", ""), fields.get("Body", "")
        await answers.take(Text(sms_gateway.NAME, sid, number, words))
        return Response(_NOTHING_TO_SAY, media_type="text/xml")

    return router


def govuk_router(answers: Answers, bearer: str) -> APIRouter:
    """`POST /notify/callbacks/govuk-notify/inbound`."""
    router = APIRouter(include_in_schema=False)

    @router.post(GOVUK_PATH)
    async def received(request: Request) -> Response:
        inbound = await callers.from_govuk_notify(request, bearer, GovukInbound)
        # It writes 447700900123, without the sign that makes it a number of the whole world's.
        number = inbound.source_number
        number = f"+{number}" if number.startswith("44") else number
        name = govuk_notify.GovukNotify.name
        await answers.take(Text(name, _id("id", inbound.id), number, inbound.message))
        return Response()

    return router


def _id(field: str, given: str) -> str:
    """What a provider calls a message; anything else is no id, and is not logged."""
    if not _ID.fullmatch(given):
        raise callers.unreadable(field)
    return given
