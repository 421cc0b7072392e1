"""The log's tables: inserted into and read, never changed. Commits nothing by itself."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.audit.log.tiles import HEIGHT, WIDTH, Tile
from services.audit.tlog.merkle import HASH_BYTES, leaf_hash
from services.audit.trail.finding import FoundBy


@dataclass(frozen=True)
class Heard:
    """An event as it was heard: its exact bytes, and what it is found by."""

    event_id: UUID
    type: str
    """With its version: `referral.triaged.v1`."""
    producer: str
    referral: UUID
    time: datetime
    body: bytes
    sequence: int | None = None
    """The producer's own number of it."""
    practitioner: str | None = None
    agency: str | None = None
    person_ref: UUID | None = None
    found_by: FoundBy = field(default_factory=FoundBy)


@dataclass(frozen=True)
class Content:
    """What a leaf was made from, until it is destroyed."""

    salt: bytes
    body: bytes


@dataclass(frozen=True)
class Entry:
    """An event in the log. `leaf`: the leaf data, SHA-256(salt || body), which stays."""

    index: int
    event_id: UUID
    type: str
    producer: str
    referral: UUID
    time: datetime
    leaf: bytes
    content: Content | None


async def take_turn(connection: AsyncConnection) -> None:
    """Be the one sequencer until the transaction ends. What others appended is seen from here."""
    await connection.execute(_TAKE_TURN)


async def size(connection: AsyncConnection) -> int:
    """How many leaves the log has; all of them are committed, since indexes follow commits."""
    rows = await connection.execute(_SIZE)
    return int(rows.scalar_one())


async def edge(connection: AsyncConnection) -> tuple[int, list[list[bytes]]]:
    """How many leaves the log has, and of each level the hashes that fill no tile yet."""
    row = (await connection.execute(_EDGE)).one()
    leaves, *above = (_parted(joined or b"") for joined in (row.leaves, *row.above))
    return row.size, [[leaf_hash(data) for data in leaves], *above]


async def add_entries(
    connection: AsyncConnection,
    first: int,
    heard: Sequence[Heard],
    salts: Sequence[bytes],
    leaves: Sequence[bytes],
    full: Mapping[Tile, bytes],
) -> None:
    """Insert events from index `first` on, each with its content, and the roots of the tiles that
    are `full` with them."""
    await connection.execute(
        _ADD_ENTRIES,
        {
            "indexes": list(range(first, first + len(heard))),
            "ids": [h.event_id for h in heard],
            "types": [h.type for h in heard],
            "producers": [h.producer for h in heard],
            "referrals": [h.referral for h in heard],
            "times": [h.time for h in heard],
            "practitioners": [h.practitioner for h in heard],
            "agencies": [h.agency for h in heard],
            "person_refs": [h.person_ref for h in heard],
            "leaves": list(leaves),
            "sequences": [h.sequence for h in heard],
            "salts": list(salts),
            "bodies": [h.body for h in heard],
            # A tile's root is a hash of the level above.
            "levels": [tile.level + 1 for tile in full],
            "numbers": [tile.number for tile in full],
            "hashes": list(full.values()),
        },
    )


# A statement that does nothing costs a twentieth of an append of a hundred events: it has as few as
# it can, and each is read for its parameters once.
_TAKE_TURN: Final = text("SELECT pg_advisory_xact_lock(hashtext('audit log'))")
_SIZE: Final = text("SELECT coalesce(max(leaf_index) + 1, 0) FROM entry")
_EDGE: Final = text(
    "SELECT size, (SELECT string_agg(leaf, '' ORDER BY leaf_index) FROM"  # noqa: S608 - a number
    f" (SELECT leaf_index, leaf FROM entry ORDER BY leaf_index DESC LIMIT size % {WIDTH}) AS l)"
    " AS leaves, ARRAY(SELECT (SELECT string_agg(hash, '' ORDER BY number) FROM"
    " (SELECT number, hash FROM tile_hash WHERE level = above ORDER BY number DESC"
    f" LIMIT (size >> {HEIGHT} * above) % {WIDTH}) AS h) FROM generate_series(1, 15) AS above"
    f" WHERE size >> {HEIGHT} * above > 0 ORDER BY above) AS above"
    " FROM (SELECT coalesce(max(leaf_index) + 1, 0) AS size FROM entry) AS log"
)
_ADD_ENTRIES: Final = text(
    "WITH kept AS (INSERT INTO content (leaf_index, salt, body) SELECT * FROM"
    " unnest(CAST(:indexes AS bigint[]), CAST(:salts AS bytea[]), CAST(:bodies AS bytea[]))),"
    " filled AS (INSERT INTO tile_hash (level, number, hash) SELECT * FROM"
    " unnest(CAST(:levels AS smallint[]), CAST(:numbers AS bigint[]), CAST(:hashes AS bytea[])))"
    " INSERT INTO entry (leaf_index, event_id, type, producer, referral, time, practitioner,"
    " agency, person_ref, leaf, sequence) SELECT * FROM unnest(CAST(:indexes AS bigint[]),"
    " CAST(:ids AS uuid[]), CAST(:types AS text[]), CAST(:producers AS text[]),"
    " CAST(:referrals AS uuid[]), CAST(:times AS timestamptz[]), CAST(:practitioners AS text[]),"
    " CAST(:agencies AS text[]), CAST(:person_refs AS uuid[]), CAST(:leaves AS bytea[]),"
    " CAST(:sequences AS integer[]))"
)

# A row a tile, its hashes joined: a row a hash would take longer to carry.
_TILES: Final = text(
    "SELECT level, number, CASE level WHEN 0 THEN"  # noqa: S608 - a number
    " (SELECT string_agg(leaf, '' ORDER BY leaf_index) FROM entry"
    f" WHERE leaf_index >= t.number * {WIDTH} AND leaf_index < (t.number + 1) * {WIDTH})"
    " ELSE (SELECT string_agg(hash, '' ORDER BY h.number) FROM tile_hash h WHERE h.level = t.level"
    f" AND h.number >= t.number * {WIDTH} AND h.number < (t.number + 1) * {WIDTH}) END AS joined"
    " FROM unnest(CAST(:levels AS smallint[]), CAST(:numbers AS bigint[])) AS t(level, number)"
)
_LEAVES: Final = text(
    "SELECT leaf FROM entry WHERE leaf_index >= :first AND leaf_index < :end ORDER BY leaf_index"
)


async def tiles(connection: AsyncConnection, wanted: Collection[Tile]) -> dict[Tile, list[bytes]]:
    """The hashes of tiles, as far as the log has come; an empty tile is an empty list."""
    named = {
        "levels": [tile.level for tile in wanted],
        "numbers": [tile.number for tile in wanted],
    }
    found: dict[Tile, list[bytes]] = {}
    for row in await connection.execute(_TILES, named):
        hashes = _parted(row.joined or b"")
        found[Tile(row.level, row.number)] = (
            hashes if row.level else [leaf_hash(data) for data in hashes]
        )
    return found


async def leaves(connection: AsyncConnection, first: int, count: int) -> Sequence[bytes]:
    """The data of so many leaves, as far as the log has come."""
    rows = await connection.execute(_LEAVES, {"first": first, "end": first + count})
    return rows.scalars().all()


def _parted(joined: bytes) -> list[bytes]:
    return [joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)]
