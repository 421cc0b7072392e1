"""By when a referral is acknowledged, and by when the person is first contacted.

Hours run at any hour and are not stretched by a change of the clocks. Working days are London's
Monday to Friday less the bank holidays: the clock runs a whole day on each of them and stands
still between, so that Friday 16:00 and one working day is Monday 16:00, and all of a weekend
counts as the first minute of Monday.

A time in working days never ends while the team is closed (assumed, to be confirmed by the
partnership): it ends as the team next opens. Referred on Friday at 16:55 to a team that closes at
16:00 on Mondays, a person is owed an answer by Tuesday 09:00, and if there is none, those are at
work who are told. The clock is not held up for longer than to the end of the next working day: if
the team does not open by then, the time ends when it ends, and the referral goes up to others.
"""

from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from services.triage.policy.bank_holidays import ENGLAND
from services.triage.policy.catalogue import Office, Policy, Within
from services.triage.policy.days import ONE_DAY, is_working_day, next_working_day
from services.triage.policy.risk import RiskLevel
from shared.facts import Team
from shared.london import LONDON, london_day

Opens = Callable[[datetime, datetime], datetime | None]
"""When a team is at work: the first moment from one to before another; None if there is none."""


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
    opens: Opens | None = None,
) -> Deadlines:
    """The times of response counted from `since`.

    `pathway`: the route's, which may have a time of its own; None for the coordinator's queue.
    `opens`: the hours of the team that answers, where they are known.
    An urgent referral keeps the urgent times unless its pathway answers sooner.
    """

    def by(within: Within) -> datetime:
        return moment(within, since, policy.office, bank_holidays, opens)

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
    contact = by(own or first_contact)
    if urgent:
        contact = min(contact, by(first_contact))
    acknowledged = by(response.acknowledge.urgent if urgent else response.acknowledge.others)
    return Deadlines(min(acknowledged, contact), contact)


def escalate_by(
    policy: Policy,
    *,
    urgent: bool,
    since: datetime,
    bank_holidays: Container[date] = ENGLAND,
) -> datetime:
    """By when somebody answers to whom an unanswered assignment went up at `since`, in UTC.

    No team's hours count: it goes up until somebody is there.
    """
    escalate = policy.response.escalate
    within = escalate.urgent if urgent else escalate.others
    return moment(within, since, policy.office, bank_holidays)


def moment(
    within: Within,
    since: datetime,
    office: Office,
    bank_holidays: Container[date],
    opens: Opens | None = None,
) -> datetime:
    """The last moment of a time to answer in, in UTC."""
    if within.hours is not None:
        return since.astimezone(UTC) + timedelta(hours=within.hours)
    if within.working_days is not None:
        ends = _after_working_days(since, within.working_days, bank_holidays)
        return _while_open(ends, opens, bank_holidays) if opens else ends
    return _next_working_morning(since, office, bank_holidays)


def _while_open(ends: datetime, opens: Opens, bank_holidays: Container[date]) -> datetime:
    """When a time ends that is not to end while the team is closed."""
    day = next_working_day(london_day(ends), bank_holidays) + ONE_DAY
    midnight = datetime.combine(day, time(), LONDON)
    return opens(ends, midnight) or ends


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
