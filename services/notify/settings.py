"""What notify is told by its environment."""

from pathlib import Path
from typing import Literal, Self

from pydantic import SecretStr, model_validator

from services.notify.providers.smtp import Security, Server
from services.notify.wording_files import check_wording
from shared.settings import PublicUrl, ServiceSettings


class NotifySettings(ServiceSettings):
    """EMAIL_PROVIDER, SMS_PROVIDER, PUBLIC_URL, WORDING_DIR, SMTP_..., beside the common ones.

    The providers have no default: a system that tells nobody must have been set up to do so.
    """

    public_url: PublicUrl
    """The beginning of every link."""
    wording_dir: Path | None = None
    """The partnership's own words of messages, over ours; docs/messages.md."""
    email_provider: Literal["local_inbox", "smtp"]
    sms_provider: Literal["local_inbox"]

    smtp_host: str | None = None
    smtp_port: int = 587
    smtp_security: Security = "starttls"
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_sender: str | None = None
    smtp_ca_file: Path | None = None

    @model_validator(mode="after")
    def _words_can_be_sent(self) -> Self:
        if faults := check_wording(self.wording_dir, self.public_url):
            raise ValueError("\n".join(map(str, faults)))
        return self

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
