"""What notify is told by its environment."""

from pathlib import Path
from typing import Literal, Self

from pydantic import SecretStr, field_validator, model_validator

from services.notify import messages
from services.notify.providers.smtp import Security, Server
from shared.settings import PublicUrl, ServiceSettings


class NotifySettings(ServiceSettings):
    """EMAIL_PROVIDER, SMS_PROVIDER, PUBLIC_URL, SMTP_..., beside the common ones.

    The providers have no default: a system that tells nobody must have been set up to do so.
    """

    public_url: PublicUrl
    """The beginning of every link."""
    email_provider: Literal["local_inbox", "smtp"]
    sms_provider: Literal["local_inbox"]

    smtp_host: str | None = None
    smtp_port: int = 587
    smtp_security: Security = "starttls"
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_sender: str | None = None
    smtp_ca_file: Path | None = None

    @field_validator("public_url")
    @classmethod
    def _fits_into_a_text_message(cls, public_url: str) -> str:
        try:
            messages.check_public_url(public_url)
        except messages.TooLong as error:
            raise ValueError(str(error)) from None
        return public_url

    @model_validator(mode="after")
    def _smtp_is_complete(self) -> Self:
        if self.email_provider == "smtp" and not (self.smtp_host and self.smtp_sender):
            raise ValueError("EMAIL_PROVIDER=smtp needs SMTP_HOST and SMTP_SENDER")
        if self.smtp_password is not None and self.smtp_security == "none":
            raise ValueError("SMTP_PASSWORD is not sent without SMTP_SECURITY")
        return self

    def smtp_server(self) -> Server:
        """The mail server; only where `email_provider` is smtp."""
        if self.smtp_host is None or self.smtp_sender is None:
            raise ValueError("no mail server is set")
        return Server(
            self.smtp_host,
            self.smtp_port,
            self.smtp_sender,
            self.smtp_security,
            self.smtp_username,
            self.smtp_password.get_secret_value() if self.smtp_password else None,
            self.smtp_ca_file,
        )
