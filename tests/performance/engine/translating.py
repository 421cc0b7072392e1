"""The catalogue's criteria in the peers' languages: an expression each, parts before wholes.

A peer knows no third value. Where a fact is missing it is null, and each expression asks for that
first, so that it is false rather than an error; which is the blindness that is measured beside.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal, assert_never

from services.triage.policy.catalogue import Policy
from services.triage.policy.rules import (
    AllOf,
    AnyOf,
    ConsentTest,
    Criterion,
    Definition,
    FactTest,
    HoursTest,
    NotThis,
    PlaceTest,
)
from services.triage.policy.vocabulary import SPEAKABLE

Language = Literal["zen", "cel"]

EXTRA: Final = ("consent.status", "consent.given_by", "consent.override", "person.borough")
"""Facts that the rules of consent and of place look at, beside those that a test may speak of."""


def variable(path: str) -> str:
    """A fact's path as a name of the peers' languages."""
    return path.replace(".", "_")


@dataclass
class Translation:
    """A policy's criteria as expressions by name, in the order in which they may be computed.

    `rows`: for each pathway the names of its criteria.
    """

    policy: Policy
    language: Language
    expressions: dict[str, str] = field(default_factory=dict)
    rows: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Translate every pathway's criteria and blocks."""
        for row in self.policy.pathways:
            self.rows[row.id] = tuple(self.name(each) for each in row.criteria)
            for block in row.blocks:
                self.name(block.when)

    def name(self, criterion: Criterion) -> str:
        """The name of a criterion's expression, translated once."""
        if isinstance(criterion, str):
            key = criterion
        else:
            key = criterion.model_dump_json(exclude={"source", "assumed", "note", "means"})
        if key not in self._names:
            expression = self._expression(self._definition(criterion))
            self._names[key] = f"c{len(self.expressions)}"
            self.expressions[self._names[key]] = expression
        return self._names[key]

    def _definition(self, criterion: Criterion) -> Definition:
        while isinstance(criterion, str):
            criterion = self.policy.criteria[criterion]
        return criterion

    def _expression(self, clause: Definition) -> str:
        words = _WORDS[self.language]
        match clause:
            case FactTest():
                return self._fact(clause)
            case ConsentTest(consent=rule):
                return _consent(rule, self.policy.consent.from_age, words)
            case PlaceTest():
                return _place(self.policy, words)
            case HoursTest(made_in=name):
                return f"made_in_{name}"
            case AllOf(all=several):
                return words.both.join(f"({self._part(each)})" for each in several)
            case AnyOf(any=several):
                return words.either.join(f"({self._part(each)})" for each in several)
            case NotThis(not_=one):
                return words.negate(self._part(one))
            case _:
                assert_never(clause)

    def _part(self, criterion: Criterion) -> str:
        """Another expression's value, by its name."""
        return _WORDS[self.language].earlier(self.name(criterion))

    def _fact(self, test: FactTest) -> str:
        words = _WORDS[self.language]
        name = variable(test.fact)
        found = _found(test, name, words)
        if test.missing == "met":
            return f"({name} == null){words.either}({found})"
        if test.presumed_unless is not None:
            unless = words.negate(self._part(test.presumed_unless))
            return f"(({name} == null){words.both}({unless})){words.either}({found})"
        return found


@dataclass(frozen=True)
class Words:
    """How a language says it."""

    both: str
    either: str
    negate: Callable[[str], str]
    earlier: Callable[[str], str]
    among: Callable[[str, str], str]
    """A list's name and the values looked for, as a list."""
    other_than: Callable[[str, str], str]
    some: Callable[[str], str]


_WORDS: Final[dict[Language, Words]] = {
    "zen": Words(
        " and ",
        " or ",
        lambda one: f"not ({one})",
        lambda name: f"$.{name}",
        lambda name, values: f"some({name}, # in {values})",
        lambda name, values: f"some({name}, not (# in {values}))",
        lambda name: f"len({name}) > 0",
    ),
    "cel": Words(
        " && ",
        " || ",
        lambda one: f"!({one})",
        lambda name: name,
        lambda name, values: f"{name}.exists(e, e in {values})",
        lambda name, values: f"{name}.exists(e, !(e in {values}))",
        lambda name: f"{name}.size() > 0",
    ),
}


def _found(test: FactTest, name: str, words: Words) -> str:
    known = f"{name} != null"
    if test.at_least is not None or test.at_most is not None:
        bounds = [f"{name} >= {test.at_least}"] if test.at_least is not None else []
        bounds += [f"{name} <= {test.at_most}"] if test.at_most is not None else []
        return words.both.join([known, *bounds])
    if test.holds is not None:
        return f"{known}{words.both}{words.among(name, _listed(test.holds))}"
    if test.holds_other_than is not None:
        return f"{known}{words.both}{words.other_than(name, _listed(test.holds_other_than))}"
    if test.some:
        return f"{known}{words.both}{words.some(name)}"
    if isinstance(test.is_, bool):
        return f"{name} == {str(test.is_).lower()}"
    wanted = test.one_of or (test.is_,)
    return f"{name} in {_listed(wanted)}" if len(wanted) > 1 else f"{name} == {_value(wanted[0])}"


def _consent(rule: str, from_age: int, words: Words) -> str:
    young = (
        f"(age == null{words.both}role == 'child')"
        f"{words.either}(age != null{words.both}age < {from_age})"
    )
    giver = "consent_given_by in ['person', 'parental_responsibility']"
    own = f"(consent_status == 'given'{words.both}(({giver}){words.either}{words.negate(young)}))"
    override = "consent_override == true"
    if rule == "given":
        return own
    if rule == "agreed":
        return f"{own}{words.either}{override}"
    danger = f"risk_level == 'high'{words.either}{words.some('marac_triggers')}"
    return f"{own}{words.either}{override}{words.either}{danger}"


def _place(policy: Policy, words: Words) -> str:
    here = f"person_borough != null{words.both}person_borough == '{policy.name}'"
    own = f"person_borough == null{words.both}district in {_listed(policy.districts.own)}"
    return f"({here}){words.either}({own})"


def _listed(values: Any) -> str:
    return "[" + ", ".join(_value(value) for value in values) + "]"


def _value(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)


def variables() -> tuple[str, ...]:
    """Every fact path that the peers are given, known or null."""
    return tuple(dict.fromkeys((*SPEAKABLE, *EXTRA, "district")))
