"""A bundle's files, read from a zip archive that may be damaged, or made to deceive or to fill a
disk."""

import re
import struct
import zipfile
import zlib
from collections import Counter
from pathlib import Path
from typing import Final, Self

from services.audit.verify.report import CannotCheck, DoesNotHold

CHECKPOINT: Final = "checkpoint"
QUERY: Final = "query.json"
ENTRIES: Final = "entries.jsonl"
POLICY: Final = "policy"

_NUMBERED: Final = re.compile(
    r"(proofs/(0|[1-9][0-9]{0,18})\.tlog-proof|events/(0|[1-9][0-9]{0,18})\.json)"
)
_NAMED: Final = frozenset({CHECKPOINT, POLICY, QUERY, ENTRIES})
_MAX_FILES: Final = 2_000_000
# An event is at most a megabyte, which is what the broker takes.
_MAX_BYTES: Final = 1024 * 1024
_MAX_ENTRIES_BYTES: Final = 512 * 1024 * 1024
# All that zipfile raises on damaged archives.
_DAMAGE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
    ValueError,
)


def proof_name(index: int) -> str:
    """The proof that an entry is in the log."""
    return f"proofs/{index}.tlog-proof"


def event_name(index: int) -> str:
    """An entry's exact bytes."""
    return f"events/{index}.json"


class Archive:
    """The files of a bundle, each of a name that has a meaning. DoesNotHold if it is damaged."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except OSError as error:
            raise CannotCheck(f"{path} cannot be read: {error.strerror}") from error
        except _DAMAGE as error:
            raise DoesNotHold("the archive is damaged, or is none") from error
        times = Counter(self._zip.namelist())
        strange = sorted(
            name for name in times if name not in _NAMED and not _NUMBERED.fullmatch(name)
        )
        if strange:
            raise DoesNotHold(f"the archive holds {strange[0]!a}, which is no part of a bundle")
        if len(times) != times.total() or times.total() > _MAX_FILES:
            raise DoesNotHold("the archive holds a file twice, or far too many")

    def __enter__(self) -> Self:
        """The archive."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._zip.close()

    def __contains__(self, name: str) -> bool:
        """Whether the file is there."""
        return name in self._zip.NameToInfo

    @property
    def numbered(self) -> frozenset[str]:
        """The names of all proofs and events."""
        return frozenset(self._zip.NameToInfo) - _NAMED

    def read(self, name: str) -> bytes:
        """A file's bytes, of which the archive's own checksum is checked."""
        at_most = _MAX_ENTRIES_BYTES if name == ENTRIES else _MAX_BYTES
        if name not in self:
            raise DoesNotHold(f"{name} is missing")
        try:
            with self._zip.open(name) as file:
                content = file.read(at_most + 1)
        except (*_DAMAGE, OSError) as error:
            raise DoesNotHold(f"{name} is damaged") from error
        if len(content) > at_most:
            raise DoesNotHold(f"{name} is longer than it can be")
        return content
