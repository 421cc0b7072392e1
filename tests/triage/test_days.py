"""London's hours: the noise service, and the next day on site."""

from datetime import date, datetime, time
from typing import Any

import pytest

from services.triage.policy.bank_holidays import ENGLAND
from services.triage.policy.days import Hours, ServiceHours, Weekday, is_working_day, next_on_site
from shared.london import LONDON
from tests.triage.cases import decided, routed

NOISE: dict[str, Any] = {"role": "resident", "concerns": ("noise",), "borough": "bromley"}


@pytest.mark.parametrize(
    ("made_at", "pathway"),
    [
        ("2026-11-20T16:59:59Z", "daytime_noise"),  # Friday
        ("2026-11-20T17:00:00Z", "out_of_hours_noise"),
        ("2026-11-21T02:59:59Z", "out_of_hours_noise"),  # Friday's service, on Saturday
        ("2026-11-21T03:00:00Z", "daytime_noise"),
        ("2026-11-21T07:59:00Z", "daytime_noise"),
        ("2026-11-21T08:00:00Z", "out_of_hours_noise"),
        ("2026-11-22T12:00:00Z", "out_of_hours_noise"),  # Sunday
        ("2026-11-23T02:59:00Z", "out_of_hours_noise"),  # Sunday's service, on Monday
        ("2026-11-23T03:00:00Z", "daytime_noise"),
        ("2026-11-23T12:00:00Z", "daytime_noise"),
        ("2026-12-25T08:00:00Z", "out_of_hours_noise"),  # a Friday, and Christmas
        ("2026-12-28T12:00:00Z", "out_of_hours_noise"),  # the substitute for Boxing Day
        ("2026-07-13T16:00:00Z", "out_of_hours_noise"),  # 17:00 in London's summer
        ("2026-07-13T15:59:00Z", "daytime_noise"),
        ("2026-10-25T01:30:00Z", "out_of_hours_noise"),  # the hour that comes twice
        ("2026-10-25T02:59:00Z", "out_of_hours_noise"),
        ("2026-10-25T03:00:00Z", "daytime_noise"),
        ("2026-03-29T01:59:00Z", "out_of_hours_noise"),  # 02:59 after the clocks went on
        ("2026-03-29T02:00:00Z", "daytime_noise"),
    ],
)
def test_noise_goes_to_the_service_that_answers(made_at: str, pathway: str) -> None:
    """From the first minute to before the last, London time; after midnight is the day before's."""
    assert routed(decided(made_at=made_at, **NOISE)) == [pathway]


def test_a_concessionary_day_is_like_a_weekend() -> None:
    """Its service begins in the morning."""
    hours = {
        "monday_to_friday": {"from": "17:00", "until": "03:00"},
        "weekends_and_bank_holidays": {"from": "08:00", "until": "03:00"},
    }
    noon = datetime(2026, 12, 24, 12, tzinfo=LONDON)

    usual = ServiceHours.model_validate(hours)
    conceded = ServiceHours.model_validate(hours | {"concessionary_days": [date(2026, 12, 24)]})

    assert usual.began(noon, ENGLAND) is None
    assert conceded.began(noon, ENGLAND) == date(2026, 12, 24)


def _london(month: int, day: int, hour: int) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=LONDON)


def test_hours_that_end_on_the_same_day() -> None:
    """They do not run past midnight."""
    day = Hours.model_validate({"from": "09:00", "until": "17:00"})
    service = ServiceHours(monday_to_friday=day, weekends_and_bank_holidays=day)

    inside = service.began(datetime(2026, 11, 18, 16, 59, tzinfo=LONDON), ENGLAND)
    outside = service.began(datetime(2026, 11, 18, 17, 0, tzinfo=LONDON), ENGLAND)

    assert (inside, outside) == (date(2026, 11, 18), None)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (_london(11, 16, 10), date(2026, 11, 16)),  # Monday morning: today
        (_london(11, 16, 22), date(2026, 11, 17)),  # the office has closed
        (_london(11, 17, 17), date(2026, 11, 23)),
        (_london(11, 20, 9), date(2026, 11, 23)),  # Friday
        (_london(5, 2, 9), date(2026, 5, 5)),  # Monday 4 May is a bank holiday
    ],
)
def test_the_next_day_on_site(made: datetime, expected: date) -> None:
    """The next Monday or Tuesday that is a working day; today until the office closes."""
    days: tuple[Weekday, Weekday] = ("monday", "tuesday")

    found = next_on_site(days, made, time(17), ENGLAND)

    assert found == expected


def test_a_route_tells_when_the_idsva_is_with_the_team_that_referred() -> None:
    """With a team that is not hers it tells nothing."""
    victim: dict[str, Any] = {
        "age": 30,
        "borough": "bromley",
        "risk_score": 10,
        "consent_status": "given",
    }

    at_hers = decided(team="police_csu", **victim).routes[0].next_on_site
    elsewhere = decided(team="police_response", **victim).routes[0].next_on_site

    assert at_hers == date(2026, 11, 23)
    assert elsewhere is None


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2026, 12, 24), True),
        (date(2026, 12, 25), False),
        (date(2026, 12, 26), False),
        (date(2026, 12, 28), False),
        (date(2022, 9, 19), False),
        (date(2023, 5, 8), False),
        (date(2020, 5, 4), True),
        (date(2020, 5, 8), False),
        (date(2022, 6, 3), False),
        (date(2013, 3, 29), False),
    ],
)
def test_bank_holidays_of_england(day: date, working: bool) -> None:
    """Substitute days and single days among them."""
    assert is_working_day(day, ENGLAND) is working
