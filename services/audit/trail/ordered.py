"""The ordered lists that a search goes along: each says which entries there are of one thing.

A list is SQL of `leaf_index`, rising, from `:first` to below `:below`, no more than `:window` of
them; and a check whether an entry `e` is in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID


@dataclass(frozen=True)
class Ordered:
    """`given`: the values that both statements take."""

    listed: str
    check: str
    given: Mapping[str, Any] = field(default_factory=dict)


_ALL: Final = (
    "SELECT leaf_index FROM entry WHERE leaf_index >= :first AND leaf_index < :below"
    " ORDER BY leaf_index LIMIT :window"
)
_OF_COLUMN: Final = (
    "SELECT leaf_index FROM entry WHERE {column} = :{column} AND leaf_index >= :first"
    " AND leaf_index < :below ORDER BY leaf_index LIMIT :window"
)
_OF_TABLE: Final = (
    "SELECT leaf_index FROM {table} WHERE {column} = :{given} AND leaf_index >= :first"
    " AND leaf_index < :below ORDER BY leaf_index LIMIT :window"
)
_IN_TABLE: Final = (
    "EXISTS (SELECT FROM {table} x WHERE x.{column} = :{given} AND x.leaf_index = e.leaf_index)"
)
# The list of each referral is read as far as is needed, and no further.
_OF_SUBJECTS: Final = (
    "SELECT l.leaf_index FROM unnest(CAST(:{given} AS uuid[])) AS s(subject), LATERAL"
    " (SELECT leaf_index FROM entry WHERE referral = s.subject AND leaf_index >= :first"
    " AND leaf_index < :below ORDER BY leaf_index LIMIT :window) AS l"
    " ORDER BY leaf_index LIMIT :window"
)
_IS_SUBJECT: Final = "e.referral = ANY(CAST(:{given} AS uuid[]))"

EVERYTHING: Final = Ordered(_ALL, "true")


def of_column(column: str, value: str) -> Ordered:
    """Entries with a value in a column that has an index (column, leaf_index)."""
    names = {"column": column}
    return Ordered(
        _OF_COLUMN.format(**names), "e.{column} = :{column}".format(**names), {column: value}
    )


def of_table(table: str, column: str, given: str, value: str) -> Ordered:
    """Entries that a table lists under a value; `given` names the value among several."""
    names = {"table": table, "column": column, "given": given}
    return Ordered(_OF_TABLE.format(**names), _IN_TABLE.format(**names), {given: value})


def of_subjects(given: str, subjects: Sequence[UUID]) -> Ordered:
    """Entries about one of several referrals."""
    return Ordered(
        _OF_SUBJECTS.format(given=given), _IS_SUBJECT.format(given=given), {given: list(subjects)}
    )
