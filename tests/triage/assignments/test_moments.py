"""Times as a tired person reads them."""

from datetime import UTC, datetime, timedelta

import pytest

from services.triage.assignments.moments import at, by, lasting, left

NOW = datetime(2026, 11, 20, 12, 50, tzinfo=UTC)


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (datetime(2026, 11, 20, 14, 30, tzinfo=UTC), "by 14:30 today"),
        (datetime(2026, 11, 21, 9, 0, tzinfo=UTC), "by 09:00 tomorrow"),
        (datetime(2026, 11, 19, 9, 0, tzinfo=UTC), "by 09:00 yesterday"),
        (datetime(2026, 11, 24, 12, 0, tzinfo=UTC), "by 12:00 on Tuesday 24 November"),
        (datetime(2026, 11, 24, 0, 0, tzinfo=UTC), "by the end of Monday 23 November"),
        (datetime(2026, 11, 21, 0, 0, tzinfo=UTC), "by the end of today"),
        (datetime(2027, 1, 4, 10, 0, tzinfo=UTC), "by 10:00 on Monday 4 January 2027"),
    ],
)
def test_until_when_there_is_time(when: datetime, said: str) -> None:
    """A day's last moment is that day's, and a near day goes by its name."""
    assert by(when, NOW) == said


def test_summer_time() -> None:
    """What is 13:30 in Greenwich is 14:30 in London in July."""
    july = datetime(2026, 7, 20, 13, 30, tzinfo=UTC)
    assert at(july, july) == "today, 14:30"


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=40, seconds=59), "40 minutes"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(hours=1, minutes=40), "1 hour 40 minutes"),
        (timedelta(hours=6, minutes=40), "6 hours"),
        (timedelta(hours=47, minutes=59), "47 hours"),
        (timedelta(days=2), "2 days"),
        (timedelta(days=3, hours=23), "3 days"),
    ],
)
def test_how_long(span: timedelta, said: str) -> None:
    """Never more than there is."""
    assert lasting(span) == said


def test_what_is_late_says_so() -> None:
    """The very moment is the first that is late."""
    assert left(NOW + timedelta(minutes=40), NOW) == "40 minutes left"
    assert left(NOW - timedelta(hours=3), NOW) == "3 hours late"
    assert left(NOW, NOW) == "less than a minute late"
