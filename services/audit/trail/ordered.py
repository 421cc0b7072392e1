"""The ordered lists that a search goes along: each says which entries there are of one thing.

A list is SQL of `leaf_index`, rising, from `:first` to below `:below`, no more than `:window` of
them; and a check whether an index of another list `l` is in it. Both ask an index alone: where
entries were fetched to be checked, PostgreSQL would as soon go through all that the log has.
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
_IN: Final = (
    "EXISTS (SELECT FROM {table} x WHERE x.{column} = {given} AND x.leaf_index = l.leaf_index"
    " AND x.leaf_index >= :first AND x.leaf_index < :horizon)"
)
# The list of each referral is read as far as is needed, and no further.
_OF_SUBJECTS: Final = (
    "SELECT l.leaf_index FROM unnest(CAST(:{given} AS uuid[])) AS s(subject), LATERAL"
    " (SELECT leaf_index FROM entry WHERE referral = s.subject AND leaf_index >= :first"
    " AND leaf_index < :below ORDER BY leaf_index LIMIT :window) AS l"
    " ORDER BY leaf_index LIMIT :window"
)

EVERYTHING: Final = Ordered(_ALL, "true")


def of_column(column: str, value: str) -> Ordered:
    """Entries with a value in a column that has an index (column, leaf_index)."""
    check = _IN.format(table="entry", column=column, given=f":{column}")
    return Ordered(_OF_COLUMN.format(column=column), check, {column: value})


def of_table(table: str, column: str, given: str, value: str) -> Ordered:
    """Entries that a table lists under a value; `given` names the value among several."""
    check = _IN.format(table=table, column=column, given=f":{given}")
    listed = _OF_TABLE.format(table=table, column=column, given=given)
    return Ordered(listed, check, {given: value})


def of_subjects(given: str, subjects: Sequence[UUID]) -> Ordered:
    """Entries about one of several referrals."""
    any_of = f"ANY(CAST(:{given} AS uuid[]))"
    check = _IN.format(table="entry", column="referral", given=any_of)
    return Ordered(_OF_SUBJECTS.format(given=given), check, {given: list(subjects)})
