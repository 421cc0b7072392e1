"""What the book on tables asks of them. Each is put together once from its pieces."""

from collections.abc import Sequence
from functools import cache
from typing import Final

from sqlalchemy import TextClause, text

from services.triage.assignments.book import Referral
from services.triage.assignments.life import Assignment, Step
from services.triage.assignments.waiting import RISK_ORDER

ONE: Final = tuple(Assignment.__dataclass_fields__)
REFERRAL: Final = tuple(Referral.__dataclass_fields__)
STEP: Final = tuple(Step.__dataclass_fields__)


_RISK: Final = f"array_position(CAST(ARRAY{list(RISK_ORDER)} AS text[]), {{}})"
"""A level of risk's place among those who wait."""


def _set(names: Sequence[str]) -> str:
    return ", ".join(f"{name} = excluded.{name}" for name in names if name != "id")


_PIECES: Final = {
    "a": ", ".join(f"a.{name}" for name in ONE),
    "r": ", ".join(f"r.{name} AS r_{name}" for name in REFERRAL),
    "both": "assignment a JOIN referral r ON r.id = a.referral_id",
    "held": "('offered', 'escalated', 'accepted')",
    "risk": _RISK.format("r.risk_level"),
    "own_risk": _RISK.format("CAST(:risk AS text)"),
    "one": ", ".join(ONE),
    "set_one": _set(ONE),
    "referral": ", ".join(REFERRAL),
    "set_referral": _set(REFERRAL),
    "step": ", ".join(STEP),
}
"""What the queries below are put together from; all of it our own words."""


@cache
def query(template: str) -> TextClause:
    """A statement, its pieces put in."""
    return text(template.format_map(_PIECES))


# One statement, however much is kept: each costs a way to the server and back.
SAVE: Final = """
    WITH r AS (
        INSERT INTO referral ({referral})
        SELECT {referral}
        FROM jsonb_populate_recordset(CAST(NULL AS referral), CAST(:referral AS jsonb))
        ON CONFLICT (id) DO UPDATE SET {set_referral}
    ), a AS (
        INSERT INTO assignment ({one})
        SELECT {one}
        FROM jsonb_populate_recordset(CAST(NULL AS assignment), CAST(:ones AS jsonb))
        ON CONFLICT (id) DO UPDATE SET {set_one}
    )
    INSERT INTO step ({step}, referral_id)
    SELECT {step}, referral_id
    FROM jsonb_populate_recordset(CAST(NULL AS step), CAST(:steps AS jsonb))"""

LOADS: Final = """
    SELECT holder AS who, count(*) FILTER (WHERE state IN {held}) AS held,
        count(*) FILTER (WHERE offered_at >= :year) AS this_year
    FROM assignment WHERE holder = ANY(CAST(:ids AS text[])) AND state <> 'withdrawn'
        AND (state IN {held} OR offered_at >= :year)
    GROUP BY holder"""

PLACES: Final = """
    SELECT pathway, 0 AS waiting, count(*) FILTER (WHERE state IN {held}) AS held,
        count(*) FILTER (WHERE offered_at >= :year) AS this_year
    FROM assignment WHERE catalogue = :catalogue AND pathway = ANY(CAST(:pathways AS text[]))
        AND state NOT IN ('waitlisted', 'withdrawn') AND level IN ('practitioner', 'stand_in')
        AND (state IN {held} OR offered_at >= :year)
    GROUP BY pathway
    UNION ALL
    SELECT pathway, count(*), 0, 0
    FROM assignment WHERE catalogue = :catalogue AND pathway = ANY(CAST(:pathways AS text[]))
        AND state = 'waitlisted'
    GROUP BY pathway"""

KEPT_AWAY: Final = """
    SELECT 'conflict' AS what, practitioner_id AS who
    FROM conflict WHERE person_ref = ANY(CAST(:people AS uuid[]))"""
_OTHER_SIDE: Final = """
    UNION ALL
    -- Another role in the same pair, or the same role in the pair with the roles reversed.
    SELECT DISTINCT s.level, s.holder
    FROM referral r JOIN step s ON s.referral_id = r.id AND s.holder IS NOT NULL
    WHERE (r.pair_ref = ANY(CAST(:same AS uuid[])) AND r.role <> :role)
        OR (r.pair_ref = ANY(CAST(:crossed AS uuid[])) AND r.role = :role)"""
KEPT_AWAY_OF_A_PAIR: Final = KEPT_AWAY + _OTHER_SIDE

PERSON_LINKS: Final = "SELECT person_ref AS one, into_ref AS other FROM person_alias"
PAIR_LINKS: Final = "SELECT pair_ref AS one, into_ref AS other FROM pair_alias"

AHEAD: Final = """
    SELECT count(*) AS number FROM {both} WHERE a.state = 'waitlisted'
        AND a.catalogue IS NOT DISTINCT FROM CAST(:catalogue AS text) AND a.pathway = :pathway
        AND ({risk}, a.waiting_since, a.id)
            < ({own_risk}, CAST(:since AS timestamptz), CAST(:id AS uuid))"""
