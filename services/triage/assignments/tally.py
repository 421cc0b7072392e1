"""Who carries what, and which places are taken: counted once in a transaction, then kept up.

While a transaction holds the one lock, nobody but itself changes what was counted.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from services.triage.assignments.allocation import Load
from services.triage.assignments.book import Places
from services.triage.assignments.life import HELD, Assignment, State

List = tuple[str | None, str]
"""A catalogue and a pathway."""
TEAMS_LEVELS: Final = frozenset({"practitioner", "stand_in"})
"""At which a place of a programme is taken: somebody of its team has it."""


@dataclass
class Tally:
    """What is counted so far; offers count from `year_began` on."""

    year_began: datetime
    loads: dict[str, Load] = field(default_factory=dict)
    places: dict[List, Places] = field(default_factory=dict)

    def unknown(self, people: Iterable[str]) -> list[str]:
        """Those of some people whose cases are not counted yet."""
        return [each for each in people if each not in self.loads]

    def unknown_lists(self, catalogue: str | None, pathways: Iterable[str]) -> list[str]:
        """Those of some pathways whose places are not counted yet."""
        return [each for each in pathways if (catalogue, each) not in self.places]

    def moved(self, before: Assignment | None, after: Assignment) -> None:
        """Take an act into account. `before`: the assignment until then; None: it is new."""
        if before:
            self._count(before, -1)
        self._count(after, 1)

    def _count(self, one: Assignment, by: int) -> None:
        held, year = one.state in HELD, self._this_year(one)
        if one.holder in self.loads and one.state is not State.WITHDRAWN:
            load = self.loads[one.holder]
            self.loads[one.holder] = Load(load.open + by * held, load.this_year + by * year)
        places = self.places.get((one.catalogue, one.pathway))
        if places is None:
            return
        if one.state is State.WAITLISTED:
            places.waiting += by
        elif one.state is not State.WITHDRAWN and one.level in TEAMS_LEVELS:
            places.held += by * held
            places.this_year += by * year

    def _this_year(self, one: Assignment) -> bool:
        return one.offered_at is not None and one.offered_at >= self.year_began

    def loads_of(self, people: Collection[str]) -> dict[str, Load]:
        """What some people carry, for the caller to count on with."""
        return {each: self.loads[each] for each in people if self.loads[each] != Load()}

    def places_of(self, catalogue: str | None, pathways: Collection[str]) -> dict[str, Places]:
        """The places of some pathways, for the caller to count on with."""
        found = {each: self.places[catalogue, each] for each in pathways}
        return {each: replace(places) for each, places in found.items() if places != Places()}
