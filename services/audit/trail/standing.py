"""How the log stands: what was signed last, who stands by it, and what was found to be wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.audit.log import checkpoints, store
from services.audit.tlog.checkpoint import Checkpoint
from services.audit.tlog.witness_policy import Policy


@dataclass(frozen=True)
class Seen:
    """A witness, and the largest tree that it cosigned, as far as is known here; 0: none."""

    name: str
    size: int


@dataclass(frozen=True)
class Kind:
    """How often one thing was found, and when last."""

    kind: str
    found: int
    latest: datetime


@dataclass(frozen=True)
class Standing:
    """`signed`, `signed_at`: the checkpoint; `note`: it as it is served. `witnessed`: the newest
    that enough witnesses cosigned. `unsigned`: how many entries wait for a checkpoint."""

    signed: Checkpoint | None
    signed_at: datetime | None
    note: str
    witnessed: Checkpoint | None
    unsigned: int
    witnesses: Sequence[Seen]
    findings: Sequence[Kind]


async def of_log(connection: AsyncConnection, policy: Policy) -> Standing:
    """As it is now. It says nothing of any referral."""
    latest = await checkpoints.latest(connection)
    enough = await checkpoints.witnessed(connection, policy) if policy.witnesses else None
    entries = await store.size(connection)
    signed_at = await connection.execute(
        text("SELECT signed_at FROM checkpoint ORDER BY number DESC LIMIT 1")
    )
    found = await connection.execute(
        text(
            "SELECT kind, count(*) AS found, max(found_at) AS latest FROM finding"
            " GROUP BY kind ORDER BY latest DESC"
        )
    )
    return Standing(
        signed=latest.checkpoint if latest else None,
        signed_at=signed_at.scalar_one_or_none(),
        note=latest.note.decode() if latest else "",
        witnessed=enough.checkpoint if enough else None,
        unsigned=entries - (latest.checkpoint.size if latest else 0),
        witnesses=[
            Seen(
                name,
                await checkpoints.size_seen_by(connection, latest.checkpoint.origin, witness.key),
            )
            for name, witness in policy.witnesses.items()
        ]
        if latest
        else [],
        findings=[Kind(row.kind, row.found, row.latest) for row in found],
    )
