"""The tables of checkpoints and cosignatures: inserted into and read. Commits nothing by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.audit.tlog.checkpoint import Checkpoint
from services.audit.tlog.notes import Signature, VerifierKey
from services.audit.tlog.witness_policy import Policy

LOOKED_BACK: Final = 200
"""So many cosigned checkpoints, from the newest, are asked whether enough witnesses agree."""

BEHIND_SECONDS: Final = 60
"""As long may witnesses need before what is taken away is taken without their word."""


@dataclass(frozen=True)
class Signed:
    """A checkpoint as it is served. `note`: the signed note, with the signatures of the log's own
    keys and the cosignatures that were collected so far."""

    checkpoint: Checkpoint
    note: bytes


async def take_turn(connection: AsyncConnection) -> bool:
    """Whether the caller is the one signer until its transaction ends; does not wait for it."""
    taken = await connection.execute(
        text("SELECT pg_try_advisory_xact_lock(hashtext('audit checkpoint'))")
    )
    return bool(taken.scalar_one())


async def add(connection: AsyncConnection, checkpoint: Checkpoint, note: bytes) -> bool:
    """Keep a signed checkpoint; whether it is a new one. IntegrityError if it contradicts one that
    is there."""
    added = await connection.execute(
        text(
            "INSERT INTO checkpoint (origin, size, root, note)"
            " VALUES (:origin, :size, :root, :note) ON CONFLICT DO NOTHING RETURNING number"
        ),
        _of_tree(checkpoint) | {"note": note},
    )
    return added.scalar_one_or_none() is not None


async def add_cosignatures(
    connection: AsyncConnection, checkpoint: Checkpoint, cosignatures: Sequence[Signature]
) -> None:
    """Keep what witnesses signed of a checkpoint; of one witness the first."""
    for each in cosignatures:
        await connection.execute(
            text(
                "INSERT INTO cosignature (origin, size, root, name, key_id, line)"
                " VALUES (:origin, :size, :root, :name, :key_id, :line) ON CONFLICT DO NOTHING"
            ),
            _of_tree(checkpoint) | {"name": each.name, "key_id": each.key_id, "line": each.line},
        )


async def latest(connection: AsyncConnection) -> Signed | None:
    """The checkpoint that was signed last; None before the first. It covers what may be shown."""
    return await _one(connection, "ORDER BY number DESC LIMIT 1")


async def latest_of(connection: AsyncConnection, origin: str) -> Signed | None:
    """The one of this name that was signed last: a log that was begun anew has a new name."""
    return await _one(
        connection, "WHERE origin = :origin ORDER BY size DESC, number DESC LIMIT 1", origin=origin
    )


async def found(connection: AsyncConnection, checkpoint: Checkpoint) -> Signed | None:
    """The checkpoint as it was signed last, if ever it was."""
    return await _one(
        connection,
        "WHERE (origin, size, root) = (:origin, :size, :root) ORDER BY number DESC LIMIT 1",
        **_of_tree(checkpoint),
    )


async def witnessed(connection: AsyncConnection, policy: Policy) -> Signed | None:
    """The newest checkpoint that enough witnesses cosigned; None if there is none yet."""
    last = await latest(connection)
    if last is None or policy.accepts(()):
        return last
    rows = await connection.execute(
        text(
            "SELECT size, root, array_agg(name) AS names, array_agg(key_id) AS ids"
            " FROM cosignature WHERE origin = :origin"
            " GROUP BY size, root ORDER BY size DESC LIMIT :limit"
        ),
        {"origin": last.checkpoint.origin, "limit": LOOKED_BACK},
    )
    for row in rows.all():
        by = set(zip(row.names, row.ids, strict=True))
        if policy.accepts([key for key in policy.witness_keys if (key.name, key.key_id) in by]):
            return await found(connection, Checkpoint(last.checkpoint.origin, row.size, row.root))
    return None


async def to_take_away(connection: AsyncConnection, policy: Policy) -> Signed | None:
    """The newest checkpoint that enough witnesses cosigned. Where they have been behind for longer
    than they should, the newest of all: whoever takes it away would miss what is left out more."""
    agreed = await witnessed(connection, policy)
    if agreed is not None:
        late = await connection.execute(
            text(
                "SELECT 1 FROM checkpoint WHERE origin = :origin AND size > :size"
                " AND signed_at < now() - make_interval(secs => :behind) LIMIT 1"
            ),
            {
                "origin": agreed.checkpoint.origin,
                "size": agreed.checkpoint.size,
                "behind": BEHIND_SECONDS,
            },
        )
        if late.first() is None:
            return agreed
    return await latest(connection)


async def size_seen_by(connection: AsyncConnection, origin: str, witness: VerifierKey) -> int:
    """The largest tree that a witness cosigned, as far as is known here; 0 if none."""
    rows = await connection.execute(
        text(
            "SELECT coalesce(max(size), 0) FROM cosignature"
            " WHERE (origin, name, key_id) = (:origin, :name, :key_id)"
        ),
        {"origin": origin, "name": witness.name, "key_id": witness.key_id},
    )
    return int(rows.scalar_one())


async def is_cosigned_by(connection: AsyncConnection, signed: Signed, witness: VerifierKey) -> bool:
    """Whether the witness's cosignature of this very tree is kept."""
    rows = await connection.execute(
        text(
            "SELECT 1 FROM cosignature WHERE (origin, size, root, name, key_id)"
            " = (:origin, :size, :root, :name, :key_id)"
        ),
        _of_tree(signed.checkpoint) | {"name": witness.name, "key_id": witness.key_id},
    )
    return rows.first() is not None


def _of_tree(checkpoint: Checkpoint) -> dict[str, Any]:
    return {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root}


_SIGNED = (
    "SELECT origin, size, root, note, (SELECT string_agg(line, '' ORDER BY name, key_id)"
    " FROM cosignature g WHERE (g.origin, g.size, g.root) = (c.origin, c.size, c.root))"
    " AS cosigned FROM checkpoint c "
)


async def _one(connection: AsyncConnection, which: str, **given: Any) -> Signed | None:
    rows = await connection.execute(text(_SIGNED + which), given)
    row = rows.one_or_none()
    if row is None:
        return None
    # Signature lines stand at a note's end.
    note = row.note + (row.cosigned or "").encode()
    return Signed(Checkpoint(row.origin, row.size, row.root), note)
