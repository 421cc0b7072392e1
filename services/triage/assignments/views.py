"""What practitioners and coordinators see: read from the tables, changing nothing."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.triage.assignments.life import Assignment, State, Step
from services.triage.policy.risk import RiskLevel

_ASSIGNMENT: Final = ", ".join(f"a.{each.name}" for each in fields(Assignment))
_STEP: Final = ", ".join(each.name for each in fields(Step))
_SEEN: Final = (
    f"SELECT {_ASSIGNMENT}, r.made_on, r.risk_level"  # noqa: S608 - our own names
    " FROM assignment a JOIN referral r ON r.id = a.referral_id"
)
_OPEN: Final = "a.state NOT IN ('closed', 'withdrawn')"
"""As the index of what is open has it."""
_ASKED: Final = "a.state IN ('offered', 'escalated')"


@dataclass(frozen=True, slots=True)
class Seen:
    """An assignment, with what is to be known of its referral: London's day that it was made on,
    and the level of risk."""

    one: Assignment
    made_on: date
    risk_level: RiskLevel


async def one(connection: AsyncConnection, assignment_id: UUID) -> Seen | None:
    """An assignment; None if there is none of that id."""
    found = await _seen(connection, " WHERE a.id = :id", id=assignment_id)
    return found[0] if found else None


async def these(connection: AsyncConnection, ids: Collection[UUID]) -> tuple[Seen, ...]:
    """The assignments of these ids."""
    return await _seen(connection, " WHERE a.id = ANY(:ids)", ids=list(ids)) if ids else ()


async def mine(
    connection: AsyncConnection, practitioner_id: str, closed_since: datetime
) -> tuple[Seen, ...]:
    """What somebody is asked, has accepted, or has closed lately; what is due soonest first."""
    return await _seen(
        connection,
        " WHERE a.holder = :holder AND (a.state IN ('offered', 'escalated', 'accepted')"
        " OR a.closed_at >= :since) ORDER BY coalesce(a.due_at, a.first_contact_by), a.id",
        holder=practitioner_id,
        since=closed_since,
    )


async def listed(
    connection: AsyncConnection,
    *,
    catalogue: str | None,
    state: State | None,
    after: UUID,
    limit: int,
) -> tuple[Seen, ...]:
    """Everybody's assignments in the order of their ids; those that are open, unless `state` says
    which."""
    return await _seen(
        connection,
        " WHERE a.id > :after AND (CAST(:catalogue AS text) IS NULL OR a.catalogue = :catalogue)"
        + (f" AND {_OPEN}" if state is None else " AND a.state = :state")
        + " ORDER BY a.id LIMIT :limit",
        after=after,
        catalogue=catalogue,
        limit=limit,
        **({} if state is None else {"state": state.value}),
    )


async def wanting_somebody(
    connection: AsyncConnection, catalogue: str | None, now: datetime
) -> tuple[Seen, ...]:
    """What a coordinator has to see to: asked of a coordinator or gone up to one, late, waiting.

    `catalogue`: only of this one, and what belongs to none yet, which would else be nobody's.
    """
    return await _seen(
        connection,
        f" WHERE {_OPEN} AND (CAST(:catalogue AS text) IS NULL OR a.catalogue = :catalogue"
        " OR a.catalogue IS NULL) AND (a.state = 'waitlisted'"
        f" OR ({_ASKED} AND (a.team IS NULL OR a.level IN ('coordinator', 'contact')))"
        " OR (a.awaited = 'first_contact' AND a.late IS NOT NULL) OR a.due_at <= :now)"
        " ORDER BY a.urgent DESC, a.due_at, a.waiting_since, a.id",
        catalogue=catalogue,
        now=now,
    )


async def history(connection: AsyncConnection, assignment_id: UUID) -> tuple[Step, ...]:
    """Everything that was done with an assignment, the earliest first."""
    rows = await connection.execute(
        text(f"SELECT {_STEP} FROM step WHERE assignment_id = :id ORDER BY number"),  # noqa: S608
        {"id": assignment_id},
    )
    return tuple(Step(**{**row._mapping, "state": State(row.state)}) for row in rows)


async def asked_already(
    connection: AsyncConnection, referrals: Collection[UUID]
) -> Mapping[UUID, frozenset[str]]:
    """The pathways on which each of these referrals has an open assignment."""
    rows = await connection.execute(
        text(
            "SELECT referral_id, array_agg(pathway) AS pathways FROM assignment"
            " WHERE referral_id = ANY(:ids) AND state NOT IN ('closed', 'withdrawn')"
            " GROUP BY referral_id"
        ),
        {"ids": list(referrals)},
    )
    return {row.referral_id: frozenset(row.pathways) for row in rows}


def was_told(seen: Seen, steps: Iterable[Step], practitioner_id: str) -> bool:
    """Whether somebody was told that the first contact is late, and it still is awaited."""
    return seen.one.late is not None and any(
        step.act == "fall_late" and step.reason == practitioner_id for step in steps
    )


def as_json(seen: Seen, history_of: Iterable[Step] | None = None) -> dict[str, Any]:
    """As HTTP answers it; the history where it is given."""
    one = seen.one
    told: dict[str, Any] = {
        "assignment_id": str(one.id),
        "referral_id": str(one.referral_id),
        "catalogue": one.catalogue,
        "pathway": one.pathway,
        "kind": one.kind,
        "state": one.state.value,
        "level": one.level,
        "practitioner_id": one.holder,
        "because": one.because,
        "urgent": one.urgent,
        "risk_level": seen.risk_level,
        "offer": one.offer,
        "waiting_since": _moment(one.waiting_since),
        "offered_at": _moment(one.offered_at),
        "acknowledge_by": _moment(one.acknowledge_by),
        "first_contact_by": _moment(one.first_contact_by),
        "awaited": one.awaited,
        "due_at": _moment(one.due_at),
        "accepted_at": _moment(one.accepted_at),
        "attempts": one.attempts,
        "reached": one.reached,
        "closed_at": _moment(one.closed_at),
        "outcome": one.outcome,
        "withdrawn_because": one.withdrawn_because,
    }
    if history_of is not None:
        told["history"] = [
            {
                "at": each.at.isoformat(),
                "act": each.act,
                "state": each.state,
                "level": each.level,
                "pathway": each.pathway,
                "practitioner_id": each.holder,
                "by": each.by,
                "reason": each.reason,
                "reached": each.reached,
                "note": each.note,
            }
            for each in history_of
        ]
    return told


async def _seen(connection: AsyncConnection, where: str, **values: object) -> tuple[Seen, ...]:
    rows = await connection.execute(text(_SEEN + where), values)
    return tuple(_read(dict(row._mapping)) for row in rows)


def _read(row: dict[str, Any]) -> Seen:
    made_on, risk = row.pop("made_on"), row.pop("risk_level")
    one = Assignment(**{**row, "state": State(row["state"]), "passed": tuple(row["passed"])})
    return Seen(one, made_on, risk)


def _moment(when: datetime | None) -> str | None:
    return when.isoformat() if when else None
