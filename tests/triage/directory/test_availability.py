"""When a practitioner works, and when she next sits with a team."""

from datetime import date, datetime
from typing import Any

import pytest

from services.triage.directory.availability import (
    first_opening,
    first_working_moment,
    is_at_work,
    next_on_site,
)
from tests.triage.directory.staff import NINE_TO_FIVE, practitioner

NIGHTS = {"hours": {"friday": {"from": "22:00", "until": "06:00"}}}


def _at(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


@pytest.mark.parametrize(
    ("entry", "since", "until", "first"),
    [
        # Wednesday in working hours; before them; after them, until Thursday 10:00.
        ({}, "2026-11-18T10:00:00Z", "2026-11-18T12:00:00Z", "2026-11-18T10:00"),
        ({}, "2026-11-18T08:00:00Z", "2026-11-18T12:00:00Z", "2026-11-18T09:00"),
        ({}, "2026-11-18T17:00:00Z", "2026-11-19T10:00:00Z", "2026-11-19T09:00"),
        # An answer that is due as she begins is due too early.
        ({}, "2026-11-18T17:00:00Z", "2026-11-19T09:00:00Z", None),
        # Two hours in the night, and a weekend.
        ({}, "2026-11-18T22:00:00Z", "2026-11-19T00:00:00Z", None),
        ({}, "2026-11-21T09:00:00Z", "2026-11-22T17:00:00Z", None),
        # London's summer: nine is eight in UTC.
        ({}, "2026-07-15T07:00:00Z", "2026-07-15T12:00:00Z", "2026-07-15T08:00"),
        # The clocks change on a Sunday, spring and autumn: nine on Monday.
        ({}, "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z", "2026-03-30T08:00"),
        ({}, "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z", "2026-10-26T09:00"),
        # Christmas: Friday and Monday are off.
        ({}, "2026-12-24T18:00:00Z", "2026-12-31T12:00:00Z", "2026-12-29T09:00"),
        # Leave: first and last day included.
        (
            {"leave": [{"from": "2026-11-18", "until": "2026-11-19"}]},
            "2026-11-18T10:00:00Z",
            "2026-11-20T12:00:00Z",
            "2026-11-20T09:00",
        ),
        # A shift past midnight belongs to Friday, and is worked to its end.
        (NIGHTS, "2026-11-21T02:00:00Z", "2026-11-21T08:00:00Z", "2026-11-21T02:00"),
        (NIGHTS, "2026-11-21T06:00:00Z", "2026-11-21T08:00:00Z", None),
        (
            NIGHTS | {"leave": [{"from": "2026-11-21", "until": "2026-11-21"}]},
            "2026-11-21T02:00:00Z",
            "2026-11-21T08:00:00Z",
            "2026-11-21T02:00",
        ),
        (
            NIGHTS | {"leave": [{"from": "2026-11-20", "until": "2026-11-20"}]},
            "2026-11-21T02:00:00Z",
            "2026-11-21T08:00:00Z",
            None,
        ),
        # The night in which the clocks go forward is an hour shorter: six is five in UTC.
        (
            {"hours": {"saturday": {"from": "22:00", "until": "06:00"}}},
            "2026-03-29T04:59:00Z",
            "2026-03-29T08:00:00Z",
            "2026-03-29T04:59",
        ),
        (
            {"hours": {"saturday": {"from": "22:00", "until": "06:00"}}},
            "2026-03-29T05:00:00Z",
            "2026-03-29T08:00:00Z",
            None,
        ),
        # All day, every day that is no bank holiday.
        (
            {"hours": {"saturday": {"from": "00:00", "until": "00:00"}}},
            "2026-11-21T23:59:00Z",
            "2026-11-22T08:00:00Z",
            "2026-11-21T23:59",
        ),
    ],
)
def test_the_first_working_moment(
    entry: dict[str, Any], since: str, until: str, first: str | None
) -> None:
    """By her hours, leave and bank holidays, in London's time, within the time that is asked."""
    found = first_working_moment(practitioner("p-nell", **entry), _at(since), _at(until))
    assert (found.isoformat()[:16] if found else None) == first


def test_a_shift_ends_before_its_last_minute() -> None:
    """From nine to before five."""
    nell = practitioner("p-nell")
    at = ["2026-11-18T08:59:00Z", "2026-11-18T09:00:00Z", "2026-11-18T17:00:00Z"]
    assert [is_at_work(nell, _at(each)) for each in at] == [False, True, False]


def test_a_team_opens_with_its_first_member() -> None:
    """Who begins at eight opens for all; while she is away, it is the next."""
    early = {"hours": {"wednesday": {"from": "08:00", "until": "12:00"}}}
    away = early | {"leave": [{"from": "2026-11-18", "until": "2026-11-18"}]}
    since, until = _at("2026-11-18T06:00:00Z"), _at("2026-11-18T23:00:00Z")
    late = practitioner("p-late")
    opens = first_opening([late, practitioner("p-early", **early)], since, until)
    without = first_opening([late, practitioner("p-early", **away)], since, until)
    assert (opens, without) == (_at("2026-11-18T08:00:00Z"), _at("2026-11-18T09:00:00Z"))
    assert first_opening([], since, until) is None


@pytest.mark.parametrize(
    ("entry", "on", "day"),
    [
        # The catalogue's Monday; today counts.
        ({}, date(2026, 11, 18), date(2026, 11, 23)),
        ({}, date(2026, 11, 23), date(2026, 11, 23)),
        # A day of her own beside it.
        ({"on_site": {"leaving_care": ["thursday"]}}, date(2026, 11, 18), date(2026, 11, 19)),
        # She does not work on Mondays.
        ({"hours": {"tuesday": NINE_TO_FIVE}}, date(2026, 11, 18), None),
        # Away, and back in December.
        (
            {"leave": [{"from": "2026-11-20", "until": "2026-11-27"}]},
            date(2026, 11, 18),
            date(2026, 11, 30),
        ),
        # Monday the 28th of December is a bank holiday.
        ({}, date(2026, 12, 22), date(2027, 1, 4)),
        # Away for good.
        ({"leave": [{"from": "2026-11-20", "until": "2036-11-27"}]}, date(2026, 11, 18), None),
    ],
)
def test_the_next_day_on_site(entry: dict[str, Any], on: date, day: date | None) -> None:
    """The catalogue's days and her own, on which she works."""
    nell = practitioner("p-nell", **entry)
    assert next_on_site(nell, {"leaving_care": ["monday"]}, "leaving_care", on) == day


def test_with_another_team_she_is_never_on_site() -> None:
    """Only where a day is named."""
    nell = practitioner("p-nell")
    found = next_on_site(nell, {"leaving_care": ["monday"]}, "hospital", date(2026, 11, 18))
    assert found is None
