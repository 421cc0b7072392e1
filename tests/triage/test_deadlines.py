"""By when a referral is acknowledged and the person first contacted."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.triage.deadlines import deadlines
from services.triage.library import Catalogue
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
