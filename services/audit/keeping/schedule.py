"""The schedule of retention: how long the content of each type of event is kept, and why. Pure.

Read strictly from `retention.yaml`: a slip must not destroy anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import yaml
from pydantic import ConfigDict, Field, ValidationError

from shared.facts import Frozen

FLOOR_DAYS: Final = 400
"""The stream of events keeps them as long; PostgreSQL refuses to destroy what is younger."""

NEVER_ERASED: Final = ("person.erased", "access.recorded", "tally.stated")
"""That somebody was erased, who read what, and how much there was: PostgreSQL keeps them too."""


class UnusableSchedule(Exception):
    """The schedule cannot be used; the text says why."""


class Line(Frozen):
    """One line of the schedule. `type`: one type without its version, or `referral.*`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str = Field(pattern=r"^[a-z_]+\.([a-z_]+|\*)$")
    days: int = Field(ge=FLOOR_DAYS)
    erased: bool
    because: str = Field(min_length=10)

    def covers(self, event_type: str) -> bool:
        """Whether the line is about a type."""
        return event_type == self.type or (
            self.type.endswith(".*") and event_type.startswith(self.type.removesuffix("*"))
        )


class _File(Frozen):
    model_config = ConfigDict(extra="forbid", frozen=True)

    schedule: tuple[Line, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Schedule:
    """What is kept how long. A type that no line is about is kept as long as the longest."""

    lines: tuple[Line, ...]

    @property
    def longest_days(self) -> int:
        """After so many days whole months go, whatever is in them."""
        return max(line.days for line in self.lines)

    def line(self, event_type: str) -> Line | None:
        """The line of one type, which goes before that of a group."""
        covering = [line for line in self.lines if line.covers(event_type)]
        return min(covering, key=lambda line: line.type.endswith("*"), default=None)

    def by_days(self, event_types: frozenset[str]) -> Mapping[int, tuple[str, ...]]:
        """Of these types, those that go before the longest time is over, by their days."""
        found: dict[int, list[str]] = {}
        for each in sorted(event_types):
            line = self.line(each)
            if line is not None and line.days < self.longest_days:
                found.setdefault(line.days, []).append(each)
        return {days: tuple(types) for days, types in found.items()}

    def erased(self, event_types: frozenset[str]) -> tuple[str, ...]:
        """Of these types, those whose content goes with the person."""
        lines = ((each, self.line(each)) for each in sorted(event_types))
        return tuple(each for each, line in lines if line is not None and line.erased)


def parse_schedule(text: str) -> Schedule:
    """The schedule of a YAML file; UnusableSchedule."""
    try:
        lines = _File.model_validate(yaml.safe_load(text)).schedule
    except yaml.YAMLError as error:
        raise UnusableSchedule("the schedule is no YAML") from error
    except ValidationError as error:
        places = (".".join(map(str, e["loc"])) + ": " + e["msg"] for e in error.errors())
        raise UnusableSchedule("the schedule: " + "; ".join(places)) from None
    names = [line.type for line in lines]
    if twice := {name for name in names if names.count(name) > 1}:
        raise UnusableSchedule(f"the schedule has {', '.join(sorted(twice))} twice")
    schedule = Schedule(lines)
    if wrong := schedule.erased(frozenset(NEVER_ERASED)):
        raise UnusableSchedule(f"{', '.join(wrong)} is never erased")
    return schedule
