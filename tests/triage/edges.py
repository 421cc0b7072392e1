"""The table that the tests of the pathways share: just inside, and just outside each criterion.

An `Edge` names a pathway, facts that are eligible for it, and changes to those facts with the
standing that each must bring. A change to None takes the fact away.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from tests.triage.cases import decided, standing

Change = dict[str, Any]

IN = "eligible"
OUT = "ineligible"
UNKNOWN = "unknown"


class Edge(NamedTuple):
    """One pathway's inside, and what lies around it."""

    pathway: str
    inside: dict[str, Any]
    changes: Sequence[tuple[Change, str]]


def rows(edges: Sequence[Edge]) -> list[tuple[str, dict[str, Any], str]]:
    """Every referral of the table: the pathway, its facts, the standing expected."""
    inside = [(edge.pathway, edge.inside, IN) for edge in edges]
    return inside + [
        (edge.pathway, edge.inside | change, expected)
        for edge in edges
        for change, expected in edge.changes
    ]


def standing_of(catalogue: str, pathway: str, known: dict[str, Any]) -> str:
    """What the catalogue makes of the facts, on its Wednesday morning unless they say when."""
    given = {name: value for name, value in known.items() if value is not None}
    return standing(decided(catalogue, **given), pathway)
