"""Where a log is read from: an address or a folder that hold the files of c2sp.org/tlog-tiles."""

from pathlib import Path
from typing import Protocol

from services.audit.verify.report import CannotCheck


class Source(Protocol):
    """The files of one log."""

    def read(self, path: str, at_most: int) -> bytes | None:
        """The file's bytes, None if there is no such file.

        Of a longer file `at_most` + 1 bytes. CannotCheck if it cannot be told.
        """

    def __str__(self) -> str:
        """The source as a person named it."""


class Folder:
    """A copy of a log as static files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, path: str, at_most: int) -> bytes | None:
        """The file's bytes; see `Source`."""
        try:
            with (self._folder / path).open("rb") as file:
                return file.read(at_most + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise CannotCheck(f"{self._folder / path} cannot be read: {error.strerror}") from error

    def __str__(self) -> str:
        """The folder."""
        return str(self._folder)
