"""A real mail server on loopback, which can be told to refuse, to say nothing, or to hang up."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd import smtp

from services.notify.providers.smtp import Server

SENDER = "fingerpost@borough.example"


@dataclass
class MailServer:
    """What it took, and what it answers. `hangs_up`: after the text, without an answer."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    answer_to_recipient: str = "250 OK"
    answer_to_text: str = "250 OK"
    hangs_up: bool = False
    is_silent: bool = False

    async def handle_RCPT(  # noqa: N802 - the name that the library calls
        self,
        _server: smtp.SMTP,
        _session: smtp.Session,
        envelope: smtp.Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """A recipient is named."""
        if self.is_silent:
            await asyncio.Event().wait()
        if self.answer_to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer_to_recipient

    async def handle_DATA(  # noqa: N802 - the name that the library calls
        self, server: smtp.SMTP, _session: smtp.Session, envelope: smtp.Envelope
    ) -> str:
        """The text is there."""
        if self.answer_to_text.startswith("250"):
            assert isinstance(envelope.content, bytes)
            letter = message_from_bytes(envelope.content, policy=default)
            assert isinstance(letter, EmailMessage)
            self.letters.append(letter)
            self.recipients.extend(envelope.rcpt_tos)
        if self.hangs_up:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return self.answer_to_text

    async def has_taken(self, count: int) -> None:
        """Wait until it has so many letters."""
        async with asyncio.timeout(20):
            while len(self.letters) < count:
                await asyncio.sleep(0.02)

    def server(self) -> Server:
        """How Fingerpost is told of it."""
        return Server(
            "127.0.0.1",
            self.port,
            SENDER,
            security="none",
            envelope_seconds=5,
            text_seconds=5,
        )


@asynccontextmanager
async def mail_server(tls: ssl.SSLContext | None = None) -> AsyncIterator[MailServer]:
    """A server that takes everything, until it is told otherwise."""
    mail = MailServer()
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(
        lambda: smtp.SMTP(mail, hostname="mail.example", loop=loop, tls_context=tls),
        "127.0.0.1",
        0,
    )
    mail.port = listening.sockets[0].getsockname()[1]
    try:
        yield mail
    finally:
        listening.close()
        await listening.wait_closed()
