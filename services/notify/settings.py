"""What notify is told by its environment."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from services.notify.delivery import InTime
from services.notify.providers import govuk_notify, sms_gateway
from services.notify.providers.smtp import Security, Server
from services.notify.wording_files import check_wording
from shared.events import Channel
from shared.settings import PublicUrl, ServiceSettings

EmailProvider = Literal["local_inbox", "smtp", "govuk_notify"]
SmsProvider = Literal["local_inbox", "sms_gateway", "govuk_notify"]
ProviderName = EmailProvider | SmsProvider
Mailbox = Annotated[str, Field(pattern=r"^[^@\s,]+@[^@\s,]+$", max_length=254)]

SECRETS: Final = (
    "smtp_password",
    "govuk_notify_api_key",
    "govuk_notify_callback_token",
    "sms_gateway_token",
)
"""Each may stand in its variable, or in the file that its variable with _FILE names."""

SHORTEST_TOKEN: Final = 16
"""Whoever guesses it can report what never arrived as delivered."""

_ON_THIS_MACHINE: Final = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")


class NotifySettings(ServiceSettings):
    """EMAIL_PROVIDERS, SMS_PROVIDERS and what each of them needs; PUBLIC_URL, AGENCIES_FILE, words,
    times.

    The providers have no default: a system that tells nobody must have been set up to do so.
    """

    public_url: PublicUrl
    """The beginning of every link, and where providers report."""
    agencies_file: Path
    """The registry: some agencies have a mailbox for what is missing in their referrals."""
    wording_dir: Path | None = None
    """The partnership's own words of messages, over ours; docs/messages.md."""
    email_providers: Annotated[tuple[EmailProvider, ...], NoDecode]
    """The preferred first; the next is given what the one before certainly does not have."""
    sms_providers: Annotated[tuple[SmsProvider, ...], NoDecode]
    auditors: Annotated[tuple[Mailbox, ...], NoDecode] = ()
    """Who hears, by email, what is wrong with the trail, and gets its checkpoint every day."""
    sms_replies: bool = False
    """Whether an offer may be accepted by a text in reply."""
    delivery_minutes: int = Field(60, ge=1, le=72 * 60)
    """How long a provider that reports delivery may take before another way is tried."""
    delivery_minutes_urgent: int = Field(5, ge=1, le=60)

    smtp_host: str | None = None
    smtp_port: int = 587
    smtp_security: Security = "starttls"
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_password_file: Path | None = None
    smtp_sender: str | None = None
    smtp_ca_file: Path | None = None

    govuk_notify_url: str = "https://api.notifications.service.gov.uk"
    govuk_notify_api_key: SecretStr | None = None
    govuk_notify_api_key_file: Path | None = None
    govuk_notify_email_template: UUID | None = None
    govuk_notify_sms_template: UUID | None = None
    govuk_notify_callback_token: SecretStr | None = None
    """What its callbacks bear. Without it there are none, and deliveries are asked for instead."""
    govuk_notify_callback_token_file: Path | None = None

    sms_gateway_url: str = "https://api.twilio.com"
    sms_gateway_account: str | None = Field(None, pattern=r"^[A-Za-z0-9_-]+$")
    sms_gateway_token: SecretStr | None = None
    """The account's password, which signs its callbacks too."""
    sms_gateway_token_file: Path | None = None
    sms_gateway_from: str | None = Field(None, pattern=r"^(\+[1-9]\d{6,14}|[A-Za-z0-9 ]{1,11})$")
    """Our number, such as +447700900999, or a name, to which nobody can reply."""
    sms_gateway_service: str | None = None
    """In its place: the gateway's id of a set of numbers."""

    @field_validator("email_providers", "sms_providers", "auditors", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        return tuple(n.strip() for n in value.split(",")) if isinstance(value, str) else value

    @field_validator("email_providers", "sms_providers")
    @classmethod
    def _at_least_one_and_each_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not names or len(set(names)) < len(names):
            raise ValueError("names providers, each once, with commas in between")
        return names

    @field_validator("govuk_notify_url", "sms_gateway_url")
    @classmethod
    def _is_encrypted(cls, url: str) -> str:
        if not url.startswith(("https://", *_ON_THIS_MACHINE)):
            raise ValueError("begins with https://, since a password goes there")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _words_can_be_sent(self) -> Self:
        if faults := check_wording(self.wording_dir, self.public_url):
            raise ValueError("\n".join(map(str, faults)))
        return self

    @model_validator(mode="before")
    @classmethod
    def _secrets_are_read(cls, given: dict[str, Any]) -> dict[str, Any]:
        read: dict[str, Any] = {}
        for name in SECRETS:
            if (file := given.get(f"{name}_file")) is None:
                continue
            if given.get(name) is not None:
                raise ValueError(f"{name.upper()} and {name.upper()}_FILE: only one of the two")
            try:
                secret = Path(file).read_text().strip()
            except (OSError, ValueError):
                raise ValueError(f"{name.upper()}_FILE cannot be read") from None
            if not secret:
                raise ValueError(f"{name.upper()}_FILE is empty")
            read |= {name: secret, f"{name}_file": None}
        return given | read

    @field_validator("govuk_notify_callback_token")
    @classmethod
    def _is_long_enough(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and len(token) < SHORTEST_TOKEN:
            raise ValueError(f"has {SHORTEST_TOKEN} characters or more")
        return token

    @model_validator(mode="after")
    def _providers_are_complete(self) -> Self:
        for name in {*self.email_providers, *self.sms_providers}:
            match name:
                case "smtp":
                    self.smtp_server()
                case "govuk_notify":
                    self.govuk_account()
                case "sms_gateway":
                    self.gateway()
                case "local_inbox":
                    pass
        if self.smtp_password is not None and self.smtp_security == "none":
            raise ValueError("SMTP_PASSWORD is not sent without SMTP_SECURITY")
        return self

    @model_validator(mode="after")
    def _replies_can_come(self) -> Self:
        if not self.sms_replies:
            return self
        if "govuk_notify" in self.sms_providers and self.govuk_notify_callback_token is None:
            raise ValueError("SMS_REPLIES by govuk_notify needs GOVUK_NOTIFY_CALLBACK_TOKEN")
        sender = self.sms_gateway_from or "+"
        if "sms_gateway" in self.sms_providers and not sender.startswith("+"):
            raise ValueError("SMS_REPLIES needs a number in SMS_GATEWAY_FROM: no name is answered")
        if set(self.sms_providers) == {"local_inbox"}:
            raise ValueError("SMS_REPLIES needs sms_gateway or govuk_notify in SMS_PROVIDERS")
        return self

    @property
    def in_time(self) -> InTime:
        """How long a message may take to be delivered."""
        return InTime(
            timedelta(minutes=self.delivery_minutes_urgent),
            timedelta(minutes=self.delivery_minutes),
        )

    def smtp_server(self) -> Server:
        """The mail server; ValueError where it is not set."""
        if not self.smtp_host or not self.smtp_sender:
            raise ValueError("smtp in EMAIL_PROVIDERS needs SMTP_HOST and SMTP_SENDER")
        return Server(
            self.smtp_host,
            self.smtp_port,
            self.smtp_sender,
            self.smtp_security,
            self.smtp_username,
            self.smtp_password.get_secret_value() if self.smtp_password else None,
            self.smtp_ca_file,
        )

    def govuk_account(self) -> govuk_notify.Account:
        """Our service at GOV.UK Notify; ValueError where it is not set."""
        if self.govuk_notify_api_key is None:
            raise ValueError("govuk_notify needs GOVUK_NOTIFY_API_KEY or its _FILE")
        templates: dict[Channel, UUID] = {}
        if "govuk_notify" in self.email_providers:
            if self.govuk_notify_email_template is None:
                raise ValueError(
                    "govuk_notify in EMAIL_PROVIDERS needs GOVUK_NOTIFY_EMAIL_TEMPLATE"
                )
            templates["email"] = self.govuk_notify_email_template
        if "govuk_notify" in self.sms_providers:
            if self.govuk_notify_sms_template is None:
                raise ValueError("govuk_notify in SMS_PROVIDERS needs GOVUK_NOTIFY_SMS_TEMPLATE")
            templates["sms"] = self.govuk_notify_sms_template
        return govuk_notify.Account(
            self.govuk_notify_api_key.get_secret_value(), templates, self.govuk_notify_url
        )

    def gateway(self) -> sms_gateway.Gateway:
        """The SMS gateway; ValueError where it is not set."""
        if not self.sms_gateway_account or self.sms_gateway_token is None:
            raise ValueError(
                "sms_gateway needs SMS_GATEWAY_ACCOUNT, and SMS_GATEWAY_TOKEN or its _FILE"
            )
        if bool(self.sms_gateway_from) == bool(self.sms_gateway_service):
            raise ValueError("sms_gateway needs SMS_GATEWAY_FROM or SMS_GATEWAY_SERVICE, not both")
        return sms_gateway.Gateway(
            self.sms_gateway_url,
            self.sms_gateway_account,
            self.sms_gateway_token.get_secret_value(),
            self.public_url,
            self.sms_gateway_from,
            self.sms_gateway_service,
        )
