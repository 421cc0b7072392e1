"""Whether a directory holds together: every fault at once, each at its place. Pure.

Both ways in come through here: whole files, and a single entry that is edited within the rest.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar

from pydantic import ValidationError

from services.triage.directory.entries import Directory, Duty, Practitioner, TeamEntry
from services.triage.directory.faults import DirectoryRefused, Fault, Loc, Place, Where, faults_of

Kind = Literal["practitioner", "team", "duty"]
Entry = TypeVar("Entry", Practitioner, TeamEntry, Duty)

SECTIONS: Final[dict[Kind, str]] = {
    "practitioner": "practitioners",
    "team": "teams",
    "duty": "duty",
}
"""Under which name the entries of a kind stand in a whole directory."""


@dataclass(frozen=True)
class Found:
    """An entry as it was found, not yet known to be one. `where`: the place of its fields."""

    kind: Kind
    value: object
    where: Where


@dataclass(frozen=True)
class _Read(Generic[Entry]):
    entry: Entry
    where: Where

    def fault(self, problem: str, *loc: str | int) -> Fault:
        return Fault(self.where(loc), problem)


def assemble(found: Sequence[Found], known_faults: Sequence[Fault] = ()) -> Directory:
    """The directory of these entries; DirectoryRefused with every fault of any of them.

    `known_faults`: what was wrong with single entries already, where they were found.
    """
    faults = list(known_faults)
    practitioners = list(_read(found, "practitioner", Practitioner, faults))
    teams = list(_read(found, "team", TeamEntry, faults))
    duty = list(_read(found, "duty", Duty, faults))
    # Who is refused for another reason is there all the same.
    ids = frozenset(_ids(found))
    faults += _missing_sections(found)
    for each in practitioners:
        faults += _of_practitioner(each, ids)
    for team in teams:
        faults += _of_team(team, ids)
    for one in duty:
        faults += _of_duty(one, ids)
    faults += _repeated([(p, p.entry.id, ("id",)) for p in practitioners])
    faults += _repeated([(t, f"{t.entry.catalogue}/{t.entry.team}", ("team",)) for t in teams])
    faults += _repeated([(d, d.entry.catalogue, ("catalogue",)) for d in duty])
    on_duty = {_catalogue(each.value) for each in found if each.kind == "duty"}
    faults += _without_coordinators(teams, on_duty)
    if faults:
        raise DirectoryRefused(tuple(faults))
    return Directory(
        practitioners=tuple(each.entry for each in practitioners),
        teams=tuple(each.entry for each in teams),
        duty=tuple(each.entry for each in duty),
    )


def _read(
    found: Sequence[Found], kind: Kind, shape: type[Entry], faults: list[Fault]
) -> Iterator[_Read[Entry]]:
    for each in found:
        if each.kind != kind:
            continue
        try:
            yield _Read(shape.model_validate(each.value), each.where)
        except ValidationError as error:
            faults.extend(faults_of(error, each.where))


def _ids(found: Iterable[Found]) -> Iterator[object]:
    for each in found:
        if each.kind == "practitioner" and isinstance(each.value, dict):
            given = each.value.get("id")
            if isinstance(given, str):
                yield given


def _catalogue(value: object) -> object:
    given = value.get("catalogue") if isinstance(value, dict) else None
    return given if isinstance(given, str) else None


def _missing_sections(found: Sequence[Found]) -> Iterator[Fault]:
    for kind, section in SECTIONS.items():
        if not any(each.kind == kind for each in found):
            yield Fault(Place(section), "there are none")


def _of_practitioner(read: _Read[Practitioner], ids: Collection[object]) -> Iterator[Fault]:
    one = read.entry
    if one.stand_in == one.id:
        yield read.fault("nobody stands in for herself", "stand_in")
    elif one.stand_in:
        yield from _stranger(read, one.stand_in, ids, "stand_in")
    for number, leave in enumerate(one.leave):
        if leave.last < leave.first:
            yield read.fault("ends before it begins", "leave", number)
    if one.prefers == "sms" and one.phone is None:
        yield read.fault("there is no number for texts", "prefers")
    if one.quiet and one.quiet.first == one.quiet.last:
        yield read.fault("never ends: nothing could be told", "quiet")


def _of_team(read: _Read[TeamEntry], ids: Collection[object]) -> Iterator[Fault]:
    team = read.entry
    if team.lead:
        yield from _stranger(read, team.lead, ids, "lead")
    if team.contact:
        yield from _stranger(read, team.contact, ids, "contact")
    yield from _named(read, team.members, ids, "members")


def _of_duty(read: _Read[Duty], ids: Collection[object]) -> Iterator[Fault]:
    yield from _named(read, read.entry.coordinators, ids, "coordinators")
    for number, line in enumerate(read.entry.rota):
        yield from _stranger(read, line.who, ids, "rota", number, "who")


def _named(
    read: _Read[Entry], named: Sequence[str], ids: Collection[object], field: str
) -> Iterator[Fault]:
    """Of a list of practitioners: nobody twice, nobody unknown."""
    for number, each in enumerate(named):
        yield from _stranger(read, each, ids, field, number)
        if each in named[:number]:
            yield read.fault(f"{each} stands here twice", field, number)


def _stranger(
    read: _Read[Entry], named: str, ids: Collection[object], *loc: str | int
) -> Iterator[Fault]:
    if named not in ids:
        yield read.fault(f"{named} is no practitioner of this directory", *loc)


def _repeated(named: Sequence[tuple[_Read[Entry], str, Loc]]) -> Iterator[Fault]:
    """A fault for each name but the first time that it is given."""
    times: Counter[str] = Counter()
    for read, name, loc in named:
        times[name] += 1
        if times[name] > 1:
            yield read.fault(f"{name} is given twice", *loc)


def _without_coordinators(
    teams: Sequence[_Read[TeamEntry]], on_duty: Collection[object]
) -> Iterator[Fault]:
    first_of: dict[str, _Read[TeamEntry]] = {}
    for team in teams:
        first_of.setdefault(team.entry.catalogue, team)
    for catalogue, team in first_of.items():
        if catalogue not in on_duty:
            yield team.fault(f"{catalogue} has teams and no coordinators on duty", "catalogue")
