"""The level of risk and the triggers of a MARAC referral.

The DASH checklist has 24 questions and the score is the number of "yes". A checklist that was not
completed is a level of its own, not a missing fact: such a person is not at standard risk.
"""

from datetime import date
from typing import Final, Literal, get_args

from pydantic import Field

from services.triage.policy.sources import Sourced
from shared.facts import Concern, Facts, History

RiskLevel = Literal["standard", "medium", "high", "not_completed"]
Trigger = Literal["visible_high_risk", "professional_judgement", "escalation", "repeat"]

RISK_LEVELS: Final[tuple[RiskLevel, ...]] = get_args(RiskLevel)
TRIGGERS: Final[tuple[Trigger, ...]] = get_args(Trigger)
_RANK: Final[dict[RiskLevel, int]] = {"not_completed": 0, "standard": 1, "medium": 2, "high": 3}


class RiskBands(Sourced):
    """The lowest scores of the medium and the high band."""

    medium_from: int = Field(ge=1, le=24)
    high_from: int = Field(ge=2, le=24)


class MaracRule(Sourced):
    """Who may come to a MARAC, and how many police call-outs in twelve months bring them there.

    `abuse` names the criterion that the concerns must meet; `from_age` in years.
    """

    abuse: str
    from_age: int = Field(ge=0, le=120)
    callouts: int = Field(ge=1)


class UrgentConcerns(Sourced):
    """Concerns that are urgent by themselves, whatever the score."""

    concerns: tuple[Concern, ...] = Field(min_length=1)


def risk_level(facts: Facts, bands: RiskBands) -> RiskLevel:
    """The highest of the score's band, the sender's grade and a judgement; or not completed."""
    levels: list[RiskLevel] = ["not_completed"]
    if facts.risk_score is not None:
        levels.append(band(facts.risk_score, bands))
    if facts.risk_graded is not None:
        levels.append(facts.risk_graded)
    if facts.professional_judgement_high:
        levels.append("high")
    return max(levels, key=_RANK.__getitem__)


def band(score: int, bands: RiskBands) -> RiskLevel:
    """The band of a score of the DASH checklist."""
    if score >= bands.high_from:
        return "high"
    return "medium" if score >= bands.medium_from else "standard"


def marac_triggers(
    facts: Facts, bands: RiskBands, rule: MaracRule, history: History | None, day: date
) -> tuple[Trigger, ...]:
    """The triggers that are met for a victim of the rule's abuse; one whose fact is missing is not.

    `day`: London's day of the referral, from which twelve months are counted back.
    """
    score, graded = facts.risk_score, facts.risk_graded
    callouts = facts.police_callouts_12m
    earlier = history.marac_on if history else None
    met: dict[Trigger, bool] = {
        "visible_high_risk": (score is not None and score >= bands.high_from) or graded == "high",
        "professional_judgement": bool(facts.professional_judgement_high),
        "escalation": callouts is not None and callouts >= rule.callouts,
        "repeat": earlier is not None and year_before(day) <= earlier <= day,
    }
    return tuple(trigger for trigger in TRIGGERS if met[trigger])


def year_before(day: date) -> date:
    """The same day of the year before; of 29 February, 1 March."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return date(day.year - 1, 3, 1)


def history_of_repeat(marac_on: date, day: date) -> History:
    """The history that a caller states by hand; ValueError for a day after that of the referral."""
    if marac_on > day:
        raise ValueError(f"the earlier MARAC referral, {marac_on}, is after the referral, {day}")
    return History(marac_on=marac_on, pair_known=True)
