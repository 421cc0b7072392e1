"""What differs between two directories, entry by entry. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import NAMESPACE_URL, uuid5

from services.triage.directory.entries import Directory, Duty, Practitioner, TeamEntry
from services.triage.directory.soundness import Kind
from shared.events import DirectoryChange

DIRECTORY_ID: Final = uuid5(NAMESPACE_URL, "urn:fingerpost:directory")
"""What an event about the directory is about: there is one directory."""

Body = Mapping[str, Any]
"""An entry as JSON: what is said of it, without what is only assumed."""

Entries = Mapping[tuple[Kind, str], Body]
"""All entries by kind and key: a practitioner's id, `catalogue/team`, a duty's catalogue."""


@dataclass(frozen=True, slots=True)
class Change:
    """One entry that is added, changed or removed."""

    kind: Kind
    key: str
    before: Body | None
    after: Body | None

    @property
    def action(self) -> Literal["added", "changed", "removed"]:
        """What becomes of the entry."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"

    @property
    def fields(self) -> tuple[str, ...]:
        """Which fields of a changed entry become other, come or go; in alphabetical order."""
        if self.before is None or self.after is None:
            return ()
        names = {*self.before, *self.after}
        return tuple(n for n in sorted(names) if self.before.get(n) != self.after.get(n))

    @property
    def words(self) -> str:
        """For people, without a value: "p-k4wz7m: leave, max_caseload change"."""
        match self.action:
            case "added":
                return f"{self.key} is added"
            case "removed":
                return f"{self.key} is removed"
            case "changed":
                return f"{self.key}: {', '.join(self.fields)} change"

    def told(self) -> DirectoryChange:
        """As an event tells it: which fields, never their values."""
        return DirectoryChange(kind=self.kind, key=self.key, action=self.action, fields=self.fields)


def entries_of(directory: Directory) -> Entries:
    """A directory's entries in its order, each as it is kept."""
    entries: dict[tuple[Kind, str], Body] = {}
    for practitioner in directory.practitioners:
        entries["practitioner", practitioner.id] = _body(practitioner)
    for team in directory.teams:
        entries["team", f"{team.catalogue}/{team.team}"] = _body(team)
    for duty in directory.duty:
        entries["duty", duty.catalogue] = _body(duty)
    return entries


def differences(before: Entries, after: Entries) -> Sequence[Change]:
    """What must change for the entries of `before` to become those of `after`."""
    keys = dict.fromkeys([*before, *after])
    return [
        Change(kind, key, before.get((kind, key)), after.get((kind, key)))
        for kind, key in keys
        if before.get((kind, key)) != after.get((kind, key))
    ]


def _body(entry: Practitioner | TeamEntry | Duty) -> Body:
    return entry.model_dump(mode="json", by_alias=True, exclude_defaults=True)
