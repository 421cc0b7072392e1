"""A policy's criteria turned into functions once, when it is loaded.

A criterion that several pathways share is compiled once and, for one referral, judged once.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any, assert_never

from services.triage.catalogue import Block, Pathway, Policy, StandingTask
from services.triage.consent import consent_judge
from services.triage.criteria import Case, Finding, Judge, Verdict, all_of, any_of, negation
from services.triage.days import made_in
from services.triage.fact_tests import fact_judge
from services.triage.places import in_the_borough
from services.triage.rules import (
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
from services.triage.sources import Sourced


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion of a pathway: its judge, where it comes from, whether any of it is assumed."""

    judge: Judge
    source: str
    assumed: bool
    is_place: bool


@dataclass(frozen=True, slots=True)
class CompiledBlock:
    """A safety block: where the judge finds it met, `reason` closes the pathway."""

    judge: Judge
    reason: str


@dataclass(frozen=True, slots=True)
class CompiledPathway:
    """A pathway with its criteria and blocks ready to judge.

    `remembered`: what was concluded of it from the same findings before; `decide` keeps it.
    """

    row: Pathway
    lines: tuple[Line, ...]
    blocks: tuple[CompiledBlock, ...]
    remembered: dict[Hashable, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Rules:
    """All that a policy decides by. The pathways stand by kind, group and order, then by id.

    `judged`: how many criteria there are, the length of a case's `found`.
    """

    abuse: Judge
    pathways: tuple[CompiledPathway, ...]
    standing_tasks: tuple[tuple[Judge, StandingTask], ...]
    judged: int


_KINDS = ("statutory", "lead", "additional", "offer")


def compile_rules(policy: Policy) -> Rules:
    """The rules of a policy whose names have been found to hold together."""
    compiler = _Compiler(policy)
    rows = sorted(
        policy.pathways,
        key=lambda row: (_KINDS.index(row.kind), row.group or "", row.order or 0, row.id),
    )
    pathways = tuple(
        CompiledPathway(
            row,
            tuple(compiler.line(criterion, row) for criterion in row.criteria),
            tuple(compiler.block(block, row) for block in row.blocks),
        )
        for row in rows
    )
    tasks = tuple((compiler.judge(task.when), task) for task in policy.standing_tasks)
    return Rules(compiler.judge(policy.marac.abuse), pathways, tasks, len(compiler.judges))


class _Compiler:
    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.judges: dict[str, Judge] = {}

    def line(self, criterion: Criterion, row: Pathway) -> Line:
        clause = self._named(criterion)
        grounds = self._grounds(clause)
        source = clause.source or (grounds and grounds.source) or row.source
        is_place = isinstance(clause, PlaceTest)
        return Line(self.judge(criterion), str(source), self._assumed(clause), is_place)

    def block(self, block: Block, row: Pathway) -> CompiledBlock:
        return CompiledBlock(
            self.judge(block.when), f"{block.because} ({block.source or row.source})"
        )

    def judge(self, criterion: Criterion) -> Judge:
        """The judge of a criterion, which remembers for each case what it found."""
        if isinstance(criterion, str):
            key = criterion
        else:
            key = criterion.model_dump_json(exclude={"source", "assumed", "note", "means"})
        if key not in self.judges:
            judge = self._compile(self._named(criterion))
            self.judges[key] = _remembering(judge, len(self.judges))
        return self.judges[key]

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
                return all_of([self.judge(each) for each in several])
            case AnyOf(any=several):
                return any_of([self.judge(each) for each in several])
            case NotThis(not_=one):
                return negation(self.judge(one))
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


def _remembering(judge: Judge, place: int) -> Judge:
    def remembered(case: Case) -> Finding:
        found = case.found[place]
        if found is None:
            found = case.found[place] = judge(case)
        return found

    return remembered


def _from_a_day(judge: Judge, clause: Clause) -> Judge:
    begins = clause.from_
    if begins is None:
        return judge
    not_yet = Finding(Verdict.NOT_MET, f"this way in is open from {begins:%-d %B %Y}", {})

    def dated(case: Case) -> Finding:
        return not_yet if case.on < begins else judge(case)

    return dated
