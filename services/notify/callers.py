"""Who calls us back, and what they post: each must show that it is the provider.

What they send holds addresses, numbers and words: nothing of it is logged, and an answer names the
faulty field alone. Whoever shows nothing, or something wrong, is refused with 403: there is no
signing in here with which a caller could come again.
"""

import hmac
from typing import Final, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from services.notify.providers import sms_callbacks
from services.notify.providers.sms_callbacks import Form
from shared.events import Problem
from shared.problems import Refused, body_of

LONGEST_BODY: Final = 16 * 1024

Posted = TypeVar("Posted", bound=BaseModel)


async def from_govuk_notify(request: Request, bearer: str, shape: type[Posted]) -> Posted:
    """What GOV.UK Notify posts, as JSON of this shape. `bearer`: the token that was given to it
    with our address."""
    given = request.headers.get("authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {bearer}".encode()):
        raise _stranger()
    try:
        return shape.model_validate_json(await _body(request))
    except ValidationError as error:
        raise unreadable(*{_field(each["loc"]) for each in error.errors()}) from None


async def from_gateway(request: Request, public_url: str, token: str) -> Form:
    """The form that the SMS gateway posts. `public_url`: as it knows us, since it signs the address
    that it calls; `token`: of the account that signs."""
    body = await _body(request)
    try:
        form = sms_callbacks.read_form(body)
    except ValueError:
        raise unreadable("body") from None
    query = f"?{request.url.query}" if request.url.query else ""
    signature = request.headers.get(sms_callbacks.SIGNATURE_HEADER, "")
    if not sms_callbacks.is_signed(
        token, f"{public_url}{request.url.path}{query}", form, signature
    ):
        raise _stranger()
    return form


def unreadable(*fields: str) -> Refused:
    """It is from the provider, and these fields are not as they should be."""
    faults = [Problem(field=each, problem="missing, or not what was expected") for each in fields]
    return Refused(422, "invalid-request", "The request is not as it should be.", faults)


def _stranger() -> Refused:
    return Refused(403, "not-the-provider", "The caller did not show that it is the provider.")


async def _body(request: Request) -> bytes:
    return await body_of(
        request, LONGEST_BODY, "That is far longer than a report or a text message."
    )


def _field(location: tuple[int | str, ...]) -> str:
    return str(location[0]) if location else "body"
