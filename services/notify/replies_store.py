"""Short codes as they are kept, and whose they are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.replies import ShortCode

Offered = tuple[UUID, int, str]
"""Assignment, offer and practitioner."""


@dataclass(frozen=True)
class Sent:
    """A code in force. `number`: its practitioner's, as the directory has it now."""

    assignment_id: UUID
    offer: int
    practitioner_id: str
    number: str | None


async def in_force(
    connection: AsyncConnection, practitioner_ids: Collection[str], now: datetime
) -> Mapping[str, Collection[str]]:
    """The codes that practitioners may still send back."""
    rows = await connection.execute(
        text(
            "SELECT practitioner_id, array_agg(code) AS codes FROM short_code"
            " WHERE practitioner_id = ANY(:ids) AND expires_at > :now GROUP BY practitioner_id"
        ),
        {"ids": list(practitioner_ids), "now": now},
    )
    return {row.practitioner_id: row.codes for row in rows}


async def keep(connection: AsyncConnection, codes: Sequence[ShortCode]) -> Mapping[Offered, str]:
    """Store a code for each offer to somebody, one an offer; returns those that hold. The code that
    was sent for an offer before stays, and may be sent back as long as the new one."""
    if not codes:
        return {}
    # In one order, so that two processes that write the same ones cannot deadlock.
    codes = sorted(codes, key=lambda each: (each.assignment_id, each.offer, each.practitioner_id))
    rows = await connection.execute(
        text(
            "INSERT INTO short_code AS s (code, assignment_id, offer, practitioner_id, expires_at)"
            " SELECT * FROM unnest(CAST(:codes AS text[]), CAST(:assignments AS uuid[]),"
            " CAST(:offers AS integer[]), CAST(:whose AS text[]), CAST(:until AS timestamptz[]))"
            " ON CONFLICT (assignment_id, offer, practitioner_id) DO UPDATE"
            " SET expires_at = greatest(s.expires_at, excluded.expires_at)"
            " RETURNING code, assignment_id, offer, practitioner_id"
        ),
        {
            "codes": [each.code for each in codes],
            "assignments": [each.assignment_id for each in codes],
            "offers": [each.offer for each in codes],
            "whose": [each.practitioner_id for each in codes],
            "until": [each.expires_at for each in codes],
        },
    )
    return {(row.assignment_id, row.offer, row.practitioner_id): row.code for row in rows}


async def sent(connection: AsyncConnection, code: str, now: datetime) -> Sequence[Sent]:
    """To whom a code was sent that is in force: it may be several people, rarely."""
    rows = await connection.execute(
        text(
            "SELECT s.assignment_id, s.offer, s.practitioner_id, a.phone"
            " FROM short_code s JOIN triage.address a USING (practitioner_id)"
            " WHERE s.code = :code AND s.expires_at > :now"
        ),
        {"code": code, "now": now},
    )
    return [Sent(row.assignment_id, row.offer, row.practitioner_id, row.phone) for row in rows]


async def use(connection: AsyncConnection, code: Sent) -> UUID | None:
    """Use a code up. The referral that it is about; None if another was quicker."""
    rows = await connection.execute(
        text(
            "WITH used AS (DELETE FROM short_code WHERE assignment_id = :assignment"
            " AND offer = :offer AND practitioner_id = :who RETURNING assignment_id)"
            " SELECT m.referral_id FROM used JOIN message m USING (assignment_id) LIMIT 1"
        ),
        {"assignment": code.assignment_id, "offer": code.offer, "who": code.practitioner_id},
    )
    row = rows.first()
    return row.referral_id if row else None
