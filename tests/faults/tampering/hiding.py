"""Makes the rest of the tables agree with what was done to some of them, as far as keys allow."""

from typing import Any, Final

import asyncpg

from deploy.keys import LOCAL_LOG
from services.audit.log import tiles
from services.audit.tlog.checkpoint import Checkpoint, cosign
from services.audit.tlog.merkle import leaf_hash, root
from services.audit.tlog.notes import Note, SigningKey, sign
from tests.faults.tampering import honest
from tests.faults.tampering.mutation import Hiding

_CLOSE_GAPS: Final = """
    CREATE TEMPORARY TABLE place ON COMMIT DROP AS
        SELECT leaf_index, row_number() OVER (ORDER BY leaf_index) - 1 AS put
        FROM (SELECT DISTINCT leaf_index FROM audit.entry WHERE leaf_index IS NOT NULL) AS each;
    UPDATE audit.content c SET leaf_index = put FROM place p WHERE p.leaf_index = c.leaf_index;
    UPDATE audit.entry e SET leaf_index = put FROM place p WHERE p.leaf_index = e.leaf_index;
    DROP TABLE place"""
_LEAVES_OF_CONTENT: Final = """
    UPDATE audit.entry e SET leaf = sha256(c.salt || c.body) FROM audit.content c
    WHERE c.leaf_index = e.leaf_index AND c.logged_at = e.logged_at
    AND c.salt IS NOT NULL AND c.body IS NOT NULL AND e.leaf <> sha256(c.salt || c.body)"""


async def hide(connection: asyncpg.Connection, way: Hiding, of: "honest.Honest") -> None:
    """Do what `way` says, in the connection's transaction."""
    if way is Hiding.NOTHING:
        return
    await connection.execute(_CLOSE_GAPS)
    await connection.execute(_LEAVES_OF_CONTENT)
    rows = await connection.fetch("SELECT leaf FROM audit.entry ORDER BY leaf_index")
    leaves = [row["leaf"] or b"" for row in rows]
    hashes = [leaf_hash(leaf) for leaf in leaves]
    await _tiles(connection, hashes)
    if way is Hiding.HASHES:
        return
    pairs = zip(leaves, of.leaves, strict=False)
    other = (at for at, (now, was) in enumerate(pairs) if now != was)
    untouched = next(other, min(len(leaves), len(of.leaves)))
    key = honest.FORGED if way is Hiding.OWN_KEY else honest.KEY
    await _sign(connection, hashes, untouched, way, key)


async def _tiles(connection: asyncpg.Connection, hashes: list[bytes]) -> None:
    full = tiles.filled(0, (), hashes)
    made = [(tile.level + 1, tile.number, hash_) for tile, hash_ in full]
    there = await connection.fetch(
        "SELECT level, number, hash FROM audit.tile_hash ORDER BY level, number"
    )
    if [tuple(row) for row in there] == made:
        return
    await connection.execute("DELETE FROM audit.tile_hash")
    await connection.executemany("INSERT INTO audit.tile_hash VALUES ($1, $2, $3)", made)


async def _sign(
    connection: asyncpg.Connection,
    hashes: list[bytes],
    untouched: int,
    way: Hiding,
    key: SigningKey,
) -> None:
    """Checkpoints that are of this history stay; the others are signed anew where they were, and
    the last covers all that is there."""
    rows = await connection.fetch("SELECT * FROM audit.checkpoint ORDER BY number")
    kept: list[tuple[Any, ...]] = []
    moved: dict[int, Checkpoint] = {}
    sizes = {row["size"] for row in rows if row["size"] is not None}
    if not untouched == len(hashes) == honest.LOGGED:  # otherwise there is nothing to hide
        sizes.add(len(hashes))
    for size in sorted(size for size in sizes if 0 <= size <= len(hashes)):
        own = size <= untouched and way is not Hiding.OWN_KEY and size in (0, *honest.SIZES[:-1])
        there = [row for row in rows if row["size"] == size]
        if own and there:
            kept += [(row["origin"], size, row["root"], row["note"]) for row in there]
            continue
        tree = moved[size] = Checkpoint(LOCAL_LOG, size, root(hashes[:size]))
        note = Note(tree.text, (sign(tree.text, key),)).encode()
        kept.append((tree.origin, size, tree.root, note))
    if kept != [(r["origin"], r["size"], r["root"], r["note"]) for r in rows]:
        await connection.execute("DELETE FROM audit.checkpoint")
        await connection.executemany(
            "INSERT INTO audit.checkpoint (origin, size, root, note) VALUES ($1, $2, $3, $4)", kept
        )
    if way is Hiding.KEY_ALONE and moved:
        await connection.execute(
            "DELETE FROM audit.cosignature WHERE size = ANY($1::bigint[])", list(moved)
        )
    if way is Hiding.KEY_MOVED:
        for size, tree in moved.items():
            await connection.execute(
                "UPDATE audit.cosignature SET root = $2 WHERE size = $1", size, tree.root
            )
    if way is Hiding.OWN_KEY:
        await _cosign(connection, moved)


async def _cosign(connection: asyncpg.Connection, moved: dict[int, Checkpoint]) -> None:
    """In the witness's name, with a key that is not the witness's."""
    await connection.execute("DELETE FROM audit.cosignature")
    if not moved:
        return
    tree = moved[max(moved)]
    line = cosign(tree.text, honest.FORGED_WITNESS, honest.COSIGNED_AT)
    await connection.execute(
        "INSERT INTO audit.cosignature (origin, size, root, name, key_id, line)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        *(tree.origin, tree.size, tree.root, line.name, line.key_id, line.line),
    )
