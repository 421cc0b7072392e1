"""What intake remembers of a referral's way: for its sender, and for whom it is shown to.

Reads and writes on the connection of whoever asks; commits nothing. What may be told once alone
answers whether it is new, since the same event may come again, or another that says the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True)
class Decided:
    """A revision was decided on."""

    referral_id: UUID
    revision: int
    at: datetime


@dataclass(frozen=True)
class TakenUp:
    """A service took the referral up; `service` as its sender is told of it."""

    service: str
    at: datetime


@dataclass(frozen=True)
class Progress:
    """How far a referral is. `asks`: the fields that were missing in `asked_revision`."""

    decided_revision: int | None = None
    decided_at: datetime | None = None
    asked_revision: int | None = None
    asked_at: datetime | None = None
    asks: tuple[str, ...] = ()
    closed_at: datetime | None = None
    taken_up: tuple[TakenUp, ...] = ()


@dataclass(frozen=True)
class Holding:
    """An assignment that somebody has accepted, and still has."""

    assignment_id: UUID
    referral_id: UUID
    pathway: str
    practitioner_id: str


async def decide(connection: AsyncConnection, decisions: Sequence[Decided]) -> None:
    """Remember the newest decision on each referral; given all of one transaction at once."""
    # In one order, so that two transactions over the same referrals cannot deadlock.
    newest = {one.referral_id: one for one in sorted(decisions, key=lambda one: one.revision)}
    ordered = [newest[referral_id] for referral_id in sorted(newest)]
    await connection.execute(
        text(
            "INSERT INTO progress AS p (referral_id, decided_revision, decided_at)"
            " SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:revisions AS integer[]),"
            " CAST(:times AS timestamptz[])) ON CONFLICT (referral_id) DO UPDATE"
            " SET decided_revision = excluded.decided_revision, decided_at = excluded.decided_at"
            " WHERE excluded.decided_revision > coalesce(p.decided_revision, 0)"
        ),
        {
            "ids": [one.referral_id for one in ordered],
            "revisions": [one.revision for one in ordered],
            "times": [one.at for one in ordered],
        },
    )


async def ask(
    connection: AsyncConnection, referral_id: UUID, revision: int, asks: Sequence[str], at: datetime
) -> bool:
    """What a revision lacks; False where the same was asked of it before, or a later one stands."""
    rows = await connection.execute(
        text(
            "INSERT INTO progress AS p (referral_id, asked_revision, asked_at, asks)"
            " VALUES (:id, :revision, :at, CAST(:asks AS text[]))"
            " ON CONFLICT (referral_id) DO UPDATE SET asked_revision = excluded.asked_revision,"
            " asked_at = excluded.asked_at, asks = excluded.asks"
            " WHERE excluded.asked_revision > coalesce(p.asked_revision, 0)"
            " OR (excluded.asked_revision = p.asked_revision AND excluded.asks <> p.asks)"
            " RETURNING referral_id"
        ),
        {"id": referral_id, "revision": revision, "at": at, "asks": list(asks)},
    )
    return rows.first() is not None


async def take_up(
    connection: AsyncConnection, referral_id: UUID, service: str, at: datetime
) -> bool:
    """A service took it up; False where it had done so before."""
    rows = await connection.execute(
        text(
            "INSERT INTO taken_up (referral_id, service, at) VALUES (:id, :service, :at)"
            " ON CONFLICT DO NOTHING RETURNING referral_id"
        ),
        {"id": referral_id, "service": service, "at": at},
    )
    return rows.first() is not None


async def hold(connection: AsyncConnection, holding: Holding, at: datetime) -> None:
    """Somebody accepted an assignment: nobody else has it now."""
    await connection.execute(
        text(
            "INSERT INTO holding (assignment_id, referral_id, pathway, practitioner_id, since)"
            " VALUES (:assignment, :referral, :pathway, :practitioner, :at)"
            " ON CONFLICT (assignment_id) DO UPDATE SET pathway = excluded.pathway,"
            " practitioner_id = excluded.practitioner_id, since = excluded.since"
        ),
        {
            "assignment": holding.assignment_id,
            "referral": holding.referral_id,
            "pathway": holding.pathway,
            "practitioner": holding.practitioner_id,
            "at": at,
        },
    )


async def let_go(connection: AsyncConnection, assignment_id: UUID) -> None:
    """Whoever had accepted an assignment has it no longer."""
    await connection.execute(
        text("DELETE FROM holding WHERE assignment_id = :id"), {"id": assignment_id}
    )


async def close(connection: AsyncConnection, referral_id: UUID, at: datetime) -> bool:
    """The work on a referral ended, and nobody holds it; False where it had ended before."""
    await connection.execute(
        text("DELETE FROM holding WHERE referral_id = :id"), {"id": referral_id}
    )
    rows = await connection.execute(
        text(
            "INSERT INTO progress AS p (referral_id, closed_at) VALUES (:id, :at)"
            " ON CONFLICT (referral_id) DO UPDATE SET closed_at = excluded.closed_at"
            " WHERE p.closed_at IS NULL RETURNING referral_id"
        ),
        {"id": referral_id, "at": at},
    )
    return rows.first() is not None


async def reopen(connection: AsyncConnection, referral_ids: Sequence[UUID]) -> None:
    """A later revision brought work again: each of them may be taken up, and end, once more."""
    await connection.execute(
        text(
            # In one order, so that two transactions over the same referrals cannot deadlock.
            "WITH again AS (SELECT referral_id FROM progress"
            " WHERE referral_id = ANY(CAST(:ids AS uuid[])) AND closed_at IS NOT NULL"
            " ORDER BY referral_id FOR UPDATE),"
            " anew AS (DELETE FROM taken_up t USING again a WHERE t.referral_id = a.referral_id)"
            " UPDATE progress p SET closed_at = NULL FROM again a"
            " WHERE p.referral_id = a.referral_id"
        ),
        {"ids": list(referral_ids)},
    )


async def progress_of(connection: AsyncConnection, referral_id: UUID) -> Progress:
    """How far a referral is."""
    rows = await connection.execute(
        text(
            "SELECT decided_revision, decided_at, asked_revision, asked_at, asks, closed_at"
            " FROM progress WHERE referral_id = :id"
        ),
        {"id": referral_id},
    )
    row = rows.one_or_none()
    if row is None:
        return Progress()
    taken = await connection.execute(
        text("SELECT service, at FROM taken_up WHERE referral_id = :id ORDER BY at, service"),
        {"id": referral_id},
    )
    return Progress(
        decided_revision=row.decided_revision,
        decided_at=row.decided_at,
        asked_revision=row.asked_revision,
        asked_at=row.asked_at,
        asks=tuple(row.asks),
        closed_at=row.closed_at,
        taken_up=tuple(TakenUp(*each) for each in taken),
    )


async def holds(connection: AsyncConnection, referral_id: UUID, practitioner_id: str) -> bool:
    """Whether somebody holds an accepted assignment on a referral at this moment."""
    rows = await connection.execute(
        text("SELECT 1 FROM holding WHERE referral_id = :id AND practitioner_id = :who LIMIT 1"),
        {"id": referral_id, "who": practitioner_id},
    )
    return rows.first() is not None
