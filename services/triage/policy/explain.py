"""A catalogue in words: what its page and `catalogue show` and `diff` tell a commissioner."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, assert_never

from pydantic import BaseModel

from services.triage.policy.catalogue import Block, Kind, Pathway, Policy
from services.triage.policy.consent import ConsentRule
from services.triage.policy.criteria import once
from services.triage.policy.fact_tests import sought
from services.triage.policy.rules import (
    AllOf,
    AnyOf,
    ConsentTest,
    Criterion,
    FactTest,
    HoursTest,
    NotThis,
    PlaceTest,
    parts,
)
from services.triage.policy.sources import Sourced
from services.triage.policy.vocabulary import SPEAKABLE
from services.triage.policy.wording import listed, place_name, words

_CONSENT: dict[ConsentRule, str] = {
    "lawful_to_share": "sharing is lawful: consent, an override, high risk or a MARAC trigger",
    "agreed": "agreed: consent or an override",
    "given": "consent is given",
}


@dataclass(frozen=True, slots=True)
class RuleInWords:
    """One criterion or safety block; `assumed`: the notes of what should be confirmed."""

    text: str
    source: str
    assumed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PathwayInWords:
    """One row of a catalogue. `place`: the order within its group, for a lead pathway."""

    id: str
    programme: str
    team: str
    kind: Kind
    group: str | None
    place: int | None
    from_: date | None
    funded_until: date | None
    source: str
    rules: tuple[RuleInWords, ...]
    blocks: tuple[RuleInWords, ...]
    assumed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What differs between two policies in one place: the lines that went, and that came.

    `what`: "pathway" and its id, "criterion" and its name, or a part of the policy besides.
    `grounds_gone`, `grounds_new`: its sources, and its notes of what should be confirmed.
    `bears_on`: the pathways that ask for a criterion, by its name or through another's.
    """

    what: str
    turn: Literal["added", "removed", "changed"]
    gone: tuple[str, ...]
    new: tuple[str, ...]
    grounds_gone: tuple[str, ...]
    grounds_new: tuple[str, ...]
    bears_on: tuple[str, ...]


def pathways_in_words(policy: Policy) -> tuple[PathwayInWords, ...]:
    """Every row of a policy, in the order of its file."""
    return tuple(_pathway(row, policy) for row in policy.pathways)


def assumptions(policy: Policy) -> tuple[tuple[str, str], ...]:
    """What is assumed outside the rows: the part of the policy, and what should be confirmed."""
    named: dict[str, Sourced] = {
        "the policy": policy,
        "districts": policy.districts,
        "risk": policy.risk,
        "MARAC": policy.marac,
        "urgent concerns": policy.urgent,
        "consent": policy.consent,
        "response times": policy.response,
        "office hours": policy.office,
        "practitioners' capacity": policy.practitioner_capacity,
    }
    named |= {f"hours of {words(name)}": each for name, each in policy.service_hours.items()}
    named |= {f"task: {task.text}": task for task in policy.standing_tasks}
    return tuple((name, part.note) for name, part in named.items() if part.assumed and part.note)


def glossary(policy: Policy) -> dict[str, str]:
    """The criteria that a policy names, told in full."""
    return {name: _in_full(criterion, policy) for name, criterion in policy.criteria.items()}


def differences(old: Policy, new: Policy) -> tuple[Change, ...]:
    """What changes from one policy to another, place by place."""
    before, after = _places(old), _places(new)
    changes = []
    for what in dict.fromkeys((*before, *after)):
        was, is_ = before.get(what, _Place()), after.get(what, _Place())
        if set(was.lines) == set(is_.lines) and set(was.grounds) == set(is_.grounds):
            continue
        changes.append(
            Change(
                what,
                "added" if what not in before else "removed" if what not in after else "changed",
                gone=_without(was.lines, is_.lines),
                new=_without(is_.lines, was.lines),
                grounds_gone=_without(was.grounds, is_.grounds),
                grounds_new=_without(is_.grounds, was.grounds),
                bears_on=once([*_asking_for(what, old), *_asking_for(what, new)]),
            )
        )
    return tuple(changes)


def in_words(criterion: Criterion, policy: Policy) -> str:
    """What a criterion asks, as a phrase; a name is told by what it means."""
    if isinstance(criterion, str):
        definition = policy.criteria[criterion]
        meaning = None if isinstance(definition, str) else definition.means
        return meaning or in_words(definition, policy)
    return _in_full(criterion, policy)


def _in_full(criterion: Criterion, policy: Policy) -> str:
    text = _phrase(criterion, policy)
    if isinstance(criterion, str):
        return text
    if criterion.means:
        text = f"{criterion.means}: {text}"
    return f"{text} (from {_day(criterion.from_)})" if criterion.from_ else text


def _phrase(criterion: Criterion, policy: Policy) -> str:
    match criterion:
        case FactTest():
            return _of_fact(criterion, policy)
        case ConsentTest(consent=rule):
            return _CONSENT[rule]
        case PlaceTest():
            return f"lives in {place_name(policy.name)}"
        case HoursTest(made_in=name):
            return f"made in the hours of {words(name)}"
        case AllOf(all=several):
            return f"({'; and '.join(in_words(each, policy) for each in several)})"
        case AnyOf(any=several):
            return f"any of: {'; or '.join(in_words(each, policy) for each in several)}"
        case NotThis(not_=one):
            return f"not: {in_words(one, policy)}"
        case str():
            return in_words(criterion, policy)
        case _:
            assert_never(criterion)


def _of_fact(test: FactTest, policy: Policy) -> str:
    label = SPEAKABLE[test.fact].label
    if test.holds is not None:
        text = f"{label} hold any of {listed(test.holds)}"
    elif test.one_of is not None:
        text = f"{label}: any of {listed(test.one_of)}"
    else:
        text = f"{label}: {sought(test)}"
    if test.missing == "met":
        text += " (missing: counts)"
    if test.presumed_unless is not None:
        text += f" (missing: presumed, unless {in_words(test.presumed_unless, policy)})"
    if test.not_completed is not None:
        text += " (checklist not completed: unknown)"
    return text


def _pathway(row: Pathway, policy: Policy) -> PathwayInWords:
    own: Sequence[Sourced | None] = (row, row.on_site, row.capacity)
    return PathwayInWords(
        id=row.id,
        programme=row.programme,
        team=row.team,
        kind=row.kind,
        group=row.group,
        place=row.order,
        from_=row.from_,
        funded_until=row.funded_until,
        source=str(row.source),
        rules=tuple(_rule(each, row, policy) for each in row.criteria),
        blocks=tuple(_block(each, row, policy) for each in row.blocks),
        assumed=tuple(part.note for part in own if part and part.assumed and part.note),
    )


def _rule(criterion: Criterion, row: Pathway, policy: Policy) -> RuleInWords:
    clause = criterion
    while isinstance(clause, str):
        clause = policy.criteria[clause]
    notes = tuple(dict.fromkeys(_notes(clause, policy)))
    return RuleInWords(in_words(criterion, policy), str(clause.source or row.source), notes)


def _block(block: Block, row: Pathway, policy: Policy) -> RuleInWords:
    text = f"closed where {in_words(block.when, policy)}: {block.because}"
    notes = (block.note,) if block.assumed and block.note else ()
    return RuleInWords(text, str(block.source or row.source), notes)


def _notes(criterion: Criterion, policy: Policy) -> Iterator[str]:
    while isinstance(criterion, str):
        criterion = policy.criteria[criterion]
    if criterion.assumed and criterion.note:
        yield criterion.note
    for part in parts(criterion):
        yield from _notes(part, policy)


@dataclass(frozen=True, slots=True)
class _Place:
    """What one place of a policy says, and what that rests on."""

    lines: tuple[str, ...] = ()
    grounds: tuple[str, ...] = ()


def _without(lines: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(line for line in lines if line not in others)


def _places(policy: Policy) -> dict[str, _Place]:
    told = {"criteria", "pathways", "name", "title", "in_force_from", "source", "assumed", "note"}
    rest = policy.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=told)
    definitions = glossary(policy)
    return (
        {"the policy": _Place(grounds=tuple(_own_grounds(policy)))}
        | {
            part: _Place(tuple(_flat(value)), tuple(_grounds(getattr(policy, part))))
            for part, value in rest.items()
        }
        | {
            f"criterion {name}": _Place((definitions[name],), tuple(_grounds(criterion)))
            for name, criterion in policy.criteria.items()
        }
        | {
            f"pathway {row.id}": _Place(_lines(row, policy), tuple(_grounds(row)))
            for row in policy.pathways
        }
    )


def _grounds(part: object) -> Iterator[str]:
    """The sources and notes of a part of a policy, and of what it is made of."""
    if isinstance(part, Sourced):
        yield from _own_grounds(part)
    if isinstance(part, BaseModel):
        for name in type(part).model_fields:
            yield from _grounds(getattr(part, name))
    elif isinstance(part, dict):
        yield from (each for value in part.values() for each in _grounds(value))
    elif isinstance(part, tuple):
        yield from (each for value in part for each in _grounds(value))


def _own_grounds(part: Sourced) -> Iterator[str]:
    if part.source:
        yield f"source: {part.source}"
    if part.note:
        yield f"{'to confirm' if part.assumed else 'note'}: {part.note}"


def _asking_for(what: str, policy: Policy) -> Iterator[str]:
    """The pathways on which a criterion bears; none for any other place."""
    kind, _, name = what.partition(" ")
    if kind != "criterion":
        return
    for row in policy.pathways:
        asked = (*row.criteria, *(block.when for block in row.blocks))
        if any(_leads_to(name, each, policy) for each in asked):
            yield row.id


def _leads_to(name: str, criterion: Criterion, policy: Policy) -> bool:
    if isinstance(criterion, str):
        return criterion == name or _leads_to(name, policy.criteria[criterion], policy)
    return any(_leads_to(name, part, policy) for part in parts(criterion))


def _flat(value: object, place: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            if name not in ("source", "assumed", "note"):
                yield from _flat(each, f"{place} {words(name)}".strip())
    elif isinstance(value, list) and not any(isinstance(each, dict) for each in value):
        yield f"{place}: {listed(value)}"
    elif isinstance(value, list):
        for each in value:
            yield from _flat(each, place)
    else:
        yield f"{place}: {words(value)}".removeprefix(": ")


def _lines(row: Pathway, policy: Policy) -> tuple[str, ...]:
    told = _pathway(row, policy)
    where = f", {row.order} of {row.group}" if row.group else ""
    rest = row.model_dump(mode="json", exclude_none=True, exclude_defaults=True, include=_REST)
    return (
        f"{row.programme} ({row.kind}{where}; taken by {row.team})",
        *([f"from {_day(row.from_)}"] if row.from_ else ()),
        *([f"funded until {_day(row.funded_until)}"] if row.funded_until else ()),
        *_flat(rest),
        *(rule.text for rule in (*told.rules, *told.blocks)),
    )


_REST = {"lawful_basis", "partner_support", "on_site", "capacity", "respond_within"}


def _day(day: date) -> str:
    return f"{day:%-d %B %Y}"
