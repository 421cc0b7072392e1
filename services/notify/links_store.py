"""Links as they are kept."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.links import Link, NotTheirs, Opened, OpenedBefore, Opening


async def keep(connection: AsyncConnection, links: Sequence[Link]) -> None:
    """Store new links."""
    if not links:
        return
    await connection.execute(
        text(
            "INSERT INTO link (code_hash, assignment_id, offer, practitioner_id, expires_at)"
            " SELECT * FROM unnest(CAST(:hashes AS bytea[]), CAST(:assignments AS uuid[]),"
            " CAST(:offers AS integer[]), CAST(:whose AS text[]), CAST(:until AS timestamptz[]))"
        ),
        {
            "hashes": [each.code_hash for each in links],
            "assignments": [each.assignment_id for each in links],
            "offers": [each.offer for each in links],
            "whose": [each.practitioner_id for each in links],
            "until": [each.expires_at for each in links],
        },
    )


async def open_once(
    connection: AsyncConnection, code_hash: bytes, practitioner_id: str, now: datetime
) -> Opening:
    """Open a link for somebody. Of two who open it at the same moment one is the first."""
    asked = {"hash": code_hash, "who": practitioner_id, "now": now}
    theirs = "code_hash = :hash AND practitioner_id = :who AND expires_at > :now"
    first = await connection.execute(
        text(
            f"UPDATE link SET used_at = :now WHERE {theirs} AND used_at IS NULL"  # noqa: S608 - ours
            " RETURNING assignment_id"
        ),
        asked,
    )
    if (row := first.first()) is not None:
        return Opened(row.assignment_id)
    before = await connection.execute(text(f"SELECT 1 FROM link WHERE {theirs}"), asked)  # noqa: S608 - ours
    return NotTheirs() if before.first() is None else OpenedBefore()
