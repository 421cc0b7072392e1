"""What a checker saw of each log: the last checkpoint that held, one file a log.

A log that signs two histories can show each party its own; it cannot show one party a second one
once that party remembers the first.
"""

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from services.audit.tlog.checkpoint import Checkpoint, parse_checkpoint
from services.audit.tlog.notes import MAX_NOTE_BYTES, Note, NoteRefused, parse_note
from services.audit.verify.report import CannotCheck


@dataclass(frozen=True)
class Memory:
    """A folder of signed checkpoints, named by the hash of the log's origin."""

    folder: Path

    def file(self, origin: str) -> Path:
        """Where a log's checkpoint lies."""
        return self.folder / f"{sha256(origin.encode()).hexdigest()}.checkpoint"

    def recall(self, origin: str) -> tuple[Note, Checkpoint] | None:
        """What was remembered; None of a log that is new here.

        CannotCheck if the file is there and is not that: to go on would be to forget.
        """
        file = self.file(origin)
        try:
            with file.open("rb") as opened:
                note = parse_note(opened.read(MAX_NOTE_BYTES + 1))
            checkpoint = parse_checkpoint(note.text)
        except FileNotFoundError:
            return None
        except (OSError, NoteRefused) as error:
            raise CannotCheck(f"what was remembered in {file} cannot be read") from error
        if checkpoint.origin != origin:
            raise CannotCheck(f"what was remembered in {file} is of another log")
        return note, checkpoint

    def keep(self, origin: str, note: bytes) -> None:
        """Remember this in place of what was there. CannotCheck if the disk does not take it."""
        file = self.file(origin)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(file, note)
        except OSError as error:
            raise CannotCheck(f"nothing can be remembered in {file}: {error.strerror}") from error


def write_whole(file: Path, content: bytes) -> None:
    """Put content in place of a file's, on the disk before this returns: the old or the new."""
    draft = file.with_name(f".{file.name}.{os.getpid()}.draft")
    try:
        with draft.open("wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
