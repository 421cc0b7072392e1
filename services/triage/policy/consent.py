"""Whether a pathway may be told: lawful to share, agreed, or consent given.

Consent is the person's own. Where a young person is not old enough to give it alone, it counts
only if the form says that the person or somebody with parental responsibility gave it. Withdrawn
consent must not unmake what safeguarding requires, so every basis that holds is recorded.
"""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from services.triage.policy.criteria import Basis, Case, Finding, Judge, Verdict, by_facts
from services.triage.policy.sources import Sourced
from services.triage.policy.wording import words
from shared.facts import Facts

ConsentRule = Literal["lawful_to_share", "agreed", "given"]


class OwnConsent(Sourced):
    """The age in years from which consent counts whoever is said to have given it."""

    from_age: int = Field(ge=0, le=120)


def consent_judge(rule: ConsentRule, own: OwnConsent) -> Judge:
    """The criterion of consent that a pathway names.

    `given`: consent alone. `agreed`: consent or a full override. `lawful_to_share`: also a high
    level of risk or a trigger of a MARAC referral, even where consent is refused.
    """

    def judge(case: Case) -> Finding:
        consent = _consent(case.facts, own)
        if rule == "given":
            return consent
        grounds = _override(case.facts)
        if rule == "lawful_to_share":
            grounds = (*grounds, *_danger(case))
        saw = dict(consent.saw) | {"consent.override": case.facts.consent_override}
        if rule == "lawful_to_share":
            saw |= {each: case.known[each] for each in ("risk_level", "marac_triggers")}
        if grounds:
            text = f"{consent.text}; safeguarding allows it: {', '.join(grounds)}"
            return Finding(Verdict.MET, text, saw, bases=(*consent.bases, "safeguarding"))
        possible = case.facts.consent_status != "not_possible"
        asks = consent.asks if possible else ("consent.override",)
        return Finding(consent.verdict, consent.text, saw, asks, bases=consent.bases)

    return by_facts(judge, *_LOOKS_AT)


_LOOKS_AT = (
    "consent.status",
    "consent.given_by",
    "consent.override",
    "age",
    "role",
    "risk_level",
    "marac_triggers",
)


def _consent(facts: Facts, own: OwnConsent) -> Finding:
    status, giver = facts.consent_status, facts.consent_given_by
    saw: dict[str, Any] = {"consent.status": status}
    if status is None:
        return _finding(Verdict.UNKNOWN, "consent is not known", saw, "consent.status")
    if status == "refused":
        return _finding(Verdict.NOT_MET, "consent is refused", saw)
    if status != "given":
        return _finding(Verdict.UNKNOWN, f"consent was {words(status)}", saw, "consent.status")
    if not _needs_a_giver(facts, own):
        return _finding(Verdict.MET, "consent is given", saw, bases=("consent",))
    saw["consent.given_by"] = giver
    if giver is None:
        text = "consent is given, and it is not known by whom, for so young a person"
        return _finding(Verdict.UNKNOWN, text, saw, "consent.given_by")
    if giver == "deputy":
        text = "consent is given by a deputy, who cannot give it for so young a person"
        return _finding(Verdict.NOT_MET, text, saw)
    by = "the person" if giver == "person" else "somebody with parental responsibility"
    return _finding(Verdict.MET, f"consent is given by {by}", saw, bases=("consent",))


def _needs_a_giver(facts: Facts, own: OwnConsent) -> bool:
    if facts.age is None:
        return facts.role == "child"
    return facts.age < own.from_age


def _override(facts: Facts) -> tuple[str, ...]:
    return ("an override is authorised, with its rationale",) if facts.consent_override else ()


def _danger(case: Case) -> tuple[str, ...]:
    grounds = []
    if case.known["risk_level"] == "high":
        grounds.append("risk level is high")
    grounds += [f"MARAC trigger {words(each)}" for each in case.known["marac_triggers"]]
    return tuple(grounds)


def _finding(
    verdict: Verdict, text: str, saw: dict[str, Any], *asks: str, bases: Sequence[Basis] = ()
) -> Finding:
    return Finding(verdict, text, saw, asks, bases=tuple(bases))
