"""The level of risk, the MARAC triggers, and twelve months."""

from datetime import date
from typing import Any

import pytest

from services.triage.policy.risk import history_of_repeat, year_before
from shared.facts import History
from tests.triage.cases import decided


@pytest.mark.parametrize(
    ("known", "level"),
    [
        ({}, "not_completed"),
        ({"risk_score": 0}, "standard"),
        ({"risk_score": 9}, "standard"),
        ({"risk_score": 10}, "medium"),
        ({"risk_score": 13}, "medium"),
        ({"risk_score": 14}, "high"),
        ({"risk_score": 24}, "high"),
        ({"risk_graded": "standard"}, "standard"),
        ({"risk_graded": "medium", "risk_score": 9}, "medium"),
        ({"risk_graded": "standard", "risk_score": 10}, "medium"),
        ({"risk_graded": "high", "risk_score": 0}, "high"),
        ({"professional_judgement_high": True}, "high"),
        ({"professional_judgement_high": True, "risk_score": 3}, "high"),
        ({"professional_judgement_high": False}, "not_completed"),
        ({"professional_judgement_high": False, "risk_score": 14}, "high"),
    ],
)
def test_the_level_is_the_highest_of_score_grade_and_judgement(
    known: dict[str, Any], level: str
) -> None:
    """A checklist that was not completed is a level of its own."""
    assert decided(**known).risk_level == level


SCORE, JUDGED = "visible_high_risk", "professional_judgement"
CALLS, REPEAT = "escalation", "repeat"


@pytest.mark.parametrize(
    ("known", "triggers"),
    [
        ({}, []),
        ({"risk_score": 13}, []),
        ({"risk_score": 14}, [SCORE]),
        ({"risk_graded": "high"}, [SCORE]),
        ({"risk_graded": "medium"}, []),
        ({"professional_judgement_high": True}, [JUDGED]),
        ({"police_callouts_12m": 2}, []),
        ({"police_callouts_12m": 3}, [CALLS]),
        ({"risk_score": 20, "police_callouts_12m": 9}, [SCORE, CALLS]),
        ({"risk_score": 14, "age": 16}, [SCORE]),
        ({"risk_score": 14, "age": 15}, []),
        ({"risk_score": 14, "role": "perpetrator"}, []),
        ({"risk_score": 14, "concerns": ("hate_crime",)}, []),
        ({"risk_score": 14, "concerns": ("fgm",)}, [SCORE]),
    ],
)
def test_triggers_are_a_victims_of_abuse_from_16_on(
    known: dict[str, Any], triggers: list[str]
) -> None:
    """A trigger whose fact is missing is not met."""
    assert list(decided(**known).marac_triggers) == triggers


@pytest.mark.parametrize(
    ("earlier", "made_at", "met"),
    [
        ("2025-11-18", "2026-11-18T10:00:00Z", True),
        ("2025-11-17", "2026-11-18T10:00:00Z", False),
        ("2026-11-18", "2026-11-18T10:00:00Z", True),
        ("2023-03-01", "2024-02-29T10:00:00Z", True),
        ("2023-02-28", "2024-02-29T10:00:00Z", False),
        # 23:30 in UTC is the next day in London's summer.
        ("2025-07-01", "2026-07-01T23:30:00Z", False),
    ],
)
def test_a_repeat_is_within_twelve_months(earlier: str, made_at: str, met: bool) -> None:
    """On or after the same day of the year before, any abuse, whatever the score."""
    history = History(marac_on=date.fromisoformat(earlier), pair_known=True)

    decision = decided(history=history, made_at=made_at, risk_score=0, age=30)

    assert list(decision.marac_triggers) == ([REPEAT] if met else [])
    assert decision.urgent is met


def test_the_year_before_a_leap_day_begins_in_march() -> None:
    """29 February has no same day in a common year."""
    assert year_before(date(2024, 2, 29)) == date(2023, 3, 1)
    assert year_before(date(2025, 2, 28)) == date(2024, 2, 28)


def test_a_repeat_after_the_referral_is_refused() -> None:
    """What a caller states by hand must lie before."""
    assert history_of_repeat(date(2026, 11, 18), date(2026, 11, 18)).marac_on == date(2026, 11, 18)
    with pytest.raises(ValueError, match="after the referral"):
        history_of_repeat(date(2026, 11, 19), date(2026, 11, 18))
