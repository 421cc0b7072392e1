"""What our log is, a tool that we did not write finds too: tlog-scales, from the public folder."""

from pathlib import Path

import pytest
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey
from tlog_scales.tlog import Checkpoint as TheirCheckpoint
from tlog_scales.tlog import ConsistencyProof, InclusionProof, InclusionProofInvalid

from services.audit.log.tiles import Hashes
from services.audit.tlog.merkle import leaf_hash
from services.audit.tlog.notes import parse_note
from services.audit.verify import Folder
from services.audit.verify.reading import Tiles
from services.audit.verify.tree import consistency_proof, recompute
from tests.audit.verify.laid import (
    LOG,
    MAYOR,
    POLICE,
    checked,
    checkpoint,
    entries,
    flip,
    inclusion,
    lay,
    tree,
)

SIZE = 100_000
"""Three levels: 390 full tiles of leaves and a part, one full tile of tiles and a part."""


@pytest.fixture(scope="module")
def data() -> list[bytes]:
    """The data of 100,000 leaves."""
    return entries(SIZE)


@pytest.fixture(scope="module")
def hashes(data: list[bytes]) -> Hashes:
    """Their tree, as our writer keeps it."""
    return tree(data)


@pytest.fixture(scope="module")
def log(data: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log as static files."""
    return lay(tmp_path_factory.mktemp("log"), data, LOG, POLICE, MAYOR)


@pytest.fixture
def reader(log: Path) -> TilesReader:
    """Their reader of the folder."""
    reader = TilesReader(LocalBackend(log))
    reader.get_checkpoint()
    return reader


def test_they_find_the_signed_root_and_our_signatures_good(
    reader: TilesReader, log: Path, tmp_path: Path
) -> None:
    """The root from the tiles, the log's signature and both cosignatures."""
    signed = reader.get_checkpoint()
    assert reader.calculate_root_hash() == signed.root_hash
    for key in (LOG, POLICE, MAYOR):
        signed.verify(Vkey.from_string(str(key.verifier)))

    ours = checked(log, tmp_path / "memory")

    assert ours.holds
    assert ours.checkpoint is not None
    assert (ours.checkpoint.size, ours.checkpoint.root) == (signed.size, signed.root_hash)


@pytest.mark.timeout(300)
def test_they_accept_every_inclusion_proof_that_we_make(data: list[bytes], hashes: Hashes) -> None:
    """Each of the 100,000, of 17 hashes or fewer: some 10 s on one core."""
    root = checkpoint(data).root

    for index, leaf in enumerate(data):
        proof = InclusionProof(index, SIZE, list(inclusion(hashes, index, SIZE)))
        proof.check(leaf_hash(leaf), root)  # raises


@pytest.mark.parametrize("index", [0, 255, 256, 65_535, 65_536, 99_839, 99_840, SIZE - 1])
def test_they_make_the_proofs_that_we_make(
    index: int, reader: TilesReader, hashes: Hashes, data: list[bytes]
) -> None:
    """And read the entries that we wrote, at every edge of the tiles."""
    assert reader.get_inclusion_proof(index, SIZE).node_hashes == list(
        inclusion(hashes, index, SIZE)
    )
    assert reader.get_entry(index) == data[index]


def test_they_refuse_what_we_refuse(hashes: Hashes, data: list[bytes]) -> None:
    """Otherwise their yes would say nothing."""
    proof = list(inclusion(hashes, 7, SIZE))

    with pytest.raises(InclusionProofInvalid):
        InclusionProof(7, SIZE, [flip(proof[0], 0), *proof[1:]]).check(
            leaf_hash(data[7]), checkpoint(data).root
        )


@pytest.mark.parametrize("old", [1, 2, 255, 256, 257, 65_535, 65_536, 65_537, 99_999, SIZE])
def test_they_accept_the_proofs_that_a_witness_makes_from_tiles(
    old: int, log: Path, reader: TilesReader
) -> None:
    """Their own are the same; and the roots are those that the check computes from the entries."""
    tiles = Tiles(Folder(log), SIZE)
    roots = recompute(tiles, [old, SIZE])

    proof = consistency_proof(tiles, old)

    ConsistencyProof(old, SIZE, proof).check(roots[old], roots[SIZE])  # raises
    assert reader.get_consistency_proof(old, SIZE).node_hashes == proof


def test_a_note_is_written_as_they_write_it(log: Path) -> None:
    """Byte for byte."""
    encoded = (log / "checkpoint").read_bytes()

    assert TheirCheckpoint.from_text(encoded.decode()).serialize().encode() == encoded
    assert parse_note(encoded).encode() == encoded
