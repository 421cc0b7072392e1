"""Times as people say them: "by 14:30 today", "1 hour 40 minutes left". Pure; London's clock."""

from datetime import date, datetime, time, timedelta
from typing import Final

from shared.london import LONDON, london_day

_MIDNIGHT: Final = time()
_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_MINUTES_COUNT: Final = 6 * _HOUR
"""From here on nobody counts minutes."""
_HOURS_COUNT: Final = 2 * _DAY


def at(when: datetime, now: datetime) -> str:
    """When something was or will be: "today, 14:30", "Monday 23 November, 09:00"."""
    local = when.astimezone(LONDON)
    return f"{day(local.date(), london_day(now))}, {local:%H:%M}"


def by(when: datetime, now: datetime) -> str:
    """Until when there is time: "by 14:30 today", "by the end of Monday 23 November"."""
    local, today = when.astimezone(LONDON), london_day(now)
    if local.time() == _MIDNIGHT:
        # A working day's last moment is the next one's first: nobody says "by 00:00 on Tuesday".
        return f"by the end of {day(local.date() - _DAY, today)}"
    near = abs(local.date() - today) <= _DAY
    return f"by {local:%H:%M} {'' if near else 'on '}{day(local.date(), today)}"


def left(until: datetime, now: datetime) -> str:
    """How much time there is: "40 minutes left", "3 hours late"."""
    if until <= now:
        return f"{lasting(now - until)} late"
    return f"{lasting(until - now)} left"


def lasting(span: timedelta) -> str:
    """A stretch of time, as exactly as it matters."""
    if span < _MINUTE:
        return "less than a minute"
    if span < _HOUR:
        return _counted(span // _MINUTE, "minute")
    if span < _MINUTES_COUNT:
        minutes = span % _HOUR // _MINUTE
        hours = _counted(span // _HOUR, "hour")
        return f"{hours} {_counted(minutes, 'minute')}" if minutes else hours
    if span < _HOURS_COUNT:
        return _counted(span // _HOUR, "hour")
    return _counted(span // _DAY, "day")


def day(which: date, today: date) -> str:
    """A day seen from today; the year only where it is another."""
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get((which - today).days)
    year = "" if which.year == today.year else f" {which.year}"
    return near or f"{which:%A} {which.day} {which:%B}{year}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
