"""Texts that come in, as the providers tell of them. Each must show that it is the provider.

Whatever came, and whatever was made of it, the answer is the same and empty: no text is sent back,
and nobody learns whether there is such a code.
"""

import hmac
import re
from typing import Final

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ValidationError

from services.notify.providers import sms_callbacks
from services.notify.replies import Text
from services.notify.replies_answer import Answers
from shared.problems import Refused

GATEWAY_PATH: Final = "/notify/callbacks/sms/inbound"
GOVUK_PATH: Final = "/notify/callbacks/govuk-notify/inbound"
LONGEST_BODY: Final = 16 * 1024
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
    """`POST /notify/callbacks/sms/inbound`, Twilio's shape. `token`: of the account that signs."""
    router = APIRouter(include_in_schema=False)

    @router.post(GATEWAY_PATH)
    async def received(request: Request) -> Response:
        try:
            form = sms_callbacks.read_form(await _body(request))
        except ValueError:
            raise _unreadable() from None
        query = f"?{request.url.query}" if request.url.query else ""
        signature = request.headers.get(sms_callbacks.SIGNATURE_HEADER, "")
        url = f"{public_url}{GATEWAY_PATH}{query}"
        if not sms_callbacks.is_signed(token, url, form, signature):
            raise _stranger()
        fields = dict(form)
        await answers.take(
            Text(
                "sms_gateway",
                _id(fields.get("MessageSid", "")),
                fields.get("From", ""),
                fields.get("Body", ""),
            )
        )
        return Response(_NOTHING_TO_SAY, media_type="text/xml")

    return router


def govuk_router(answers: Answers, bearer: str) -> APIRouter:
    """`POST /notify/callbacks/govuk-notify/inbound`. `bearer`: the token that was given to GOV.UK
    Notify with our address."""
    router = APIRouter(include_in_schema=False)

    @router.post(GOVUK_PATH)
    async def received(request: Request) -> Response:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {bearer}".encode()):
            raise _stranger()
        try:
            inbound = GovukInbound.model_validate_json(await _body(request))
        except ValidationError:
            raise _unreadable() from None
        # It writes 447700900123, without the sign that makes it a number of the whole world's.
        number = inbound.source_number
        number = f"+{number}" if number.startswith("44") else number
        await answers.take(Text("govuk_notify", _id(inbound.id), number, inbound.message))
        return Response()

    return router


def _stranger() -> Refused:
    return Refused(401, "not-signed-in", "The provider did not show that it is the one.")


def _unreadable() -> Refused:
    return Refused(422, "invalid-request", "The request is not as it should be.")


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            raise Refused(413, "too-large", "That is far longer than a text message.")
    return body


def _id(given: str) -> str:
    """What a provider calls a message; anything else is no id, and is not logged."""
    if not _ID.fullmatch(given):
        raise _unreadable()
    return given
