"""When a panel meets: every so many weeks, counted from the first meeting of its policy. Pure.

A panel outlives the version of the policy that named it: the same id in the next version is the
same panel, with that version's rhythm from its first day on. A meeting that falls on a bank
holiday is held on the next working day (assumed: no paper says), and the rhythm is not shifted.
"""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.triage.policy.bank_holidays import ENGLAND
from services.triage.policy.catalogue import Office, Panel, Policy
from services.triage.policy.days import next_working_day
from services.triage.policy.library import Library


@dataclass(frozen=True, slots=True)
class Season:
    """A panel as one version of a policy has it: from a day on, until before another's.

    `team`: the practitioners of its pathway. `until` None: no later version is known.
    """

    panel: Panel
    team: str
    office: Office
    since: date
    until: date | None

    def meeting_days(self, after: date) -> Iterator[date]:
        """The days of the rhythm in this season, from the last one on or before `after` on."""
        every = timedelta(weeks=self.panel.every_weeks)
        earliest = max(after, self.since)
        day = self.panel.first_meeting
        if day < earliest:
            day += (earliest - day) // every * every
        while self.until is None or day < self.until:
            if day >= self.since:
                yield day
            day += every


@dataclass(frozen=True, slots=True)
class StandingPanel:
    """One panel of a catalogue through its versions, the earliest first."""

    catalogue: str
    id: str
    seasons: tuple[Season, ...]

    @property
    def key(self) -> tuple[str, str]:
        """What no other panel has."""
        return self.catalogue, self.id

    def on(self, day: date) -> Season:
        """The panel as it is on a day; before its first season, as it will be."""
        begun = [each for each in self.seasons if each.since <= day]
        return begun[-1] if begun else self.seasons[0]

    def next_meeting(self, after: date, bank_holidays: Container[date] = ENGLAND) -> date | None:
        """The first meeting held after a day, never on it; None where the panel has ended."""
        held = (
            next(
                (
                    day
                    for each in season.meeting_days(after)
                    if (day := _held(each, bank_holidays)) > after
                ),
                None,
            )
            for season in self.seasons
        )
        return min((day for day in held if day is not None), default=None)

    def meetings(
        self, since: date, until: date, bank_holidays: Container[date] = ENGLAND
    ) -> tuple[date, ...]:
        """The meetings held from one day to another, both included."""
        found = []
        day = self.next_meeting(since - timedelta(days=1), bank_holidays)
        while day is not None and day <= until:
            found.append(day)
            day = self.next_meeting(day, bank_holidays)
        return tuple(found)


def standing_panels(versions: Sequence[Policy]) -> tuple[StandingPanel, ...]:
    """The panels of one catalogue, by its versions, the earliest first."""
    ids = dict.fromkeys(panel.id for policy in versions for panel in policy.panels)
    return tuple(StandingPanel(versions[0].name, each, _seasons(versions, each)) for each in ids)


class Panels:
    """Every panel of the catalogues."""

    def __init__(self, library: Library) -> None:
        """Through all the versions that the library holds."""
        self._panels = {
            panel.key: panel
            for name in library.names
            for panel in standing_panels([each.policy for each in library.versions(name)])
        }

    @property
    def all(self) -> tuple[StandingPanel, ...]:
        """By catalogue, in each as its policy has them."""
        return tuple(self._panels.values())

    def find(self, catalogue: str, panel_id: str) -> StandingPanel | None:
        """A catalogue's panel; None where it has none of that name."""
        return self._panels.get((catalogue, panel_id))

    def title(self, catalogue: str, panel_id: str, on: date) -> str:
        """A panel's name on a day; its id where no policy has it any more."""
        panel = self.find(catalogue, panel_id)
        return panel.on(on).panel.title if panel else panel_id

    def hearing(self, catalogue: str, pathway: str, on: date) -> tuple[StandingPanel, ...]:
        """The panels that hear a pathway's cases on a day."""
        return tuple(
            each
            for each in self._panels.values()
            if each.catalogue == catalogue and each.on(on).panel.pathway == pathway
        )


def _seasons(versions: Sequence[Policy], panel_id: str) -> tuple[Season, ...]:
    ends: list[date | None] = [policy.in_force_from for policy in versions[1:]]
    return tuple(
        Season(panel, row.team, policy.office, policy.in_force_from, until)
        for policy, until in zip(versions, [*ends, None], strict=True)
        for panel in policy.panels
        for row in policy.pathways
        if panel.id == panel_id and row.id == panel.pathway
    )


def _held(day: date, bank_holidays: Container[date]) -> date:
    return next_working_day(day, bank_holidays) if day in bank_holidays else day
