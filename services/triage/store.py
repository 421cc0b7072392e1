"""Triage's tables: decisions with every reason, and what came of each referral."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import ReferralReceived
from shared.facts import Facts


@dataclass(frozen=True)
class Made:
    """A decision (JSON) with what it was made on."""

    decision_id: UUID
    event: ReferralReceived
    decision: str
    at: datetime


async def add_decisions(connection: AsyncConnection, made: Sequence[Made]) -> None:
    """Keep decisions with the facts and the history that they were made on."""
    await connection.execute(
        text(
            "INSERT INTO decision"
            " (id, referral_id, revision, pair_ref, decided_at, facts, history, decision)"
            " SELECT i, r, n, p, t, CAST(f AS jsonb), CAST(h AS jsonb), CAST(d AS json)"
            " FROM unnest(CAST(:ids AS uuid[]), CAST(:referrals AS uuid[]),"
            " CAST(:revisions AS integer[]), CAST(:pairs AS uuid[]), CAST(:times AS timestamptz[]),"
            " CAST(:facts AS text[]), CAST(:histories AS text[]), CAST(:decisions AS text[]))"
            " AS made(i, r, n, p, t, f, h, d)"
        ),
        {
            "ids": [each.decision_id for each in made],
            "referrals": [each.event.referral_id for each in made],
            "revisions": [each.event.revision for each in made],
            "pairs": [each.event.pair_ref for each in made],
            "times": [each.at for each in made],
            "facts": [_written(each.event.facts) for each in made],
            "histories": [each.event.history.model_dump_json(exclude_none=True) for each in made],
            "decisions": [each.decision for each in made],
        },
    )


def _written(facts: Facts) -> str:
    return facts.model_dump_json(by_alias=True, exclude_none=True)


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


async def assignments(connection: AsyncConnection, referral_id: UUID) -> list[dict[str, Any]]:
    """Every assignment of a referral, those that are over too, as JSON has them."""
    rows = await connection.execute(
        text(
            "SELECT id, pathway, kind, holder, state, level, urgent, offered_at, acknowledge_by,"
            " first_contact_by, accepted_at, closed_at, outcome, withdrawn_because FROM assignment"
            " WHERE referral_id = :id ORDER BY offered_at, pathway"
        ),
        {"id": referral_id},
    )
    return [
        {
            "assignment_id": str(row.id),
            "pathway": row.pathway,
            "kind": row.kind,
            "practitioner_id": row.holder,
            "state": row.state,
            "level": row.level,
            "urgent": row.urgent,
            "offered_at": _moment(row.offered_at),
            "acknowledge_by": _moment(row.acknowledge_by),
            "first_contact_by": _moment(row.first_contact_by),
            "accepted_at": _moment(row.accepted_at),
            "closed_at": _moment(row.closed_at),
            "outcome": row.outcome,
            "withdrawn_because": row.withdrawn_because,
        }
        for row in rows
    ]


def _moment(when: datetime | None) -> str | None:
    return when.isoformat() if when else None
