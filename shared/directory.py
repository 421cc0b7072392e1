"""The directory: who takes the referrals of a pathway, and who is on duty for the rest.

    practitioners:
      - {id: p-k4wz7m, name: ..., email: ..., phone: ..., capacity: 60}
    teams:
      - {team: idsva_young_person, catalogue: bromley, lead: p-k4wz7m, members: [p-k4wz7m]}
    coordinators:
      bromley: [p-...]

`team` is what the catalogue's pathways name, and the same name in another catalogue is another
team: no Barnet case goes to Bromley's staff. Outside this directory and the messages' addresses
practitioners are known by their id alone.
"""

from functools import cached_property
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, StrictInt, StrictStr, model_validator

from shared.facts import Frozen
from shared.register_file import read_register
from shared.registry import Slug

PractitionerId = Annotated[StrictStr, Field(pattern=r"^p-[a-z0-9]{4,20}$")]
TeamSlug = Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9_]{1,59}$")]


class Practitioner(Frozen):
    """Somebody who takes referrals. `capacity`: cases a year (assumed 70; SafeLives: 60 to 80)."""

    id: PractitionerId
    name: StrictStr = Field(min_length=1)
    email: StrictStr = Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    phone: StrictStr | None = Field(default=None, pattern=r"^(\+[1-9]|0)[0-9 ]{8,17}$")
    capacity: StrictInt = Field(default=70, ge=1)


class TeamEntry(Frozen):
    """A team of one catalogue: who leads it, and its members in the order of asking."""

    team: TeamSlug
    catalogue: Slug
    lead: PractitionerId | None = None
    members: tuple[PractitionerId, ...] = Field(min_length=1)


class Directory(Frozen):
    """Practitioners, their teams, and each catalogue's coordinators."""

    practitioners: tuple[Practitioner, ...] = Field(min_length=1)
    teams: tuple[TeamEntry, ...] = Field(min_length=1)
    duty: dict[Slug, Annotated[tuple[PractitionerId, ...], Field(min_length=1)]] = Field(
        alias="coordinators"
    )

    @classmethod
    def load(cls, path: Path) -> "Directory":
        """The directory in a file; RegisterRefused with every fault by file and field."""
        return read_register(path, cls)

    def practitioner(self, practitioner_id: str) -> Practitioner | None:
        """Who has this id; None where nobody has (any more)."""
        return self._by_id.get(practitioner_id)

    def team(self, catalogue: str, team: str) -> tuple[Practitioner, ...]:
        """A team's members in the order of asking; () where the catalogue has no such team."""
        entry = self._team_entries.get((catalogue, team))
        return self._named(entry.members) if entry else ()

    def lead(self, catalogue: str, team: str) -> Practitioner | None:
        """Who leads a team; None where nobody is named."""
        entry = self._team_entries.get((catalogue, team))
        return self._by_id[entry.lead] if entry and entry.lead else None

    def coordinators(self, catalogue: str | None) -> tuple[Practitioner, ...]:
        """Who is on duty for a catalogue's referrals; where none has been settled on, everybody."""
        if catalogue is not None:
            return self._named(self.duty.get(catalogue, ()))
        everybody = dict.fromkeys(each for ids in self.duty.values() for each in ids)
        return self._named(tuple(everybody))

    @cached_property
    def _by_id(self) -> dict[str, Practitioner]:
        return {each.id: each for each in self.practitioners}

    @cached_property
    def _team_entries(self) -> dict[tuple[str, str], TeamEntry]:
        return {(entry.catalogue, entry.team): entry for entry in self.teams}

    def _named(self, ids: tuple[str, ...]) -> tuple[Practitioner, ...]:
        return tuple(self._by_id[each] for each in ids)

    @model_validator(mode="after")
    def _hold_together(self) -> Self:
        faults = [
            *self._repetitions(),
            *self._strangers(),
            *(
                f"{catalogue} has teams and no coordinators"
                for catalogue in sorted({entry.catalogue for entry in self.teams} - set(self.duty))
            ),
        ]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _repetitions(self) -> list[str]:
        ids = [each.id for each in self.practitioners]
        teams = [f"{entry.team} of {entry.catalogue}" for entry in self.teams]
        faults = [f"{each} is given twice" for each in _repeated([*ids, *teams])]
        for entry in self.teams:
            faults += (
                f"{each} stands twice in {entry.team} of {entry.catalogue}"
                for each in _repeated(list(entry.members))
            )
        return faults

    def _strangers(self) -> list[str]:
        named = {each for ids in self.duty.values() for each in ids}
        for entry in self.teams:
            named |= {*entry.members} | ({entry.lead} if entry.lead else set())
        return [f"{each} is no practitioner here" for each in sorted(named - set(self._by_id))]


def _repeated(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})
