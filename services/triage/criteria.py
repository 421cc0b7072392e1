"""Three-valued criteria: what a rule finds when it looks at a referral.

A criterion is met, not met or unknown. `all_of`, `any_of` and `negation` follow Kleene: an
alternative that is met decides although others are unknown, and one requirement that is not met
decides although others are unknown. An empty set of criteria is refused: nothing is met by it.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal, NamedTuple, TypeVar

from shared.facts import Facts

T = TypeVar("T")

Basis = Literal["statutory", "consent", "safeguarding", "service_request"]


class Verdict(StrEnum):
    """What a criterion came to."""

    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"


class Finding(NamedTuple):
    """What one criterion came to on one referral, and why.

    `text` is a plain statement ("age 12 is under 13"), true whatever the criterion stands in.
    `saw` holds the facts looked at by their path, None where missing. `asks` names the facts that
    an unknown finding waits for, `presumed` those that were taken as met though missing, `bases`
    the lawful bases that a met criterion of consent gives.
    """

    verdict: Verdict
    text: str
    saw: Mapping[str, Any]
    asks: tuple[str, ...] = ()
    presumed: tuple[str, ...] = ()
    bases: tuple[Basis, ...] = ()


@dataclass(slots=True)
class Case:
    """One referral as the rules of one catalogue see it.

    `known`: the facts by path, and `risk_level` and `marac_triggers`, which the catalogue's own
    measure of risk adds. `made`: the time of the referral in London. `on`: the day whose policy
    decides. `found`: what each criterion of the catalogue came to, so that one that many pathways
    share is looked at once.
    """

    facts: Facts
    known: dict[str, Any]
    made: datetime
    on: date
    bank_holidays: Container[date]
    found: list[Finding | None]


Judge = Callable[[Case], Finding]


def all_of(judges: Sequence[Judge]) -> Judge:
    """Met if every one is met; not met if one is not met; otherwise unknown."""
    if not judges:
        raise ValueError("an empty set of criteria is never met: name at least one")

    def judge(case: Case) -> Finding:
        return conclude_all([each(case) for each in judges])

    return judge


def conclude_all(findings: Sequence[Finding]) -> Finding:
    """What several requirements come to together; the reasons are those that decide."""
    verdict = Verdict.MET
    for finding in findings:
        if finding.verdict is Verdict.NOT_MET:
            verdict = Verdict.NOT_MET
            break
        if finding.verdict is Verdict.UNKNOWN:
            verdict = Verdict.UNKNOWN
    return _together(verdict, [each for each in findings if each.verdict is verdict], findings)


def any_of(judges: Sequence[Judge]) -> Judge:
    """Met if one is met; not met if none is met or unknown; otherwise unknown."""
    if not judges:
        raise ValueError("an empty set of alternatives is never met: name at least one")

    def judge(case: Case) -> Finding:
        findings = [each(case) for each in judges]
        verdict = Verdict.NOT_MET
        for finding in findings:
            if finding.verdict is Verdict.MET:
                verdict = Verdict.MET
                break
            if finding.verdict is Verdict.UNKNOWN:
                verdict = Verdict.UNKNOWN
        return _together(verdict, [each for each in findings if each.verdict is verdict], findings)

    return judge


def negation(judge: Judge) -> Judge:
    """Met if the criterion is not met, not met if it is met, unknown if it is unknown."""
    opposite = {
        Verdict.MET: Verdict.NOT_MET,
        Verdict.NOT_MET: Verdict.MET,
        Verdict.UNKNOWN: Verdict.UNKNOWN,
    }

    def negated(case: Case) -> Finding:
        found = judge(case)
        return Finding(opposite[found.verdict], found.text, found.saw, found.asks)

    return negated


def _together(
    verdict: Verdict, deciding: Sequence[Finding], findings: Sequence[Finding]
) -> Finding:
    saw: dict[str, Any] = {}
    for finding in findings:
        saw.update(finding.saw)
    met = verdict is Verdict.MET
    return Finding(
        verdict,
        "; ".join(dict.fromkeys(each.text for each in deciding)),
        saw,
        once(fact for each in deciding for fact in each.asks),
        once(fact for each in deciding for fact in each.presumed) if met else (),
        once(basis for each in deciding for basis in each.bases) if met else (),
    )


def once(items: Iterable[T]) -> tuple[T, ...]:
    """The items without repetition, in the order of their first appearance."""
    return tuple(dict.fromkeys(items))
