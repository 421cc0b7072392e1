"""The directory as tables that an officer keeps in a spreadsheet: read from CSV, written as CSV.

    practitioners  id, name, email, phone, job, capacity, max_caseload, languages, hours, leave,
                   on_site, stand_in, prefers, quiet
    teams          team, catalogue, lead, members, contact
    duty           catalogue, coordinators
    rota           catalogue, when, who: of two on call at once the upper line's is

What a cell holds is said in `cells`. A table is known by its columns, whatever its file is called.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from services.triage.directory import cells
from services.triage.directory.entries import Directory
from services.triage.directory.faults import DirectoryRefused, Fault, Loc, Place
from services.triage.directory.soundness import Found

_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "capacity": cells.whole_number,
    "max_caseload": cells.whole_number,
    "languages": cells.listed,
    "hours": cells.hours,
    "leave": cells.leave,
    "on_site": cells.on_site,
    "quiet": cells.quiet,
    "members": cells.listed,
    "coordinators": cells.listed,
    "when": cells.turns,
}
"""The columns that hold more than a text."""


Line = tuple[int, list[str]]
"""The number of a line, and its cells."""


@dataclass(frozen=True)
class Table:
    """A kind of table: the columns that it must have, and those that it may have."""

    name: str
    needed: tuple[str, ...]
    also: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """All of them, in the order in which they are written."""
        return self.needed + self.also


PRACTITIONERS: Final = Table(
    "practitioners",
    ("id", "name", "email"),
    (
        "phone",
        "job",
        "capacity",
        "max_caseload",
        "languages",
        "hours",
        "leave",
        "on_site",
        "stand_in",
        "prefers",
        "quiet",
    ),
)
TEAMS: Final = Table("teams", ("team", "catalogue", "members"), ("lead", "contact"))
DUTY: Final = Table("duty", ("catalogue", "coordinators"))
ROTA: Final = Table("rota", ("catalogue", "when", "who"))
TABLES: Final = (PRACTITIONERS, TEAMS, DUTY, ROTA)


@dataclass(frozen=True)
class Row:
    """One line of a table. `values`: of what could be read; `empty`: the columns without a word."""

    table: Table
    file: str
    line: int
    values: Mapping[str, Any]
    empty: frozenset[str]

    def where(self, loc: Loc) -> Place:
        """Of a field, only the column: its cell is one piece."""
        return Place(str(loc[0]) if loc else "", self.file, self.line)


@dataclass(frozen=True)
class Sheets:
    """The rows of all tables, and what could not be read of them."""

    rows: Sequence[Row]
    faults: Sequence[Fault]

    def found(self) -> Iterator[Found]:
        """The entries: each duty with the lines of the rota for its catalogue."""
        rota: dict[object, list[Row]] = {}
        for row in self._of(ROTA):
            rota.setdefault(row.values.get("catalogue"), []).append(row)
        for row in self._of(PRACTITIONERS):
            yield Found("practitioner", row.values, row.where)
        for row in self._of(TEAMS):
            yield Found("team", row.values, row.where)
        for row in self._of(DUTY):
            yield _duty(row, rota.get(row.values.get("catalogue"), ()))

    def faults_of_rota(self) -> Iterator[Fault]:
        """Lines of the rota that belong to no duty, or say not when."""
        known = {row.values.get("catalogue") for row in self._of(DUTY)}
        for row in self._of(ROTA):
            if "catalogue" in row.empty:
                yield Fault(row.where(("catalogue",)), "is missing")
            elif row.values["catalogue"] not in known:
                yield Fault(row.where(("catalogue",)), "has no line in the table of duty")
            if "when" in row.empty:
                yield Fault(row.where(("when",)), "is missing")

    def _of(self, table: Table) -> Iterator[Row]:
        return (row for row in self.rows if row.table is table)


def read_tables(files: Sequence[tuple[str, bytes]]) -> Sheets:
    """The tables in the contents of some files, with every fault of their cells.

    DirectoryRefused where a whole table is not there or cannot be read: no more can be said then.
    """
    lines: dict[Table, tuple[str, list[Line]]] = {}
    unread: list[Fault] = []
    for file, content in files:
        try:
            table, found = _table(file, content)
        except _Unread as error:
            unread.append(error.fault)
            continue
        if table in lines:
            unread.append(_fault(file, 1, f"is a second table of {table.name}"))
        lines[table] = file, found
    if not unread:
        missing = (t for t in (PRACTITIONERS, TEAMS, DUTY) if t not in lines)
        unread = [Fault(Place(), f"there is no table of {table.name}") for table in missing]
    if unread:
        raise DirectoryRefused(tuple(unread))
    rows: list[Row] = []
    faults: list[Fault] = []
    for table, (file, found) in lines.items():
        names = _names(found)
        faults += _faults_of_head(table, file, names)
        rows += (_row(table, file, line, names, row, faults) for line, row in found[1:])
    return Sheets(rows, faults)


def write_tables(directory: Directory, folder: Path) -> Sequence[Path]:
    """Write the four tables as CSV, as a spreadsheet opens them; their paths."""
    tables: dict[Table, Iterable[Sequence[str]]] = {
        PRACTITIONERS: (
            cells.practitioner_cells(each, PRACTITIONERS.columns)
            for each in directory.practitioners
        ),
        TEAMS: (
            [t.team, t.catalogue, "; ".join(t.members), t.lead or "", t.contact or ""]
            for t in directory.teams
        ),
        DUTY: ([duty.catalogue, "; ".join(duty.coordinators)] for duty in directory.duty),
        ROTA: (
            [duty.catalogue, cells.when(turn), turn.who]
            for duty in directory.duty
            for turn in duty.rota
        ),
    }
    return [_write(table, rows, folder) for table, rows in tables.items()]


def _write(table: Table, rows: Iterable[Sequence[str]], folder: Path) -> Path:
    path = folder / f"{table.name}.csv"
    # Without the mark at its beginning Excel takes UTF-8 for something else.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table.columns)
        writer.writerows([cells.neutral(cell) for cell in row] for row in rows)
    return path


class _Unread(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__()
        self.fault = fault


def _table(file: str, content: bytes) -> tuple[Table, list[Line]]:
    """Which table a file holds, with its lines, the columns' names first."""
    try:
        lines = list(_lines(content))
    except UnicodeDecodeError:
        raise _Unread(_fault(file, None, "is not in UTF-8: save it as CSV UTF-8")) from None
    except csv.Error:
        problem = "cannot be read as CSV: look at its quotation marks"
        raise _Unread(_fault(file, None, problem)) from None
    table = next((t for t in TABLES if set(t.needed) <= set(_names(lines))), None)
    if table is None:
        needed = "; ".join(f"{t.name} has {', '.join(t.needed)}" for t in TABLES)
        raise _Unread(_fault(file, 1, f"has the columns of no table: {needed}"))
    return table, lines


def _lines(content: bytes) -> Iterator[Line]:
    """Each line without those that are empty; with its number in the file, where it begins."""
    reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
    began = 1
    for row in reader:
        if any(map(str.strip, row)):
            yield began, row
        began = reader.line_num + 1


def _names(lines: Sequence[Line]) -> list[str]:
    head = lines[0][1] if lines else []
    return [cell.strip().lower().replace(" ", "_").replace("-", "_") for cell in head]


def _row(
    table: Table, file: str, line: int, names: list[str], row: list[str], faults: list[Fault]
) -> Row:
    said = {
        name: cell
        for name, cell in zip(names, map(cells.as_meant, row), strict=False)
        if cell and name in table.columns
    }
    values: dict[str, Any] = {}
    for name, cell in said.items():
        try:
            values[name] = _READERS.get(name, str)(cell)
        except cells.Misread as error:
            faults.append(_fault(file, line, str(error), name))
    if any(map(str.strip, row[len(names) :])):
        faults.append(_fault(file, line, "has more cells than there are columns"))
    return Row(table, file, line, values, frozenset(table.columns) - said.keys())


def _faults_of_head(table: Table, file: str, names: list[str]) -> Iterator[Fault]:
    for name in dict.fromkeys(names):
        if name and name not in table.columns:
            yield _fault(file, 1, f"is no column of {table.name}: {', '.join(table.columns)}", name)
        if name and names.count(name) > 1:
            yield _fault(file, 1, "is a column twice", name)


def _duty(row: Row, rota: Sequence[Row]) -> Found:
    turns = [
        (line, turn if "who" in line.empty else turn | {"who": line.values["who"]})
        for line in rota
        for turn in line.values.get("when", ())
    ]

    def where(loc: Loc) -> Place:
        match loc:
            case ("rota", int(number), str(field), *_):
                return turns[number][0].where(("who",) if field == "who" else ("when",))
            case _:
                return row.where(loc)

    return Found("duty", {**row.values, "rota": [turn for _, turn in turns]}, where)


def _fault(file: str, line: int | None, problem: str, column: str = "") -> Fault:
    return Fault(Place(column, file, line), problem)
