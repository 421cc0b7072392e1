"""What the log's keys signed last, remembered where the keys are: in one file, not in the database.

The file is the signed note itself, so that anybody can read it and compare.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.audit.checkpoint import Checkpoint, parse_checkpoint
from services.audit.notes import NoteRefused, parse_note


class MemoryBroken(Exception):
    """The memory does not let anything be signed; the reason in words."""


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

    def write(self, checkpoint: Checkpoint, note: bytes) -> None:
        """Remember; it is on the disk when this returns. MemoryBroken if a larger tree is there:
        a process that was held up does not undo what another did."""
        with self._alone():
            before = self.read()
            if before is not None and before.size > checkpoint.size:
                raise MemoryBroken(f"the keys signed {before.size} entries already")
            draft = self.file.with_name(self.file.name + ".draft")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as f:
                f.write(note)
                f.flush()
                os.fsync(f.fileno())
            draft.replace(self.file)
            _sync_folder(self.file.parent)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        lock = os.open(self.file.with_name(self.file.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def _sync_folder(folder: Path) -> None:
    """A new name in a folder is on the disk only when the folder is."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
