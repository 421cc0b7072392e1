"""What the SMS gateway tells us: that it is the one who speaks, and what became of a message.

Its requests are forms, signed with the password of our account over the address that was called and
every field (https://www.twilio.com/docs/usage/security). They hold numbers, and the inbound ones
words: nothing of them is logged.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from services.notify.providers import Fate

SIGNATURE_HEADER: Final = "X-Twilio-Signature"
MOST_FIELDS: Final = 100

Form = Sequence[tuple[str, str]]
"""Each field with its value, as it came; a field may come twice, and a value may be empty."""

# Of the error codes: no such number, and one to which no text can go.
_NUMBER_REFUSED: Final = frozenset(("30005", "30006", "21211", "21614", "21635"))


def read_form(body: bytes) -> Form:
    """A form's fields, the empty ones too since they are signed; ValueError if it is none."""
    return parse_qsl(
        body.decode(), keep_blank_values=True, strict_parsing=bool(body), max_num_fields=MOST_FIELDS
    )


def is_signed(token: str, url: str, form: Form, signature: str) -> bool:
    """Whether `signature` is that of a request to `url` (with its query) with this form.

    The gateway writes the port into the address or leaves it out; both are ours. Takes the same
    time for every wrong signature.
    """
    given = signature.encode()
    matches = [
        hmac.compare_digest(sign(token, each, form).encode(), given) for each in _spellings(url)
    ]
    return any(matches)


def sign(token: str, url: str, form: Form) -> str:
    """The signature: base64 of HMAC-SHA1 over the address and, in alphabetical order, each field's
    name and value, with nothing in between. What comes twice alike counts once."""
    text = url + "".join(name + value for name, value in sorted(set(form)))
    return b64encode(hmac.digest(token.encode(), text.encode(), "sha1")).decode()


def fate(form: Form) -> Fate | None:
    """What a status report tells; None for a word that we do not know."""
    fields: Mapping[str, str] = dict(form)
    match fields.get("MessageStatus"):
        case "accepted" | "scheduled" | "queued" | "sending" | "sent":
            return "taken"
        case "delivered" | "read":
            return "delivered"
        case "undelivered" | "failed" if fields.get("ErrorCode") in _NUMBER_REFUSED:
            return "refused_address"
        case "undelivered" | "failed" | "canceled":
            return "undeliverable"
        case _:
            return None


def _spellings(url: str) -> tuple[str, str]:
    """The address without its port and with it."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    bare = host if parts.port is None else host.removesuffix(f":{parts.port}")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return (
        parts._replace(netloc=bare).geturl(),
        parts._replace(netloc=f"{bare}:{port}").geturl(),
    )
