"""Past decisions under another catalogue: which would differ, and in what. Pure.

A catalogue is tried as if it had been in force on the day of every referral. A referral made before
the catalogue's own first day is decided as on that first day, so that rows which begin with the
catalogue count, and funding is as it will be then.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.triage.policy.catalogue import Policy
from services.triage.policy.decide import decide
from services.triage.policy.library import Catalogue
from services.triage.policy.rules import Criterion, FactTest, parts
from shared.facts import FACT_PATHS, Facts, Frozen, History
from shared.london import london_day


class Kept(Frozen):
    """A stored decision with what it was made on.

    `decision`: what `route --json` prints, of `considered` each pathway's verdict alone.
    """

    decision_id: UUID
    referral_id: UUID
    revision: int
    facts: Facts
    history: History
    decision: dict[str, Any]


TURNS: Final = (
    "gained",
    "lost",
    "on_other_terms",
    "now_asking",
    "suggested",
    "no_longer_suggested",
)
"""What may become of a pathway. A route that stands on other terms has another lawful basis,
transfer, funding flag or day on site; one that is lost may be asking now."""

_MEASURES: Final = ("outcome", "urgent", "risk_level", "marac_triggers")


@dataclass(frozen=True, slots=True)
class Difference:
    """One decision that would not be what it was.

    `turns`: of TURNS, the pathways concerned. `measures`: of outcome, urgent, risk_level and
    marac_triggers those that differ, before and after. `asks`: facts that would be asked for and
    were not; `no_longer_asks` the other way round.
    """

    decision_id: UUID
    referral_id: UUID
    revision: int
    made_on: date
    turns: Mapping[str, tuple[str, ...]]
    measures: Mapping[str, tuple[Any, Any]]
    asks: tuple[str, ...]
    no_longer_asks: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """What `replay --json` prints of one decision; what does not differ is left out."""
        told: dict[str, Any] = {
            "decision_id": str(self.decision_id),
            "referral_id": str(self.referral_id),
            "revision": self.revision,
            "made_on": self.made_on.isoformat(),
        }
        told |= {turn: list(pathways) for turn, pathways in self.turns.items()}
        told |= {name: {"was": was, "would_be": now} for name, (was, now) in self.measures.items()}
        if self.asks:
            told["asks"] = list(self.asks)
        if self.no_longer_asks:
            told["no_longer_asks"] = list(self.no_longer_asks)
        return told


@dataclass
class Replay:
    """What has been compared so far, and what would differ."""

    catalogue: Catalogue
    compared: int = 0
    differences: list[Difference] = field(default_factory=list)
    _recorded: set[str] = field(default_factory=set)

    def compare(self, kept: Kept) -> None:
        """One more decision."""
        self.compared += 1
        self._recorded.update(kept.facts.by_path)
        if found := difference(kept, self.catalogue):
            self.differences.append(found)

    @property
    def not_recorded(self) -> tuple[str, ...]:
        """Facts that the catalogue asks for and not one compared decision was made on.

        Nobody has sent them, or nobody kept them: what depends on them cannot be replayed, and
        shows as asking.
        """
        asked = {fact for each in self.differences for fact in each.asks}
        tested = facts_tested(self.catalogue.policy) & FACT_PATHS
        return tuple(sorted(asked & tested - self._recorded))

    def by_pathway(self) -> dict[str, dict[str, int]]:
        """How many decisions each pathway would gain, lose and so on, by its name."""
        counts = {turn: Counter[str]() for turn in TURNS}
        for each in self.differences:
            for turn, pathways in each.turns.items():
                counts[turn].update(pathways)
        names = sorted({name for counter in counts.values() for name in counter})
        return {name: {turn: counts[turn][name] for turn in TURNS} for name in names}

    def by_measure(self) -> list[dict[str, Any]]:
        """How often outcome, urgency, risk level or triggers would move, and from what to what."""
        moves: Counter[tuple[str, Any, Any]] = Counter()
        for each in self.differences:
            for name, (was, now) in each.measures.items():
                moves[(name, _said(was), _said(now))] += 1
        return [
            {"measure": name, "was": was, "would_be": now, "decisions": count}
            for (name, was, now), count in sorted(moves.items())
        ]


def difference(kept: Kept, catalogue: Catalogue) -> Difference | None:
    """What would differ in one decision; None where it would be the same."""
    made_on = london_day(kept.facts.made_at)
    decided = decide(kept.facts, catalogue, kept.history, on=max(made_on, catalogue.in_force_from))
    was, now = kept.decision, decided.as_route_json()
    offers = {row.id for row in catalogue.policy.pathways if row.kind == "offer"}
    turns = {turn: found for turn, found in _turns(was, now, offers) if found}
    measures = {name: (was[name], now[name]) for name in _MEASURES if was[name] != now[name]}
    asked, asks = _asked(was), _asked(now)
    new, gone = _without(asks, asked), _without(asked, asks)
    if not (turns or measures or new or gone):
        return None
    return Difference(
        kept.decision_id,
        kept.referral_id,
        kept.revision,
        made_on,
        turns,
        measures,
        new,
        gone,
    )


def _turns(
    was: dict[str, Any], now: dict[str, Any], offers: set[str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    before, after = _routes(was), _routes(now)
    yield "gained", _without(after, before)
    yield "lost", _without(before, after)
    yield (
        "on_other_terms",
        tuple(each for each in after if each in before and before[each] != after[each]),
    )
    yield "now_asking", _without(_unknown(now), {*_unknown(was), *offers})
    yield "suggested", _without(_suggested(now), _suggested(was))
    yield "no_longer_suggested", _without(_suggested(was), _suggested(now))


def _routes(decision: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The routes by pathway, without their reasons: other words for the same are no difference."""
    return {
        route["pathway"]: {name: value for name, value in route.items() if name != "reasons"}
        for route in decision["routes"]
    }


def _unknown(decision: dict[str, Any]) -> tuple[str, ...]:
    considered = decision["considered"]
    return tuple(each["pathway"] for each in considered if each["verdict"] == "unknown")


def _suggested(decision: dict[str, Any]) -> tuple[str, ...]:
    return tuple(each["pathway"] for each in decision["suggestions"])


def _asked(decision: dict[str, Any]) -> tuple[str, ...]:
    return tuple(ask["fact"] for ask in decision["asks"])


def _without(names: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    left_out = frozenset(others)
    return tuple(name for name in names if name not in left_out)


def _said(value: Any) -> Any:
    return ", ".join(value) if isinstance(value, list) else value


def facts_tested(policy: Policy) -> frozenset[str]:
    """The facts that any criterion of a policy tests, by their path."""
    roots: list[Criterion] = [
        *policy.criteria.values(),
        *(each for row in policy.pathways for each in row.criteria),
        *(block.when for row in policy.pathways for block in row.blocks),
    ]
    return frozenset(fact for each in roots for fact in _facts(each))


def _facts(criterion: Criterion) -> Iterator[str]:
    if isinstance(criterion, str):
        return  # defined among the roots
    if isinstance(criterion, FactTest):
        yield criterion.fact
    for part in parts(criterion):
        yield from _facts(part)
