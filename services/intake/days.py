"""How old somebody is on a day."""

from datetime import date

OLDEST = 120
"""Years: nobody referred is taken to be older."""


def years_between(born: date, day: date) -> int:
    """Whole years from `born` to `day`; negative where `day` comes first.

    Whoever was born on 29 February is a year older on 1 March in a common year: on the 28th the
    pair (2, 28) still stands before (2, 29).
    """
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def is_older_than_anybody(born: date, day: date) -> bool:
    """Whether `born` lies more than 120 years before `day`; on the very day it does not."""
    return (born.year + OLDEST, born.month, born.day) < (day.year, day.month, day.day)
