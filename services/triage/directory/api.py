"""The directory over HTTP: for coordinators; and its own leave for each practitioner.

Every change may name the `version` that it was thought out on; where the directory has another by
then it is refused, and nothing is stored.
"""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal
from uuid import uuid4

from fastapi import APIRouter, Body, Depends, Query
from pydantic import BaseModel

from services.triage.assignments.sql_book import SqlBook
from services.triage.directory.changes import (
    DIRECTORY_ID,
    Change,
    Entries,
    differences,
    entries_of,
)
from services.triage.directory.entries import Directory
from services.triage.directory.faults import DirectoryRefused, Fault
from services.triage.directory.reading import read_whole, read_within
from services.triage.directory.refused import refused
from services.triage.directory.soundness import SECTIONS, Kind
from services.triage.directory.store import ChangedMeanwhile, Directories, apply, held_by
from shared.bus.work import UnitOfWork, Work
from shared.events import AccessRecorded, Problem
from shared.problems import Refused
from shared.sign_in import Caller, Doorkeeper

Version = Annotated[int | None, Query(ge=0)]
Entry = Annotated[dict[str, Any], Body()]
Propose = Callable[[Entries], Directory]
"""From the entries as they are to the directory as it is to be; raises DirectoryRefused."""


class EntryChange(BaseModel):
    """One entry that changed, or would; `words`: the same for people."""

    kind: Kind
    key: str
    action: Literal["added", "changed", "removed"]
    fields: tuple[str, ...]
    words: str


class Changed(BaseModel):
    """The directory's version, and what became other; nothing is stored of a dry run."""

    version: int
    dry_run: bool
    changes: list[EntryChange]


def directory_router(
    unit: UnitOfWork, directories: Directories, doorkeeper: Doorkeeper
) -> APIRouter:
    """`/triage/api/directory`."""
    router = APIRouter(prefix="/triage/api/directory")
    coordinator = Depends(doorkeeper.require("coordinator"))
    staff = Depends(doorkeeper.require("practitioner", "coordinator"))

    @router.get("")
    async def whole(caller: Annotated[Caller, coordinator]) -> dict[str, Any]:
        """The directory and its version, and beside it whose addresses were refused as they stand
        there. It names people: the reading is recorded first."""
        async with unit.work(uuid4()) as work:
            kept = await directories.kept(work.connection)
            if kept.directory is None:
                raise Refused(404, "not-found", "There is no directory yet.")
            work.emit(
                AccessRecorded(
                    reader=caller.subject, roles=caller.roles, what="directory", why="duty"
                ),
                DIRECTORY_ID,
            )
            wrong = await refused(work.connection)
        parts = kept.directory.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return {"version": kept.version, "directory": parts, "refused": wrong}

    @router.put("")
    async def replace(
        directory: Entry,
        caller: Annotated[Caller, coordinator],
        version: Version = None,
        *,
        dry_run: bool = False,
    ) -> Changed:
        """The whole directory: what is not in it is removed."""
        return await _change(lambda _: read_whole(directory), caller, version, dry_run=dry_run)

    @router.put("/practitioners/{practitioner_id}")
    async def put_practitioner(
        practitioner_id: str,
        entry: Entry,
        caller: Annotated[Caller, coordinator],
        version: Version = None,
    ) -> Changed:
        """One practitioner, whole: a field that is left out is no longer said."""
        full = _named(entry, id=practitioner_id)
        return await _put("practitioner", practitioner_id, full, caller, version)

    @router.delete("/practitioners/{practitioner_id}")
    async def delete_practitioner(
        practitioner_id: str, caller: Annotated[Caller, coordinator], version: Version = None
    ) -> Changed:
        """Somebody leaves: her cases are transferred, and she is taken out of teams and duty,
        before."""
        return await _put("practitioner", practitioner_id, None, caller, version)

    @router.post("/practitioners/{practitioner_id}/leave")
    async def add_leave(
        practitioner_id: str, leave: Entry, caller: Annotated[Caller, staff]
    ) -> Changed:
        """Days away, both included, for oneself; for anybody, as a coordinator. The same days
        again change nothing."""
        if "coordinator" not in caller.roles and caller.subject != practitioner_id:
            raise _nobody()

        def propose(entries: Entries) -> Directory:
            body = _there(entries, "practitioner", practitioner_id)
            before = body.get("leave", [])
            after = before if leave in before else [*before, leave]
            return read_within(entries, "practitioner", practitioner_id, {**body, "leave": after})

        return await _change(propose, caller, None)

    @router.put("/teams/{catalogue}/{team}")
    async def put_team(
        catalogue: str,
        team: str,
        entry: Entry,
        caller: Annotated[Caller, coordinator],
        version: Version = None,
    ) -> Changed:
        """One team of a catalogue, whole."""
        full = _named(entry, catalogue=catalogue, team=team)
        return await _put("team", f"{catalogue}/{team}", full, caller, version)

    @router.delete("/teams/{catalogue}/{team}")
    async def delete_team(
        catalogue: str, team: str, caller: Annotated[Caller, coordinator], version: Version = None
    ) -> Changed:
        """A team is no more; its pathways go to the coordinator from now on."""
        return await _put("team", f"{catalogue}/{team}", None, caller, version)

    @router.put("/duty/{catalogue}")
    async def put_duty(
        catalogue: str,
        entry: Entry,
        caller: Annotated[Caller, coordinator],
        version: Version = None,
    ) -> Changed:
        """A catalogue's coordinators and their rota, whole."""
        return await _put("duty", catalogue, _named(entry, catalogue=catalogue), caller, version)

    @router.delete("/duty/{catalogue}")
    async def delete_duty(
        catalogue: str, caller: Annotated[Caller, coordinator], version: Version = None
    ) -> Changed:
        """A catalogue without teams needs no duty."""
        return await _put("duty", catalogue, None, caller, version)

    async def _put(
        kind: Kind, key: str, entry: dict[str, Any] | None, caller: Caller, version: int | None
    ) -> Changed:
        def propose(entries: Entries) -> Directory:
            if entry is None:
                _there(entries, kind, key)
            return read_within(entries, kind, key, entry)

        return await _change(propose, caller, version, removing=entry is None)

    async def _change(
        propose: Propose,
        caller: Caller,
        version: int | None,
        *,
        dry_run: bool = False,
        removing: bool = False,
    ) -> Changed:
        try:
            async with unit.work(uuid4()) as work:
                kept = await directories.kept(work.connection)
                _check_version(version, kept.version)
                before = entries_of(kept.directory) if kept.directory else {}
                changes = differences(before, entries_of(propose(before)))
                await _check_nobody_is_needed(changes, work)
                now = kept.version
                if changes and not dry_run:
                    now = await apply(work, changes, caller.subject, kept.version)
        except DirectoryRefused as error:
            raise _refused(error.faults, removing=removing) from None
        except ChangedMeanwhile:
            raise Refused(
                409, "directory-changed", "Somebody changed the directory meanwhile: read it again."
            ) from None
        return Changed(version=now, dry_run=dry_run, changes=[_told(each) for each in changes])

    return router


def _check_version(thought_out_on: int | None, now: int) -> None:
    if thought_out_on not in (None, now):
        raise ChangedMeanwhile


async def _check_nobody_is_needed(changes: Sequence[Change], work: Work) -> None:
    """Refuse to remove who holds open assignments."""
    leaving = [c.key for c in changes if c.kind == "practitioner" and c.action == "removed"]
    if not leaving:
        return
    # Until the end of this transaction nobody can be asked or accept.
    await SqlBook(work.connection).lock()
    held = await held_by(work.connection, leaving)
    if held:
        raise Refused(
            409,
            "holds-assignments",
            "Who holds open assignments cannot be removed: transfer them first.",
            [
                Problem(field=f"practitioners.{who}", problem=f"holds {count} open assignments")
                for who, count in held.items()
            ],
        )


def _refused(faults: tuple[Fault, ...], *, removing: bool) -> Refused:
    problems = [Problem(field=each.place.field, problem=each.problem) for each in faults]
    if removing:
        return Refused(409, "still-needed", "It is still needed elsewhere.", problems)
    return Refused(422, "invalid-directory", "The directory would not hold together.", problems)


def _named(entry: dict[str, Any], **names: str) -> dict[str, Any]:
    """The entry with the names that its address gives it; Refused where it says another."""
    others = [name for name, value in names.items() if entry.get(name, value) != value]
    if others:
        problems = [Problem(field=name, problem="is not as in the address") for name in others]
        raise Refused(422, "invalid-directory", "The entry has another name.", problems)
    return {**entry, **names}


def _there(entries: Entries, kind: Kind, key: str) -> dict[str, Any]:
    body = entries.get((kind, key))
    if body is None:
        raise (
            _nobody()
            if kind == "practitioner"
            else Refused(
                404, "not-found", f"Nothing of that name is among the directory's {SECTIONS[kind]}."
            )
        )
    return dict(body)


def _nobody() -> Refused:
    return Refused(404, "not-found", "There is nobody of that id here.")


def _told(change: Change) -> EntryChange:
    return EntryChange(
        kind=change.kind,
        key=change.key,
        action=change.action,
        fields=change.fields,
        words=change.words,
    )
