"""What notify accepts from its environment, and what it does with a mail server's address."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

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
    "agencies_file": "agencies.yaml",
    "email_providers": "local_inbox",
    "sms_providers": "local_inbox",
}


SMTP: dict[str, object] = {"smtp_host": "mail.example", "smtp_sender": "fp@borough.example"}
NOTIFY: dict[str, object] = {
    "govuk_notify_api_key": f"ours-{UUID(int=1)}-{UUID(int=2)}",
    "govuk_notify_email_template": str(UUID(int=3)),
    "govuk_notify_sms_template": str(UUID(int=4)),
    "govuk_notify_callback_token": "a-token-that-is-secret",
}
GATEWAY: dict[str, object] = {
    "sms_gateway_account": "AC01",
    "sms_gateway_token": "secret",
    "sms_gateway_from": "+447700900999",
}


def without(given: dict[str, object], name: str) -> dict[str, object]:
    """The same without one of them."""
    return {k: v for k, v in given.items() if k != name}


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"email_providers": "smtp"}, "needs SMTP_HOST and SMTP_SENDER"),
        ({"smtp_password": "secret", "smtp_security": "none"}, "not sent without SMTP_SECURITY"),
        ({"public_url": "https://" + "a" * 90}, "shorten it, or PUBLIC_URL"),
        ({"public_url": "https://fp.example.gov.uk/path"}, "pattern"),
        ({"public_url": "https://fp.example.gov.uk/"}, "pattern"),
        ({"email_providers": ""}, "local_inbox"),
        ({"email_providers": "smtp,pigeons"}, "'local_inbox', 'smtp' or 'govuk_notify'"),
        ({"sms_providers": "smtp"}, "'local_inbox', 'sms_gateway' or 'govuk_notify'"),
        ({"sms_providers": "local_inbox,local_inbox"}, "each once"),
        ({"delivery_minutes_urgent": 0}, "greater than or equal to 1"),
        ({"delivery_minutes": 4321}, "less than or equal to 4320"),
        ({"sms_replies": True}, "needs sms_gateway or govuk_notify in SMS_PROVIDERS"),
        ({"govuk_notify_callback_token": "secret"}, "16 characters or more"),
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, object], reason: str) -> None:
    """At the start, with the reason, and without showing a value."""
    with pytest.raises(ValidationError, match=reason) as refused:
        NotifySettings.model_validate(GOOD | wrong)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (without(GATEWAY, "sms_gateway_account"), "SMS_GATEWAY_ACCOUNT, and SMS_GATEWAY_TOKEN"),
        (without(GATEWAY, "sms_gateway_token"), "SMS_GATEWAY_ACCOUNT, and SMS_GATEWAY_TOKEN"),
        (without(GATEWAY, "sms_gateway_from"), "SMS_GATEWAY_FROM or SMS_GATEWAY_SERVICE"),
        (GATEWAY | {"sms_gateway_service": "MG01"}, "not both"),
        (GATEWAY | {"sms_gateway_from": "a name that is too long"}, "pattern"),
        (GATEWAY | {"sms_gateway_from": "A name", "sms_replies": True}, "no name is answered"),
        (GATEWAY | {"sms_gateway_url": "http://sms.example"}, "begins with https://"),
        (GATEWAY | {"sms_gateway_account": "AC01/../x"}, "pattern"),
    ],
)
def test_a_gateway_is_complete_or_refused(given: dict[str, object], reason: str) -> None:
    """Its account, its password, who sends; and nothing goes there in the clear."""
    with pytest.raises(ValidationError, match=reason) as refused:
        NotifySettings.model_validate(GOOD | {"sms_providers": "sms_gateway"} | given)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (without(NOTIFY, "govuk_notify_api_key"), "GOVUK_NOTIFY_API_KEY or its _FILE"),
        (NOTIFY | {"govuk_notify_api_key": "secret"}, "a key of GOV.UK Notify is"),
        (without(NOTIFY, "govuk_notify_email_template"), "GOVUK_NOTIFY_EMAIL_TEMPLATE"),
        (without(NOTIFY, "govuk_notify_sms_template"), "GOVUK_NOTIFY_SMS_TEMPLATE"),
        (NOTIFY | {"govuk_notify_sms_template": "secret"}, "valid UUID"),
        (NOTIFY | {"govuk_notify_url": "http://notify.example"}, "begins with https://"),
        (
            without(NOTIFY, "govuk_notify_callback_token") | {"sms_replies": True},
            "needs GOVUK_NOTIFY_CALLBACK_TOKEN",
        ),
    ],
)
def test_govuk_notify_is_complete_or_refused(given: dict[str, object], reason: str) -> None:
    """Its key, and a template for each channel that it carries."""
    both = {"email_providers": "govuk_notify", "sms_providers": "govuk_notify"}
    with pytest.raises(ValidationError, match=reason) as refused:
        NotifySettings.model_validate(GOOD | both | given)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("missing", ["email_providers", "sms_providers"])
def test_nobody_is_left_untold_by_default(missing: str) -> None:
    """A system whose messages reach nobody must have been told so."""
    with pytest.raises(ValidationError, match=missing):
        NotifySettings.model_validate(without(GOOD, missing))


def test_providers_stand_in_their_order() -> None:
    """With commas, as an environment has them; each complete."""
    named = {"email_providers": "govuk_notify, smtp", "sms_providers": "sms_gateway,govuk_notify"}
    settings = NotifySettings.model_validate(GOOD | SMTP | NOTIFY | GATEWAY | named)
    assert settings.email_providers == ("govuk_notify", "smtp")
    assert settings.sms_providers == ("sms_gateway", "govuk_notify")
    assert set(settings.govuk_account().templates) == {"email", "sms"}
    assert settings.gateway().token == "secret"


def test_an_environment_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists are names with commas there, not JSON."""
    for name, value in (GOOD | SMTP | {"email_providers": "smtp,local_inbox"}).items():
        monkeypatch.setenv(name.upper(), str(value))
    assert NotifySettings().email_providers == ("smtp", "local_inbox")


def test_a_template_that_is_not_used_is_not_asked_for() -> None:
    """Texts alone may go by GOV.UK Notify."""
    given = without(NOTIFY, "govuk_notify_email_template") | {"sms_providers": "govuk_notify"}
    assert set(NotifySettings.model_validate(GOOD | given).govuk_account().templates) == {"sms"}


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    """With or without an end of line; and it is shown nowhere."""
    (tmp_path / "token").write_text("secret\n")
    given = without(GATEWAY, "sms_gateway_token") | {
        "sms_gateway_token_file": tmp_path / "token",
        "sms_providers": "sms_gateway",
    }
    settings = NotifySettings.model_validate(GOOD | given)
    assert settings.gateway().token == "secret"
    assert "secret" not in repr(settings.sms_gateway_token)


@pytest.mark.parametrize(
    ("content", "given", "reason"),
    [
        (None, {}, "SMTP_PASSWORD_FILE cannot be read"),
        (" \n", {}, "SMTP_PASSWORD_FILE is empty"),
        ("secret", {"smtp_password": "secret"}, "only one of the two"),
    ],
)
def test_a_secrets_file_that_cannot_be_meant_is_refused(
    tmp_path: Path, content: str | None, given: dict[str, object], reason: str
) -> None:
    """Not there, with nothing in it, or beside the secret itself."""
    if content is not None:
        (tmp_path / "password").write_text(content)
    with pytest.raises(ValidationError, match=reason) as refused:
        NotifySettings.model_validate(GOOD | given | {"smtp_password_file": tmp_path / "password"})
    assert "secret" not in str(refused.value)


def test_times_are_minutes_by_urgency() -> None:
    """Five and sixty unless set."""
    usual = NotifySettings.model_validate(GOOD).in_time
    set_ = NotifySettings.model_validate(
        GOOD | {"delivery_minutes": "90", "delivery_minutes_urgent": "3"}
    ).in_time
    assert (usual.urgent, usual.others) == (timedelta(minutes=5), timedelta(minutes=60))
    assert (set_.urgent, set_.others) == (timedelta(minutes=3), timedelta(minutes=90))


async def test_with_a_mail_server_the_email_goes_there(
    broker: Broker, postgres: Postgres, tmp_path: Path
) -> None:
    """And the text to the local inbox."""
    async with mail_server() as mail:
        there = {
            "EMAIL_PROVIDERS": "smtp",
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(mail.port),
            "SMTP_SECURITY": "none",
            "SMTP_SENDER": SENDER,
        }
        running = started(broker, postgres, tmp_path, **there)
        async with running as service, service.emptied() as notify:
            await notify.hear(heard(offer(urgent=True)))
            [text] = await service.letters(1)
            await mail.has_taken(1)
    assert text["channel"] == "sms"
    assert mail.recipients == ["ada@team.example"]
