"""Appends a second: ours, and the same rows plainly inserted into the same tables.

The two take turns batch by batch, so that a slow moment of the machine falls on both. What is
plainly inserted was made ready before: no lock, no look at where the log ends, no hash, no stems.
"""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from services.audit.log import log
from services.audit.log.log import SALT_BYTES, leaf_data
from services.audit.log.store import Heard
from services.audit.trail import marking
from tests.performance.log import ground
from tests.performance.log.frontier import Frontier
from tests.performance.log.lives import SEED, Told, tell
from tests.servers import Postgres

BATCHES: Final = (100, 500)
WARM: Final = 6
"""Transactions of each size before it counts: from a statement's sixth time on its plan is kept."""

_COLUMNS: Final = {
    "entry": {
        "leaf_index": "bigint",
        "event_id": "uuid",
        "type": "text",
        "producer": "text",
        "referral": "uuid",
        "time": "timestamptz",
        "practitioner": "text",
        "agency": "text",
        "person_ref": "uuid",
        "leaf": "bytea",
        "sequence": "integer",
    },
    "content": {"leaf_index": "bigint", "salt": "bytea", "body": "bytea"},
    "named": {"name": "text", "leaf_index": "bigint"},
    "word": {"word": "text", "leaf_index": "bigint"},
    "concerned": {"ref": "uuid", "referral": "uuid", "leaf_index": "bigint"},
}
_INSERTS: Final = {
    table: f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM unnest("
    + ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(columns.values(), 1))
    + ")"
    for table, columns in _COLUMNS.items()
}
_SUMS: Final = {
    table: f"SELECT count(*), sum(hashtextextended(ROW({', '.join(columns)})::text, 0))"
    f" FROM {table}"
    for table, columns in _COLUMNS.items()
}

Rows = dict[str, list[list[Any]]]
"""Of each table its columns."""


@dataclass
class Appending:
    """Two logs in one server, one appended to and one inserted into."""

    ours: AsyncEngine
    plain: asyncpg.Connection
    bodies: list[bytes]
    """Of every event so far, in the log's order."""
    _events: Iterator[Told] = field(default_factory=tell)
    _chance: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311 - salts that both sides know
    _stems: dict[str, list[str]] = field(default_factory=dict)
    _concerned: set[tuple[Any, Any]] = field(default_factory=set)
    _frontier: Frontier = field(default_factory=Frontier)

    async def seconds(self, batch: int, count: int) -> tuple[float, float]:
        """How long ours and the plain insert took over `count` events, in transactions of
        `batch`."""
        ours = plain = 0.0
        for _ in range(count // batch):
            first = self._frontier.size
            heard = [told.heard for told in islice(self._events, batch)]
            salts = [self._chance.randbytes(SALT_BYTES) for _ in heard]
            leaves = [leaf_data(salt, h.body) for salt, h in zip(salts, heard, strict=True)]
            rows = await self._rows(first, heard, salts, leaves)
            self._frontier.add(leaves)
            self.bodies += [h.body for h in heard]

            # Whoever comes second finds the server warm: they take turns at that too.
            for turn in (first // batch, first // batch + 1):
                began = time.perf_counter()
                if turn % 2:
                    await self._append(heard, salts)
                    ours += time.perf_counter() - began
                else:
                    await self._insert(rows)
                    plain += time.perf_counter() - began
        return ours, plain

    async def faults(self) -> list[str]:
        """Where the two have not the same rows, or the log another root than its leaves have."""
        found = []
        async with self.ours.connect() as connection:
            tree = await log.tree(connection)
            for table, sums in _SUMS.items():
                mine = (await connection.exec_driver_sql(sums)).one()
                if tuple(mine) != tuple(await self.plain.fetchrow(sums)):
                    found.append(f"the plain insert has other rows in {table}")
        if tree != log.Tree(self._frontier.size, self._frontier.root):
            found.append("the log's root is not that of its leaves")
        return found

    async def _append(self, heard: Sequence[Heard], salts: Sequence[bytes]) -> None:
        async with self.ours.begin() as connection:
            await log.append(connection, heard, iter(salts).__next__)

    async def _insert(self, rows: Rows) -> None:
        async with self.plain.transaction():
            for table, columns in rows.items():
                if columns:
                    await self.plain.execute(_INSERTS[table], *columns)

    async def _rows(
        self, first: int, heard: Sequence[Heard], salts: Sequence[bytes], leaves: Sequence[bytes]
    ) -> Rows:
        rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _COLUMNS}
        for index, (event, salt, leaf) in enumerate(zip(heard, salts, leaves, strict=True), first):
            entry = (event.event_id, event.type, event.producer, event.referral, event.time)
            found_by = (event.practitioner, event.agency, event.person_ref, leaf, event.sequence)
            rows["entry"].append((index, *entry, *found_by))
            rows["content"].append((index, salt, event.body))
            rows["named"] += [(name, index) for name in event.found_by.names]
            for ref in event.found_by.concerns:
                if (ref, event.referral) not in self._concerned:
                    self._concerned.add((ref, event.referral))
                    rows["concerned"].append((ref, event.referral, index))
            rows["word"] += [(stem, index) for stem in await self._of(event.found_by.reason)]
        return {
            table: [list(column) for column in zip(*each, strict=True)]
            for table, each in rows.items()
        }

    async def _of(self, reason: str) -> list[str]:
        if reason not in self._stems:
            async with self.ours.connect() as connection:
                self._stems[reason] = await marking.stems(connection, reason) if reason else []
        return self._stems[reason]


async def measure(postgres: Postgres, rounds: int, count: int) -> dict[str, Any]:
    """Each round's appends a second at each batch, `count` events each; what was not right; and
    the first `count` bodies."""
    async with ground.log_of(postgres) as (_, ours), ground.log_of(postgres) as (beside, _engine):
        plain = await beside.connect("audit")
        try:
            both = Appending(ours, plain, [])
            for batch in BATCHES:
                await both.seconds(batch, WARM * batch)
            measured = [
                {str(batch): _rates(count, await both.seconds(batch, count)) for batch in BATCHES}
                for _ in range(rounds)
            ]
            faults = await both.faults()
        finally:
            await plain.close()
    return {"rounds": measured, "faults": faults, "bodies": both.bodies[:count]}


def _rates(count: int, seconds: tuple[float, float]) -> dict[str, float]:
    ours, plain = seconds
    return {
        "ours_per_s": round(count / ours, 1),
        "plain_per_s": round(count / plain, 1),
        "ours_by_plain": round(plain / ours, 3),
    }
