"""What the SMS gateway tells us: its signature, and what became of a message.

The signatures were worked out with OpenSSL:
    printf '%s' "$url$name$value..." | openssl dgst -sha1 -hmac 12345 -binary | base64
"""

from typing import Final

import pytest

from services.notify.providers import Fate
from services.notify.providers.sms_callbacks import Form, fate, is_signed, read_form

TOKEN: Final = "12345"
URL: Final = (
    "https://fp.example.gov.uk/notify/callbacks/sms?message=0d4f0c54-5b2a-4c58-a3ab-5b7c1e0d9f11"
)
DELIVERED: Final[Form] = (
    ("To", "+447700900111"),
    ("MessageStatus", "delivered"),
    ("MessageSid", "SM01"),
    ("From", "+447700900999"),
    ("AccountSid", "AC00000000000000000000000000000001"),
)
SIGNATURE: Final = "7QXKL/xvLAAzXuco6mFlX5UoxEI="
"""Of URL and DELIVERED."""
INBOUND: Final = "https://fp.example.gov.uk/notify/callbacks/sms/inbound"
NUMBERS: Final[Form] = (("To", "+447700900999"), ("From", "+447700900111"))


@pytest.mark.parametrize(
    ("url", "form", "signature"),
    [
        (URL, DELIVERED, SIGNATURE),
        (INBOUND, (*NUMBERS, ("Body", "")), "Vhz0Wrot65T/qCkJbIZyFMeyw5U="),
        (INBOUND, (*NUMBERS, ("Body", "accept café 42")), "2BaWGMIU00Hk8uDyGsf1VXWUHZM="),
        ("http://127.0.0.1:8080/notify/callbacks/sms", (), "cSmdbvSW1W1MzNPgQZtrbe4UX2w="),
    ],
    ids=["status", "an empty value", "another alphabet", "an empty form"],
)
def test_a_signed_request_is_the_gateways(url: str, form: Form, signature: str) -> None:
    """Over the address with its query, and every field in alphabetical order."""
    assert is_signed(TOKEN, url, form, signature)


@pytest.mark.parametrize(
    ("url", "signature"),
    [
        (URL, "1tDQ4PoEoc1mgSxxu+88OJruEd0="),
        (URL.replace(".uk/", ".uk:443/"), SIGNATURE),
    ],
)
def test_the_port_may_be_written_or_not(url: str, signature: str) -> None:
    """Some gateways sign the address with the port that goes without saying, others without."""
    assert is_signed(TOKEN, url, DELIVERED, signature)


def test_a_port_that_was_left_out_is_not_missed() -> None:
    """Even one that does not go without saying."""
    url = "http://127.0.0.1:8080/notify/callbacks/sms"
    assert is_signed(TOKEN, url, (), "K+77YKJOapiqGX1E0uqzaPLtm70=")


@pytest.mark.parametrize(
    ("token", "url", "form", "signature"),
    [
        ("54321", URL, DELIVERED, SIGNATURE),
        (TOKEN, URL.replace("0d4f", "1d4f"), DELIVERED, SIGNATURE),
        (TOKEN, URL, DELIVERED[:-1], SIGNATURE),
        (TOKEN, URL, (*DELIVERED, ("ErrorCode", "30005")), SIGNATURE),
        (TOKEN, URL, DELIVERED, SIGNATURE.lower()),
        (TOKEN, URL, DELIVERED, ""),
        (TOKEN, URL, DELIVERED, "é"),
    ],
    ids=["password", "address", "field gone", "field more", "case", "none", "no base64"],
)
def test_anything_else_is_somebody_else(token: str, url: str, form: Form, signature: str) -> None:
    """One letter is enough."""
    assert not is_signed(token, url, form, signature)


@pytest.mark.parametrize(
    ("status", "error", "meaning"),
    [
        ("accepted", None, "taken"),
        ("queued", None, "taken"),
        ("sending", None, "taken"),
        ("sent", None, "taken"),
        ("delivered", None, "delivered"),
        ("undelivered", "30003", "undeliverable"),
        ("undelivered", None, "undeliverable"),
        ("failed", "30008", "undeliverable"),
        ("canceled", None, "undeliverable"),
        ("undelivered", "30005", "refused_address"),
        ("undelivered", "30006", "refused_address"),
        ("failed", "21614", "refused_address"),
        ("delivered", "30005", "delivered"),
        ("receiving", None, None),
        ("", None, None),
    ],
)
def test_each_status_has_its_meaning(status: str, error: str | None, meaning: Fate | None) -> None:
    """A telephone that is off is not a wrong number, and a word that is new says nothing."""
    code = (("ErrorCode", error),) if error else ()
    assert fate((("MessageStatus", status), *code)) == meaning


def test_a_form_without_a_status_says_nothing() -> None:
    """An inbound text, for example."""
    assert fate(NUMBERS) is None


def test_a_form_is_read_with_its_empty_fields() -> None:
    """They are signed too; plus signs and spaces are as they were."""
    assert read_form(b"To=%2B447700900999&Body=&Name=Ada+Lark") == [
        ("To", "+447700900999"),
        ("Body", ""),
        ("Name", "Ada Lark"),
    ]


@pytest.mark.parametrize("body", [b"{}", b"\xff=1", b"&".join([b"a=1"] * 101)])
def test_what_is_no_form_is_refused(body: bytes) -> None:
    """JSON, bytes that are no text, and far too many fields."""
    with pytest.raises(ValueError, match=r".+"):
        read_form(body)


def test_an_empty_form_is_a_form() -> None:
    """With nothing in it."""
    assert read_form(b"") == []
