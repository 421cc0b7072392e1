"""The log's tables: inserted into and read, never changed. Commits nothing by itself."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.audit.log.tiles import WIDTH, Tile
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


async def edge(connection: AsyncConnection) -> tuple[int, list[bytes]]:
    """How many leaves the log has, and the data of those in its last tile, while that is not
    full."""
    row = (await connection.execute(_EDGE, {"width": WIDTH})).one()
    joined = row.joined or b""
    return row.size, _parted(joined[len(joined) - row.size % WIDTH * HASH_BYTES :])


async def add_entries(
    connection: AsyncConnection,
    first: int,
    heard: Sequence[Heard],
    salts: Sequence[bytes],
    leaves: Sequence[bytes],
) -> None:
    """Insert events from index `first` on, each with its content."""
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
        },
    )


async def add_tile_hashes(
    connection: AsyncConnection, level: int, hashes: Mapping[int, bytes]
) -> None:
    """Keep the roots of full tiles, by their numbers, as hashes of `level`, the one above."""
    await connection.execute(
        _ADD_TILE_HASHES,
        {"level": level, "numbers": list(hashes), "hashes": list(hashes.values())},
    )


# A statement that does nothing costs a twentieth of an append of a hundred events: it has as few as
# it can, and each is read for its parameters once.
_TAKE_TURN: Final = text("SELECT pg_advisory_xact_lock(hashtext('audit log'))")
_SIZE: Final = text("SELECT coalesce(max(leaf_index) + 1, 0) FROM entry")
_EDGE: Final = text(
    "SELECT coalesce(max(leaf_index) + 1, 0) AS size, string_agg(leaf, '' ORDER BY leaf_index)"
    " AS joined FROM (SELECT leaf_index, leaf FROM entry ORDER BY leaf_index DESC LIMIT :width)"
    " AS l"
)
_ADD_ENTRIES: Final = text(
    "WITH kept AS (INSERT INTO content (leaf_index, salt, body) SELECT * FROM"
    " unnest(CAST(:indexes AS bigint[]), CAST(:salts AS bytea[]), CAST(:bodies AS bytea[])))"
    " INSERT INTO entry (leaf_index, event_id, type, producer, referral, time, practitioner,"
    " agency, person_ref, leaf, sequence) SELECT * FROM unnest(CAST(:indexes AS bigint[]),"
    " CAST(:ids AS uuid[]), CAST(:types AS text[]), CAST(:producers AS text[]),"
    " CAST(:referrals AS uuid[]), CAST(:times AS timestamptz[]), CAST(:practitioners AS text[]),"
    " CAST(:agencies AS text[]), CAST(:person_refs AS uuid[]), CAST(:leaves AS bytea[]),"
    " CAST(:sequences AS integer[]))"
)
_ADD_TILE_HASHES: Final = text(
    "INSERT INTO tile_hash (level, number, hash) SELECT :level, * FROM"
    " unnest(CAST(:numbers AS bigint[]), CAST(:hashes AS bytea[]))"
)

# A row a tile, its hashes joined as tlog-tiles has them: 256 rows each would take longer to carry.
_LEAVES_OF_TILES = (
    "SELECT t.tile, (SELECT string_agg(leaf, '' ORDER BY leaf_index) FROM entry"
    " WHERE leaf_index >= t.tile * :width AND leaf_index < (t.tile + 1) * :width) AS joined"
    " FROM unnest(CAST(:numbers AS bigint[])) AS t(tile)"
)
_HASHES_OF_TILES = (
    "SELECT t.tile, (SELECT string_agg(hash, '' ORDER BY number) FROM tile_hash WHERE level ="
    " :level AND number >= t.tile * :width AND number < (t.tile + 1) * :width) AS joined"
    " FROM unnest(CAST(:numbers AS bigint[])) AS t(tile)"
)


async def tiles(connection: AsyncConnection, wanted: Collection[Tile]) -> dict[Tile, list[bytes]]:
    """The hashes of tiles, as far as the log has come; an empty tile is an empty list."""
    found: dict[Tile, list[bytes]] = {}
    by_level: defaultdict[int, list[int]] = defaultdict(list)
    for tile in wanted:
        by_level[tile.level].append(tile.number)
    for level, numbers in by_level.items():
        rows = await connection.execute(
            text(_LEAVES_OF_TILES if level == 0 else _HASHES_OF_TILES),
            {"numbers": numbers, "width": WIDTH} | ({"level": level} if level else {}),
        )
        for row in rows:
            hashes = _parted(row.joined or b"")
            found[Tile(level, row.tile)] = (
                [leaf_hash(data) for data in hashes] if level == 0 else hashes
            )
    return found


async def leaves(connection: AsyncConnection, number: int) -> list[bytes]:
    """The leaf data of one tile, as far as the log has come."""
    rows = await connection.execute(text(_LEAVES_OF_TILES), {"numbers": [number], "width": WIDTH})
    return _parted(rows.one().joined or b"")


def _parted(joined: bytes) -> list[bytes]:
    return [joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)]
