"""The tree against published vectors, and every proof against every flipped bit."""

from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.log import tiles
from services.audit.log.tiles import Hashes, Tile, filled
from services.audit.tlog.merkle import (
    EMPTY_ROOT,
    consistency_holds,
    inclusion_holds,
    leaf_hash,
    root,
)

# The leaves, roots and proofs with which Certificate Transparency's own implementations of
# RFC 6962 are tested.
LEAVES = [
    bytes.fromhex(data)
    for data in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
LEAF_1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
LEAF_4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
NODE_2_3 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
NODE_4_5 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
NODE_6_7 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
NODE_4_7 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"

# More than 16 to the fourth: five levels in use.
LARGE = 70_000


@cache
def leaves() -> list[bytes]:
    """The leaf hashes of the large tree."""
    return [leaf_hash(number.to_bytes(4, "big")) for number in range(LARGE)]


@cache
def levels() -> list[list[bytes]]:
    """All that is stored of the large tree."""
    return levels_over(leaves())


@cache
def stored() -> Hashes:
    """The large tree as it is stored."""
    return in_tiles(levels())


def levels_over(leaf_hashes: Sequence[bytes]) -> list[list[bytes]]:
    """What is stored of a tree, level by level."""
    kept: list[list[bytes]] = []
    row = list(leaf_hashes)
    while row:
        kept.append(row)
        row = [root(row[start : start + 16]) for start in range(0, len(row) - 15, 16)]
    return kept


def in_tiles(kept: Sequence[Sequence[bytes]]) -> Hashes:
    """A tree in memory, stored in tiles."""
    return Hashes(
        {
            Tile(level, start // 16): row[start : start + 16]
            for level, row in enumerate(kept)
            for start in range(0, len(row), 16)
        }
    )


def hashes_over(leaf_hashes: Sequence[bytes]) -> Hashes:
    """The stored tree over these."""
    return in_tiles(levels_over(leaf_hashes))


def prove(ranges: Sequence[tiles.Range], hashes: Hashes) -> list[bytes]:
    """The proof that consists of the hashes of these ranges."""
    return [hashes.of(range_) for range_ in ranges]


def flip(hash_: bytes, bit: int) -> bytes:
    """The same hash with one other bit."""
    return (int.from_bytes(hash_, "big") ^ 1 << bit).to_bytes(32, "big")


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    """The root over the first leaves, of the stored tiles as well, is the published one."""
    first = [leaf_hash(data) for data in LEAVES[:size]]

    assert root(first).hex() == ROOTS[size]
    assert hashes_over(first).of(tiles.whole(size)).hex() == ROOTS[size]


@pytest.mark.parametrize(
    ("index", "size", "published"),
    [
        (0, 1, []),
        (0, 8, [LEAF_1, NODE_2_3, NODE_4_7]),
        (5, 8, [LEAF_4, NODE_6_7, ROOTS[4]]),
        (2, 3, [ROOTS[2]]),
        (1, 5, [ROOTS[1], NODE_2_3, LEAF_4]),
    ],
)
def test_inclusion_proofs_are_those_of_certificate_transparency(
    index: int, size: int, published: list[str]
) -> None:
    """A proof lists the published hashes, and holds."""
    first = [leaf_hash(data) for data in LEAVES[:size]]

    proof = prove(tiles.inclusion(index, size), hashes_over(first))

    assert [hash_.hex() for hash_ in proof] == published
    assert inclusion_holds(index, size, first[index], proof, bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(
    ("old", "new", "published"),
    [
        (1, 1, []),
        (1, 8, [LEAF_1, NODE_2_3, NODE_4_7]),
        (6, 8, [NODE_4_5, NODE_6_7, ROOTS[4]]),
        (2, 5, [NODE_2_3, LEAF_4]),
    ],
)
def test_consistency_proofs_are_those_of_certificate_transparency(
    old: int, new: int, published: list[str]
) -> None:
    """A proof lists the published hashes, and holds."""
    proof = prove(tiles.consistency(old, new), hashes_over([leaf_hash(d) for d in LEAVES[:new]]))

    assert [hash_.hex() for hash_ in proof] == published
    assert consistency_holds(old, new, bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[new]), proof)


@given(size=st.integers(0, 1200))
def test_tiles_give_the_root_of_every_size(size: int) -> None:
    """Folding what is stored gives the root over the leaves themselves."""
    assert stored().of(tiles.whole(size)) == root(leaves()[:size])


@given(data=st.data(), size=st.integers(1, LARGE))
def test_an_inclusion_proof_holds_and_with_any_bit_flipped_does_not(
    data: st.DataObject, size: int
) -> None:
    """Of leaf, root and proof, no bit can be changed."""
    index = data.draw(st.integers(0, size - 1))
    bit = data.draw(st.integers(0, 255))
    proof = prove(tiles.inclusion(index, size), stored())
    claimed = [leaves()[index], stored().of(tiles.whole(size)), *proof]
    place = data.draw(st.integers(0, len(claimed) - 1))

    def holds(leaf: bytes, tree_root: bytes, *path: bytes) -> bool:
        return inclusion_holds(index, size, leaf, path, tree_root)

    assert holds(*claimed)
    claimed[place] = flip(claimed[place], bit)
    assert not holds(*claimed)


@given(data=st.data(), new=st.integers(1, LARGE))
def test_a_consistency_proof_holds_and_with_any_bit_flipped_does_not(
    data: st.DataObject, new: int
) -> None:
    """Of either root and the proof, no bit can be changed."""
    old = data.draw(st.integers(1, new))
    bit = data.draw(st.integers(0, 255))
    roots = [stored().of(tiles.whole(size)) for size in (old, new)]
    claimed = [*roots, *prove(tiles.consistency(old, new), stored())]
    place = data.draw(st.integers(0, len(claimed) - 1))

    def holds(old_root: bytes, new_root: bytes, *path: bytes) -> bool:
        return consistency_holds(old, new, old_root, new_root, path)

    assert holds(*claimed)
    claimed[place] = flip(claimed[place], bit)
    assert not holds(*claimed)


@given(data=st.data(), size=st.integers(2, LARGE))
def test_a_proof_of_another_length_does_not_hold(data: st.DataObject, size: int) -> None:
    """A hash more or a hash fewer breaks a proof."""
    index = data.draw(st.integers(0, size - 1))
    proof = prove(tiles.inclusion(index, size), stored())
    tree_root = stored().of(tiles.whole(size))

    assert not inclusion_holds(index, size, leaves()[index], proof[:-1], tree_root)
    assert not inclusion_holds(index, size, leaves()[index], [*proof, tree_root], tree_root)


def test_every_tree_begins_with_the_empty_one() -> None:
    """The empty tree needs no proof, and has the root that the RFC gives it."""
    proof = prove(tiles.consistency(0, 8), stored())

    assert proof == []
    assert consistency_holds(0, 8, EMPTY_ROOT, bytes.fromhex(ROOTS[8]), proof)
    assert not consistency_holds(0, 8, bytes(32), bytes.fromhex(ROOTS[8]), proof)


@pytest.mark.parametrize(("old", "new"), [(3, 2), (-1, 2)])
def test_a_log_that_shrank_is_not_consistent(old: int, new: int) -> None:
    """There is no proof, and none is taken, that a smaller tree continues a larger one."""
    with pytest.raises(ValueError, match="not the beginning"):
        tiles.consistency(old, new)
    assert not consistency_holds(old, new, bytes(32), bytes(32), [])


def test_no_leaf_is_in_a_tree_that_ends_before_it() -> None:
    """An index at or beyond the size is refused by the prover and by the verifier."""
    with pytest.raises(ValueError, match="no leaf 8"):
        tiles.inclusion(8, 8)
    assert not inclusion_holds(8, 8, leaves()[0], [], leaves()[0])


@given(size=st.integers(0, LARGE), grows=st.integers(0, 3000))
def test_growing_fills_each_tile_once(size: int, grows: int) -> None:
    """What is full after growing and was not before comes with its root, lower levels first."""
    grown = min(size + grows, LARGE)
    ends = [size >> 4 * level for level in range(len(levels()))]
    unfilled = [row[end // 16 * 16 : end] for row, end in zip(levels(), ends, strict=True)]

    new = list(filled(size, unfilled, leaves()[size:grown]))

    assert new == [
        (Tile(level, number), above[number])
        for level, above in enumerate(levels()[1:])
        for number in range(size >> 4 * (level + 1), grown >> 4 * (level + 1))
    ]
