"""Who comes first on a waiting list: those at risk, then those who have waited longest."""

from datetime import datetime
from typing import Final
from uuid import UUID

from services.triage.assignments.book import Referral
from services.triage.assignments.life import Assignment
from services.triage.policy.risk import RiskLevel

RISK_ORDER: Final[tuple[RiskLevel, ...]] = ("high", "medium", "not_completed", "standard")
"""A checklist that nobody has filled in says less of risk than one that says medium, and more than
one that says standard."""


def place(one: Assignment, referral: Referral) -> tuple[int, datetime | None, UUID]:
    """Its place on the list; less is better."""
    return RISK_ORDER.index(referral.risk_level), one.waiting_since, one.id
