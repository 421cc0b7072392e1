"""What a mail server may answer, and what that means for the message."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from services.notify.messages import Outgoing
from services.notify.providers import OutcomeUnknown, PermanentFailure, TemporaryFailure
from services.notify.providers.smtp import Smtp
from tests.notify.mail_server import mail_server
from tests.stubs.certificate import self_signed

LETTER = Outgoing(
    UUID("0d4f0c54-5b2a-4c58-a3ab-5b7c1e0d9f11"),
    "email",
    "ada@team.example",
    "Fingerpost: something waits",
    "Something waits.\n",
)


async def test_the_letter_can_be_found_again_and_asks_for_no_reply() -> None:
    """Its Message-ID is the message's id, so that a person can ask the mail server's keeper."""
    async with mail_server() as mail:
        await Smtp(mail.server()).send(LETTER)
    [letter] = mail.letters
    assert letter["Message-ID"] == "<0d4f0c54-5b2a-4c58-a3ab-5b7c1e0d9f11@borough.example>"
    assert letter["From"] == "fingerpost@borough.example"
    assert letter["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    ("answer", "failure"),
    [("550 ada@team.example: no such user", PermanentFailure), ("451 later", TemporaryFailure)],
)
async def test_a_refused_recipient(answer: str, failure: type[Exception]) -> None:
    """5xx is for ever, 4xx for now; the server's words, which quote the address, stay outside."""
    async with mail_server() as mail:
        mail.answer_to_recipient = answer
        with pytest.raises(failure) as raised:
            await Smtp(mail.server()).send(LETTER)
    assert str(raised.value) == f"the mail server refused it ({answer[:3]})"


@pytest.mark.parametrize(
    ("answer", "failure"),
    [("554 not wanted", PermanentFailure), ("452 full", TemporaryFailure)],
)
async def test_a_refused_text(answer: str, failure: type[Exception]) -> None:
    """An answer after the text is an answer: the server does not have the message."""
    async with mail_server() as mail:
        mail.answer_to_text = answer
        with pytest.raises(failure):
            await Smtp(mail.server()).send(LETTER)


async def test_a_server_that_hangs_up_after_the_text_leaves_a_doubt() -> None:
    """It has the message, here, and nobody could know."""
    async with mail_server() as mail:
        mail.hangs_up = True
        provider = Smtp(mail.server())
        with pytest.raises(OutcomeUnknown):
            await provider.send(LETTER)
        assert await provider.find(LETTER.message_id) is None
        assert len(mail.letters) == 1


async def test_a_server_that_says_nothing_before_the_text_has_nothing() -> None:
    """Silence is waited for only so long, and costs no doubt while no text is on its way."""
    async with mail_server() as mail:
        mail.is_silent = True
        impatient = replace(mail.server(), envelope_seconds=0.2)
        with pytest.raises(TemporaryFailure):
            await Smtp(impatient).send(LETTER)


async def test_without_the_encryption_that_was_asked_for_nothing_is_sent() -> None:
    """A server that offers no STARTTLS is given no message."""
    async with mail_server() as mail:
        with pytest.raises(TemporaryFailure):
            await Smtp(replace(mail.server(), security="starttls")).send(LETTER)
        assert mail.letters == []


async def test_a_stranger_who_offers_encryption_is_given_nothing(tmp_path: Path) -> None:
    """A certificate that nobody vouches for is no certificate."""
    async with mail_server(self_signed(tmp_path)) as mail:
        with pytest.raises(TemporaryFailure):
            await Smtp(replace(mail.server(), security="starttls")).send(LETTER)
        assert mail.letters == []


async def test_a_server_with_a_trusted_certificate_is_given_the_letter(tmp_path: Path) -> None:
    """STARTTLS with the partnership's own authority."""
    tls = self_signed(tmp_path)
    async with mail_server(tls) as mail:
        trusting = replace(mail.server(), security="starttls", ca_file=tmp_path / "certificate.pem")
        await Smtp(trusting).send(LETTER)
        assert len(mail.letters) == 1


@pytest.mark.parametrize(
    "address", ["ada@team.example\r\nBcc: all@team.example", "ädä@team.example"]
)
async def test_an_address_that_is_none_fails_for_good(address: str) -> None:
    """No header can be slipped in, and an address that plain SMTP cannot carry is said to be so."""
    async with mail_server() as mail:
        with pytest.raises(PermanentFailure):
            await Smtp(mail.server()).send(replace(LETTER, recipient=address))
        assert mail.letters == []
