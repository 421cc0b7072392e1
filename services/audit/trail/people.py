"""Which referrals concern a person or a pair, under every reference that is theirs."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.audit.trail.finding import DOCUMENTS, once, uuid_in
from shared.events import CloudEvent

MOST_REFERENCES: Final = 1000


@dataclass(frozen=True)
class Concerned:
    """`references`: all that count as the same. `referrals`: those that concern them, in the order
    in which the log heard of them. `subjects`: whatever the log has about them: the referrals, the
    merges of the references, and what was told of a reference itself, as who has looked at it."""

    references: tuple[UUID, ...] = ()
    referrals: tuple[UUID, ...] = ()
    subjects: tuple[UUID, ...] = ()


# Merges hold both ways: what was told of either reference is of the same person.
_SAME = text(
    "WITH RECURSIVE same(ref) AS (SELECT unnest(CAST(:refs AS uuid[])) UNION"
    " SELECT CASE WHEN m.ref = same.ref THEN m.into_ref ELSE m.ref END FROM same"
    " JOIN merged m ON m.ref = same.ref OR m.into_ref = same.ref WHERE m.leaf_index < :below"
    " AND NOT EXISTS (SELECT FROM parted p WHERE p.merge_id = m.merge_id"
    " AND p.leaf_index < :below)) SELECT ref FROM same LIMIT :most"
)
_CONCERNED = text(
    "SELECT referral, min(leaf_index) AS first, EXISTS (SELECT FROM merged m"
    " WHERE m.merge_id = referral) AS is_merge FROM concerned"
    " WHERE ref = ANY(CAST(:refs AS uuid[])) AND leaf_index < :below GROUP BY referral"
    " ORDER BY first, referral"
)


@dataclass(frozen=True)
class Whom:
    """The references that a referral's documents came under, the first that was told first."""

    people: tuple[UUID, ...] = ()
    pairs: tuple[UUID, ...] = ()


def whom(events: Iterable[CloudEvent]) -> Whom:
    """Of events by which documents of one referral were taken."""
    said = [event.data for event in events if event.event_type in DOCUMENTS]
    return Whom(
        people=once(ref for each in said if (ref := uuid_in(each.get("person_ref")))),
        pairs=once(ref for each in said if (ref := uuid_in(each.get("pair_ref")))),
    )


async def concerned(connection: AsyncConnection, refs: Iterable[UUID], below: int) -> Concerned:
    """`refs`: of one person, or of one pair. Of what the log's first `below` entries tell."""
    given = {"refs": list(refs), "below": below, "most": MOST_REFERENCES}
    references = [row.ref for row in await connection.execute(_SAME, given)]
    rows = (await connection.execute(_CONCERNED, {"refs": references, "below": below})).all()
    return Concerned(
        references=tuple(sorted(references)),
        referrals=tuple(row.referral for row in rows if not row.is_merge),
        subjects=(*(row.referral for row in rows), *references),
    )
