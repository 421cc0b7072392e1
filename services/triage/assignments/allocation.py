"""Who of a team is offered a case: who is free, and of these whom the person is served best by.

Free is who works some time before the answer is due, has room, and is not excluded: nobody who
serves the other party ever is. Of those who are free comes first who speaks the person's language,
then who is on site with the referring team soonest, then who has the fewest open cases, then the
first id. The order in which the team is given makes no difference.
"""

from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from services.triage.directory.availability import first_working_moment, next_on_site
from services.triage.directory.entries import Practitioner
from services.triage.policy.bank_holidays import ENGLAND
from services.triage.policy.days import Weekday
from services.triage.policy.wording import words
from shared.facts import Team
from shared.london import london_day

_NUMBERS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_APRIL: Final = 4


@dataclass(frozen=True, slots=True)
class Load:
    """What a practitioner carries: cases she holds, and cases offered to her this year."""

    open: int = 0
    this_year: int = 0


@dataclass(frozen=True, slots=True)
class Chosen:
    """Who is asked, and why, in a sentence for the one who is asked."""

    practitioner_id: str
    because: str


@dataclass(frozen=True, slots=True)
class NobodyFree:
    """Nobody can be asked. `all_excluded`: room would not help; so it is of a team of nobody."""

    because: Literal["nobody_has_room", "nobody_at_work", "all_excluded"]


@dataclass(frozen=True, slots=True)
class _Free:
    practitioner_id: str
    speaks: bool
    on_site: date | None
    open: int

    @property
    def fitness(self) -> tuple[bool, date]:
        """What goes before how much she carries; less is better."""
        return not self.speaks, self.on_site or date.max

    @property
    def order(self) -> tuple[tuple[bool, date], int, str]:
        """Her place among those who are free; less is better."""
        return self.fitness, self.open, self.practitioner_id


def choose(
    team: Sequence[Practitioner],
    *,
    loads: Mapping[str, Load],
    excluded: Collection[str],
    since: datetime,
    until: datetime,
    pathway_days: Mapping[Team, Sequence[Weekday]],
    referring_team: Team,
    language: str | None,
    bank_holidays: Container[date] = ENGLAND,
) -> Chosen | NobodyFree:
    """The one of a team to be asked at `since`, who is to answer by `until`.

    `loads`: by practitioner's id; who is missing carries nothing. `pathway_days`: with which teams
    the pathway's practitioners sit on which days. `language`: the person's, an ISO 639-1 code;
    missing, or English, it makes no difference.
    """
    allowed = [each for each in team if each.id not in excluded]
    if not allowed:
        return NobodyFree("all_excluded")
    at_work = [
        (each, begins)
        for each in allowed
        if (begins := first_working_moment(each, since, until, bank_holidays))
    ]
    if not at_work:
        return NobodyFree("nobody_at_work")
    matters = language not in (None, "en")
    free = [
        _Free(
            each.id,
            speaks=matters and language in each.languages,
            # This week's day counts only if she still works on it.
            on_site=next_on_site(
                each, pathway_days, referring_team, london_day(begins), bank_holidays
            ),
            open=loads.get(each.id, _NOTHING).open,
        )
        for each, begins in at_work
        if has_room(each, loads.get(each.id, _NOTHING))
    ]
    if not free:
        return NobodyFree("nobody_has_room")
    chosen = min(free, key=lambda each: each.order)
    return Chosen(chosen.practitioner_id, _why(chosen, free, referring_team, matters))


_NOTHING: Final = Load()


def has_room(p: Practitioner, load: Load) -> bool:
    """Whether she may be offered another case: at this time, and this year."""
    at_once = p.max_caseload is None or load.open < p.max_caseload
    return at_once and load.this_year < p.capacity


def year_start(day: date) -> date:
    """The first day of the year in which places are counted: from 1 April, as funding years run
    (assumed)."""
    return date(day.year if day.month >= _APRIL else day.year - 1, _APRIL, 1)


def _why(chosen: _Free, free: Sequence[_Free], referring_team: Team, language: bool) -> str:
    said = ["works within the time to answer"]
    if language:
        spoken = "speaks" if chosen.speaks else "nobody who is free speaks"
        said.append(f"{spoken} the person's language")
    if chosen.on_site:
        day = f"{chosen.on_site:%A} {chosen.on_site.day} {chosen.on_site:%B}"
        said.append(f"on site with {words(referring_team)} on {day}")
    return "; ".join([*said, _fewest(chosen, free)])


def _fewest(chosen: _Free, free: Sequence[_Free]) -> str:
    cases = f"{chosen.open or 'no'} open case{'' if chosen.open == 1 else 's'}"
    if len(free) == 1:
        return f"{cases}, and nobody else is free"
    compared = [each.open for each in free if each.fitness == chosen.fitness]
    if len(compared) == 1:
        return cases
    number = _NUMBERS[len(compared)] if len(compared) < len(_NUMBERS) else str(len(compared))
    if compared.count(chosen.open) == 1:
        return f"{cases}, the fewest of {number}"
    return f"{cases}, nobody of the {number} has fewer"
