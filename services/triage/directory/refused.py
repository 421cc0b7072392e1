"""Addresses that a provider called wrong for good, for as long as they stand in the directory."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.bus.work import Work
from shared.events import AddressRefused, Channel


async def on_address_refused(event: AddressRefused, work: Work) -> None:
    """Keep that somebody's address is refused, as it stands in the directory now."""
    await refuse(work.connection, event.practitioner_id, event.channel, work.now)


async def refuse(
    connection: AsyncConnection, practitioner_id: str, channel: Channel, at: datetime
) -> None:
    """Keep it by the address's digest: another address is not refused. Nothing, where it is gone.

    `at`: when it was heard of.
    """
    await connection.execute(
        text(
            "INSERT INTO refused_address (practitioner_id, channel, sha256, at)"
            " SELECT key, CAST(:channel AS text), sha256(convert_to(body ->> :field, 'UTF8')), :at"
            " FROM directory_entry"
            " WHERE kind = 'practitioner' AND key = :who AND body ->> :field IS NOT NULL"
            " ON CONFLICT (practitioner_id, channel)"
            " DO UPDATE SET sha256 = excluded.sha256, at = excluded.at"
        ),
        {
            "who": practitioner_id,
            "channel": channel,
            "field": "email" if channel == "email" else "phone",
            "at": at,
        },
    )


async def accept_again(connection: AsyncConnection, practitioner_id: str) -> None:
    """Somebody's addresses are right after all, and used again."""
    await connection.execute(
        text("DELETE FROM refused_address WHERE practitioner_id = :who"), {"who": practitioner_id}
    )


async def refused(connection: AsyncConnection) -> Mapping[str, tuple[Channel, ...]]:
    """Whose addresses are refused now, by which channels; in the order of their ids."""
    rows = await connection.execute(
        text(
            "SELECT practitioner_id, email_refused, phone_refused FROM address"
            " WHERE email_refused OR phone_refused ORDER BY practitioner_id"
        )
    )
    found: dict[str, tuple[Channel, ...]] = {}
    for row in rows:
        email: tuple[Channel, ...] = ("email",) if row.email_refused else ()
        found[row.practitioner_id] = (*email, "sms") if row.phone_refused else email
    return found
