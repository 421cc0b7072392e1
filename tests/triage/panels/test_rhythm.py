"""When a panel meets, against days counted by hand on the calendar."""

from datetime import date, timedelta

import pytest

from services.triage.panels.rhythm import StandingPanel, standing_panels
from tests.triage.cases import library


def panel(catalogue: str, panel_id: str) -> StandingPanel:
    """A panel of the catalogues that ship."""
    versions = [each.policy for each in library().versions(catalogue)]
    return next(each for each in standing_panels(versions) if each.id == panel_id)


def starting(first: date, weeks: int) -> StandingPanel:
    """Barnet's MARAC, had it begun on another day with another rhythm."""
    (season,) = panel("barnet", "marac").seasons
    moved = season.panel.model_copy(update={"first_meeting": first, "every_weeks": weeks})
    since = min(season.since, first)
    rhythm = type(season)(moved, season.team, season.office, since, None)
    return StandingPanel("barnet", "marac", (rhythm,))


def test_barnet_meets_every_three_weeks() -> None:
    """The first nine Tuesdays from 23 April 2013."""
    assert panel("barnet", "marac").meetings(date(2013, 4, 19), date(2013, 10, 8)) == (
        date(2013, 4, 23),
        date(2013, 5, 14),
        date(2013, 6, 4),
        date(2013, 6, 25),
        date(2013, 7, 16),
        date(2013, 8, 6),
        date(2013, 8, 27),
        date(2013, 9, 17),
        date(2013, 10, 8),
    )


def test_barnet_over_christmas() -> None:
    """The Tuesdays around Christmas 2013 are working days: nothing moves."""
    assert panel("barnet", "marac").meetings(date(2013, 12, 1), date(2014, 2, 1)) == (
        date(2013, 12, 10),
        date(2013, 12, 31),
        date(2014, 1, 21),
    )


def test_barnet_over_easter() -> None:
    """15 April 2014 is in Holy Week, 6 May the day after a bank holiday: nothing moves."""
    assert panel("barnet", "marac").meetings(date(2014, 4, 1), date(2014, 5, 31)) == (
        date(2014, 4, 15),
        date(2014, 5, 6),
        date(2014, 5, 27),
    )


@pytest.mark.parametrize(
    ("name", "on_the_calendar", "held"),
    [
        # The 99th meeting after the first falls on New Year's Day 2019, a Tuesday.
        ("marac", date(2019, 1, 1), date(2019, 1, 2)),
        # The ninth after the first, on New Year's Day 2014, a Wednesday.
        ("iom", date(2014, 1, 1), date(2014, 1, 2)),
    ],
)
def test_a_bank_holiday_moves_the_meeting_alone(
    name: str, on_the_calendar: date, held: date
) -> None:
    """It is held on the next working day; the next one keeps the rhythm."""
    barnet = panel("barnet", name)
    weeks = barnet.seasons[0].panel.every_weeks
    found = barnet.meetings(on_the_calendar, on_the_calendar + timedelta(weeks=weeks))
    assert found == (held, on_the_calendar + timedelta(weeks=weeks))


@pytest.mark.parametrize(
    ("first", "holiday", "held"),
    [
        # Good Friday 18 April 2014; Easter Monday is the 21st.
        (date(2014, 3, 28), date(2014, 4, 18), date(2014, 4, 22)),
        # Christmas Day 2014, a Thursday; Boxing Day; a weekend.
        (date(2014, 12, 4), date(2014, 12, 25), date(2014, 12, 29)),
        # Christmas Day 2020, a Friday; Boxing Day is kept on the 28th.
        (date(2020, 12, 4), date(2020, 12, 25), date(2020, 12, 29)),
    ],
)
def test_easter_and_christmas(first: date, holiday: date, held: date) -> None:
    """Days off in a row are passed over together, weekends with them."""
    every_three_weeks = starting(first, 3)
    assert every_three_weeks.meetings(first, held) == (first, held)
    assert every_three_weeks.next_meeting(holiday) == held


@pytest.mark.parametrize(
    ("after", "held"),
    [
        (date(2013, 1, 1), date(2013, 4, 23)),
        (date(2013, 4, 22), date(2013, 4, 23)),
        (date(2013, 4, 23), date(2013, 5, 14)),
        (date(2013, 4, 24), date(2013, 5, 14)),
        (date(2018, 12, 31), date(2019, 1, 2)),
        (date(2019, 1, 1), date(2019, 1, 2)),
        (date(2019, 1, 2), date(2019, 1, 22)),
    ],
)
def test_the_next_meeting_is_after_the_day(after: date, held: date) -> None:
    """Never on it: who comes on the day itself is too late for its agenda."""
    assert panel("barnet", "marac").next_meeting(after) == held


def test_a_new_version_brings_its_own_rhythm() -> None:
    """Bromley's MARAC met every four weeks from 4 April 2017, and anew from 4 October 2022."""
    bromley = panel("bromley", "marac")
    assert bromley.meetings(date(2022, 8, 1), date(2022, 11, 30)) == (
        date(2022, 8, 16),
        date(2022, 9, 13),
        date(2022, 10, 4),
        date(2022, 11, 1),
        date(2022, 11, 29),
    )


def test_a_panel_that_the_next_version_drops_has_no_further_meeting() -> None:
    """Its last meeting is the last before the next version's first day."""
    old, new = (each.policy for each in library().versions("bromley"))
    without = new.model_copy(update={"panels": ()})
    marac = next(p for p in standing_panels([old, without]) if p.id == "marac")
    assert marac.next_meeting(date(2022, 9, 1)) == date(2022, 9, 13)
    assert marac.next_meeting(date(2022, 9, 13)) is None


def test_a_panel_belongs_to_its_pathways_team() -> None:
    """Who takes the pathway's referrals prepares the meeting; the day says by which version."""
    assert panel("bromley", "perpetrator_panel").on(date(2026, 1, 5)).panel.pathway == "drive"
    assert panel("bromley", "marac").on(date(2016, 1, 1)).since == date(2017, 4, 1)
    row = next(r for r in library().versions("barnet")[0].policy.pathways if r.id == "iom")
    assert panel("barnet", "iom").on(date(2013, 5, 1)).team == row.team
