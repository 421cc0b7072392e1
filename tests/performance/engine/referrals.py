"""Invented facts, many and unlike each other: a fixed seed, every fact sometimes missing."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

from shared.facts import (
    Circumstance,
    Cohort,
    Concern,
    ConsentGivenBy,
    ConsentStatus,
    Facts,
    Gender,
    Need,
    Relationship,
    RiskGrade,
    Role,
    Team,
    Want,
)

SEED = 20221001
KNOWN = 0.75
"""How often a fact that may be missing is known."""


def referrals(count: int) -> list[Facts]:
    """`count` referrals to Bromley."""
    chance = random.Random(SEED)  # noqa: S311 - invented facts, no secret
    return [_one(chance) for _ in range(count)]


def _one(chance: random.Random) -> Facts:
    def some(kind: Any, most: int) -> tuple[str, ...]:
        return tuple(sorted(chance.sample(get_args(kind), chance.randint(0, most))))

    may_lack: dict[str, Any] = {
        "age": chance.randint(0, 95),
        "gender": chance.choice(get_args(Gender)),
        "district": chance.choice(("BR1", "BR3", "BR5", "SE20", "SE9", "CR6", "NW4", "ZZ99")),
        "relationship": chance.choice(get_args(Relationship)),
        "lives_with_perpetrator": chance.random() < 0.4,
        "perpetrator_right_of_entry": chance.random() < 0.4,
        "risk_score": chance.randint(0, 24),
        "risk_graded": chance.choice(get_args(RiskGrade)),
        "professional_judgement_high": chance.random() < 0.2,
        "police_callouts_12m": chance.randint(0, 6),
        "needs": some(Need, 3),
        "circumstances": some(Circumstance, 3),
        "wants": some(Want, 2),
        "children": (),
        "admits_responsibility": chance.random() < 0.5,
        "serial": chance.random() < 0.3,
        "cohorts": some(Cohort, 2),
        "consent_status": chance.choice(get_args(ConsentStatus)),
        "consent_given_by": chance.choice(get_args(ConsentGivenBy)),
        "language": chance.choice(("en", "pl", "ja", "fr")),
        "borough": chance.choice(("bromley", "bexley", "lewisham")),
        "educated_in": chance.choice(("bromley", "bexley")),
        "crime_types": (),
        "other_party_consents": chance.random() < 0.5,
    }
    return Facts.model_validate(
        {
            "made_at": datetime(2026, 11, 2, tzinfo=UTC)
            + timedelta(minutes=chance.randint(0, 20000)),
            "agency": "met-police",
            "team": chance.choice(get_args(Team)),
            "route": "system",
            "role": chance.choice(get_args(Role)),
            "concerns": some(Concern, 2) or ("domestic_abuse",),
            **{name: value for name, value in may_lack.items() if chance.random() < KNOWN},
        }
    )
