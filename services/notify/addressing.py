"""To whom a message goes: looked up at the moment of sending, never stored and never on the bus.

Triage keeps the directory; its view `triage.address` is all that notify may see of it.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notify.delivery import Message
from services.notify.messages import Outgoing, compose
from services.notify.providers import PermanentFailure, TemporaryFailure
from shared.bus.errors import describe
from shared.bus.work import Clock, utc_now
from shared.events import Channel

log = structlog.get_logger()

LOOK_UP_SECONDS: Final = 3.0
"""How long one look into the directory may take: its message is held meanwhile."""


@dataclass(frozen=True)
class Address:
    """How somebody is reached."""

    email: str
    phone: str | None


@dataclass(frozen=True)
class Addressing:
    """The directory, by a database that shows it, and where the links in messages lead."""

    engine: AsyncEngine
    public_url: str
    clock: Clock = utc_now

    async def channels(
        self, practitioner_id: str, connection: AsyncConnection
    ) -> tuple[Channel, ...]:
        """How somebody is told: by email, and by text where there is a number.

        An id that nobody has (any more) has the one email, which fails and comes before a person.
        """
        address = await _address(practitioner_id, connection)
        return ("email", "sms") if address and address.phone else ("email",)

    async def compose(self, message: Message) -> Outgoing:
        """The message in words, addressed. No transaction is open when it returns.

        PermanentFailure where there is no address, TemporaryFailure where none can be read now.
        """
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS), self.engine.connect() as connection:
                address = await _address(message.practitioner_id, connection)
        except Exception as error:
            # Whatever it is, no provider has been called: the message has certainly not left.
            log.warning("address.not_read", message_id=str(message.id), error=describe(error))
            raise TemporaryFailure("the directory could not be read") from error
        if address is None:
            raise PermanentFailure("nobody in the directory has the practitioner's id")
        match message.channel:
            case "email":
                recipient: str | None = address.email
            case "sms":
                recipient = address.phone
        if recipient is None:
            raise PermanentFailure("the directory has no number for the practitioner")
        return compose(message, recipient, self.public_url, self.clock())


async def _address(practitioner_id: str, connection: AsyncConnection) -> Address | None:
    rows = await connection.execute(
        text("SELECT email, phone FROM triage.address WHERE practitioner_id = :id"),
        {"id": practitioner_id},
    )
    row = rows.one_or_none()
    return Address(row.email, row.phone) if row else None
