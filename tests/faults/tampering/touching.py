"""What a mutation touched, found by comparing rows with rows: no tree, no proof, no signature.

By it is judged whether a mutation had to be found; so it must not share the checks that find.
"""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Final
from uuid import UUID

import asyncpg

from tests.audit.served import tree_hash
from tests.faults.tampering import honest
from tests.faults.tampering.mutation import TABLES

COPIES: Final = tuple(
    statement
    for table in TABLES
    for statement in (
        f"CREATE TABLE honest.{table} AS TABLE audit.{table}",
        f"ANALYZE honest.{table}",
    )
)


HEIGHT: Final = 4
"""Of a stored tile; tiles of twice that height are served."""


class Part(Enum):
    """Which part of the log was touched, by the earliest entry."""

    COSIGNED = "entries that are cosigned and remembered"
    REMEMBERED = "entries that are remembered alone"
    SIGNED = "entries that are signed, and that nobody has seen"
    WAITING = "entries that wait for a signature"
    SIGNATURES = "checkpoints and cosignatures alone"
    BUNDLES = "bundles, whose entries are all cosigned"
    SEARCH = "what no proof is about"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Touched:
    """`leaves`, `hashes`, `between`, `said`, `gone`: the first entry whose leaf, whose served tile,
    whose hash of which only proofs are made, whose event as it is shown, whose content is not as
    it was; None if all are. `subjects`: what the entries are about, before and after."""

    leaves: int | None = None
    hashes: int | None = None
    between: int | None = None
    said: int | None = None
    gone: int | None = None
    search: bool = False
    signatures: bool = False
    subjects: Sequence[UUID] = field(default=())

    @property
    def first(self) -> int | None:
        """The first entry whose leaf or tile is not as it was."""
        return min((each for each in (self.leaves, self.hashes) if each is not None), default=None)

    @property
    def proved(self) -> int | None:
        """The first entry of which something is not as it was that proofs are about."""
        touched = (self.leaves, self.hashes, self.between, self.said)
        return min((each for each in touched if each is not None), default=None)

    @property
    def is_between_alone(self) -> bool:
        """Whether entries and served tiles are as they were, and a proof may not be."""
        return self.between is not None and self.proved == self.between and self.first is None

    @property
    def part(self) -> Part:
        """Where the mutation stands in the table."""
        if self.proved is not None:
            return part_of(self.proved)
        if self.signatures:
            return Part.SIGNATURES
        return Part.SEARCH if self.search or self.gone is not None else Part.NOTHING


def part_of(index: int) -> Part:
    """Who has seen an entry."""
    for below, part in (
        (honest.COSIGNED, Part.COSIGNED),
        (honest.REMEMBERED, Part.REMEMBERED),
        (honest.SIGNED, Part.SIGNED),
    ):
        if index < below:
            return part
    return Part.WAITING


_ENTRIES: Final = """
    WITH now AS (SELECT e.*, c.salt, c.body FROM audit.entry e
            LEFT JOIN audit.content c USING (leaf_index, logged_at)),
        was AS (SELECT e.*, c.salt, c.body FROM honest.entry e
            LEFT JOIN honest.content c USING (leaf_index, logged_at))
    SELECT coalesce(now.leaf_index, was.leaf_index) AS at,
        now.leaf IS DISTINCT FROM was.leaf
            OR now.leaf_index IS DISTINCT FROM was.leaf_index AS leaf,
        (now.event_id, now.type, now.producer, now.referral, now.time) IS DISTINCT FROM
            (was.event_id, was.type, was.producer, was.referral, was.time) AS shown,
        (now.salt, now.body) IS DISTINCT FROM (was.salt, was.body) AS content,
        now.salt IS NULL OR now.body IS NULL AS gone,
        now.referral AS is_about, was.referral AS was_about
    FROM now FULL JOIN was ON now.leaf_index = was.leaf_index
    WHERE (now.leaf_index, now.leaf, now.event_id, now.type, now.producer, now.referral, now.time,
        now.practitioner, now.agency, now.person_ref, now.sequence, now.logged_at, now.salt,
        now.body) IS DISTINCT FROM (was.leaf_index, was.leaf, was.event_id, was.type, was.producer,
        was.referral, was.time, was.practitioner, was.agency, was.person_ref, was.sequence,
        was.logged_at, was.salt, was.body)
    ORDER BY 1"""
_BESIDE: Final = """
    SELECT count(*) FROM audit.content c WHERE NOT EXISTS (SELECT FROM audit.entry e
        WHERE (e.leaf_index, e.logged_at) = (c.leaf_index, c.logged_at))"""
# Of two rows with one number PostgreSQL may read either first: that may be as it was.
_HASHES: Final = """
    WITH now AS (SELECT t.level, row_number() OVER one - 1 AS place, t.hash
            FROM audit.tile_hash t
            LEFT JOIN honest.tile_hash w ON (w.level, w.hash) = (t.level, t.hash)
            WHERE t.hash IS NOT NULL
            WINDOW one AS (PARTITION BY t.level ORDER BY t.number, w.number)),
        was AS (SELECT level, number AS place, hash FROM honest.tile_hash)
    SELECT coalesce(now.level, was.level) AS level, coalesce(now.place, was.place) AS number
    FROM now FULL JOIN was ON (now.level, now.place) = (was.level, was.place)
    WHERE now.hash IS DISTINCT FROM was.hash"""
_NUMBERS: Final = """
    SELECT EXISTS ((SELECT level, number, hash FROM audit.tile_hash)
        EXCEPT (SELECT level, number, hash FROM honest.tile_hash))"""
_CHECKPOINTS: Final = """
    SELECT array(SELECT (origin, size, root, note)::text FROM audit.checkpoint ORDER BY number)
        <> array(SELECT (origin, size, root, note)::text FROM honest.checkpoint ORDER BY number)"""
_COSIGNATURES: Final = """
    SELECT EXISTS ((SELECT origin, size, root, name, key_id, line FROM audit.cosignature)
        EXCEPT ALL (SELECT origin, size, root, name, key_id, line FROM honest.cosignature))
        OR (SELECT count(*) FROM audit.cosignature) <> (SELECT count(*) FROM honest.cosignature)"""


async def touched(connection: asyncpg.Connection) -> Touched:
    """Compare all that there is with how it was."""
    rows = await connection.fetch(_ENTRIES)
    hashes = [
        (row["level"], ((row["number"] + 1) << HEIGHT * row["level"]) - 1)
        for row in await connection.fetch(_HASHES)
        if row["level"] is not None and 0 < row["level"] < 16
    ]
    # A hash above what the log has is nobody's.
    there = [(level, at) for level, at in hashes if 0 <= at < honest.LOGGED]
    # What is shown of an event whose content is gone is the log's word, and proved by nothing.
    said = [row for row in rows if (row["shown"] or row["content"]) and not row["gone"]]
    gone = [row for row in rows if row["content"] and row["gone"]]
    subjects: dict[UUID, None] = {}
    for row in (*said, *gone, *rows):
        subjects |= {each: None for each in (row["is_about"], row["was_about"]) if each}
    return Touched(
        leaves=_first(row["at"] for row in rows if row["leaf"]),
        hashes=min((at for level, at in there if level % 2 == 0), default=None),
        between=min((at for level, at in there if level % 2), default=None),
        said=_first(row["at"] for row in said),
        gone=_first(row["at"] for row in gone),
        search=bool(rows)
        or await connection.fetchval(_NUMBERS)
        or bool(await connection.fetchval(_BESIDE)),
        signatures=await connection.fetchval(_CHECKPOINTS)
        or await connection.fetchval(_COSIGNATURES),
        subjects=list(subjects),
    )


def _first(indexes: Iterable[int | None]) -> int | None:
    return min((honest.LOGGED if at is None else at for at in indexes), default=None)


async def contradicts(
    connection: asyncpg.Connection, served: bytes | None, is_signed: bool
) -> bool:
    """Whether what is served as the newest checkpoint cannot be, by all that anybody remembers: it
    is none, nobody's, of less than is remembered, or not of the entries that are there."""
    if served is None or not is_signed:
        return True
    _, size, root = served.split(b"\n\n")[0].decode().split("\n")
    rows = await connection.fetch(
        "SELECT leaf FROM audit.entry ORDER BY leaf_index LIMIT $1", int(size)
    )
    leaves = tuple(row["leaf"] or b"" for row in rows)
    if int(size) < honest.REMEMBERED or len(leaves) < int(size):
        return True
    return b64encode(_root(leaves)).decode() != root


@lru_cache(maxsize=4)
def _root(leaves: tuple[bytes, ...]) -> bytes:
    """Most mutations leave the leaves as they were."""
    return tree_hash(leaves)
