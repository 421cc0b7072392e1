"""What is wrong with a document, by field, in words that a practitioner reads.

A message never holds a value from the document. A field is named by its path in the contract
(`children[0].age`); where the document uses a name that the contract does not know, the path ends
with that name, since its sender must find it, and `publishable` leaves it out: what somebody
typed as a name could be anybody's.
"""

import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from services.intake.referral import PROSE, SLUG, TEXT, Referral
from shared.events import Problem

DOCUMENT = "document"
"""The field of a fault that concerns the whole document."""

AT_MOST = 100
"""Faults named at once: 64 KiB of them would not fit into one message of the bus."""

Location = tuple[str | int, ...]
Shape = dict[str, Any]

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,39}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CONTROL_IN_PROSE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LONGEST_LIST_IN_WORDS = 32


class Fault(NamedTuple):
    """One thing wrong, where the document has it."""

    location: Location
    why: str


def _shape_of(annotation: object) -> Shape:
    """The names below a field: {name: {name: ...}}; empty where it holds a plain value."""
    origin = get_origin(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {
            name: _shape_of(field.annotation) for name, field in annotation.model_fields.items()
        }
    if origin is dict:
        return {key: {} for key in get_args(get_args(annotation)[0])}
    if origin in (Annotated, tuple, Union, UnionType):
        for part in get_args(annotation):
            if part is not NoneType and (shape := _shape_of(part)):
                return shape
    return {}


_REFERRAL: Shape = _shape_of(Referral)


class _Place(NamedTuple):
    """Where a fault lies: its path as known to the contract, what follows, and who stands there."""

    known: str
    foreign: str | None
    siblings: Shape

    @property
    def path(self) -> str:
        if self.foreign is None:
            return self.known or DOCUMENT
        return f"{self.known}.{self.foreign}" if self.known else self.foreign


def _place(location: Location) -> _Place:
    known, shape = "", _REFERRAL
    for step in location:
        if isinstance(step, int):
            known += f"[{step}]"
        elif step in shape:
            known, shape = (f"{known}.{step}" if known else step), shape[step]
        else:
            shown = step if _PLAIN_NAME.fullmatch(step) else "?"
            return _Place(known, shown, shape)
    return _Place(known, None, shape)


def _unknown(place: _Place, _error: ErrorDetails) -> str:
    near = get_close_matches(place.foreign or "", place.siblings, n=1, cutoff=0.75)
    return "is not a field here" + (f"; is {near[0]} meant?" if near else "")


def _one_of(_place: _Place, error: ErrorDetails) -> str:
    expected: str = error["ctx"]["expected"]
    if error["loc"][-1] == "[key]":
        return 'is not a question: they are "1" to "24"'
    if expected.count(",") >= _LONGEST_LIST_IN_WORDS:
        return "is not a two-letter language code of ISO 639-1"
    return "must be " + expected.replace("'", "")


def _out_of_pattern(_place: _Place, error: ErrorDetails) -> str:
    match error["ctx"]["pattern"]:
        case pattern if pattern == SLUG:
            return "must be 2 to 40 of a to z, 0 to 9 and the hyphen"
        case pattern if pattern == PROSE and _CONTROL_IN_PROSE.search(error["input"]):
            return "holds a control character other than line feed and tab"
        case pattern if pattern == TEXT and _CONTROL.search(error["input"]):
            return "holds a control character"
        case _:
            return "is empty but for white space"


def _not_as_agreed(_place: _Place, _error: ErrorDetails) -> str:
    return "is not as the contract has it"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


_WORDS: dict[str, Callable[[_Place, ErrorDetails], str]] = {
    "missing": lambda *_: "is missing",
    "extra_forbidden": _unknown,
    "literal_error": _one_of,
    "bool_type": lambda *_: "must be true or false",
    "int_type": lambda *_: "must be a whole number",
    "string_type": lambda *_: "must be text",
    "tuple_type": lambda *_: "must be a list",
    "dict_type": lambda *_: "must be an object",
    "model_type": lambda *_: "must be an object",
    "greater_than_equal": lambda _, e: f"must be {e['ctx']['ge']} or more",
    "less_than_equal": lambda _, e: f"must be {e['ctx']['le']} or less",
    "string_too_short": lambda *_: "is empty",
    "string_too_long": lambda _, e: (
        f"is longer than {_counted(e['ctx']['max_length'], 'character')}"
    ),
    "string_pattern_mismatch": _out_of_pattern,
    "string_unicode": lambda *_: "holds half of a character (a lone surrogate)",
    "too_short": lambda *_: "must hold at least one",
    "refused": lambda _, e: str(e["ctx"]["why"]),
}


def in_words(
    faults: Sequence[Fault], errors: Sequence[ErrorDetails], *, publishable: bool = False
) -> tuple[Problem, ...]:
    """Every fault once, in the order found; what the reader said of a field stands for the model.

    `publishable` leaves out the names that the contract does not know. More than a hundred are
    counted, not named.
    """
    said = {fault.location for fault in faults}
    errors = [error for error in errors if error["loc"] not in said]
    found: dict[Problem, None] = {}
    for fault in faults[:AT_MOST]:
        found[_problem(_place(fault.location), fault.why, publishable)] = None
    for error in errors[: AT_MOST - len(found)]:
        place = _place(error["loc"])
        why = _WORDS.get(error["type"], _not_as_agreed)(place, error)
        found[_problem(place, why, publishable)] = None
    if (more := len(faults) + len(errors) - AT_MOST) > 0:
        found[Problem(field=DOCUMENT, problem=f"has {_counted(more, 'more fault')}")] = None
    return tuple(found)


def _problem(place: _Place, why: str, publishable: bool) -> Problem:
    return Problem(field=(place.known or DOCUMENT) if publishable else place.path, problem=why)
