"""A proof in a file is read in its one spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.tlog.proof_file import MalformedProof, ProofFile
from tests.audit.verify.laid import LOG, checkpoint, entries, flip, note

NOTE = note(checkpoint(entries(3)), LOG)
HASHES = st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple)
PROOF = ProofFile(2, (bytes(32),), NOTE, b"salt")


@given(
    index=st.integers(0, 2**63 - 1),
    inclusion=HASHES,
    extra=st.none() | st.binary(max_size=64),
)
def test_a_proof_is_read_as_it_is_written(
    index: int, inclusion: tuple[bytes, ...], extra: bytes | None
) -> None:
    """With and without a salt, of the first leaf and the last."""
    proof = ProofFile(index, inclusion, NOTE, extra)

    assert ProofFile.parse(proof.encode()) == proof


def test_it_is_written_as_the_specification_has_it() -> None:
    """Header, extra, index, hashes, an empty line, and the checkpoint as it was signed."""
    head, _, rest = PROOF.encode().partition(b"\n\n")

    assert head.decode().split("\n") == [
        "c2sp.org/tlog-proof@v1",
        "extra c2FsdA==",
        "index 2",
        "A" * 43 + "=",
    ]
    assert rest == NOTE


@given(st.integers(0, len(PROOF.encode()) * 8 - 1))
def test_a_flipped_bit_is_refused_or_reads_as_something_else(bit: int) -> None:
    """No two files say the same."""
    try:
        read = ProofFile.parse(flip(PROOF.encode(), bit))
    except MalformedProof:
        return
    assert read != PROOF


@given(st.binary(max_size=300) | st.binary(max_size=200).map(lambda b: PROOF.encode()[:60] + b))
def test_whatever_bytes_come_are_a_proof_or_refused(encoded: bytes) -> None:
    """No other error leaves the parser, and what it takes it writes again."""
    try:
        proof = ProofFile.parse(encoded)
    except MalformedProof:
        return
    assert proof.encode() == encoded


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        NOTE,
        PROOF.encode().replace(b"@v1", b"@v2"),
        PROOF.encode().replace(b"index 2", b"index 02"),
        PROOF.encode().replace(b"index 2\n", b""),
        PROOF.encode().replace(b"extra c2FsdA==", b"extra c2FsdB=="),
        PROOF.encode().replace(b"A=\n", b"A==\n"),
        ProofFile(2, (bytes(31),), NOTE).encode(),
        ProofFile(2, (bytes(32),) * 64, NOTE).encode(),
        ProofFile(2, (), NOTE, bytes(2_000_000)).encode(),
    ],
)
def test_what_is_no_proof_is_refused(encoded: bytes) -> None:
    """Each of these is nearly one."""
    with pytest.raises(MalformedProof):
        ProofFile.parse(encoded)
