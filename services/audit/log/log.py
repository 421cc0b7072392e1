"""The log: one sequencer that appends a batch at a time, and the proofs over what it appended."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy.ext.asyncio import AsyncConnection

from services.audit.log import store, tiles
from services.audit.log.store import Heard
from services.audit.tlog import merkle
from services.audit.trail import marking

SALT_BYTES = 32


def new_salt() -> bytes:
    """What keeps a leaf from being guessed once its content is destroyed."""
    return secrets.token_bytes(SALT_BYTES)


def leaf_data(salt: bytes, body: bytes) -> bytes:
    """What the tree holds of an event: SHA-256(salt || received bytes)."""
    return sha256(salt + body).digest()


async def append(
    connection: AsyncConnection, heard: Sequence[Heard], salt: Callable[[], bytes] = new_salt
) -> None:
    """Give each event the next index. It stands when the caller's transaction is committed.

    Whoever else appends waits until then, so that indexes have no gaps and follow the commits.
    IntegrityError if an event is in the log already.
    """
    salts = [salt() for _ in heard]
    leaves = [leaf_data(s, h.body) for s, h in zip(salts, heard, strict=True)]
    await store.take_turn(connection)
    first, unfilled = await store.edge(connection)
    full = dict(tiles.filled(first, unfilled, [merkle.leaf_hash(leaf) for leaf in leaves]))
    await store.add_entries(connection, first, heard, salts, leaves, full)
    await marking.add(connection, first, [h.found_by for h in heard], [h.referral for h in heard])
    await marking.add_spans(connection, first, first + len(leaves))


@dataclass(frozen=True)
class Tree:
    """The log at one size."""

    size: int
    root: bytes


@dataclass(frozen=True)
class Proved:
    """A tree, and for each index asked for the proof that its leaf is in it."""

    tree: Tree
    proofs: tuple[tuple[bytes, ...], ...]


async def prove(connection: AsyncConnection, indexes: Sequence[int], size: int) -> Proved:
    """Inclusion proofs of several leaves in the tree of `size`; every index is below it."""
    all_leaves = tiles.whole(size)
    plans = [tiles.inclusion(index, size) for index in indexes]
    ranges = [all_leaves, *(range_ for plan in plans for range_ in plan)]
    hashes = tiles.Hashes(await store.tiles(connection, tiles.needed(ranges)))
    return Proved(
        Tree(size, hashes.of(all_leaves)),
        tuple(tuple(hashes.of(range_) for range_ in plan) for plan in plans),
    )


async def prove_consistency(
    connection: AsyncConnection, old_size: int, new_size: int
) -> tuple[bytes, ...]:
    """That the tree of `new_size` begins with the tree of `old_size`; both within the log."""
    plan = tiles.consistency(old_size, new_size)
    hashes = tiles.Hashes(await store.tiles(connection, tiles.needed(plan)))
    return tuple(hashes.of(range_) for range_ in plan)


async def tree(connection: AsyncConnection) -> Tree:
    """The log as it stands."""
    return (await prove(connection, (), await store.size(connection))).tree
