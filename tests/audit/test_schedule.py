"""The schedule of retention is whole, strict, and says why."""

from pathlib import Path

import pytest

from services.audit.keeping.schedule import UnusableSchedule, parse_schedule
from shared.events import EVENT_TYPES

OURS = (Path(__file__).parents[2] / "services" / "audit" / "keeping" / "retention.yaml").read_text()


def test_every_event_has_its_line_and_every_line_an_event() -> None:
    """A new event is not forgotten, and what is told no more does not stay in the schedule."""
    schedule = parse_schedule(OURS)
    assert [each for each in EVENT_TYPES if schedule.line(each) is None] == []
    assert [line.type for line in schedule.lines if not any(map(line.covers, EVENT_TYPES))] == []


def test_what_was_said_of_a_person_goes_with_the_person() -> None:
    """Facts, decisions, reasons; who has read and who was erased stays."""
    erased = parse_schedule(OURS).erased(frozenset(EVENT_TYPES))
    assert {"referral.received", "referral.triaged", "assignment.withdrawn"} <= set(erased)
    assert not {"access.recorded", "person.erased", "content.destroyed"} & set(erased)


def line(**changes: object) -> str:
    """A file with one line."""
    fields = {"type": "referral.*", "days": 2555, "erased": True, "because": "for a good reason"}
    written = "\n    ".join(f"{name}: {value}" for name, value in (fields | changes).items())
    return f"schedule:\n  - {written}\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (line(days=399), "days"),
        (line(because="x"), "because"),
        (line(type="referral"), "type"),
        (line(more=1), "more"),
        (line(type="access.recorded"), "access.recorded is never erased"),
        (line(type="tally.*"), "tally.stated is never erased"),
        (line() + line().removeprefix("schedule:\n"), "twice"),
        ("schedule: []", "schedule"),
        ("{", "no YAML"),
    ],
)
def test_a_slip_is_refused(text: str, why: str) -> None:
    """When the service starts, with the reason."""
    with pytest.raises(UnusableSchedule, match=why):
        parse_schedule(text)


def test_one_type_goes_before_its_group() -> None:
    """And what has no line is kept as long as the longest."""
    both = line() + line(type="referral.rejected", days=400).removeprefix("schedule:\n")
    schedule = parse_schedule(both)
    types = frozenset({"referral.received", "referral.rejected", "unheard.of"})
    assert schedule.by_days(types) == {400: ("referral.rejected",)}
    assert schedule.longest_days == 2555
