"""The directory's tables: the entries as they are, a version, and every change that was made."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import uuid5

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.triage.assignments.life import HELD
from services.triage.directory.changes import (
    DIRECTORY_ID,
    Body,
    Change,
    differences,
    entries_of,
)
from services.triage.directory.entries import Directory
from services.triage.directory.reading import read_directory
from services.triage.directory.soundness import SECTIONS
from shared.bus.work import UnitOfWork, Work
from shared.events import DirectoryChanged

FIRST_START: Final = "first-start"
"""By whom a new system's directory is loaded."""


class DirectoryMissing(Exception):
    """Nothing was ever loaded."""


class ChangedMeanwhile(Exception):
    """Somebody else changed the directory since the version that was read."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The directory at a version; None at version 0, before anything was loaded."""

    version: int
    directory: Directory | None


@dataclass
class Directories:
    """Reads the directory; keeps what it read for as long as the version stays the same."""

    # By the version and the transaction that wrote it: one that was rolled back may have had the
    # same version with other entries.
    _read: tuple[tuple[int, int], Kept] | None = field(default=None)

    async def current(self, connection: AsyncConnection) -> Directory:
        """The directory as the transaction sees it; DirectoryMissing if there is none."""
        directory = (await self.kept(connection)).directory
        if directory is None:
            raise DirectoryMissing
        return directory

    async def kept(self, connection: AsyncConnection) -> Kept:
        """The same with its version, and no exception."""
        rows = await connection.execute(text(f"SELECT {_STAND} FROM directory_version"))  # noqa: S608 - our own words
        stand = rows.one()
        if self._read is None or self._read[0] != (stand.version, stand.written_by):
            self._read = await _read_all(connection)
        return self._read[1]


# The number of the transaction is a type of its own, which counts as no integer.
_STAND: Final = "version, CAST(CAST(directory_version.xmin AS text) AS bigint) AS written_by"


async def _read_all(connection: AsyncConnection) -> tuple[tuple[int, int], Kept]:
    # Version and entries in one statement, which sees both at one moment.
    rows = (
        await connection.execute(
            text(
                f"SELECT {_STAND}, kind, CAST(body AS text) AS body"  # noqa: S608 - our own words
                " FROM directory_version LEFT JOIN directory_entry ON true ORDER BY kind, key"
            )
        )
    ).all()
    entries: dict[str, list[object]] = {section: [] for section in SECTIONS.values()}
    for row in rows:
        if row.kind is not None:
            entries[SECTIONS[row.kind]].append(json.loads(row.body))
    directory = Directory.model_validate(entries) if rows[0].version else None
    return (rows[0].version, rows[0].written_by), Kept(rows[0].version, directory)


async def apply(work: Work, changes: Sequence[Change], by: str, onto: int) -> int:
    """Make changes onto the version on which they were thought out, and tell them; the new version.

    ChangedMeanwhile, and nothing is done, where that is no longer the version.
    """
    counted = await work.connection.execute(
        text("UPDATE directory_version SET version = version + 1 WHERE version = :onto"),
        {"onto": onto},
    )
    if counted.rowcount == 0:
        raise ChangedMeanwhile
    version = onto + 1
    kept = [each for each in changes if each.after is not None]
    gone = [each for each in changes if each.after is None]
    if kept:
        await work.connection.execute(
            text(
                "INSERT INTO directory_entry (kind, key, body)"
                " VALUES (:kind, :key, CAST(:after AS jsonb))"
                " ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body"
            ),
            [{"kind": c.kind, "key": c.key, "after": json.dumps(c.after)} for c in kept],
        )
    if gone:
        await work.connection.execute(
            text("DELETE FROM directory_entry WHERE kind = :kind AND key = :key"),
            [{"kind": c.kind, "key": c.key} for c in gone],
        )
    await work.connection.execute(
        text(
            "INSERT INTO directory_change (version, at, by, kind, key, action, before, after)"
            " VALUES (:version, :at, :by, :kind, :key, :action, CAST(:before AS jsonb),"
            " CAST(:after AS jsonb))"
        ),
        [
            {
                "version": version,
                "at": work.now,
                "by": by,
                "kind": each.kind,
                "key": each.key,
                "action": each.action,
                "before": _json(each.before),
                "after": _json(each.after),
            }
            for each in changes
        ],
    )
    told = tuple(each.told() for each in changes)
    work.emit(DirectoryChanged(version=version, by=by, changes=told), DIRECTORY_ID)
    return version


def _json(body: Body | None) -> str | None:
    return None if body is None else json.dumps(body)


async def held_by(
    connection: AsyncConnection, practitioner_ids: Collection[str]
) -> Mapping[str, int]:
    """How many open assignments each of these people holds; who holds none is left out.

    Nobody else may be changing assignments meanwhile: take their lock before.
    """
    rows = await connection.execute(
        text(
            "SELECT holder, count(*) AS held FROM assignment"
            " WHERE holder = ANY(:ids) AND state = ANY(:states) GROUP BY holder ORDER BY holder"
        ),
        {"ids": list(practitioner_ids), "states": [str(state) for state in HELD]},
    )
    return {row.holder: row.held for row in rows}


async def seed(unit: UnitOfWork, file: Path) -> None:
    """Load the directory of a new system; never again once there is one.

    OSError or DirectoryRefused where the file is needed and cannot be used.
    """
    try:
        # One cause, so that of two processes that start at once not both tell of it.
        async with unit.work(uuid5(DIRECTORY_ID, FIRST_START)) as work:
            kept = await Directories().kept(work.connection)
            if kept.directory is None:
                changes = differences({}, entries_of(read_directory([file])))
                await apply(work, changes, FIRST_START, kept.version)
    except ChangedMeanwhile:
        return  # another process was quicker
