"""London's clock: "the day" of a referral is London's, everywhere."""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

LONDON: Final = ZoneInfo("Europe/London")


def london_day(moment: datetime) -> date:
    """The calendar day in London at an aware `moment`; OverflowError before the year 1."""
    return moment.astimezone(LONDON).date()
