"""Whether anybody at all could meet a set of criteria.

What a conjunction leaves of each fact is followed: the values that a single fact may still have,
and the items that a list may no longer hold. Alternatives are tried one by one. Consent, place and
hours can always be met.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from services.triage.policy.catalogue import Policy
from services.triage.policy.rules import AllOf, AnyOf, Criterion, FactTest, NotThis, Value
from services.triage.policy.vocabulary import SPEAKABLE

_MOST: int = 200  # no number that a rule speaks of is higher


@dataclass(frozen=True)
class _Left:
    """What is left of the facts: `values` of single ones, `barred` items of lists."""

    values: dict[str, frozenset[Value]] = field(default_factory=dict)
    barred: dict[str, frozenset[Value]] = field(default_factory=dict)


def never_met(criteria: Sequence[Criterion], policy: Policy) -> str | None:
    """Why nobody can meet all of the criteria, or None where somebody can."""
    left: list[_Left] = [_Left()]
    # What bars an item of a list must be known before what asks for it.
    for criterion in sorted(criteria, key=lambda each: not _bars(each, policy)):
        left = [after for before in left for after in _follow(criterion, True, before, policy)]
        if not left:
            return f"{_name(criterion)} contradicts what stands beside it"
    return None


def _name(criterion: Criterion) -> str:
    if isinstance(criterion, str):
        return criterion
    return f"the test of {criterion.fact}" if isinstance(criterion, FactTest) else "a criterion"


def _bars(criterion: Criterion, policy: Policy) -> bool:
    while isinstance(criterion, str):
        criterion = policy.criteria[criterion]
    return isinstance(criterion, NotThis)


def _follow(criterion: Criterion, wanted: bool, left: _Left, policy: Policy) -> list[_Left]:
    while isinstance(criterion, str):
        criterion = policy.criteria[criterion]
    match criterion:
        case NotThis(not_=one):
            return _follow(one, not wanted, left, policy)
        case AllOf(all=several) if wanted:
            return _follow_all(several, wanted, left, policy)
        case AnyOf(any=several) if not wanted:
            return _follow_all(several, wanted, left, policy)
        case AllOf(all=several) | AnyOf(any=several):
            return [after for one in several for after in _follow(one, wanted, left, policy)]
        case FactTest(missing=None, presumed_unless=None):
            return _narrow(criterion, wanted, left)
        case _:
            return [left]


def _follow_all(
    several: Sequence[Criterion], wanted: bool, left: _Left, policy: Policy
) -> list[_Left]:
    lefts = [left]
    for one in several:
        lefts = [after for before in lefts for after in _follow(one, wanted, before, policy)]
    return lefts


def _narrow(test: FactTest, wanted: bool, left: _Left) -> list[_Left]:
    speakable = SPEAKABLE[test.fact]
    if speakable.shape == "list":
        return _narrow_list(test, wanted, left)
    if speakable.shape in ("text", "children"):
        return [left]
    if speakable.shape == "number":
        lowest, highest = speakable.lowest or 0, speakable.highest or _MOST
        possible: frozenset[Value] = frozenset(range(lowest, highest + 1))
    else:
        possible = speakable.values or frozenset({True, False})
    named = _named_values(test, possible)
    before = left.values.get(test.fact, possible)
    after = before & named if wanted else before - named
    return [replace(left, values=left.values | {test.fact: after})] if after else []


def _named_values(test: FactTest, possible: frozenset[Value]) -> frozenset[Value]:
    if test.is_ is not None:
        return frozenset({test.is_})
    if test.one_of is not None:
        return frozenset(test.one_of)
    lowest = test.at_least if test.at_least is not None else 0
    highest = test.at_most if test.at_most is not None else _MOST
    return possible & frozenset(range(lowest, highest + 1))


def _narrow_list(test: FactTest, wanted: bool, left: _Left) -> list[_Left]:
    items: frozenset[Value] = frozenset(SPEAKABLE[test.fact].values)
    if test.holds is not None:
        items = frozenset(test.holds)
    elif test.holds_other_than is not None:
        items -= frozenset(test.holds_other_than)
    barred = left.barred.get(test.fact, frozenset())
    if wanted:
        return [left] if items - barred else []
    return [replace(left, barred=left.barred | {test.fact: barred | items})]
