"""What completeness is judged by, and what was found. Commits nothing by itself."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.audit.trail.marking import SPAN
from services.audit.whole.completeness import Finding, Held, Noted, digest
from shared.events import TallyStated

_VERSION: Final = ".v1"

_NOTED: Final = (
    "SELECT e.leaf_index, e.event_id, e.type, e.producer, e.referral, e.sequence, e.time,"
    " e.logged_at, c.body FROM entry e LEFT JOIN content c USING (leaf_index, logged_at)"
)


@dataclass(frozen=True)
class Watch:
    """How far the trail was looked at: below `upto` as it came, below `again` once more."""

    since: datetime
    upto: int
    again: int


async def take_turn(connection: AsyncConnection) -> bool:
    """Whether the caller is the one who looks, until its transaction ends; does not wait."""
    taken = await connection.execute(
        text("SELECT pg_try_advisory_xact_lock(hashtext('audit completeness'))")
    )
    return bool(taken.scalar_one())


async def watch(connection: AsyncConnection, now: datetime) -> Watch:
    """How far it is; it begins now, and with the first entry, if it never was."""
    await connection.execute(
        text("INSERT INTO watch (since, upto, again) VALUES (:now, 0, 0) ON CONFLICT DO NOTHING"),
        {"now": now},
    )
    row = (await connection.execute(text("SELECT since, upto, again FROM watch"))).one()
    return Watch(*row)


async def move(connection: AsyncConnection, upto: int, again: int) -> None:
    """It is so far now."""
    await connection.execute(
        text("UPDATE watch SET upto = :upto, again = :again"), {"upto": upto, "again": again}
    )


@dataclass(frozen=True)
class Slice:
    """Entries of the log, from index `first` to below `after`, and what they are about."""

    first: int
    after: int
    subjects: frozenset[UUID]


async def settled(connection: AsyncConnection, first: int, until: datetime, limit: int) -> Slice:
    """The entries from `first` on that were logged until some time, so many at most."""
    rows = await connection.execute(
        text(
            "SELECT leaf_index, referral, logged_at FROM entry WHERE leaf_index >= :first"
            " ORDER BY leaf_index LIMIT :limit"
        ),
        {"first": first, "limit": limit},
    )
    looked = [row for row in rows if row.logged_at <= until]
    after = looked[-1].leaf_index + 1 if looked else first
    return Slice(first, after, frozenset(row.referral for row in looked))


async def lost(connection: AsyncConnection, first: int, after: int) -> Mapping[int, UUID]:
    """The entries from `first` to below `after`, and their referrals, whose content is gone without
    a note of its destruction."""
    rows = await connection.execute(
        text(
            "SELECT e.leaf_index, e.referral FROM entry e"
            " LEFT JOIN content c USING (leaf_index, logged_at)"
            " WHERE e.leaf_index >= :first AND e.leaf_index < :after AND c.leaf_index IS NULL"
            " AND NOT EXISTS (SELECT FROM destruction d WHERE d.leaf_index = e.leaf_index)"
        ),
        {"first": first, "after": after},
    )
    return {row.leaf_index: row.referral for row in rows}


async def due(connection: AsyncConnection, now: datetime, limit: int) -> set[UUID]:
    """The referrals to which something ought to have happened by now."""
    rows = await connection.execute(
        text("SELECT referral FROM awaited WHERE due_at <= :now ORDER BY due_at LIMIT :limit"),
        {"now": now, "limit": limit},
    )
    return set(rows.scalars())


async def wait_for(connection: AsyncConnection, due_at: Mapping[UUID, datetime | None]) -> None:
    """When each referral is to be looked at the next time; None: when something comes."""
    await connection.execute(
        text("DELETE FROM awaited WHERE referral = ANY(CAST(:gone AS uuid[]))"),
        {"gone": [each for each, at in due_at.items() if at is None]},
    )
    waiting = {each: at for each, at in due_at.items() if at is not None}
    await connection.execute(
        text(
            "INSERT INTO awaited (referral, due_at) SELECT * FROM unnest(CAST(:refs AS uuid[]),"
            " CAST(:times AS timestamptz[]))"
            " ON CONFLICT (referral) DO UPDATE SET due_at = excluded.due_at"
        ),
        {"refs": list(waiting), "times": list(waiting.values())},
    )


async def entries_of(
    connection: AsyncConnection, subjects: Collection[UUID]
) -> dict[UUID, list[Noted]]:
    """All entries about these, in the log's order."""
    rows = await connection.execute(
        text(f"{_NOTED} WHERE e.referral = ANY(CAST(:ids AS uuid[])) ORDER BY e.leaf_index"),
        {"ids": list(subjects)},
    )
    found: dict[UUID, list[Noted]] = {subject: [] for subject in subjects}
    for row in rows:
        found[row.referral].append(_noted(row))
    return found


async def held(connection: AsyncConnection, tally: TallyStated) -> Held:
    """What the log holds of a producer's hour, wherever in the log it lies."""
    rows = await connection.execute(
        text(
            # An entry may come long after its event: the spans say where some may be.
            "WITH place AS (SELECT number FROM span WHERE latest >= :since AND earliest < :until"
            " UNION ALL SELECT t FROM generate_series("
            "(SELECT coalesce(max(number) + 1, 0) FROM span),"
            " (SELECT coalesce(max(leaf_index), 0) / :span FROM entry)) AS t)"
            " SELECT event_id FROM place JOIN entry ON leaf_index >= number * :span"
            " AND leaf_index < number * :span + :span"
            " WHERE producer = :producer AND time >= :since AND time < :until"
        ),
        {"producer": tally.producer, "since": tally.since, "until": tally.until, "span": SPAN},
    )
    ids = list(rows.scalars())
    return Held(len(ids), digest(ids))


async def entries_from(
    connection: AsyncConnection, subject: UUID, first: int, after: int
) -> list[Noted]:
    """The entries about this from index `first` on, below `after`, with the one before them."""
    rows = await connection.execute(
        text(
            f"{_NOTED} WHERE e.referral = :id AND e.leaf_index < :after"  # noqa: S608 - our own words
            " AND e.leaf_index >= coalesce((SELECT max(leaf_index) FROM entry"
            " WHERE referral = :id AND leaf_index < :first), :first) ORDER BY e.leaf_index"
        ),
        {"id": subject, "first": first, "after": after},
    )
    return [_noted(row) for row in rows]


async def last_tally(connection: AsyncConnection, service: UUID) -> TallyStated | None:
    """The newest tally that the log holds on the subject of a service."""
    rows = await connection.execute(
        text(
            "SELECT body FROM entry JOIN content USING (leaf_index, logged_at)"
            " WHERE referral = :id AND type = :type ORDER BY leaf_index DESC LIMIT :most"
        ),
        # One that was delivered again may be logged after newer ones.
        {"id": service, "type": f"{TallyStated.TYPE}{_VERSION}", "most": 48},
    )
    tallies = (tally_in(_data(body)) for body in rows.scalars())
    return max((each for each in tallies if each), key=lambda each: each.until, default=None)


def tally_in(said: Mapping[str, Any]) -> TallyStated | None:
    """The tally that an event states; None of one whose bytes are no tally any more."""
    try:
        return TallyStated.model_validate(said)
    except ValidationError:
        return None


async def add(connection: AsyncConnection, finding: Finding, now: datetime) -> bool:
    """Keep a finding; False where it was found before."""
    added = await connection.execute(
        text(
            "INSERT INTO finding (finding_id, kind, about, referral, detail, found_at)"
            " VALUES (:id, :kind, :about, :referral, :detail, :now)"
            " ON CONFLICT DO NOTHING RETURNING finding_id"
        ),
        {
            "id": finding.id,
            "kind": finding.kind,
            "about": finding.about,
            "referral": finding.referral,
            "detail": finding.detail,
            "now": now,
        },
    )
    return added.first() is not None


@dataclass(frozen=True)
class Found:
    """A finding as it is kept."""

    finding_id: UUID
    kind: str
    about: str
    referral: UUID | None
    detail: str
    found_at: datetime


async def findings(connection: AsyncConnection, skip: int, limit: int) -> Sequence[Found]:
    """What was found, the newest first."""
    rows = await connection.execute(
        text(
            "SELECT finding_id, kind, about, referral, detail, found_at FROM finding"
            " ORDER BY found_at DESC, finding_id OFFSET :skip LIMIT :limit"
        ),
        {"skip": skip, "limit": limit},
    )
    return [Found(*row) for row in rows]


def _noted(row: Row[Any]) -> Noted:
    return Noted(
        index=row.leaf_index,
        event_id=row.event_id,
        type=row.type.removesuffix(_VERSION),
        producer=row.producer,
        subject=row.referral,
        sequence=row.sequence,
        time=row.time,
        logged_at=row.logged_at,
        said=None if row.body is None else _data(row.body),
    )


def _data(body: bytes) -> dict[str, Any]:
    """What an event says; of bytes that somebody made unreadable, nothing."""
    try:
        event = json.loads(body)
    except ValueError:
        return {}
    said = event.get("data") if isinstance(event, dict) else None
    return said if isinstance(said, dict) else {}
