"""A whole directory out of what people keep: one YAML file, or tables as CSV; or out of a request.

The YAML has the shape that `entries` shows; the tables are those of `spreadsheet`. Whatever is
wrong is told at once, by file, line and field.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from services.triage.directory.changes import Entries
from services.triage.directory.entries import Directory
from services.triage.directory.faults import DirectoryRefused, Fault, Place, below
from services.triage.directory.soundness import SECTIONS, Found, Kind, assemble
from services.triage.directory.spreadsheet import read_tables
from shared.register_file import RegisterRefused, read_tree

_YAML: Final = (".yaml", ".yml")
_KEY: Final = re.compile(r"[a-z0-9_-]{1,60}")


def read_directory(paths: Sequence[Path]) -> Directory:
    """The directory in one YAML file, or in CSV tables; DirectoryRefused with every fault."""
    if len(paths) == 1 and paths[0].suffix.lower() in _YAML:
        file = str(paths[0])
        try:
            return read_whole(read_tree(paths[0]), file)
        except RegisterRefused as error:
            raise DirectoryRefused(
                tuple(Fault(Place(file=file), fault) for fault in error.faults)
            ) from error
    if any(path.suffix.lower() != ".csv" for path in paths):
        kinds = Fault(Place(), "a directory is one YAML file, or its tables as CSV files")
        raise DirectoryRefused((kinds,))
    sheets = read_tables([(str(path), path.read_bytes()) for path in paths])
    return assemble(list(sheets.found()), [*sheets.faults, *sheets.faults_of_rota()])


def read_whole(tree: object, file: str | None = None) -> Directory:
    """The directory in plain values: three lists; DirectoryRefused with every fault."""
    if not isinstance(tree, dict):
        place = Place("", file)
        raise DirectoryRefused((Fault(place, "has no practitioners, teams and duty"),))
    faults = [
        Fault(Place(str(name), file), "is no part of a directory")
        for name in tree
        if name not in SECTIONS.values()
    ]
    found: list[Found] = []
    for kind, section in SECTIONS.items():
        entries = tree.get(section, [])
        if isinstance(entries, list):
            found += _entries(kind, section, entries, file)
        else:
            faults.append(Fault(Place(section, file), "is no list"))
    if faults:
        raise DirectoryRefused(tuple(faults))
    return assemble(found)


def read_within(entries: Entries, kind: Kind, key: str, entry: object) -> Directory:
    """The directory of these entries with one of them new or changed, or gone where `entry` is
    None; DirectoryRefused with every fault, the entry's own named by its fields alone."""
    found = [
        Found(each_kind, body, below(f"{SECTIONS[each_kind]}.{each_key}"))
        for (each_kind, each_key), body in entries.items()
        if (each_kind, each_key) != (kind, key)
    ]
    if entry is not None:
        found.append(Found(kind, entry, below("")))
    return assemble(found)


def _entries(kind: Kind, section: str, entries: list[object], file: str | None) -> Iterator[Found]:
    for number, entry in enumerate(entries):
        name = _named(kind, entry) or str(number)
        yield Found(kind, entry, below(f"{section}.{name}", file))


def _named(kind: Kind, entry: object) -> str | None:
    """An entry's key, where it gives one: by that people find it."""
    if not isinstance(entry, dict):
        return None
    match kind:
        case "practitioner":
            parts = [entry.get("id")]
        case "team":
            parts = [entry.get("catalogue"), entry.get("team")]
        case "duty":
            parts = [entry.get("catalogue")]
    # A fault may be read by others than who wrote the file: somebody's name in the wrong field is
    # not repeated.
    words = [part for part in parts if isinstance(part, str) and _KEY.fullmatch(part)]
    return "/".join(words) if len(words) == len(parts) else None
