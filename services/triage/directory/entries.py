"""The directory's shape: who takes the referrals of a pathway, when, and who is on call.

    practitioners:
      - {id: p-k4wz7m, name: ..., email: ..., phone: ..., capacity: 60, max_caseload: 25,
         languages: [en, pl], stand_in: p-..., on_site: {leaving_care: [monday, tuesday]},
         prefers: sms, quiet: {from: "20:00", until: "08:00"},
         hours: {monday: {from: "09:00", until: "17:00"}}, leave: [{from: 2026-12-21, until: ...}]}
    teams:
      - {team: idsva_young_person, catalogue: bromley, lead: p-k4wz7m, members: [p-k4wz7m],
         contact: p-...}
    duty:
      - catalogue: bromley
        coordinators: [p-..., p-...]
        rota: [{days: [monday, ...], from: "08:00", until: "20:00", who: p-...}]

`team` is what the catalogue's pathways name, and the same name in another catalogue is another
team: no Barnet case goes to Bromley's staff. Outside the directory and the messages' addresses
practitioners are known by their id alone.
"""

import re
from datetime import date, datetime, time
from functools import cached_property
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, PlainSerializer, StrictInt, StrictStr

from services.triage.policy.days import Weekday
from shared.events import Channel
from shared.facts import Frozen, Team
from shared.registry import Slug

PractitionerId = Annotated[StrictStr, Field(pattern=r"^p-[a-z0-9]{4,20}$")]
TeamSlug = Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9_]{1,59}$")]
Words = Annotated[StrictStr, Field(min_length=1, max_length=200, pattern=r"^\S(.*\S)?$")]
"""One line, without white space around it."""
Language = Annotated[StrictStr, Field(pattern=r"^[a-z]{2}$")]


def _wall_clock(said: object) -> object:
    """No number, which would be taken for seconds since midnight, and no offset."""
    if isinstance(said, time) or (isinstance(said, str) and re.fullmatch(r"\d{2}:\d{2}", said)):
        return said
    raise ValueError("is not a time such as 09:00")


def _calendar(said: object) -> object:
    """No number, which would be taken for seconds since 1970, and no time of day."""
    written = isinstance(said, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", said)
    if written or (isinstance(said, date) and not isinstance(said, datetime)):
        return said
    raise ValueError("is not a day such as 2026-12-21")


def _as_written(at: time) -> str:
    return f"{at:%H:%M}"


WallClock = Annotated[
    time, BeforeValidator(_wall_clock), PlainSerializer(_as_written, when_used="json")
]
Day = Annotated[date, BeforeValidator(_calendar)]


class Shift(Frozen):
    """From the first minute to before the last, London time; one that is not after it is the next
    day's."""

    first: WallClock = Field(alias="from")
    last: WallClock = Field(alias="until")


OFFICE_HOURS: Final = Shift.model_validate({"from": "09:00", "until": "17:00"})
WORKING_WEEK: Final[dict[Weekday, Shift]] = dict.fromkeys(
    ("monday", "tuesday", "wednesday", "thursday", "friday"), OFFICE_HOURS
)
"""When somebody works of whom the directory does not say (assumed)."""


class Leave(Frozen):
    """Days away, both included."""

    first: Day = Field(alias="from")
    last: Day = Field(alias="until")


class Practitioner(Frozen):
    """Somebody who takes referrals.

    `capacity`: cases a year (assumed 70; SafeLives: 60 to 80). `max_caseload`: cases at one time;
    missing: only the year's count. `hours`: the working week; bank holidays are off. `on_site`:
    with which teams she sits on which days, beside what the catalogue says of the pathway.
    `stand_in`: who is asked when she does not answer in time. `prefers`: how she is told; `quiet`:
    the hours in which she is not. What is urgent reaches her by every channel, at any hour.
    """

    id: PractitionerId
    name: Words
    email: StrictStr = Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    phone: StrictStr | None = Field(default=None, pattern=r"^(\+[1-9]|0)[0-9 ]{8,17}$")
    job: Words | None = None
    capacity: StrictInt = Field(default=70, ge=1)
    max_caseload: StrictInt | None = Field(default=None, ge=1)
    languages: tuple[Language, ...] = ("en",)
    hours: dict[Weekday, Shift] = Field(default_factory=lambda: dict(WORKING_WEEK))
    leave: tuple[Leave, ...] = ()
    on_site: dict[Team, tuple[Weekday, ...]] = Field(default_factory=dict)
    stand_in: PractitionerId | None = None
    prefers: Channel = "email"
    quiet: Shift | None = None


class TeamEntry(Frozen):
    """A team of one catalogue: its lead, its members in the order of asking, and to whom an
    assignment goes up that not even the coordinator answered."""

    team: TeamSlug
    catalogue: Slug
    lead: PractitionerId | None = None
    members: tuple[PractitionerId, ...] = Field(min_length=1)
    contact: PractitionerId | None = None


class OnCall(Frozen):
    """Somebody's hours on call, every week. Where two are on call at once, the first named is."""

    days: tuple[Weekday, ...] = Field(min_length=1)
    first: WallClock = Field(alias="from")
    last: WallClock = Field(alias="until")
    who: PractitionerId


class Duty(Frozen):
    """One catalogue's coordinators, and their on-call rota through the week."""

    catalogue: Slug
    coordinators: tuple[PractitionerId, ...] = Field(min_length=1)
    rota: tuple[OnCall, ...] = ()


class Directory(Frozen):
    """Everything that stands in it. Made by `reading`, which sees that it holds together."""

    practitioners: tuple[Practitioner, ...] = Field(min_length=1)
    teams: tuple[TeamEntry, ...] = Field(min_length=1)
    duty: tuple[Duty, ...] = Field(min_length=1)

    def practitioner(self, practitioner_id: str) -> Practitioner | None:
        """Who has this id; None where nobody has (any more)."""
        return self._by_id.get(practitioner_id)

    def entry(self, catalogue: str | None, team: str | None) -> TeamEntry | None:
        """A team of a catalogue; None where there is none of that name."""
        return self._team_entries.get((catalogue, team))

    def team(self, catalogue: str | None, team: str | None) -> tuple[Practitioner, ...]:
        """A team's members in the order of asking; () where the catalogue has no such team."""
        entry = self.entry(catalogue, team)
        return self._named(entry.members) if entry else ()

    def colleagues(self, practitioner_id: str) -> frozenset[str]:
        """Everybody who shares a team with somebody, that person included."""
        shared = (each.members for each in self.teams if practitioner_id in each.members)
        return frozenset({practitioner_id}).union(*shared)

    def coordinators(self, catalogue: str | None) -> tuple[Practitioner, ...]:
        """A catalogue's coordinators; where none has been settled on, everybody's."""
        entries = [each for each in self.duty if catalogue in (None, each.catalogue)]
        ids = dict.fromkeys(one for each in entries for one in each.coordinators)
        return self._named(tuple(ids))

    @cached_property
    def _by_id(self) -> dict[str, Practitioner]:
        return {each.id: each for each in self.practitioners}

    @cached_property
    def _team_entries(self) -> dict[tuple[str | None, str | None], TeamEntry]:
        return {(entry.catalogue, entry.team): entry for entry in self.teams}

    def _named(self, ids: tuple[str, ...]) -> tuple[Practitioner, ...]:
        return tuple(self._by_id[each] for each in ids)
