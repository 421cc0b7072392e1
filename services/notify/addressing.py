"""To whom a message goes: looked up at the moment of sending, never stored and never on the bus.

Triage keeps the directory; its view `triage.address` is all that notify may see of it.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, assert_never

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notify import store
from services.notify.delivery import Message
from services.notify.digest import on_the_desk
from services.notify.messages import OnTheDesk, Outgoing, Wording, compose, path
from services.notify.notices import TO_AUDITORS
from services.notify.providers import PermanentFailure, TemporaryFailure
from services.notify.reach import BY_EMAIL, Quiet, Reach
from services.notify.together import Together, WriteFailed
from services.notify.ways import Way, make_ways
from services.notify.wording_files import shipped
from shared.bus.errors import describe
from shared.bus.work import Clock, utc_now
from shared.events import Channel

log = structlog.get_logger()

AUDITORS: Final = "auditors/"
"""How the names of the auditors' mailboxes begin, as no agency's does."""
LOOK_UP_SECONDS: Final = 3.0
"""How long one look into the directory may take: its message is held meanwhile."""


@dataclass(frozen=True)
class Address:
    """How somebody is reached; an address that a provider refused stands here no more."""

    email: str | None
    phone: str | None
    prefers: Channel = "email"
    quiet: Quiet | None = None

    @property
    def reach(self) -> Reach:
        """By which channels, and when not."""
        there: list[Channel] = ["email"] if self.email else []
        if self.phone:
            there.append("sms")
        there.sort(key=lambda channel: channel != self.prefers)
        return Reach(tuple(there) or BY_EMAIL.channels, self.quiet)


@dataclass
class _Looked:
    """A message to a practitioner whose address is looked up, and what was found."""

    message: Message
    practitioner_id: str
    address: Address | None = None
    way: Way | None = None
    desk: OnTheDesk | None = None


@dataclass
class Addressing:
    """The directory, by a database that shows it; where the links in messages lead; the words.

    `mailboxes`: of the agencies that have one, by their names in the registry. `by_text`: whether
    offers may be taken by a text in reply.
    Messages that are composed together share a look: one each took three quarters of the time.
    """

    engine: AsyncEngine
    public_url: str
    clock: Clock = utc_now
    wording: Wording = field(default_factory=shipped)
    mailboxes: Mapping[str, str] = field(default_factory=dict)
    by_text: bool = False
    _looking: Together[_Looked] = field(init=False)

    def __post_init__(self) -> None:
        self._looking = Together(self._look_up)

    async def reach(self, practitioner_id: str, connection: AsyncConnection) -> Reach:
        """How somebody may be told: by email, and by text where there is a number; the preferred
        first.

        An id that nobody has (any more) has the one email, which fails and comes before a person.
        """
        return (await self.reaches([practitioner_id], connection))[practitioner_id]

    async def reaches(
        self, practitioner_ids: Collection[str], connection: AsyncConnection
    ) -> Mapping[str, Reach]:
        """The same of several, each by its id."""
        found = await _addresses(practitioner_ids, connection)
        return {each: found[each].reach if each in found else BY_EMAIL for each in practitioner_ids}

    @property
    def auditors(self) -> tuple[str, ...]:
        """The names of the auditors' mailboxes."""
        return tuple(each for each in self.mailboxes if each.startswith(AUDITORS))

    def has_mailbox(self, agency: str) -> bool:
        """Whether an agency can be asked by email."""
        return agency in self.mailboxes

    async def compose(self, message: Message) -> Outgoing:
        """The message in words, addressed. No transaction is open when it returns.

        PermanentFailure where there is no address, TemporaryFailure where none can be read now.
        """
        if message.practitioner_id is not None:
            recipient, way, desk = await self._looked_up(message, message.practitioner_id)
        else:
            recipient, way, desk = self.mailboxes.get(message.agency or ""), None, None
        if recipient is None:
            raise PermanentFailure("there is no address for it that was not refused")
        if message.purpose == "digest" and desk is None:
            raise PermanentFailure("a digest is for coordinators")
        said = await self._said(message) if message.purpose in TO_AUDITORS else None
        way = way or Way(path(message))
        link = f"{self.public_url}{way.path}"
        return compose(
            message,
            recipient,
            self.clock(),
            link,
            self.wording,
            code=way.code,
            desk=desk,
            said=said,
        )

    async def _said(self, message: Message) -> Mapping[str, str] | None:
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS), self.engine.connect() as connection:
                return await store.said_to_auditors(connection, message.notice)
        except Exception as error:  # no provider has been called yet
            raise TemporaryFailure("what is to be told could not be read") from error

    async def _looked_up(
        self, message: Message, practitioner_id: str
    ) -> tuple[str | None, Way | None, OnTheDesk | None]:
        looked = _Looked(message, practitioner_id)
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
                return address.email, looked.way, looked.desk
            case "sms":
                return address.phone, looked.way, looked.desk
            case _:
                assert_never(message.channel)

    async def _look_up(self, wanted: Sequence[_Looked]) -> None:
        async with self.engine.begin() as connection:
            found = await _addresses({each.practitioner_id for each in wanted}, connection)
            reached = [each.message for each in wanted if each.practitioner_id in found]
            ways = await make_ways(connection, reached, self.clock(), by_text=self.by_text)
            for each in wanted:
                if each.message.purpose == "digest":
                    each.desk = await on_the_desk(connection, each.practitioner_id)
        for each in wanted:
            each.address = found.get(each.practitioner_id)
            each.way = ways.get(each.message.id)


async def _addresses(
    practitioner_ids: Collection[str], connection: AsyncConnection
) -> Mapping[str, Address]:
    rows = await connection.execute(
        text(
            "SELECT practitioner_id, prefers, quiet_from, quiet_until,"
            " CASE WHEN NOT email_refused THEN email END AS email,"
            " CASE WHEN NOT phone_refused THEN phone END AS phone"
            " FROM triage.address WHERE practitioner_id = ANY(:ids)"
        ),
        {"ids": list(practitioner_ids)},
    )
    return {
        row.practitioner_id: Address(
            row.email,
            row.phone,
            row.prefers,
            Quiet(row.quiet_from, row.quiet_until) if row.quiet_from is not None else None,
        )
        for row in rows
    }
