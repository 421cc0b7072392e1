"""Text messages through a gateway over HTTP that speaks as Twilio's messages resource does.

It gives every message a name of its own and cannot be asked by ours, so ours goes into the address
to which it reports. A second request is a second message: whatever leaves it open whether the first
was taken is not repeated (the gateway says so itself of its answer 500).
Shapes: https://www.twilio.com/docs/messaging/api/message-resource (November 2026).
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

import httpx2

from services.notify.messages import Outgoing
from services.notify.providers import (
    AddressRefused,
    Fate,
    OutcomeUnknown,
    PermanentFailure,
    TemporaryFailure,
)

NAME: Final = "sms_gateway"
CALLBACK_PATH: Final = "/notify/callbacks/sms"
"""Where the gateway reports, with our reference as `message` in the query."""

# Of the gateway's error codes: not a number, no mobile one, a landline.
NUMBER_REFUSED: Final = frozenset((21211, 21614, 21635))
_UNAVAILABLE: Final = 20503

# Until the request is on its way the gateway certainly has nothing.
_NOT_REACHED: Final = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
)


@dataclass(frozen=True)
class Gateway:
    """A gateway and who we are to it. `sender`: our number (+44...) or name; or `service`: the id
    of a set of numbers that it chooses from; one of the two. `public_url`: where it reports."""

    url: str
    account: str
    token: str = field(repr=False)
    public_url: str
    sender: str | None = None
    service: str | None = None
    connect_seconds: float = 5.0
    answer_seconds: float = 15.0


class SmsGateway:
    """Hands each message over on a connection of its own: one that is kept may be closed by the
    other side at the very moment of sending, and then nobody knows."""

    name = NAME
    reports_delivery = True

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._url = f"{gateway.url}/2010-04-01/Accounts/{gateway.account}/Messages.json"
        self._client = httpx2.AsyncClient(
            auth=(gateway.account, gateway.token),
            timeout=httpx2.Timeout(gateway.answer_seconds, connect=gateway.connect_seconds),
            limits=httpx2.Limits(max_keepalive_connections=0),
        )

    @property
    def longest_call(self) -> timedelta:
        """Connecting, writing and the answer, each in its time."""
        gateway = self._gateway
        return timedelta(seconds=gateway.connect_seconds + 2 * gateway.answer_seconds)

    async def send(self, message: Outgoing) -> None:
        """Hand it over. What the gateway says is told by its numbers alone: its words quote the
        number that was called."""
        form = self._form(message)
        try:
            response = await self._client.post(self._url, data=form)
        except _NOT_REACHED:
            raise TemporaryFailure("the SMS gateway is not to be had") from None
        except httpx2.HTTPError:
            raise OutcomeUnknown(
                "the SMS gateway was given the message and did not answer"
            ) from None
        _judge(response)

    async def find(self, message_id: UUID) -> Fate | None:  # noqa: ARG002 - it has no answer
        """Nobody can say: the gateway knows its own names alone."""
        return None

    def _form(self, message: Outgoing) -> dict[str, str]:
        gateway = self._gateway
        ours = {"From": gateway.sender} if gateway.sender else {}
        if gateway.service:
            ours = {"MessagingServiceSid": gateway.service}
        return {
            "To": international(message.recipient),
            **ours,
            "Body": message.body,
            "StatusCallback": f"{gateway.public_url}{CALLBACK_PATH}?message={message.message_id}",
        }


def international(number: str) -> str:
    """A British or international number as every gateway wants it: "07700 900123" is
    "+447700900123" (ITU-T E.164). AddressRefused for anything else."""
    digits = number.replace(" ", "")
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    elif digits.startswith("0"):
        digits = f"+44{digits[1:]}"
    bare = digits.removeprefix("+")
    if bare == digits or not (bare.isascii() and bare.isdecimal() and 7 <= len(bare) <= 15):
        raise AddressRefused("the number is not one that texts can be sent to")
    return digits


def _judge(response: httpx2.Response) -> None:
    """Return if the message was taken. Only what says so plainly counts as taken or as not taken:
    a proxy's page does not."""
    said = _object(response)
    code = said.get("code")
    match response.status_code:
        case 200 | 201 | 202 if "sid" in said:
            return
        case 400 if code in NUMBER_REFUSED:
            raise AddressRefused(f"the SMS gateway refuses the number ({code})")
        case 400 if isinstance(code, int):
            raise PermanentFailure(f"the SMS gateway refused it ({code})")
        case 429:
            raise TemporaryFailure("the SMS gateway is asked too much at once")
        case 503 if code == _UNAVAILABLE:
            raise TemporaryFailure("the SMS gateway is out of service")
        case status if 400 <= status < 500:
            # Our account, its password or the address of the gateway: not this message's fault.
            raise TemporaryFailure(f"the SMS gateway does not let us in ({status})")
        case status:
            raise OutcomeUnknown(f"the SMS gateway answered neither yes nor no ({status})")


def _object(response: httpx2.Response) -> dict[str, object]:
    try:
        said = response.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
