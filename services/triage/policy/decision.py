"""What was decided for a referral, with every reason."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar, Literal

from services.triage.policy.catalogue import Kind
from services.triage.policy.compiled import CompiledPathway, Line
from services.triage.policy.criteria import Basis, Finding, Verdict, remember
from services.triage.policy.risk import RiskLevel, Trigger

Standing = Literal["eligible", "ineligible", "unknown"]
Outcome = Literal["routed", "needs_information", "unrouted"]


@dataclass(frozen=True, slots=True)
class PolicyUsed:
    """Which policy decided; without a date and a hash where none was in force yet.

    `sha256`: of the catalogue file's bytes.
    """

    name: str
    in_force_from: date | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Considered:
    """One pathway with the finding of each of its criteria.

    `presumed`: missing facts that were taken as met. `blocked_by`: the reason of the safety block
    that closed it. `passed_over_for`: the pathway of its group that comes before it.
    """

    pathway: CompiledPathway
    standing: Standing
    findings: tuple[Finding, ...]
    presumed: tuple[str, ...] = ()
    blocked_by: str | None = None
    passed_over_for: str | None = None

    @property
    def id(self) -> str:
        """The pathway's id."""
        return self.pathway.row.id

    @property
    def asks(self) -> tuple[str, ...]:
        """The missing facts that keep its verdict unknown."""
        if self.standing != "unknown":
            return ()
        waiting = (each for each in self.findings if each.verdict is Verdict.UNKNOWN)
        return tuple(dict.fromkeys(fact for each in waiting for fact in each.asks))

    def as_json(self) -> dict[str, Any]:
        """The contract's `considered` entry."""
        return {
            **self._brief,
            "criteria": [
                _of_line(line, found)
                for line, found in zip(self.pathway.lines, self.findings, strict=True)
            ],
        }

    def as_text(self) -> str:
        """The same, written out from what was written before."""
        lines = map(_written_line, self.pathway.lines, self.findings)
        return f'{self._written_brief()[:-1]},"criteria":[{",".join(lines)}]}}'

    def _written_brief(self) -> str:
        key = (self.standing, self.presumed, self.blocked_by, self.passed_over_for)
        memory = self.pathway.written
        text = memory.get(key)
        return remember(memory, key, _written(self._brief)) if text is None else text

    @property
    def _brief(self) -> dict[str, Any]:
        return {
            "pathway": self.id,
            "verdict": self.standing,
            "presumed": list(self.presumed),
            "blocked_by": self.blocked_by,
            "passed_over_for": self.passed_over_for,
        }


def _of_line(line: Line, found: Finding) -> dict[str, Any]:
    return {
        "text": found.text,
        "verdict": found.verdict.value,
        "saw": {path: _plain(value) for path, value in found.saw.items()},
        "source": line.source,
        "assumed": line.assumed,
    }


def _written_line(line: Line, found: Finding) -> str:
    """A finding is known by its identity; the entry holds it, so that no other can have its id."""
    entry = line.remembered.get(id(found))
    if entry is None:
        written = _written(_of_line(line, found))
        entry = remember(line.remembered, id(found), (found, written))
    text: str = entry[1]
    return text


_written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [each if isinstance(each, str) else each.model_dump(mode="json") for each in value]
    return value.isoformat() if isinstance(value, date) else value


@dataclass(frozen=True, slots=True)
class Route:
    """A pathway that the person is routed to.

    `team`: the practitioners who take it. `transfer_to`: the borough, or the district, where the
    person is known to live instead. `waits_for_coordinator`: nobody is offered it before the
    coordinator has looked at a cross-allegation.
    """

    pathway: str
    kind: Kind
    team: str
    bases: tuple[Basis, ...]
    transfer_to: str | None
    funding_to_confirm: bool
    next_on_site: date | None
    reasons: tuple[str, ...]
    waits_for_coordinator: bool = False

    def as_json(self) -> dict[str, Any]:
        """The contract's `routes` entry."""
        return {
            "pathway": self.pathway,
            "kind": self.kind,
            "bases": list(self.bases),
            "transfer_to": self.transfer_to,
            "funding_to_confirm": self.funding_to_confirm,
            "next_on_site": self.next_on_site.isoformat() if self.next_on_site else None,
            "reasons": list(self.reasons),
        }


@dataclass(frozen=True, slots=True)
class Ask:
    """A missing fact, and the pathways whose verdict it alone would settle."""

    fact: str
    would_settle: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """Something for a coordinator or the practitioner to do."""

    for_: Literal["coordinator", "practitioner"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decided:
    """What every decision carries.

    `asks_go_to`: who is asked for the missing facts. `stands_first`: urgent, and neither a
    statutory nor a lead route was found. `cross_allegation`: the same two people are known with
    the roles reversed, so that nobody may serve both.
    """

    outcome: ClassVar[Outcome]

    policy: PolicyUsed
    urgent: bool
    risk_level: RiskLevel
    marac_triggers: tuple[Trigger, ...]
    routes: tuple[Route, ...] = ()
    suggestions: tuple[str, ...] = ()
    asks: tuple[Ask, ...] = ()
    asks_go_to: Literal["sender", "coordinator"] = "sender"
    tasks: tuple[Task, ...] = ()
    considered: tuple[Considered, ...] = ()
    cross_allegation: bool = False
    stands_first: bool = False

    def next_of_group(self, pathway: str) -> tuple[str, ...]:
        """The eligible pathways that were passed over for a lead route, in their order."""
        return tuple(each.id for each in self.considered if each.passed_over_for == pathway)

    def as_route_json(self) -> dict[str, Any]:
        """What `route --json` prints."""
        return {
            "catalogue": {
                "name": self.policy.name,
                "in_force_from": _iso(self.policy.in_force_from),
                "sha256": self.policy.sha256,
            },
            "outcome": self.outcome,
            "urgent": self.urgent,
            "risk_level": self.risk_level,
            "marac_triggers": list(self.marac_triggers),
            "routes": [route.as_json() for route in self.routes],
            "suggestions": [{"pathway": each} for each in self.suggestions],
            "asks": _asks(self.asks),
            "tasks": [{"for": task.for_, "text": task.text} for task in self.tasks],
            "considered": [each.as_json() for each in self.considered],
        }

    def as_route_text(self) -> str:
        """`as_route_json` written out; what was written before is not written again."""
        brief = _written(replace(self, considered=()).as_route_json())
        every = ",".join([each.as_text() for each in self.considered])
        return brief.removesuffix("[]}") + f"[{every}]}}"


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _asks(asks: Iterable[Ask]) -> list[dict[str, Any]]:
    return [{"fact": ask.fact, "would_settle": list(ask.would_settle)} for ask in asks]


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed(_Decided):
    """At least one route was found."""

    outcome: ClassVar[Outcome] = "routed"


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsInformation(_Decided):
    """No route yet, and at least one pathway is still unknown; the coordinator has it at once."""

    outcome: ClassVar[Outcome] = "needs_information"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrouted(_Decided):
    """Nothing fits, or no policy was in force; the coordinator has it."""

    outcome: ClassVar[Outcome] = "unrouted"


Decision = Routed | NeedsInformation | Unrouted
