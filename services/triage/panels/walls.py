"""Who is walled off from a case: who serves, or served, the other side of the same two people, and
who declared a conflict of interest with the person.

It is the wall of allocation for one practitioner, without her colleagues: a panel's team would
otherwise lose a case as soon as one of them had the other party's.
"""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import roles_reversed

# `side`: each case's pair, and the pair with the roles reversed, through all merges. The other side
# is another role in the same pair, or the same role in the reversed one.
_WALLED: Final = """
    WITH RECURSIVE side(id, role, ref, reversed) AS (
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:roles AS text[]),
            CAST(:pairs AS uuid[]), CAST(:reversed AS boolean[]))
        UNION
        SELECT s.id, s.role, CASE WHEN m.pair_ref = s.ref THEN m.into_ref ELSE m.pair_ref END,
            s.reversed
        FROM side s JOIN pair_alias m ON s.ref IN (m.pair_ref, m.into_ref)
    ), person(id, ref) AS (
        SELECT id, person_ref FROM referral WHERE id = ANY(CAST(:all AS uuid[]))
        UNION
        SELECT p.id, CASE WHEN m.person_ref = p.ref THEN m.into_ref ELSE m.person_ref END
        FROM person p JOIN person_alias m ON p.ref IN (m.person_ref, m.into_ref)
    )
    SELECT side.id FROM side
    JOIN referral r ON r.pair_ref = side.ref AND (r.role = side.role) = side.reversed
    JOIN step ON step.referral_id = r.id AND step.holder = :who
    UNION
    SELECT person.id FROM person
    JOIN conflict c ON c.person_ref = person.ref AND c.practitioner_id = :who"""


async def walled_off(
    connection: AsyncConnection, practitioner_id: str, referral_ids: Collection[UUID]
) -> frozenset[UUID]:
    """Those of some referrals that a practitioner may not see."""
    rows = await connection.execute(
        text(
            "SELECT id, role, pair_ref FROM referral WHERE id = ANY(CAST(:ids AS uuid[]))"
            " AND pair_ref IS NOT NULL"
        ),
        {"ids": list(referral_ids)},
    )
    sides = [
        (row.id, row.role, pair, reversed_)
        for row in rows
        for pair, reversed_ in ((row.pair_ref, False), (roles_reversed(row.pair_ref), True))
    ]
    found = await connection.execute(
        text(_WALLED),
        {
            "ids": [each[0] for each in sides],
            "roles": [each[1] for each in sides],
            "pairs": [each[2] for each in sides],
            "reversed": [each[3] for each in sides],
            "all": list(referral_ids),
            "who": practitioner_id,
        },
    )
    return frozenset(row.id for row in found)
