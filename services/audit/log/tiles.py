"""How the tree is stored, and how proofs are made from that.

Of the tree's nodes only the leaves are kept (level 0) and the roots of 16, 16 x 16 ... leaves
(levels 1, 2 ...), each 16 of a level being one tile. All of them are final once they exist, so that
the tables are for inserting only; an append writes one row a leaf and one more for 16 leaves; and a
tile is one range of rows. What lies between two levels is hashed anew when a proof needs it.

Every second level is one of C2SP's tlog-tiles, whose tiles of 256 are 16 of these. With tiles of
256 here too, fifty proofs of leaves that lie far apart would hash and fetch ten times as much.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from services.audit.tlog.merkle import EMPTY_ROOT, node_hash, root

HEIGHT: Final = 4
WIDTH: Final = 1 << HEIGHT


class Tile(NamedTuple):
    """16 neighbouring hashes of one level (fewer at the right edge)."""

    level: int
    number: int


class Subtree(NamedTuple):
    """A complete subtree: the leaves from `number << level`, `1 << level` of them."""

    level: int
    number: int

    @property
    def tile(self) -> Tile:
        """The tile that holds it, or the hashes from which it is made."""
        level, above = divmod(self.level, HEIGHT)
        return Tile(level, self.number >> (HEIGHT - above))


Range = tuple[Subtree, ...]
"""A run of leaves that a proof has one hash for, as complete subtrees from left to right."""


def filled(
    size: int, unfilled: Sequence[Sequence[bytes]], added: Sequence[bytes]
) -> Iterator[tuple[Tile, bytes]]:
    """The tiles that become full as leaf hashes are added, each with its root, lower levels first.

    `unfilled`: of each level of the tree of `size`, what the last tile has that is not full.
    """
    row, level = list(added), 0
    while row:
        size >>= HEIGHT
        row = [*(unfilled[level] if level < len(unfilled) else ()), *row]
        full = range(0, len(row) - WIDTH + 1, WIDTH)
        row = [root(row[first : first + WIDTH]) for first in full]
        yield from ((Tile(level, number), hash_) for number, hash_ in enumerate(row, size))
        level += 1


def whole(size: int) -> Range:
    """All leaves of a tree."""
    return _complete(0, size)


def inclusion(index: int, size: int) -> tuple[Range, ...]:
    """The hashes of an inclusion proof, PATH of RFC 6962, 2.1.1. ValueError if not in the tree."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    ranges = []
    start, end = 0, size
    while end - start > 1:
        middle = _middle(start, end)
        if index < middle:
            ranges.append(_complete(middle, end))
            end = middle
        else:
            ranges.append(_complete(start, middle))
            start = middle
    return tuple(reversed(ranges))


def consistency(old_size: int, new_size: int) -> tuple[Range, ...]:
    """The hashes of a consistency proof, PROOF of RFC 6962, 2.1.2; none for the empty old tree.

    ValueError if the old tree is the larger one.
    """
    if not 0 <= old_size <= new_size:
        raise ValueError(f"a tree of {old_size} is not the beginning of one of {new_size}")
    if old_size == 0:
        return ()
    ranges = []
    start, end = 0, new_size
    while end != old_size:
        middle = _middle(start, end)
        if old_size <= middle:
            ranges.append(_complete(middle, end))
            end = middle
        else:
            ranges.append(_complete(start, middle))
            start = middle
    if start:  # otherwise what remains is the old tree, whose root the verifier has
        ranges.append(_complete(start, end))
    return tuple(reversed(ranges))


def needed(ranges: Iterable[Range]) -> set[Tile]:
    """The tiles from which the hashes of these ranges are made."""
    return {subtree.tile for range_ in ranges for subtree in range_}


@dataclass(frozen=True)
class Hashes:
    """The hashes of ranges, from tiles that were fetched: at least those that are `needed`.

    A tile may be longer than the tree had it at some size; what is complete never changes.
    """

    tiles: Mapping[Tile, Sequence[bytes]]
    _rows: dict[Tile, list[list[bytes]]] = field(default_factory=dict)

    def of(self, range_: Range) -> bytes:
        """The hash over a range: its subtrees folded from the right, as the RFC's tree is."""
        if not range_:
            return EMPTY_ROOT
        hashes = [self._of_subtree(subtree) for subtree in range_]
        folded = hashes.pop()
        while hashes:
            folded = node_hash(hashes.pop(), folded)
        return folded

    def _of_subtree(self, subtree: Subtree) -> bytes:
        tile, above = subtree.tile, subtree.level % HEIGHT
        if tile not in self._rows:
            self._rows[tile] = _rows_of(self.tiles[tile])
        return self._rows[tile][above][subtree.number - (tile.number << HEIGHT - above)]


def _rows_of(hashes: Sequence[bytes]) -> list[list[bytes]]:
    """A tile's hashes, and row by row what is complete above them, up to its two halves."""
    rows = [list(hashes)]
    while len(rows) < HEIGHT:
        below = rows[-1]
        # What has no right neighbour yet is not complete above.
        pairs = zip(below[::2], below[1::2], strict=False)
        rows.append([node_hash(left, right) for left, right in pairs])
    return rows


def _middle(start: int, end: int) -> int:
    """Where the tree over these leaves parts: the left holds the largest power of two below."""
    return start + (1 << (end - start - 1).bit_length() - 1)


def _complete(start: int, end: int) -> Range:
    """The complete subtrees of a range whose start the tree's shape aligns."""
    subtrees = []
    while start < end:
        level = (end - start).bit_length() - 1
        subtrees.append(Subtree(level, start >> level))
        start += 1 << level
    return tuple(subtrees)
