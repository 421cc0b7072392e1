"""Checkpoints, and the cosignatures of witnesses on them."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.tlog.checkpoint import (
    Checkpoint,
    MalformedCheckpoint,
    cosign,
    cosigned,
    parse_checkpoint,
)
from services.audit.tlog.notes import Note, NoteRefused, Signature, parse_note, sign
from tests.audit.verify.laid import LOG, MAYOR, NOON, POLICE, checkpoint, entries, flip

TREE = checkpoint(entries(300))
SIGNED = Note(TREE.text, (sign(TREE.text, LOG), cosign(TREE.text, POLICE, NOON)))

# The checkpoint in the public specification, with the signed message of a cosignature on it.
PUBLISHED = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"


def test_the_published_checkpoint_is_read() -> None:
    """Origin, size and root; and it is written as it was read."""
    read = parse_checkpoint(PUBLISHED)

    assert (read.origin, read.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert base64.b64encode(read.root).decode() == "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
    assert read.text == PUBLISHED


def test_a_cosignature_signs_the_message_of_the_specification() -> None:
    """A header, the time in seconds, and the checkpoint."""
    at = datetime.fromtimestamp(1_679_315_147, UTC)
    signature = cosign(PUBLISHED, POLICE, at)
    message = f"cosignature/v1\ntime 1679315147\n{PUBLISHED}".encode()

    assert int.from_bytes(signature.payload[:8], "big") == 1_679_315_147
    assert POLICE.verifier.holds(signature.payload[8:], message)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "log\n1\n",
        f"\n1\n{'A' * 43}=\n",
        f"log\n01\n{'A' * 43}=\n",
        f"log\n-1\n{'A' * 43}=\n",
        f"log\n1\n{'A' * 43}\n",
        f"log\n1\n{'A' * 42}B=\n",
        "log\n1\nAAAA\n",
        f"log\n1\n{'A' * 43}=",
        f"log\n1\n{'A' * 43}=\nan extension\n",
        f"log\n1\n{'A' * 43}=\n\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    """Each of these is nearly one; lines that nobody can check are refused too."""
    with pytest.raises(MalformedCheckpoint):
        parse_checkpoint(text)


@given(
    origin=st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1),
    size=st.integers(0, 2**63 - 1),
    root=st.binary(min_size=32, max_size=32),
)
def test_a_checkpoint_is_read_as_it_is_written(origin: str, size: int, root: bytes) -> None:
    """Whatever its size and root."""
    tree = Checkpoint(origin, size, root)

    assert parse_checkpoint(tree.text) == tree


def test_who_cosigned_is_told_with_the_time() -> None:
    """Of the witnesses that are known; a witness that did not is not there."""
    assert cosigned(SIGNED, [POLICE.verifier, MAYOR.verifier]) == {POLICE.verifier: NOON}


def test_of_several_cosignatures_of_one_witness_the_latest_counts() -> None:
    """It stands by the checkpoint as of that time."""
    later = cosign(TREE.text, POLICE, NOON + timedelta(hours=1))
    again = cosign(TREE.text, POLICE, NOON)

    found = cosigned(Note(TREE.text, (*SIGNED.signatures, later, again)), [POLICE.verifier])

    assert found == {POLICE.verifier: NOON + timedelta(hours=1)}


@given(st.integers(0, len(SIGNED.encode()) * 8 - 1))
def test_a_flipped_bit_never_makes_a_cosignature_for_something_else(bit: int) -> None:
    """The note is refused, or the witness is unknown, or nothing that it says has changed."""
    try:
        note = parse_note(flip(SIGNED.encode(), bit))
        found = cosigned(note, [POLICE.verifier])
    except NoteRefused:
        return
    assert found in ({}, {POLICE.verifier: NOON})
    assert not found or note.text == TREE.text


@pytest.mark.parametrize("payload", [bytes(72), bytes(71), bytes(8), b"\0"])
def test_a_forged_cosignature_refuses_the_note(payload: bytes) -> None:
    """Even beside a good one of the log."""
    forged = Signature(POLICE.name, POLICE.verifier.key_id, payload)

    with pytest.raises(NoteRefused, match="not good"):
        cosigned(Note(TREE.text, (SIGNED.signatures[0], forged)), [POLICE.verifier])


@pytest.mark.parametrize("seconds", [0, 2**62])
def test_a_cosignature_has_a_real_time(seconds: int) -> None:
    """Neither none nor one that no calendar has, even well signed."""
    message = f"cosignature/v1\ntime {seconds}\n{TREE.text}".encode()
    payload = seconds.to_bytes(8, "big") + POLICE.signed(message)
    note = Note(TREE.text, (Signature(POLICE.name, POLICE.verifier.key_id, payload),))

    with pytest.raises(NoteRefused, match="time"):
        cosigned(note, [POLICE.verifier])


def test_keys_do_what_they_are_for() -> None:
    """A log does not cosign, and a cosignature is not a log's."""
    with pytest.raises(ValueError, match="does not cosign"):
        cosign(TREE.text, LOG, NOON)
    with pytest.raises(ValueError, match="has a time"):
        cosign(TREE.text, POLICE, datetime(1970, 1, 1, tzinfo=UTC))
    with pytest.raises(ValueError, match="does not verify a cosignature"):
        cosigned(SIGNED, [LOG.verifier])
