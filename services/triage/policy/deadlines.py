"""By when a referral is acknowledged, and by when the person is first contacted.

Hours run at any hour and are not stretched by a change of the clocks. Working days are London's
Monday to Friday less the bank holidays: the clock runs a whole day on each of them and stands
still between, so that Friday 16:00 and one working day is Monday 16:00, and all of a weekend
counts as the first minute of Monday.
"""

from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from services.triage.policy.bank_holidays import ENGLAND
from services.triage.policy.catalogue import Office, Policy, Within
from services.triage.policy.days import is_working_day, next_working_day
from services.triage.policy.risk import RiskLevel
from shared.facts import Team
from shared.london import LONDON


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Two moments in UTC; the acknowledgement never falls after the first contact."""

    acknowledge_by: datetime
    first_contact_by: datetime


def deadlines(
    policy: Policy,
    *,
    urgent: bool,
    risk_level: RiskLevel,
    team: Team,
    since: datetime,
    pathway: str | None = None,
    bank_holidays: Container[date] = ENGLAND,
) -> Deadlines:
    """The times of response counted from `since`.

    `pathway`: the route's, which may have a time of its own; None for the coordinator's queue.
    An urgent referral keeps the urgent times unless its pathway answers sooner.
    """
    response = policy.response
    own = next((row.respond_within for row in policy.pathways if row.id == pathway), None)
    first_contact = {
        "standard": response.first_contact.standard,
        "medium": response.first_contact.medium,
        "not_completed": response.first_contact.not_completed,
        "high": response.first_contact.urgent,
    }[risk_level]
    if team == "self":
        first_contact = response.first_contact.self_referral
    if urgent:
        first_contact = response.first_contact.urgent
    contact = moment(own or first_contact, since, policy.office, bank_holidays)
    if urgent:
        contact = min(contact, moment(first_contact, since, policy.office, bank_holidays))
    acknowledge = response.acknowledge.urgent if urgent else response.acknowledge.others
    acknowledged = moment(acknowledge, since, policy.office, bank_holidays)
    return Deadlines(min(acknowledged, contact), contact)


def moment(
    within: Within, since: datetime, office: Office, bank_holidays: Container[date]
) -> datetime:
    """The last moment of a time to answer in, in UTC."""
    if within.hours is not None:
        return since.astimezone(UTC) + timedelta(hours=within.hours)
    if within.working_days is not None:
        return _after_working_days(since, within.working_days, bank_holidays)
    return _next_working_morning(since, office, bank_holidays)


def _after_working_days(since: datetime, days: int, bank_holidays: Container[date]) -> datetime:
    start = since.astimezone(LONDON)
    day, at = start.date(), start.time()
    if not is_working_day(day, bank_holidays):
        day, at = next_working_day(day, bank_holidays), time()
    for _ in range(days):
        day = next_working_day(day, bank_holidays)
    # The clocks change on Sundays, so this time of a working day exists, and once.
    return datetime.combine(day, at, LONDON).astimezone(UTC)


def _next_working_morning(
    since: datetime, office: Office, bank_holidays: Container[date]
) -> datetime:
    start = since.astimezone(LONDON)
    day = start.date()
    if not is_working_day(day, bank_holidays) or start.time() >= office.opens:
        day = next_working_day(day, bank_holidays)
    return datetime.combine(day, office.morning_ends, LONDON).astimezone(UTC)
