"""Triage's tables: decisions with every reason, assignments, caseloads."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from services.triage.assignments.planning import Standing
from shared.events import ReferralReceived, roles_reversed
from shared.facts import Role


@dataclass(frozen=True)
class Assignment:
    """Who is asked to take a referral on a pathway, and by when."""

    id: UUID
    pathway: str
    kind: str
    practitioner_id: str
    urgent: bool
    acknowledge_by: datetime
    first_contact_by: datetime


async def add_decision(
    connection: AsyncConnection,
    decision_id: UUID,
    event: ReferralReceived,
    decision: str,
    now: datetime,
) -> None:
    """Keep a decision (JSON) with the facts and the history that it was made on."""
    await connection.execute(
        text(
            "INSERT INTO decision"
            " (id, referral_id, revision, pair_ref, decided_at, facts, history, decision)"
            " VALUES (:id, :referral, :revision, :pair, :now, CAST(:facts AS jsonb),"
            " CAST(:history AS jsonb), CAST(:decision AS json))"
        ),
        {
            "id": decision_id,
            "referral": event.referral_id,
            "revision": event.revision,
            "pair": event.pair_ref,
            "now": now,
            "facts": event.facts.model_dump_json(by_alias=True, exclude_none=True),
            "history": event.history.model_dump_json(exclude_none=True),
            "decision": decision,
        },
    )


async def latest_decision(connection: AsyncConnection, referral_id: UUID) -> dict[str, Any] | None:
    """The decision on the newest revision, as it was stored; None if there is none (yet)."""
    rows = await connection.execute(
        text(
            "SELECT id, revision, decided_at, CAST(decision AS text) AS decision FROM decision"
            " WHERE referral_id = :id ORDER BY revision DESC LIMIT 1"
        ),
        {"id": referral_id},
    )
    row = rows.one_or_none()
    if row is None:
        return None
    decision = json.loads(row.decision)
    return {
        "decision_id": str(row.id),
        "revision": row.revision,
        "decided_at": row.decided_at.isoformat(),
        "decision": decision,
    }


@dataclass(frozen=True)
class DecisionsPage:
    """Some of the decisions in the order of their ids; `next`: where the following page begins."""

    decisions: list[dict[str, Any]]
    next: UUID | None


async def decisions_made(
    connection: AsyncConnection,
    catalogue: str,
    *,
    since: datetime,
    until: datetime,
    after: UUID,
    looked_at: int,
) -> DecisionsPage:
    """What a policy decided on referrals made from `since` to `until`, both included.

    A page looks at `looked_at` rows of the table and holds those that fit, perhaps none: so all
    pages together read the table once, whatever fits, and no page is slow. Of what was considered
    each pathway's verdict comes along, without its criteria.
    """
    rows = await connection.execute(
        text(
            "SELECT id, referral_id, revision, facts, history, CAST(decision AS text) AS decision"
            " FROM (SELECT * FROM decision WHERE id > :after ORDER BY id LIMIT :looked_at) AS page"
            " WHERE CAST(facts ->> 'made_at' AS timestamptz) BETWEEN :since AND :until ORDER BY id"
        ).columns(facts=JSONB, history=JSONB),
        {"after": after, "looked_at": looked_at, "since": since, "until": until},
    )
    last = await connection.scalar(
        text("SELECT id FROM decision WHERE id > :after ORDER BY id LIMIT 1 OFFSET :looked_at - 1"),
        {"after": after, "looked_at": looked_at},
    )
    return DecisionsPage(
        [
            {
                "decision_id": str(row.id),
                "referral_id": str(row.referral_id),
                "revision": row.revision,
                "facts": row.facts,
                "history": row.history,
                "decision": _without_criteria(decision),
            }
            for row in rows
            if (decision := json.loads(row.decision))["catalogue"]["name"] == catalogue
        ],
        last,
    )


def _without_criteria(decision: dict[str, Any]) -> dict[str, Any]:
    considered = [
        {"pathway": each["pathway"], "verdict": each["verdict"]} for each in decision["considered"]
    ]
    return {name: each for name, each in decision.items() if name != "tasks"} | {
        "considered": considered
    }


async def standing(connection: AsyncConnection, referral_id: UUID) -> tuple[Standing, ...]:
    """The assignments of a referral that are offered, held against others until the commit."""
    rows = await connection.execute(
        text(
            "SELECT id, pathway, kind, practitioner_id FROM assignment"
            " WHERE referral_id = :id AND state = 'offered' ORDER BY offered_at, id FOR UPDATE"
        ),
        {"id": referral_id},
    )
    return tuple(Standing(*row) for row in rows)


async def assignments(connection: AsyncConnection, referral_id: UUID) -> list[dict[str, Any]]:
    """Every assignment of a referral, withdrawn ones too, as JSON has them."""
    rows = await connection.execute(
        text(
            "SELECT id, pathway, kind, practitioner_id, state, urgent, offered_at, acknowledge_by,"
            " first_contact_by, withdrawn_because FROM assignment"
            " WHERE referral_id = :id ORDER BY offered_at, pathway"
        ),
        {"id": referral_id},
    )
    return [
        {
            "assignment_id": str(row.id),
            "pathway": row.pathway,
            "kind": row.kind,
            "practitioner_id": row.practitioner_id,
            "state": row.state,
            "urgent": row.urgent,
            "offered_at": row.offered_at.isoformat(),
            "acknowledge_by": row.acknowledge_by.isoformat(),
            "first_contact_by": row.first_contact_by.isoformat(),
            "withdrawn_because": row.withdrawn_because,
        }
        for row in rows
    ]


async def add_assignments(
    connection: AsyncConnection,
    referral_id: UUID,
    pair_ref: UUID | None,
    role: Role,
    offered: Sequence[Assignment],
    now: datetime,
) -> None:
    """Keep what is offered, and count it in each practitioner's caseload."""
    await connection.execute(
        text(
            "INSERT INTO assignment (id, referral_id, pathway, kind, practitioner_id, state,"
            " pair_ref, role, urgent, offered_at, acknowledge_by, first_contact_by)"
            " VALUES (:id, :referral, :pathway, :kind, :practitioner, 'offered',"
            " :pair, :role, :urgent, :now, :acknowledge_by, :first_contact_by)"
        ),
        [
            {
                "id": each.id,
                "referral": referral_id,
                "pathway": each.pathway,
                "kind": each.kind,
                "practitioner": each.practitioner_id,
                "pair": pair_ref,
                "role": role,
                "urgent": each.urgent,
                "now": now,
                "acknowledge_by": each.acknowledge_by,
                "first_contact_by": each.first_contact_by,
            }
            for each in offered
        ],
    )
    await _count(connection, [each.practitioner_id for each in offered], 1)


async def withdraw(connection: AsyncConnection, one: Standing, why: str) -> None:
    """An offer no longer stands."""
    await connection.execute(
        text("UPDATE assignment SET state = 'withdrawn', withdrawn_because = :why WHERE id = :id"),
        {"id": one.assignment_id, "why": why},
    )
    await _count(connection, [one.practitioner_id], -1)


async def open_cases(
    connection: AsyncConnection, practitioner_ids: Sequence[str]
) -> dict[str, int]:
    """How many cases each has; who is not named has none."""
    rows = await connection.execute(
        text(
            "SELECT practitioner_id, open FROM caseload"
            " WHERE practitioner_id = ANY(CAST(:ids AS text[]))"
        ),
        {"ids": list(practitioner_ids)},
    )
    return {row.practitioner_id: row.open for row in rows}


async def serving_the_other(
    connection: AsyncConnection, pair_ref: UUID | None, role: Role
) -> frozenset[str]:
    """Who has, or had, a case of the same two people on the other side: nobody serves both.

    That is another role in the same pair, or the same role in the pair with the roles reversed.
    """
    if pair_ref is None:
        return frozenset()
    rows = await connection.execute(
        text(
            "SELECT DISTINCT practitioner_id FROM assignment"
            " WHERE (pair_ref = :pair AND role <> :role)"
            " OR (pair_ref = :reversed AND role = :role)"
        ),
        {"pair": pair_ref, "reversed": roles_reversed(pair_ref), "role": role},
    )
    return frozenset(row.practitioner_id for row in rows)


async def _count(connection: AsyncConnection, practitioner_ids: Sequence[str], by: int) -> None:
    totals = {one: by * practitioner_ids.count(one) for one in sorted(set(practitioner_ids))}
    await connection.execute(
        text(
            "INSERT INTO caseload AS c (practitioner_id, open)"
            " SELECT * FROM unnest(CAST(:ids AS text[]), CAST(:counts AS integer[]))"
            " ON CONFLICT (practitioner_id) DO UPDATE SET open = c.open + excluded.open"
        ),
        {"ids": list(totals), "counts": list(totals.values())},
    )
