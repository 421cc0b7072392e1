"""Overrides in triage's tables, and the decision that each stands beside."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.triage.assignments.overriding import Action
from shared.facts import Facts
from shared.london import london_day


@dataclass(frozen=True)
class Decided:
    """The decision on a referral's newest revision; `decision` as `route --json` has it."""

    decision_id: UUID
    referral_id: UUID
    pair_ref: UUID | None
    facts: Facts
    decision: dict[str, Any]

    @property
    def made_on(self) -> date:
        """London's day of the referral."""
        return london_day(self.facts.made_at)


@dataclass(frozen=True)
class Override:
    """What a coordinator decided, when and why."""

    id: UUID
    action: Action
    pathway: str
    made_by: str
    made_at: datetime
    reason: str

    def as_json(self) -> dict[str, str]:
        """As it stands beside the decision."""
        return {
            "override_id": str(self.id),
            "action": self.action,
            "pathway": self.pathway,
            "made_by": self.made_by,
            "made_at": self.made_at.isoformat(),
            "reason": self.reason,
        }


async def decided(connection: AsyncConnection, referral_id: UUID) -> Decided | None:
    """The newest decision; None if nothing has been decided on the referral."""
    rows = await connection.execute(
        text(
            "SELECT id, pair_ref, CAST(facts AS text) AS facts, CAST(decision AS text) AS decision"
            " FROM decision WHERE referral_id = :id ORDER BY revision DESC LIMIT 1"
        ),
        {"id": referral_id},
    )
    row = rows.one_or_none()
    if row is None:
        return None
    facts = Facts.model_validate_json(row.facts)
    return Decided(row.id, referral_id, row.pair_ref, facts, json.loads(row.decision))


async def add_override(connection: AsyncConnection, one: Override, on: Decided) -> None:
    """Keep an override beside the decision."""
    await connection.execute(
        text(
            "INSERT INTO override"
            " (id, referral_id, decision_id, action, pathway, made_by, made_at, reason)"
            " VALUES (:id, :referral, :decision, :action, :pathway, :by, :at, :reason)"
        ),
        {
            "id": one.id,
            "referral": on.referral_id,
            "decision": on.decision_id,
            "action": one.action,
            "pathway": one.pathway,
            "by": one.made_by,
            "at": one.made_at,
            "reason": one.reason,
        },
    )


async def overrides(connection: AsyncConnection, referral_id: UUID) -> tuple[Override, ...]:
    """The overrides of a referral, the earliest first."""
    rows = await connection.execute(
        text(
            "SELECT id, action, pathway, made_by, made_at, reason FROM override"
            " WHERE referral_id = :id ORDER BY made_at, id"
        ),
        {"id": referral_id},
    )
    return tuple(Override(*row) for row in rows)
