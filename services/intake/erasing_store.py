"""Where something of a person lies, and its destruction. Commits nothing by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import ErasedBecause


@dataclass(frozen=True)
class Concerned:
    """The person's references, the one they go by first; the referrals about them; and those of
    others that name them."""

    refs: list[UUID]
    about: list[UUID]
    naming: list[UUID]


async def concerned(connection: AsyncConnection, person_ref: UUID) -> Concerned:
    """What an erasure touches, held against others until the commit."""
    refs: list[UUID] = (
        await connection.execute(text("SELECT refs_of(:ref)"), {"ref": person_ref})
    ).scalar_one()
    about = await connection.execute(
        text(
            "SELECT id FROM referral WHERE person_ref = ANY(CAST(:refs AS uuid[]))"
            " ORDER BY id FOR UPDATE"
        ),
        {"refs": refs},
    )
    ids = list(about.scalars())
    # The newest document's people stand in the one table; those of earlier revisions in the other.
    naming = await connection.execute(
        text(
            "SELECT id FROM referral WHERE id IN (SELECT referral_id FROM vault_record"
            " WHERE person_ref = ANY(CAST(:refs AS uuid[])) UNION SELECT referral_id"
            " FROM vault_block WHERE person_ref = ANY(CAST(:refs AS uuid[])))"
            " AND NOT id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE"
        ),
        {"refs": refs, "ids": ids},
    )
    return Concerned(refs, ids, list(naming.scalars()))


async def erased_before(connection: AsyncConnection, refs: Sequence[UUID]) -> int | None:
    """Of how many referrals the person was erased the last time; None if never."""
    rows = await connection.execute(
        text(
            "SELECT referrals FROM erasure WHERE person_ref = ANY(CAST(:refs AS uuid[]))"
            " ORDER BY erased_at DESC LIMIT 1"
        ),
        {"refs": list(refs)},
    )
    found: int | None = rows.scalar_one_or_none()
    return found


async def is_left(connection: AsyncConnection, of: Concerned) -> bool:
    """Whether anything of the person is there to be erased."""
    rows = await connection.execute(
        text(
            "SELECT EXISTS (SELECT FROM referral"
            " WHERE id = ANY(CAST(:ids AS uuid[])) AND erased_at IS NULL)"
            " OR EXISTS (SELECT FROM vault_person_key"
            " WHERE person_ref = ANY(CAST(:refs AS uuid[])))"
        ),
        {"ids": of.about, "refs": of.refs},
    )
    return bool(rows.scalar_one()) or bool(of.naming)


async def is_open(connection: AsyncConnection, of: Concerned) -> bool:
    """Whether the work on a referral about them, or one that names them, has not ended."""
    rows = await connection.execute(
        text(
            "SELECT EXISTS (SELECT FROM referral r LEFT JOIN progress p ON p.referral_id = r.id"
            " WHERE r.id = ANY(CAST(:ids AS uuid[])) AND r.erased_at IS NULL"
            " AND p.closed_at IS NULL)"
        ),
        {"ids": [*of.about, *of.naming]},
    )
    return bool(rows.scalar_one())


_DESTROY = text(
    "WITH documents AS (DELETE FROM vault_document WHERE referral_id = ANY(CAST(:ids AS uuid[]))),"
    " blocks AS (DELETE FROM vault_block WHERE person_ref = ANY(CAST(:refs AS uuid[]))"
    " OR referral_id = ANY(CAST(:ids AS uuid[]))),"
    " records AS (DELETE FROM vault_record WHERE person_ref = ANY(CAST(:refs AS uuid[]))"
    " OR referral_id = ANY(CAST(:ids AS uuid[]))),"
    " keys AS (DELETE FROM vault_person_key WHERE person_ref = ANY(CAST(:refs AS uuid[]))),"
    " reviews AS (DELETE FROM match_review WHERE person_ref = ANY(CAST(:refs AS uuid[]))"
    " OR other_ref = ANY(CAST(:refs AS uuid[])) OR referral_id = ANY(CAST(:ids AS uuid[]))"
    " OR known_referral_id = ANY(CAST(:ids AS uuid[])))"
    " UPDATE referral SET erased_at = :now, document_key = :key"
    " WHERE id = ANY(CAST(:ids AS uuid[]))"
)


async def destroy(connection: AsyncConnection, of: Concerned, key: bytes, now: datetime) -> None:
    """All that lies in tables of its own. `key`: by chance; what a document said cannot be tried
    out against it."""
    await connection.execute(_DESTROY, {"ids": of.about, "refs": of.refs, "key": key, "now": now})


async def note(
    connection: AsyncConnection,
    event_id: UUID,
    of: Concerned,
    because: ErasedBecause,
    by: str,
    now: datetime,
) -> None:
    """That it was done."""
    await connection.execute(
        text(
            "INSERT INTO erasure (event_id, person_ref, referrals, because, erased_by, erased_at)"
            " VALUES (:event, :person, :referrals, :because, :by, :now)"
        ),
        {
            "event": event_id,
            "person": of.refs[0],
            "referrals": len(of.about),
            "because": because,
            "by": by,
            "now": now,
        },
    )
