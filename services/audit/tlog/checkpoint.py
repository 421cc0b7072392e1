"""Checkpoints and what witnesses sign of them: c2sp.org/tlog-checkpoint and tlog-cosignature.

A checkpoint says how many entries a log has and what their root is. A cosignature is a witness's
word that at some time this was the largest tree that it saw of the log, and that the tree goes on
from every one that it saw before.
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from services.audit.tlog.merkle import HASH_BYTES
from services.audit.tlog.notes import (
    SIGNATURE_BYTES,
    Algorithm,
    MalformedNote,
    Note,
    NoteRefused,
    Signature,
    SigningKey,
    VerifierKey,
    check_text,
    exact_base64,
    exact_decimal,
)

_TIME_BYTES: Final = 8


class MalformedCheckpoint(MalformedNote):
    """A note whose text is no checkpoint."""


@dataclass(frozen=True)
class Checkpoint:
    """A log at one size. `origin` names the log; `root` is RFC 6962's over its leaves."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed: three lines."""
        return f"{self.origin}\n{self.size}\n{self.root_base64}\n"

    @property
    def root_base64(self) -> str:
        """The root as a checkpoint has it."""
        return base64.b64encode(self.root).decode()


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint of a note's text; MalformedCheckpoint.

    Lines beyond the three are refused: nobody could check what they say.
    """
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:
        raise MalformedCheckpoint("a checkpoint has three lines")
    if not lines[0]:
        raise MalformedCheckpoint("a checkpoint names its log")
    try:
        size, root = exact_decimal(lines[1]), exact_base64(lines[2])
    except ValueError as error:
        raise MalformedCheckpoint("a checkpoint is a name, a size and a root") from error
    if len(root) != HASH_BYTES:
        raise MalformedCheckpoint(f"a root has {HASH_BYTES} bytes")
    return Checkpoint(lines[0], size, root)


def cosign(checkpoint_text: str, key: SigningKey, at: datetime) -> Signature:
    """A witness's signature, to the second. ValueError for a log's key, or a time before 1970."""
    if key.algorithm is not Algorithm.COSIGNATURE:
        raise ValueError("a log's key does not cosign")
    seconds = int(at.timestamp())
    if seconds <= 0:
        raise ValueError("a cosignature has a time")
    check_text(checkpoint_text)
    signature = key.signed(_message(seconds, checkpoint_text))
    payload = seconds.to_bytes(_TIME_BYTES, "big") + signature
    return Signature(key.name, key.verifier.key_id, payload)


def cosigned(note: Note, keys: Iterable[VerifierKey]) -> dict[VerifierKey, datetime]:
    """Which of the witnesses' keys cosigned the checkpoint, and when (the latest, if repeatedly).

    NoteRefused if a signature that names one of them is not its own. ValueError for a key that
    is no witness's.
    """
    times: dict[VerifierKey, datetime] = {}
    for key in keys:
        if key.algorithm is not Algorithm.COSIGNATURE:
            raise ValueError("a log's key does not verify a cosignature")
        for signature in note.signatures:
            if signature.is_of(key):
                at = _cosigned_at(note.text, signature, key)
                times[key] = max(at, times.get(key, at))
    return times


def _cosigned_at(text: str, signature: Signature, key: VerifierKey) -> datetime:
    payload = signature.payload
    seconds = int.from_bytes(payload[:_TIME_BYTES], "big")
    is_good = len(payload) == _TIME_BYTES + SIGNATURE_BYTES and key.holds(
        payload[_TIME_BYTES:], _message(seconds, text)
    )
    if not is_good:
        raise NoteRefused(f"the cosignature of {key.name} is not good")
    try:
        at = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise NoteRefused(f"the cosignature of {key.name} has no real time") from error
    if not seconds:
        raise NoteRefused(f"the cosignature of {key.name} has no time")
    return at


def _message(seconds: int, text: str) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()
