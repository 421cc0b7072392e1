"""A witness: vouches for a log's checkpoint only if it goes on from the last one it vouched for.

Another party runs it. It keeps one file, and the file is on its disk before its signature leaves,
so that no crash and no race makes it vouch for two histories. What it answers is
c2sp.org/tlog-witness.
"""

import base64
import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any, Final

from services.audit.tlog.checkpoint import Checkpoint, cosign, parse_checkpoint
from services.audit.tlog.merkle import EMPTY_ROOT, HASH_BYTES, consistency_holds
from services.audit.tlog.notes import (
    MAX_NOTE_BYTES,
    Algorithm,
    MalformedNote,
    Note,
    NoteRefused,
    Signature,
    SigningKey,
    exact_base64,
    exact_decimal,
    parse_note,
    verified,
)
from services.audit.tlog.proof_file import MAX_HASHES
from services.audit.tlog.witness_policy import Policy
from services.audit.verify.memory import write_whole
from shared.words import counted

MAX_REQUEST_BYTES: Final = MAX_NOTE_BYTES + 8 * 1024


class MemoryLost(Exception):
    """The witness cannot tell what it vouched for, and so vouches for nothing; which file."""


@dataclass(frozen=True)
class Cosigned:
    """It vouches for the checkpoint; `signature` is its own."""

    signature: Signature
    checkpoint: Checkpoint


@dataclass(frozen=True)
class Conflict:
    """The proof does not begin where it left off: at `size` entries."""

    size: int


@dataclass(frozen=True)
class Rejected:
    """It does not vouch. `status` is HTTP's as the protocol assigns it: 400 unreadable, 404 an
    unknown log, 403 not signed by it, 422 no continuation of what was vouched for."""

    status: int
    reason: str


Outcome = Cosigned | Conflict | Rejected


def request(old_size: int, proof: Sequence[bytes], note: bytes) -> bytes:
    """What a log sends to have a checkpoint cosigned."""
    lines = [f"old {old_size}", *(base64.b64encode(hash_).decode() for hash_ in proof)]
    return "\n".join(lines).encode() + b"\n\n" + note


@dataclass(frozen=True)
class _Request:
    old_size: int
    proof: tuple[bytes, ...]
    note: Note
    checkpoint: Checkpoint


class Witness:
    """Vouches with one key for the logs of a policy. Any number of threads and processes may ask
    at once."""

    def __init__(self, policy: Policy, key: SigningKey, memory: Path) -> None:
        """`memory` need not be there yet. MemoryLost if it is and cannot be read."""
        if key.algorithm is not Algorithm.COSIGNATURE:
            raise ValueError("a log's key does not cosign")
        self._policy, self._key, self._memory = policy, key, memory
        self._turn = Lock()
        self._had_memory = False
        self._recall()

    def add_checkpoint(self, body: bytes, at: datetime) -> Outcome:
        """Answer a request. MemoryLost if what was vouched for cannot be read or kept."""
        try:
            asked = _parse(body)
        except ValueError as error:
            return Rejected(400, str(error))
        origin = asked.checkpoint.origin
        keys = self._policy.log_keys(origin)
        if not keys:
            return Rejected(404, "this log is not known here")
        try:
            signers = verified(asked.note, keys)
        except NoteRefused as error:
            return Rejected(403, str(error))
        if asked.old_size > asked.checkpoint.size:
            return Rejected(400, "the old size is above the new one")
        with self._alone():
            kept = self._recall()
            before = _checkpoint_of(kept[origin]) if origin in kept else None
            refusal = _refusal(asked, before)
            if refusal is not None:
                return refusal
            signature = cosign(asked.note.text, self._key, at)
            by_log = [each for each in asked.note.signatures if any(map(each.is_of, signers))]
            kept[origin] = Note(asked.note.text, (*by_log, signature)).encode().decode()
            self._keep(kept)
        return Cosigned(signature, asked.checkpoint)

    def size(self, origin: str) -> int:
        """How many entries of a log it vouched for last; 0 before the first."""
        kept = self._recall()
        return _checkpoint_of(kept[origin]).size if origin in kept else 0

    def latest(self, origin_hash: str) -> bytes | None:
        """The last checkpoint that it vouched for, by the hexadecimal SHA-256 of the origin."""
        for origin, note in self._recall().items():
            if sha256(origin.encode()).hexdigest() == origin_hash:
                return note.encode()
        return None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One at a time: in this process by a lock, among processes by one on the folder, since
        the file itself is replaced."""
        with self._turn:
            try:
                folder = os.open(self._memory.parent, os.O_RDONLY)
            except OSError as error:
                raise MemoryLost(f"{self._memory.parent} is not there") from error
            try:
                fcntl.flock(folder, fcntl.LOCK_EX)
                yield
            finally:
                os.close(folder)

    def _recall(self) -> dict[str, str]:
        """The notes by origin. An unreadable file is no empty one, nor is one that was there a
        moment ago: whoever takes it away would have a second history cosigned."""
        try:
            kept = json.loads(self._memory.read_bytes())
            for origin, note in _notes_in(kept).items():
                if _checkpoint_of(note).origin != origin:
                    raise MemoryLost(f"{self._memory} mixes up its logs")
        except FileNotFoundError:
            if self._had_memory:
                raise MemoryLost(f"{self._memory} was there, and is gone") from None
            return {}
        except (OSError, ValueError, NoteRefused) as error:
            raise MemoryLost(f"{self._memory} cannot be read") from error
        self._had_memory = True
        return dict(kept)

    def _keep(self, kept: Mapping[str, str]) -> None:
        try:
            write_whole(self._memory, json.dumps(kept, indent=2, ensure_ascii=False).encode())
        except OSError as error:
            raise MemoryLost(f"{self._memory} cannot be written") from error
        self._had_memory = True


def _refusal(asked: _Request, before: Checkpoint | None) -> Conflict | Rejected | None:
    """Why the checkpoint is not vouched for; None if it goes on from what was before."""
    now = asked.checkpoint
    last = before or Checkpoint(now.origin, 0, EMPTY_ROOT)
    if asked.old_size != last.size:
        return Conflict(last.size)
    if now.size == 0 and now.root != EMPTY_ROOT:
        return Rejected(422, "an empty log has another root")
    if not consistency_holds(last.size, now.size, last.root, now.root, asked.proof):
        grown = counted(now.size, "entry does", "entries do")
        vouched = f"{last.size:,} that {'was' if last.size == 1 else 'were'} vouched for"
        return Rejected(422, f"{grown} not go on from the {vouched}")
    return None


def _parse(body: bytes) -> _Request:
    """The parts of a request; ValueError with the reason."""
    if len(body) > MAX_REQUEST_BYTES:
        raise ValueError("the request is too long")
    head, empty_line, encoded = body.partition(b"\n\n")
    lines = head.decode("ascii").split("\n")
    if not empty_line or not lines[0].startswith("old ") or len(lines) - 1 > MAX_HASHES:
        raise ValueError("the request is an old size, a proof, an empty line and a checkpoint")
    old_size = exact_decimal(lines[0].removeprefix("old "))
    proof = tuple(map(exact_base64, lines[1:]))
    if any(len(hash_) != HASH_BYTES for hash_ in proof):
        raise ValueError("the proof's hashes are not hashes")
    try:
        note = parse_note(encoded)
        return _Request(old_size, proof, note, parse_checkpoint(note.text))
    except MalformedNote as error:
        raise ValueError(str(error)) from error


def _notes_in(kept: Any) -> dict[str, str]:
    if not isinstance(kept, dict) or not all(isinstance(note, str) for note in kept.values()):
        raise ValueError("not a witness's memory")
    return kept


def _checkpoint_of(note: str) -> Checkpoint:
    return parse_checkpoint(parse_note(note.encode()).text)
