"""Proof that one entry is in a log, in a file that needs nothing else: c2sp.org/tlog-proof."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from services.audit.tlog.merkle import HASH_BYTES
from services.audit.tlog.notes import exact_base64, exact_decimal

HEADER: Final = "c2sp.org/tlog-proof@v1"
SUFFIX: Final = ".tlog-proof"
MAX_HASHES: Final = 63

_MAX_BYTES: Final = 1024 * 1024


class MalformedProof(ValueError):
    """Bytes that are no proof."""


@dataclass(frozen=True)
class ProofFile:
    """`inclusion` from the leaf's sibling up; `note_bytes`: the checkpoint as it was signed.

    `extra` is nobody's word: ours is the salt of the leaf, which the leaf itself confirms.
    """

    index: int
    inclusion: tuple[bytes, ...]
    note_bytes: bytes
    extra: bytes | None = None

    def encode(self) -> bytes:
        """The file's bytes."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {base64.b64encode(self.extra).decode()}")
        lines.append(f"index {self.index}")
        lines += [base64.b64encode(hash_).decode() for hash_ in self.inclusion]
        return "\n".join(lines).encode() + b"\n\n" + self.note_bytes

    @classmethod
    def parse(cls, encoded: bytes) -> Self:
        """The proof of these bytes, nothing of it believed yet; MalformedProof."""
        if len(encoded) > _MAX_BYTES:
            raise MalformedProof(f"a proof has at most {_MAX_BYTES} bytes")
        head, empty_line, note_bytes = encoded.partition(b"\n\n")
        if not empty_line:
            raise MalformedProof("no empty line parts the proof from its checkpoint")
        try:
            return cls._read(head.decode("ascii").split("\n"), note_bytes)
        except ValueError as error:
            raise MalformedProof(f"this is no proof: {error}") from error

    @classmethod
    def _read(cls, lines: Sequence[str], note_bytes: bytes) -> Self:
        if lines[0] != HEADER:
            raise ValueError("it does not begin as one")
        extra, rest = None, lines[1:]
        if rest and rest[0].startswith("extra "):
            extra, rest = exact_base64(rest[0].removeprefix("extra ")), rest[1:]
        if not rest or not rest[0].startswith("index "):
            raise ValueError("it names no entry")
        index = exact_decimal(rest[0].removeprefix("index "))
        inclusion = tuple(map(exact_base64, rest[1:]))
        if len(inclusion) > MAX_HASHES or any(len(hash_) != HASH_BYTES for hash_ in inclusion):
            raise ValueError("its hashes are not hashes")
        return cls(index, inclusion, note_bytes, extra)
