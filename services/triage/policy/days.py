"""London's days and hours: working days, service hours, the next day on site."""

from collections.abc import Container, Iterable
from datetime import date, datetime, time, timedelta
from typing import Final, Literal

from pydantic import Field

from services.triage.policy.criteria import Case, Finding, Judge, Verdict
from services.triage.policy.sources import Sourced
from shared.facts import Frozen

ONE_DAY: Final = timedelta(days=1)
_FRIDAY: Final = 4

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class Hours(Frozen):
    """From the first minute to before the last, which is the next day's if it is not after it."""

    first: time = Field(alias="from")
    last: time = Field(alias="until")


class ServiceHours(Sourced):
    """When a service answers, London time; what runs past midnight belongs to the day before."""

    monday_to_friday: Hours
    weekends_and_bank_holidays: Hours
    concessionary_days: tuple[date, ...] = ()

    def of(self, day: date, bank_holidays: Container[date]) -> Hours:
        """The hours that begin on a day."""
        if is_working_day(day, bank_holidays) and day not in self.concessionary_days:
            return self.monday_to_friday
        return self.weekends_and_bank_holidays

    def began(self, moment: datetime, bank_holidays: Container[date]) -> date | None:
        """The day on which the service that answers at a London time began; None outside it."""
        today, at = moment.date(), moment.time()
        hours = self.of(today, bank_holidays)
        overnight = hours.last <= hours.first
        if hours.first <= at and (overnight or at < hours.last):
            return today
        before = self.of(today - ONE_DAY, bank_holidays)
        if before.last <= before.first and at < before.last:
            return today - ONE_DAY
        return None


def is_working_day(day: date, bank_holidays: Container[date]) -> bool:
    """Monday to Friday, less the bank holidays."""
    return day.weekday() <= _FRIDAY and day not in bank_holidays


def next_working_day(day: date, bank_holidays: Container[date]) -> date:
    """The first working day after a day."""
    day += ONE_DAY
    while not is_working_day(day, bank_holidays):
        day += ONE_DAY
    return day


def made_in(hours: ServiceHours) -> Judge:
    """Whether a referral was made while a service answers."""

    def judge(case: Case) -> Finding:
        made = case.made
        saw = {"made_at": case.facts.made_at}
        began = hours.began(made, case.bank_holidays)
        if began is None:
            return Finding(Verdict.NOT_MET, f"made {made:%A at %H:%M}, outside service hours", saw)
        text = f"made {made:%A at %H:%M}, in the service that began on {began:%A}"
        return Finding(Verdict.MET, text, saw)

    return judge


def next_on_site(
    days: Iterable[Weekday], made: datetime, closes: time, bank_holidays: Container[date]
) -> date:
    """The next of the weekdays that is a working day; today counts until the office closes.

    `made`: London time.
    """
    names = frozenset(days)
    day = made.date() if made.time() < closes else made.date() + ONE_DAY
    while f"{day:%A}".lower() not in names or not is_working_day(day, bank_holidays):
        day += ONE_DAY
    return day
