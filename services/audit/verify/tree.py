"""The tree of a log, computed anew from its entries and compared with everything that it shows."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from services.audit.tlog.merkle import EMPTY_ROOT, leaf_hash, node_hash, root
from services.audit.verify.reading import WIDTH, Tiles, tile_path
from services.audit.verify.report import DoesNotHold

TILE_HEIGHT = 8


@dataclass
class Frontier:
    """A tree as it grows: the roots of its complete subtrees, each smaller than the one before."""

    _subtrees: list[tuple[int, bytes]] = field(default_factory=list)

    def add(self, subtree: bytes, height: int = 0) -> None:
        """Go on with a complete subtree of 2^height leaves, no higher than the last one."""
        while self._subtrees and self._subtrees[-1][0] == height:
            subtree = node_hash(self._subtrees.pop()[1], subtree)
            height += 1
        self._subtrees.append((height, subtree))

    def with_leaves(self, hashes: Iterable[bytes]) -> Self:
        """The same tree, and some leaves more."""
        grown = type(self)(list(self._subtrees))
        for hash_ in hashes:
            grown.add(hash_)
        return grown

    @property
    def root(self) -> bytes:
        """RFC 6962's root: what is left over at the right goes up as it is."""
        if not self._subtrees:
            return EMPTY_ROOT
        *lefts, (_, folded) = self._subtrees
        for _, left in reversed(lefts):
            folded = node_hash(left, folded)
        return folded


def recompute(tiles: Tiles, sizes: Iterable[int]) -> dict[int, bytes]:
    """The roots that the entries have at these sizes, none above the tree's own.

    Every entry is hashed, every tile of every level compared. DoesNotHold if one is another.
    """
    wanted = sorted(set(sizes))
    roots = {size: EMPTY_ROOT for size in wanted if size == 0}
    tree, full_tiles = Frontier(), []
    for number in range(tiles.count(0)):
        leaves = [leaf_hash(entry) for entry in tiles.entries(number)]
        _compare(tiles, 0, number, leaves)
        before = number * WIDTH
        roots |= {
            size: tree.with_leaves(leaves[: size - before]).root
            for size in wanted
            if before < size <= before + len(leaves)
        }
        if len(leaves) == WIDTH:
            full_tiles.append(root(leaves))
            tree.add(full_tiles[-1], TILE_HEIGHT)
    _compare_above(tiles, full_tiles)
    return roots


def _compare_above(tiles: Tiles, row: list[bytes]) -> None:
    level = 1
    while row:
        above = []
        for number in range(tiles.count(level)):
            part = row[number * WIDTH : (number + 1) * WIDTH]
            _compare(tiles, level, number, part)
            if len(part) == WIDTH:
                above.append(root(part))
        row, level = above, level + 1


def _compare(tiles: Tiles, level: int, number: int, computed: list[bytes]) -> None:
    shown = tiles.hashes(level, number)
    if shown == computed:
        return
    first = next(
        at for at, pair in enumerate(zip(shown, computed, strict=True)) if len(set(pair)) > 1
    )
    index = (number * WIDTH + first) << TILE_HEIGHT * level
    raise DoesNotHold(
        f"{tile_path(level, number, len(shown))} is not what the entries make:"
        f" they differ from entry {index} on"
    )


def consistency_proof(tiles: Tiles, old_size: int) -> list[bytes]:
    """PROOF(old_size, D) of RFC 6962, 2.1.2, from the tiles, which are believed as they are.

    Whoever is given the proof finds out if they are wrong. `old_size` is not above the tree's.
    """
    if old_size == 0:
        return []
    return _subproof(tiles, old_size, 0, tiles.size, is_known=True)


def _subproof(tiles: Tiles, old: int, start: int, end: int, *, is_known: bool) -> list[bytes]:
    """SUBPROOF of the RFC; `old` counts from the log's beginning."""
    if old == end:
        return [] if is_known else [_subtree_root(tiles, start, end)]
    middle = _middle(start, end)
    if old <= middle:
        inner = _subproof(tiles, old, start, middle, is_known=is_known)
        return [*inner, _subtree_root(tiles, middle, end)]
    inner = _subproof(tiles, old, middle, end, is_known=False)
    return [*inner, _subtree_root(tiles, start, middle)]


def _subtree_root(tiles: Tiles, start: int, end: int) -> bytes:
    """The root over leaves whose start the tree's shape aligns."""
    count = end - start
    if count & (count - 1):
        middle = _middle(start, end)
        return node_hash(_subtree_root(tiles, start, middle), _subtree_root(tiles, middle, end))
    level, height = divmod(count.bit_length() - 1, TILE_HEIGHT)
    number, first = divmod(start >> TILE_HEIGHT * level, WIDTH)
    return root(tiles.hashes(level, number)[first : first + (1 << height)])


def _middle(start: int, end: int) -> int:
    return start + (1 << (end - start - 1).bit_length() - 1)
