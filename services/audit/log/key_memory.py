"""What the log's keys signed last, remembered where the keys are: in one file, not in the database.

The file is the signed note itself, so that anybody can read it and compare.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.audit.tlog.checkpoint import Checkpoint, parse_checkpoint
from services.audit.tlog.notes import NoteRefused, parse_note
from services.audit.verify.memory import write_whole


class MemoryBroken(Exception):
    """The memory does not let anything be signed; the reason in words."""


class MemoryMoved(Exception):
    """Another process has signed since the memory was read: what was found then holds no more."""


@dataclass(frozen=True)
class Memory:
    """One log's memory. Beside `file` lies a lock, by which processes on this host take turns."""

    file: Path
    origin: str

    def read(self) -> Checkpoint | None:
        """What was signed last; None if nothing was ever signed here. MemoryBroken."""
        try:
            encoded = self.file.read_bytes()
        except FileNotFoundError:
            return None
        try:
            checkpoint = parse_checkpoint(parse_note(encoded).text)
        except NoteRefused as error:
            raise MemoryBroken(f"the keys' memory cannot be read: {error}") from error
        if checkpoint.origin != self.origin:
            raise MemoryBroken(
                f"the keys' memory is of {checkpoint.origin}, and the log is {self.origin}"
            )
        return checkpoint

    def write(self, note: bytes, after: Checkpoint | None) -> None:
        """Remember; it is on the disk when this returns. `after`: what was read, and found to be
        the beginning of what this note signs. MemoryMoved if something else is there by now: a
        process that was held up would put its own in the place of what another signed, which
        it never compared."""
        with self._alone():
            if self.read() != after:
                raise MemoryMoved("another process has signed meanwhile")
            write_whole(self.file, note)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        lock = os.open(self.file.with_name(self.file.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)
