"""What notify accepts from its environment, and what it does with a mail server's address."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from services.notify.settings import NotifySettings
from tests.notify.ground import heard, offer
from tests.notify.mail_server import SENDER, mail_server
from tests.notify.service import started
from tests.servers import Broker, Postgres

GOOD: dict[str, object] = {
    "nats_url": "nats://127.0.0.1:4222",
    "nats_seed_file": "seed",
    "database_url": "postgresql+asyncpg://notify:secret@127.0.0.1/fingerpost",
    "token_keys_file": "jwks",
    "port": 8003,
    "public_url": "https://fp.example.gov.uk",
    "email_provider": "local_inbox",
    "sms_provider": "local_inbox",
}


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"email_provider": "smtp"}, "needs SMTP_HOST and SMTP_SENDER"),
        ({"smtp_password": "x", "smtp_security": "none"}, "not sent without SMTP_SECURITY"),
        ({"public_url": "https://" + "a" * 60}, "shorten PUBLIC_URL"),
        ({"public_url": "https://fp.example.gov.uk/path"}, "pattern"),
        ({"public_url": "https://fp.example.gov.uk/"}, "pattern"),
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, object], reason: str) -> None:
    """At the start, with the reason, and without showing a value."""
    with pytest.raises(ValidationError, match=reason) as refused:
        NotifySettings.model_validate(GOOD | wrong)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("missing", ["email_provider", "sms_provider"])
def test_nobody_is_left_untold_by_default(missing: str) -> None:
    """A system whose messages reach nobody must have been told so."""
    with pytest.raises(ValidationError, match=missing):
        NotifySettings.model_validate({k: v for k, v in GOOD.items() if k != missing})


async def test_with_a_mail_server_the_email_goes_there(
    broker: Broker, postgres: Postgres, tmp_path: Path
) -> None:
    """And the text to the local inbox."""
    async with mail_server() as mail:
        there = {
            "EMAIL_PROVIDER": "smtp",
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(mail.port),
            "SMTP_SECURITY": "none",
            "SMTP_SENDER": SENDER,
        }
        running = started(broker, postgres, tmp_path, **there)
        async with running as service, service.emptied() as notify:
            await notify.hear(heard(offer()))
            [text] = await service.letters(1)
            await mail.has_taken(1)
    assert text["channel"] == "sms"
    assert mail.recipients == ["ada@team.example"]
