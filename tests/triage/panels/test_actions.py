"""An action's clock, and whom it goes up to when its day has passed."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from uuid import UUID

import pytest

from services.triage.assignments.life import NotAllowed
from services.triage.directory.entries import Directory
from services.triage.panels.actions import (
    Action,
    check_day,
    done,
    first_firing,
    gone_up,
    next_firing,
)
from services.triage.policy.catalogue import Office
from tests.triage.cases import library
from tests.triage.panels import people

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


def office() -> Office:
    """Bromley's hours: it opens at nine."""
    return library().versions("bromley")[-1].policy.office


def action() -> Action:
    """Something that was to be done by Friday 20 November 2026."""
    return Action(
        id=UUID(int=1),
        case_id=UUID(int=2),
        text="see to the locks",
        owner=people.OWNER,
        due_on=date(2026, 11, 20),
        set_by=people.MEMBER,
        set_at=datetime(2026, 11, 10, 14, tzinfo=UTC),
        due_at=MONDAY,
    )


def up(
    one: Action,
    directory: Directory,
    at: datetime,
    team: str = "iom",
    excluded: Collection[str] = (),
) -> Action:
    """After its clock fired at a moment."""
    then = next_firing(at, office())
    return gone_up(
        one, directory, catalogue="bromley", team=team, excluded=excluded, at=at, then=then
    )


@pytest.mark.parametrize(
    ("due_on", "fires"),
    [
        (date(2026, 11, 18), datetime(2026, 11, 19, 9, tzinfo=UTC)),
        (date(2026, 11, 20), datetime(2026, 11, 23, 9, tzinfo=UTC)),
        (date(2026, 11, 21), datetime(2026, 11, 23, 9, tzinfo=UTC)),
        # In summer nine in London is eight in UTC.
        (date(2026, 6, 16), datetime(2026, 6, 17, 8, tzinfo=UTC)),
        # Before Christmas: the 25th is a Friday, Boxing Day is kept on the 28th.
        (date(2026, 12, 24), datetime(2026, 12, 29, 9, tzinfo=UTC)),
        # Maundy Thursday 2027; the clocks change on Easter Sunday.
        (date(2027, 3, 25), datetime(2027, 3, 30, 8, tzinfo=UTC)),
    ],
)
def test_the_clock_fires_on_the_next_working_morning(due_on: date, fires: datetime) -> None:
    """When the office opens, on the first working day after the day."""
    assert first_firing(due_on, office()) == fires


def test_it_goes_up_a_level_each_working_day() -> None:
    """The stand-in, the coordinator on call, the contact; there it is told again."""
    one, told = action(), []
    for _ in range(5):
        assert one.due_at is not None
        one = up(one, people.directory(), one.due_at)
        told.append((one.level, one.told))
    assert told == [
        ("stand_in", people.STAND_IN),
        ("coordinator", people.DAY),
        *[("contact", people.CONTACT)] * 3,
    ]
    assert one.due_at == datetime(2026, 11, 30, 9, tzinfo=UTC)


def test_the_coordinator_is_who_is_on_call_then() -> None:
    """A stopped system that comes back at night tells the night's."""
    one = replace(action(), level="stand_in", told=people.STAND_IN)
    assert up(one, people.directory(), datetime(2026, 11, 24, 23, tzinfo=UTC)).told == people.NIGHT


@pytest.mark.parametrize(
    "nobody",
    [
        people.directory(stand_in=None),
        people.directory(stand_in="p-gone00"),
        people.directory(leave=[]).model_copy(
            update={
                "practitioners": tuple(
                    each.model_copy(update={"hours": {}}) if each.id == people.STAND_IN else each
                    for each in people.directory().practitioners
                )
            }
        ),
    ],
)
def test_where_nobody_stands_in_the_coordinator_is_told_at_once(nobody: Directory) -> None:
    """None is named, who is named has gone, or does not work in that time."""
    assert up(action(), nobody, MONDAY).level == "coordinator"


def test_who_is_walled_off_is_passed_over() -> None:
    """Of a stand-in the coordinator is told at once; of the contact, the coordinator again."""
    walled = {people.STAND_IN, people.CONTACT}
    once = up(action(), people.directory(), MONDAY, excluded=walled)
    twice = up(once, people.directory(), MONDAY, excluded=walled)
    assert (once.level, twice.level) == ("coordinator", "coordinator")


def test_without_a_contact_the_coordinator_hears_every_day() -> None:
    """The highest level where somebody stands is the top."""
    one = replace(action(), level="coordinator", told=people.DAY)
    again = up(one, people.directory(), MONDAY, team="idsva")
    assert (again.level, again.told) == ("coordinator", people.DAY)


def test_who_has_left_the_directory_is_stood_in_for_by_the_coordinator() -> None:
    """An owner whom nobody knows any more has no stand-in."""
    assert up(replace(action(), owner="p-left00"), people.directory(), MONDAY).told == people.DAY


def test_a_late_return_fires_once_for_all_that_was_missed() -> None:
    """The next working day counts from the firing, not from the day that was missed."""
    late = datetime(2026, 12, 14, 11, 30, tzinfo=UTC)
    one = up(action(), people.directory(), late)
    assert (one.level, one.due_at) == ("stand_in", datetime(2026, 12, 15, 11, 30, tzinfo=UTC))


def test_each_firing_is_later_than_the_one_before() -> None:
    """No clock stands still, over Christmas and the change of the year either."""
    one, fired = action(), []
    for _ in range(40):
        assert one.due_at is not None
        fired.append(one.due_at)
        one = up(one, people.directory(), one.due_at)
    assert all(later > earlier for earlier, later in pairwise(fired))


def test_done_stops_the_clock_and_stays() -> None:
    """Doing it again changes neither who nor when."""
    first = done(action(), people.OWNER, MONDAY)
    assert (first.done_by, first.due_at) == (people.OWNER, None)
    assert done(first, people.MEMBER, datetime(2026, 12, 1, tzinfo=UTC)) == first


@pytest.mark.parametrize("due_on", [date(2026, 11, 22), date(2027, 11, 25)])
def test_a_day_that_means_nothing(due_on: date) -> None:
    """Over already, or more than a year away."""
    with pytest.raises(NotAllowed):
        check_day(due_on, MONDAY.date())


@pytest.mark.parametrize("due_on", [date(2026, 11, 23), date(2027, 11, 24)])
def test_a_day_that_can_be_kept(due_on: date) -> None:
    """Today, and a year from now."""
    check_day(due_on, MONDAY.date())
