"""A policy's criteria turned into a list of functions once, when it is loaded.

For one referral the list is run through once, parts before what is made of them, and each finding
lies at its criterion's place. A criterion that several pathways share has one place.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, assert_never

from services.triage.policy.catalogue import Block, Pathway, Policy, StandingTask
from services.triage.policy.consent import consent_judge
from services.triage.policy.criteria import (
    Case,
    Finding,
    Judge,
    Verdict,
    all_of,
    any_of,
    negation,
    picking,
)
from services.triage.policy.days import made_in
from services.triage.policy.fact_tests import fact_judge
from services.triage.policy.places import in_the_borough
from services.triage.policy.rules import (
    AllOf,
    AnyOf,
    Clause,
    ConsentTest,
    Criterion,
    Definition,
    FactTest,
    HoursTest,
    NotThis,
    PlaceTest,
    parts,
)
from services.triage.policy.sources import Sourced


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion of a pathway: its place, where it comes from, whether any of it is assumed.

    `remembered`: how findings on it were written out before; `decision` keeps it.
    """

    place: int
    source: str
    assumed: bool
    is_place: bool
    remembered: dict[Hashable, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class CompiledBlock:
    """A safety block: where the finding at its place is met, `reason` closes the pathway."""

    place: int
    reason: str


@dataclass(frozen=True, slots=True)
class CompiledPathway:
    """A pathway with the places of its criteria and blocks.

    `pick` takes the findings on its criteria out of all findings of a referral.
    `written`: how conclusions on it were written out before; `decision` keeps it.
    """

    row: Pathway
    lines: tuple[Line, ...]
    blocks: tuple[CompiledBlock, ...]
    pick: Callable[[Sequence[Finding]], tuple[Finding, ...]]
    written: dict[Hashable, str] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Rules:
    """All that a policy decides by. The pathways stand by kind, group and order, then by id.

    `judges`: every criterion at its place. Those before `begin` tell whether there is abuse, the
    last of them; that must be known before there is a level of risk for the others to look at.
    """

    judges: tuple[Judge, ...]
    begin: int
    pathways: tuple[CompiledPathway, ...]
    standing_tasks: tuple[tuple[int, StandingTask], ...]


_KINDS = ("statutory", "lead", "additional", "offer")


def compile_rules(policy: Policy) -> Rules:
    """The rules of a policy whose names have been found to hold together."""
    compiler = _Compiler(policy)
    rows = sorted(
        policy.pathways,
        key=lambda row: (_KINDS.index(row.kind), row.group or "", row.order or 0, row.id),
    )
    abuse = compiler.place(policy.marac.abuse)
    pathways = tuple(compiler.pathway(row) for row in rows)
    tasks = tuple((compiler.place(task.when), task) for task in policy.standing_tasks)
    return Rules(tuple(compiler.judges), abuse + 1, pathways, tasks)


class _Compiler:
    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.judges: list[Judge] = []
        self.places: dict[str, int] = {}

    def pathway(self, row: Pathway) -> CompiledPathway:
        lines = tuple(self.line(criterion, row) for criterion in row.criteria)
        blocks = tuple(self.block(block, row) for block in row.blocks)
        return CompiledPathway(row, lines, blocks, picking([line.place for line in lines]))

    def line(self, criterion: Criterion, row: Pathway) -> Line:
        clause = self._named(criterion)
        grounds = self._grounds(clause)
        source = clause.source or (grounds and grounds.source) or row.source
        is_place = isinstance(clause, PlaceTest)
        return Line(self.place(criterion), str(source), self._assumed(clause), is_place)

    def block(self, block: Block, row: Pathway) -> CompiledBlock:
        return CompiledBlock(
            self.place(block.when), f"{block.because} ({block.source or row.source})"
        )

    def place(self, criterion: Criterion) -> int:
        """The place of a criterion's finding; its parts have places before it."""
        if isinstance(criterion, str):
            key = criterion
        else:
            key = criterion.model_dump_json(exclude={"source", "assumed", "note", "means"})
        if key not in self.places:
            judge = self._compile(self._named(criterion))
            self.places[key] = len(self.judges)
            self.judges.append(judge)
        return self.places[key]

    def judge(self, criterion: Criterion) -> Judge:
        """A judge that looks up what was found at the criterion's place."""
        place = self.place(criterion)
        return lambda case: case.found[place]

    def _compile(self, clause: Definition) -> Judge:
        return _from_a_day(self._compile_undated(clause), clause)

    def _compile_undated(self, clause: Definition) -> Judge:
        match clause:
            case FactTest(presumed_unless=unless):
                return fact_judge(clause, None if unless is None else self.judge(unless))
            case ConsentTest(consent=rule):
                return consent_judge(rule, self.policy.consent)
            case PlaceTest():
                return in_the_borough(self.policy.name, self.policy.districts)
            case HoursTest(made_in=name):
                return made_in(self.policy.service_hours[name])
            case AllOf(all=several):
                return all_of([self.place(each) for each in several])
            case AnyOf(any=several):
                return any_of([self.place(each) for each in several])
            case NotThis(not_=one):
                return negation(self.place(one))
            case _:
                assert_never(clause)

    def _named(self, criterion: Criterion) -> Definition:
        while isinstance(criterion, str):
            criterion = self.policy.criteria[criterion]
        return criterion

    def _assumed(self, clause: Definition) -> bool:
        grounds = self._grounds(clause)
        if clause.assumed or (grounds is not None and grounds.assumed):
            return True
        return any(self._assumed(self._named(each)) for each in parts(clause))

    def _grounds(self, clause: Definition) -> Sourced | None:
        """What of the policy, outside the criterion, its finding rests on."""
        match clause:
            case PlaceTest():
                return self.policy.districts
            case HoursTest(made_in=name):
                return self.policy.service_hours[name]
            case FactTest(fact="marac_triggers"):
                return self.policy.marac
            case FactTest(fact="risk_level"):
                return self.policy.risk
            case _:
                return None


def _from_a_day(judge: Judge, clause: Clause) -> Judge:
    begins = clause.from_
    if begins is None:
        return judge
    not_yet = Finding(Verdict.NOT_MET, f"this way in is open from {begins:%-d %B %Y}", {})

    def dated(case: Case) -> Finding:
        return not_yet if case.on < begins else judge(case)

    return dated
