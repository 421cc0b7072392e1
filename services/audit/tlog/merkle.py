"""The Merkle tree of RFC 6962: its hashes, and the checks of what is claimed about it.

Nothing here knows how a log is stored. Hashes are 32 bytes; a leaf's index counts from 0; a proof
lists hashes from the leaf's end to the root's.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf (RFC 6962, 2.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over its two children (RFC 6962, 2.1)."""
    return sha256(b"\x01" + left + right).digest()


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over leaf hashes, or over the roots of equally large complete subtrees.

    Row by row from below; one that is left over at the right goes up as it is, which is the same
    tree as the RFC's, where the left half is the largest power of two.
    """
    if not leaf_hashes:
        return EMPTY_ROOT
    row = list(leaf_hashes)
    while len(row) > 1:
        above = [node_hash(*pair) for pair in zip(row[::2], row[1::2], strict=False)]
        row = above + row[len(above) * 2 :]
    return row[0]


def inclusion_holds(
    index: int, size: int, leaf: bytes, proof: Sequence[bytes], tree_root: bytes
) -> bool:
    """Whether the leaf hash `leaf` stands at `index` in the tree of `size` leaves with this root.

    The algorithm of RFC 9162, 2.1.3.2, which RFC 6962 leaves to the reader.
    """
    if not 0 <= index < size or not _are_hashes(leaf, tree_root, *proof):
        return False
    node, last = index, size - 1
    climbed = leaf
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            climbed = node_hash(sibling, climbed)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            climbed = node_hash(climbed, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and climbed == tree_root


def consistency_holds(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the tree of `old_size` is the beginning of the tree of `new_size`.

    The algorithm of RFC 9162, 2.1.4.2; the empty tree is the beginning of every tree.
    """
    if not 0 <= old_size <= new_size or not _are_hashes(old_root, new_root, *proof):
        return False
    if old_size == new_size:
        return not proof and old_root == new_root
    if old_size == 0:
        return not proof and old_root == EMPTY_ROOT
    # A complete old tree is itself the first hash, and is not sent.
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    if not path:
        return False
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and old == old_root and new == new_root


def _are_hashes(*claimed: bytes) -> bool:
    return all(len(hash_) == HASH_BYTES for hash_ in claimed)
