"""Email over SMTP. A mail server cannot be asked what it was given.

So the point of no return matters: until the text is on its way, a failure means that the server
does not have the message; from then on only its answer tells.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from pathlib import Path
from typing import ClassVar, Final, Literal
from uuid import UUID

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
)

from services.notify.messages import Outgoing
from services.notify.providers import Fate, OutcomeUnknown, PermanentFailure, TemporaryFailure
from shared.bus.work import Clock, utc_now

Security = Literal["starttls", "tls", "none"]

_POLICY: Final = SMTP_POLICY.clone(cte_type="7bit")


@dataclass(frozen=True)
class Server:
    """A mail server and who we are to it. `starttls` insists: no encryption, no message.

    `ca_file`: the certificates to trust, where they are not those of the machine.
    """

    host: str
    port: int
    sender: str
    security: Security = "starttls"
    username: str | None = None
    password: str | None = None
    ca_file: Path | None = None
    envelope_seconds: float = 15.0
    # A server that looks into a message before it answers for it takes its time, and a call that
    # is given up then costs a person's attention.
    text_seconds: float = 60.0


@dataclass(frozen=True)
class Smtp:
    """Hands each message over on a connection of its own."""

    server: Server
    clock: Clock = utc_now
    name: ClassVar[str] = "smtp"
    reports_delivery: ClassVar[bool] = False

    @property
    def longest_call(self) -> timedelta:
        """Greeting and envelope, then the text with its answer."""
        return timedelta(seconds=self.server.envelope_seconds + self.server.text_seconds)

    async def send(self, message: Outgoing) -> None:
        """Hand it over. What the server says is told by its number alone: its words may quote
        the address."""
        letter = self._letter(message)
        client = SMTP(
            hostname=self.server.host,
            port=self.server.port,
            username=self.server.username,
            password=self.server.password,
            timeout=self.server.envelope_seconds,
            use_tls=self.server.security == "tls",
            start_tls=self.server.security == "starttls",
            cert_bundle=str(self.server.ca_file) if self.server.ca_file else None,
            # The machine's own name is nobody's business, and asking for it may block.
            local_hostname="fingerpost.invalid",
        )
        try:
            await self._up_to_the_text(client, message.recipient)
            await self._the_text(client, letter)
        finally:
            client.close()

    async def find(self, message_id: UUID) -> Fate | None:  # noqa: ARG002 - it has no answer
        """Nobody can say."""
        return None

    async def _up_to_the_text(self, client: SMTP, recipient: str) -> None:
        try:
            async with asyncio.timeout(self.server.envelope_seconds):
                await client.connect()
                await client.mail(self.server.sender)
                await client.rcpt(recipient)
        except SMTPRecipientRefused as error:
            raise _refused(error.code) from None
        except UnicodeError:
            raise PermanentFailure("the address is not one that mail can be sent to") from None
        except SMTPAuthenticationError:
            raise TemporaryFailure("the mail server does not let us in") from None
        except (SMTPException, OSError):
            # Whatever is wrong, it is not this message's fault.
            raise TemporaryFailure("the mail server is not to be had") from None

    async def _the_text(self, client: SMTP, letter: bytes) -> None:
        try:
            await client.data(letter, timeout=self.server.text_seconds)
        except SMTPDataError as error:
            raise _refused(error.code) from None
        except (SMTPException, OSError):
            raise OutcomeUnknown(
                "the mail server was given the message and did not answer"
            ) from None

    def _letter(self, message: Outgoing) -> bytes:
        letter = EmailMessage(_POLICY)
        try:
            letter["From"] = self.server.sender
            letter["To"] = message.recipient
            letter["Subject"] = message.subject
        except ValueError:
            raise PermanentFailure("the address is not one that mail can be sent to") from None
        letter["Date"] = format_datetime(self.clock())
        letter["Message-ID"] = f"<{message.message_id}@{self.server.sender.rpartition('@')[2]}>"
        # So that no holiday notice answers it (RFC 3834).
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(message.body)
        return letter.as_bytes()


def _refused(code: int) -> TemporaryFailure | PermanentFailure:
    reason = f"the mail server refused it ({code})"
    return PermanentFailure(reason) if code >= 500 else TemporaryFailure(reason)
