"""The shape of a criterion as a catalogue writes it.

A criterion is a name that the catalogue defines, a test of one fact, the rule of consent, the
place, the hours of a service, or `all`, `any`, `not` of further criteria.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StrictBool, StrictInt, StrictStr, Tag, model_validator

from services.triage.policy.consent import ConsentRule
from services.triage.policy.sources import Sourced
from services.triage.policy.vocabulary import SPEAKABLE, Shape

Value = StrictBool | StrictInt | StrictStr

OPERATORS = (
    "is_",
    "one_of",
    "at_least",
    "at_most",
    "holds",
    "holds_other_than",
    "some",
)

# Which operators fit which facts.
_FITS: dict[Shape, frozenset[str]] = {
    "choice": frozenset({"is_", "one_of"}),
    "text": frozenset({"is_", "one_of"}),
    "yes_no": frozenset({"is_"}),
    "number": frozenset({"is_", "one_of", "at_least", "at_most"}),
    "list": frozenset({"holds", "holds_other_than", "some"}),
    "children": frozenset({"some"}),
}


class Clause(Sourced):
    """What every criterion may carry.

    `means`: what it stands for, in words. `from`: before that day it is not met.
    """

    means: str | None = None
    from_: date | None = Field(default=None, alias="from")


class FactTest(Clause):
    """A test of one fact; a missing fact is unknown unless the test says otherwise.

    `missing: met` counts a missing fact as met. `presumed_unless` does so too, marks the verdict
    as presumed and asks for the fact, unless the criterion it names is met. `not_completed:
    unknown` makes a test of the risk level or the MARAC triggers unknown where it is not met and
    the checklist was not completed.
    """

    fact: str
    is_: Value | None = Field(default=None, alias="is")
    one_of: tuple[Value, ...] | None = Field(default=None, min_length=1)
    at_least: StrictInt | None = None
    at_most: StrictInt | None = None
    holds: tuple[StrictStr, ...] | None = Field(default=None, min_length=1)
    holds_other_than: tuple[StrictStr, ...] | None = Field(default=None, min_length=1)
    some: Literal[True] | None = None
    missing: Literal["met"] | None = None
    presumed_unless: Criterion | None = None
    not_completed: Literal["unknown"] | None = None

    @model_validator(mode="after")
    def _fits_its_fact(self) -> FactTest:
        speakable = SPEAKABLE.get(self.fact)
        if speakable is None:
            raise ValueError(f"there is no fact {self.fact} that a rule may speak of")
        used = {each for each in OPERATORS if getattr(self, each) is not None}
        if len(used - {"at_most"} or used) != 1 or (len(used) == 2 and "at_least" not in used):
            raise ValueError(
                "a test has exactly one operator (at_least and at_most may go together)"
            )
        if not used <= _FITS[speakable.shape]:
            name = next(iter(used)).rstrip("_")
            raise ValueError(f"{name} does not fit {self.fact}, which is a {speakable.shape}")
        for value in self.values():
            if refusal := speakable.refuses(value):
                raise ValueError(refusal)
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"nothing is both {self.at_least} or over and {self.at_most} or under")
        if self.not_completed and self.fact not in ("risk_level", "marac_triggers"):
            raise ValueError("not_completed belongs to risk_level and marac_triggers alone")
        return self

    def values(self) -> Iterator[Value]:
        """The values that the test names."""
        for one in (self.is_, self.at_least, self.at_most):
            if one is not None:
                yield one
        for several in (self.one_of, self.holds, self.holds_other_than):
            yield from several or ()


class ConsentTest(Clause):
    """The rule of consent; see `services.triage.policy.consent`."""

    consent: ConsentRule


class PlaceTest(Clause):
    """Whether the person lives in the catalogue's borough."""

    place: Literal["in_the_borough"]


class HoursTest(Clause):
    """Whether the referral was made in the hours of a service that the catalogue names."""

    made_in: str


class AllOf(Clause):
    """Every one of the criteria."""

    all: tuple[Criterion, ...] = Field(min_length=1)


class AnyOf(Clause):
    """At least one of the criteria."""

    any: tuple[Criterion, ...] = Field(min_length=1)


class NotThis(Clause):
    """The criterion is not met."""

    not_: Criterion = Field(alias="not")


# The kinds by the name that tells them; the tags are no names, so that an error's place keeps only
# what stands in the file.
_KINDS = {
    "fact": FactTest,
    "consent": ConsentTest,
    "place": PlaceTest,
    "made_in": HoursTest,
    "all": AllOf,
    "any": AnyOf,
    "not": NotThis,
}


def _kind(value: Any) -> str | None:
    if isinstance(value, str):
        return "(name)"
    if isinstance(value, dict):
        return next((f"({key})" for key in _KINDS if key in value), None)
    return next((f"({key})" for key, kind in _KINDS.items() if isinstance(value, kind)), None)


Criterion = Annotated[
    Annotated[StrictStr, Tag("(name)")]
    | Annotated[FactTest, Tag("(fact)")]
    | Annotated[ConsentTest, Tag("(consent)")]
    | Annotated[PlaceTest, Tag("(place)")]
    | Annotated[HoursTest, Tag("(made_in)")]
    | Annotated[AllOf, Tag("(all)")]
    | Annotated[AnyOf, Tag("(any)")]
    | Annotated[NotThis, Tag("(not)")],
    Discriminator(
        _kind,
        custom_error_type="criterion",
        custom_error_message="a criterion is a name, or has one of fact, consent, place, made_in, "
        "all, any, not",
    ),
]


Definition = FactTest | ConsentTest | PlaceTest | HoursTest | AllOf | AnyOf | NotThis

for _model in (FactTest, AllOf, AnyOf, NotThis):
    _model.model_rebuild()


def parts(criterion: Criterion) -> tuple[Criterion, ...]:
    """The criteria that a criterion is made of, one level down."""
    match criterion:
        case AllOf(all=several) | AnyOf(any=several):
            return several
        case NotThis(not_=one):
            return (one,)
        case FactTest(presumed_unless=one) if one is not None:
            return (one,)
        case _:
            return ()
