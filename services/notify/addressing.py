"""To whom a message goes: looked up at the moment of sending, never stored and never on the bus.

Triage keeps the directory; its view `triage.address` is all that notify may see of it.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notify.delivery import Message
from services.notify.messages import Outgoing, Wording, compose, path
from services.notify.providers import PermanentFailure, TemporaryFailure
from services.notify.together import Together, WriteFailed
from services.notify.wording_files import shipped
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


@dataclass
class _Looked:
    """Somebody whose address is looked up, and what was found."""

    practitioner_id: str
    address: Address | None = None


@dataclass
class Addressing:
    """The directory, by a database that shows it; where the links in messages lead; the words.

    Messages that are composed together share a look: one each took three quarters of the time.
    """

    engine: AsyncEngine
    public_url: str
    clock: Clock = utc_now
    wording: Wording = field(default_factory=shipped)
    _looking: Together[_Looked] = field(init=False)

    def __post_init__(self) -> None:
        self._looking = Together(self._look_up)

    async def channels(
        self, practitioner_id: str, connection: AsyncConnection
    ) -> tuple[Channel, ...]:
        """How somebody is told: by email, and by text where there is a number.

        An id that nobody has (any more) has the one email, which fails and comes before a person.
        """
        address = (await _addresses([practitioner_id], connection)).get(practitioner_id)
        return ("email", "sms") if address and address.phone else ("email",)

    async def compose(self, message: Message) -> Outgoing:
        """The message in words, addressed. No transaction is open when it returns.

        PermanentFailure where there is no address, TemporaryFailure where none can be read now.
        """
        looked = _Looked(message.practitioner_id)
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS):
                await self._looking.add(looked)
        except (WriteFailed, TimeoutError) as error:
            # Whatever it is, no provider has been called: the message has certainly not left.
            reason = describe(error.__cause__ or error)
            log.warning("address.not_read", message_id=str(message.id), error=reason)
            raise TemporaryFailure("the directory could not be read") from error
        address = looked.address
        if address is None:
            raise PermanentFailure("nobody in the directory has the practitioner's id")
        match message.channel:
            case "email":
                recipient: str | None = address.email
            case "sms":
                recipient = address.phone
        if recipient is None:
            raise PermanentFailure("the directory has no number for the practitioner")
        link = f"{self.public_url}{path(message)}"
        return compose(message, recipient, self.clock(), link, self.wording)

    async def _look_up(self, wanted: Sequence[_Looked]) -> None:
        async with self.engine.connect() as connection:
            found = await _addresses({each.practitioner_id for each in wanted}, connection)
        for each in wanted:
            each.address = found.get(each.practitioner_id)


async def _addresses(
    practitioner_ids: Collection[str], connection: AsyncConnection
) -> Mapping[str, Address]:
    rows = await connection.execute(
        text(
            "SELECT practitioner_id, email, phone FROM triage.address"
            " WHERE practitioner_id = ANY(:ids)"
        ),
        {"ids": list(practitioner_ids)},
    )
    return {row.practitioner_id: Address(row.email, row.phone) for row in rows}
