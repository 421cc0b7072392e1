"""By when a referral is acknowledged and the person first contacted."""

import time
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.triage.policy.catalogue import Policy, Within
from services.triage.policy.deadlines import deadlines
from services.triage.policy.library import Catalogue
from tests.triage.cases import in_force


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
