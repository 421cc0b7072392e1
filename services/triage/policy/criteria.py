"""Three-valued criteria: what a rule finds when it looks at a referral.

A criterion is met, not met or unknown. `all`, `any` and `not` follow Kleene: an
alternative that is met decides although others are unknown, and one requirement that is not met
decides although others are unknown. An empty set of criteria is refused: nothing is met by it.

Findings are remembered: the same facts always give the same finding, so each is worded once and
shared by every decision after it. Nobody changes one, or what it saw.
"""

from collections.abc import Callable, Container, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from operator import itemgetter
from typing import Any, Final, Literal, NamedTuple, TypeVar

from shared.facts import Facts

T = TypeVar("T")
V = TypeVar("V")

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
    decides. `found`: what each criterion of the catalogue came to, at its place.
    """

    facts: Facts
    known: dict[str, Any]
    made: datetime
    on: date
    bank_holidays: Container[date]
    found: list[Finding]


Judge = Callable[[Case], Finding]


MOST: Final = 1024
"""How many findings one criterion remembers before it begins anew."""


def remember(memory: dict[Hashable, V], key: Hashable, value: V) -> V:
    """Keep a value under its key, and forget all others first where there are too many."""
    if len(memory) >= MOST:
        memory.clear()
    memory[key] = value
    return value


def by_facts(judge: Judge, *paths: str) -> Judge:
    """A judge whose finding follows from the facts at `paths` alone."""
    memory: dict[Hashable, Finding] = {}

    def judged(case: Case) -> Finding:
        key = tuple(map(case.known.get, paths))
        found = memory.get(key)
        return remember(memory, key, judge(case)) if found is None else found

    def judged_by_one(case: Case) -> Finding:
        value = case.known.get(paths[0])
        found = memory.get(value)
        return remember(memory, value, judge(case)) if found is None else found

    return judged_by_one if len(paths) == 1 else judged


def picking(places: Sequence[int]) -> Callable[[Sequence[Finding]], tuple[Finding, ...]]:
    """Takes the findings at some places out of all; ValueError for no place at all."""
    if not places:
        raise ValueError("an empty set of criteria is never met: name at least one")
    if len(places) > 1:
        return itemgetter(*places)
    (only,) = places
    return lambda found: (found[only],)


def all_of(places: Sequence[int]) -> Judge:
    """Met if every finding is met; not met if one is not met; otherwise unknown."""
    return _combined(places, _conclude_all)


def any_of(places: Sequence[int]) -> Judge:
    """Met if one finding is met; not met if none is met or unknown; otherwise unknown."""
    return _combined(places, _conclude_any)


def negation(place: int) -> Judge:
    """Met if the finding is not met, not met if it is met, unknown if it is unknown."""
    return _combined((place,), _conclude_not)


def _combined(places: Sequence[int], conclude: Callable[[Sequence[Finding]], Finding]) -> Judge:
    """A conclusion follows from its parts alone, and these are known by their identity, which is
    quicker than by what they say. An entry keeps its parts, so that no other can have their ids."""
    pick = picking(places)
    memory: dict[Hashable, tuple[Sequence[Finding], Finding]] = {}

    def judge(case: Case) -> Finding:
        parts = pick(case.found)
        key = tuple(map(id, parts))
        entry = memory.get(key)
        if entry is None:
            entry = remember(memory, key, (parts, conclude(parts)))
        return entry[1]

    return judge


def _conclude_all(findings: Sequence[Finding]) -> Finding:
    verdict = Verdict.MET
    for finding in findings:
        if finding.verdict is Verdict.NOT_MET:
            verdict = Verdict.NOT_MET
            break
        if finding.verdict is Verdict.UNKNOWN:
            verdict = Verdict.UNKNOWN
    return _together(verdict, findings)


def _conclude_any(findings: Sequence[Finding]) -> Finding:
    verdict = Verdict.NOT_MET
    for finding in findings:
        if finding.verdict is Verdict.MET:
            verdict = Verdict.MET
            break
        if finding.verdict is Verdict.UNKNOWN:
            verdict = Verdict.UNKNOWN
    return _together(verdict, findings)


_OPPOSITE = {
    Verdict.MET: Verdict.NOT_MET,
    Verdict.NOT_MET: Verdict.MET,
    Verdict.UNKNOWN: Verdict.UNKNOWN,
}


def _conclude_not(findings: Sequence[Finding]) -> Finding:
    (found,) = findings
    return Finding(_OPPOSITE[found.verdict], found.text, found.saw, found.asks)


def _together(verdict: Verdict, findings: Sequence[Finding]) -> Finding:
    """The findings with this verdict are the reasons: they decide."""
    deciding = [each for each in findings if each.verdict is verdict]
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
