"""By when a referral is acknowledged and the person first contacted."""

import time
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, Final

import pytest

from services.triage.directory.availability import first_opening
from services.triage.policy.catalogue import Policy, Within
from services.triage.policy.deadlines import Opens, deadlines, escalate_by
from services.triage.policy.library import Catalogue
from tests.triage.cases import in_force
from tests.triage.directory.staff import NINE_TO_FIVE, practitioner


def _due(since: str, **how: Any) -> tuple[str, str]:
    at = datetime.fromisoformat(since)
    catalogue = in_force("bromley", datetime(2026, 11, 18, tzinfo=UTC))
    assert isinstance(catalogue, Catalogue)
    usual: dict[str, Any] = {"urgent": False, "risk_level": "medium", "team": "gp"}
    due = deadlines(catalogue.policy, since=at, **usual | how)
    return due.acknowledge_by.isoformat()[:16], due.first_contact_by.isoformat()[:16]


URGENT = {"urgent": True, "risk_level": "high"}


@pytest.mark.parametrize(
    ("since", "how", "acknowledge", "contact"),
    [
        # Urgent: two hours and 24 hours at any hour of any day.
        ("2026-11-16T22:40:00Z", URGENT, "2026-11-17T00:40", "2026-11-17T22:40"),
        ("2026-12-25T23:00:00Z", URGENT, "2026-12-26T01:00", "2026-12-26T23:00"),
        # The clocks go back at 01:00 UTC: hours are hours.
        ("2026-10-24T23:30:00Z", URGENT, "2026-10-25T01:30", "2026-10-25T23:30"),
        # Wednesday: one working day, two, five.
        ("2026-11-18T10:00:00Z", {}, "2026-11-19T10:00", "2026-11-20T10:00"),
        (
            "2026-11-18T10:00:00Z",
            {"risk_level": "not_completed"},
            "2026-11-19T10:00",
            "2026-11-20T10:00",
        ),
        (
            "2026-11-18T10:00:00Z",
            {"risk_level": "standard"},
            "2026-11-19T10:00",
            "2026-11-25T10:00",
        ),
        # Friday afternoon: the weekend does not count.
        ("2026-11-20T16:00:00Z", {}, "2026-11-23T16:00", "2026-11-24T16:00"),
        # A weekend counts as the first minute of Monday.
        ("2026-11-21T10:00:00Z", {}, "2026-11-24T00:00", "2026-11-25T00:00"),
        # Friday 16:55.
        ("2026-11-20T16:55:00Z", {}, "2026-11-23T16:55", "2026-11-24T16:55"),
        (
            "2026-11-20T16:55:00Z",
            {"risk_level": "standard"},
            "2026-11-23T16:55",
            "2026-11-27T16:55",
        ),
        ("2026-11-20T16:55:00Z", URGENT, "2026-11-20T18:55", "2026-11-21T16:55"),
        # High risk without urgency: 24 hours at any hour, and acknowledged no later.
        ("2026-11-20T16:55:00Z", {"risk_level": "high"}, "2026-11-21T16:55", "2026-11-21T16:55"),
        ("2026-11-18T16:55:00Z", {"risk_level": "high"}, "2026-11-19T16:55", "2026-11-19T16:55"),
        # Night: three in the morning is three in the morning.
        ("2026-11-18T03:00:00Z", {}, "2026-11-19T03:00", "2026-11-20T03:00"),
        # New Year: Friday 1st is a bank holiday.
        ("2026-12-31T16:55:00Z", {}, "2027-01-04T16:55", "2027-01-05T16:55"),
        # Easter: Friday 3rd and Monday 6th of April; London is an hour ahead already.
        ("2026-04-02T15:55:00Z", {}, "2026-04-07T15:55", "2026-04-08T15:55"),
        ("2026-04-02T15:55:00Z", URGENT, "2026-04-02T17:55", "2026-04-03T15:55"),
        # Easter with the clocks going forward; all of it counts as the first minute of Tuesday.
        ("2027-03-25T16:55:00Z", {}, "2027-03-30T15:55", "2027-03-31T15:55"),
        ("2027-03-26T10:00:00Z", {}, "2027-03-30T23:00", "2027-03-31T23:00"),
        # The clocks go back between Friday and Monday.
        ("2026-10-23T15:55:00Z", {}, "2026-10-26T16:55", "2026-10-27T16:55"),
        # The clocks go forward within the two hours: they are two hours.
        ("2026-03-28T23:30:00Z", URGENT, "2026-03-29T01:30", "2026-03-29T23:30"),
        # Christmas: Thursday 24th, then Friday 25th and Monday 28th are bank holidays.
        ("2026-12-24T12:00:00Z", {}, "2026-12-29T12:00", "2026-12-30T12:00"),
        # London's wall clock over the change to summer time.
        ("2026-03-27T10:00:00Z", {}, "2026-03-30T09:00", "2026-03-31T09:00"),
        # 23:30 in UTC on Friday is Saturday in London's summer.
        ("2026-07-10T23:30:00Z", {}, "2026-07-13T23:00", "2026-07-14T23:00"),
        # Self-referrals: 24 hours at any hour, and acknowledged no later.
        (
            "2026-11-20T16:00:00Z",
            {"team": "self", "risk_level": "standard"},
            "2026-11-21T16:00",
            "2026-11-21T16:00",
        ),
        # Noise out of hours: within the hour.
        (
            "2026-11-21T02:15:00Z",
            {"pathway": "out_of_hours_noise", "risk_level": "not_completed"},
            "2026-11-21T03:15",
            "2026-11-21T03:15",
        ),
        # Noise after 03:00: by the end of the next working morning.
        (
            "2026-11-18T04:00:00Z",
            {"pathway": "daytime_noise"},
            "2026-11-18T12:00",
            "2026-11-18T12:00",
        ),
        (
            "2026-11-18T09:00:00Z",
            {"pathway": "daytime_noise"},
            "2026-11-19T09:00",
            "2026-11-19T12:00",
        ),
        (
            "2026-11-21T05:00:00Z",
            {"pathway": "daytime_noise"},
            "2026-11-23T12:00",
            "2026-11-23T12:00",
        ),
        # An urgent case is not slowed down by its pathway.
        (
            "2026-11-20T12:00:00Z",
            {"pathway": "daytime_noise"} | URGENT,
            "2026-11-20T14:00",
            "2026-11-21T12:00",
        ),
        # A pathway without a time of its own has the usual ones.
        ("2026-11-18T10:00:00Z", {"pathway": "refuge"}, "2026-11-19T10:00", "2026-11-20T10:00"),
    ],
)
def test_the_times_of_response(
    since: str, how: dict[str, Any], acknowledge: str, contact: str
) -> None:
    """Hours at any hour; working days in London's time, less the bank holidays."""
    assert _due(since, **how) == (acknowledge, contact)


MONDAYS_UNTIL_FOUR: Final = {
    "monday": {"from": "09:00", "until": "16:00"},
    **dict.fromkeys(("tuesday", "wednesday", "thursday", "friday"), NINE_TO_FIVE),
}


def _hours(**hours: Any) -> Opens:
    return partial(first_opening, [practitioner("p-anna", hours=hours)])


@pytest.mark.parametrize(
    ("since", "how", "acknowledge", "contact"),
    [
        # Friday 16:55: on Monday at that time the team is closed, on Tuesday it is not.
        ("2026-11-20T16:55:00Z", {}, "2026-11-24T09:00", "2026-11-24T16:55"),
        # In London's summer.
        ("2026-07-17T15:55:00Z", {}, "2026-07-21T08:00", "2026-07-21T15:55"),
        # The first minute of a day, and the night.
        ("2026-11-21T10:00:00Z", {}, "2026-11-24T09:00", "2026-11-25T09:00"),
        ("2026-11-18T03:00:00Z", {}, "2026-11-19T09:00", "2026-11-20T09:00"),
        # As it opens, and as it closes.
        ("2026-11-18T09:00:00Z", {}, "2026-11-19T09:00", "2026-11-20T09:00"),
        ("2026-11-18T17:00:00Z", {}, "2026-11-20T09:00", "2026-11-23T09:00"),
        # Over the weekend on which the clocks change, either way.
        ("2026-03-26T18:00:00Z", {}, "2026-03-30T08:00", "2026-03-31T08:00"),
        ("2026-10-22T17:00:00Z", {}, "2026-10-26T09:00", "2026-10-27T09:00"),
        # Over Christmas: due on Thursday 24th after hours, open again on Tuesday 29th.
        ("2026-12-23T17:30:00Z", {}, "2026-12-29T09:00", "2026-12-30T09:00"),
        # Over Easter.
        ("2026-04-01T16:30:00Z", {}, "2026-04-07T08:00", "2026-04-08T08:00"),
        # Hours run whoever is there.
        ("2026-11-20T16:55:00Z", URGENT, "2026-11-20T18:55", "2026-11-21T16:55"),
        ("2026-11-20T16:55:00Z", {"team": "self"}, "2026-11-21T16:55", "2026-11-21T16:55"),
        (
            "2026-11-21T02:15:00Z",
            {"pathway": "out_of_hours_noise"},
            "2026-11-21T03:15",
            "2026-11-21T03:15",
        ),
    ],
)
def test_a_time_in_working_days_does_not_end_while_the_team_is_closed(
    since: str, how: dict[str, Any], acknowledge: str, contact: str
) -> None:
    """It ends as the team next opens; a time in hours ends when it ends."""
    due = _due(since, **how, opens=_hours(**MONDAYS_UNTIL_FOUR))
    assert due == (acknowledge, contact)


@pytest.mark.parametrize(
    ("hours", "acknowledge"),
    [
        # Due on Monday at 16:55: open again by the end of Tuesday, or the time ends on Monday.
        ({"tuesday": {"from": "23:59", "until": "00:00"}}, "2026-11-24T23:59"),
        ({"wednesday": {"from": "00:00", "until": "17:00"}}, "2026-11-23T16:55"),
        ({"monday": {"from": "16:55", "until": "17:00"}}, "2026-11-23T16:55"),
        ({}, "2026-11-23T16:55"),
    ],
)
def test_a_team_that_stays_closed_holds_up_no_clock(
    hours: dict[str, Any], acknowledge: str
) -> None:
    """Then the referral goes up to others, no later than if nobody's hours were known."""
    assert _due("2026-11-20T16:55:00Z", opens=_hours(**hours))[0] == acknowledge


def test_a_teams_next_working_day_is_after_the_bank_holidays_that_were_given() -> None:
    """Due on Monday at 16:55; where Tuesday is none, it opens on Wednesday in time."""
    opens = _hours(wednesday=NINE_TO_FIVE)
    due = _due("2026-11-20T16:55:00Z", opens=opens, bank_holidays={date(2026, 11, 24)})
    assert due[0] == "2026-11-25T09:00"


def test_a_morning_ends_at_noon_whoever_is_there() -> None:
    """The policy named the hour."""
    afternoons = _hours(wednesday={"from": "13:00", "until": "17:00"})
    due = _due("2026-11-18T04:00:00Z", pathway="daytime_noise", opens=afternoons)
    assert due == ("2026-11-18T12:00", "2026-11-18T12:00")


@pytest.mark.parametrize(
    ("since", "urgent", "holidays", "by"),
    [
        # An hour at any hour, through the change of the clocks too.
        ("2026-11-20T22:40:00Z", True, (), "2026-11-20T23:40"),
        ("2026-12-25T10:00:00Z", True, None, "2026-12-25T11:00"),
        ("2026-10-25T01:30:00+01:00", True, (), "2026-10-25T01:30"),
        # Else the next working morning.
        ("2026-11-18T10:00:00Z", False, None, "2026-11-19T12:00"),
        ("2026-11-18T08:59:00Z", False, None, "2026-11-18T12:00"),
        ("2026-11-20T16:55:00Z", False, None, "2026-11-23T12:00"),
        ("2026-12-24T16:55:00Z", False, None, "2026-12-29T12:00"),
        ("2026-04-02T15:55:00Z", False, None, "2026-04-07T11:00"),
        ("2026-11-20T16:55:00Z", False, (date(2026, 11, 23),), "2026-11-24T12:00"),
    ],
)
def test_whoever_it_went_up_to_has_a_time_of_her_own(
    since: str, urgent: bool, holidays: tuple[date, ...] | None, by: str
) -> None:
    """One hour where it is urgent, else until noon of the next working day."""
    catalogue = in_force("bromley", datetime(2026, 11, 18, tzinfo=UTC))
    assert isinstance(catalogue, Catalogue)
    given = {} if holidays is None else {"bank_holidays": holidays}
    found = escalate_by(
        catalogue.policy, urgent=urgent, since=datetime.fromisoformat(since), **given
    )
    assert (found.isoformat()[:16], found.tzinfo) == (by, UTC)


def _policy() -> Policy:
    """Bromley's, with every answer due the next working morning."""
    catalogue = in_force("bromley", datetime(2026, 11, 18, tzinfo=UTC))
    assert isinstance(catalogue, Catalogue)
    response = catalogue.policy.response
    morning = Within.model_validate({"next_working_morning": True})
    acknowledge = response.acknowledge.model_copy(update={"others": morning, "urgent": morning})
    contact = response.first_contact.model_copy(update={"urgent": morning})
    mornings = response.model_copy(update={"acknowledge": acknowledge, "first_contact": contact})
    return catalogue.policy.model_copy(update={"response": mornings})


@pytest.mark.parametrize(
    ("since", "holidays", "due"),
    [
        # London's summer: 23:30 in UTC on Tuesday is Wednesday there, and its morning is to come.
        ("2026-07-14T23:30:00Z", (), "2026-07-15T11:00"),
        ("2026-07-14T23:30:00Z", (date(2026, 7, 15),), "2026-07-16T11:00"),
        ("2026-12-08T23:30:00Z", (), "2026-12-09T12:00"),
        # Half past nine there: this morning's office is open already.
        ("2026-07-15T08:30:00Z", (), "2026-07-16T11:00"),
    ],
)
def test_a_policy_may_ask_for_the_next_working_morning(
    since: str, holidays: tuple[date, ...], due: str
) -> None:
    """By London's clock and the bank holidays that were given, for urgent referrals too."""
    found = deadlines(
        _policy(),
        urgent=True,
        risk_level="high",
        team="gp",
        since=datetime.fromisoformat(since),
        bank_holidays=holidays,
    )
    assert found.acknowledge_by.isoformat()[:16] == due
    assert found.first_contact_by.isoformat()[:16] == due


@pytest.mark.parametrize("urgent", [True, False])
def test_moments_are_in_utc(urgent: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the machine thinks it is."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        since = datetime.fromisoformat("2026-07-14T12:00:00+01:00")
        catalogue = in_force("bromley", since)
        assert isinstance(catalogue, Catalogue)
        for policy in (catalogue.policy, _policy()):
            found = deadlines(policy, urgent=urgent, risk_level="medium", team="gp", since=since)
            assert found.acknowledge_by.tzinfo is UTC
            assert found.first_contact_by.tzinfo is UTC
    finally:
        monkeypatch.undo()
        time.tzset()
