"""From the bytes that a sender published to a referral, or to every reason why not, at once.

JSON allows what a referral must not hold (a key given twice, null) and its parsers allow what
JSON does not (NaN), so the bytes are parsed once into a tree, the tree is walked for these, and
the model judges the rest. Whatever the bytes, the outcome is a referral or `UnreadableReferral`.
"""

import json
from collections import Counter
from datetime import date, datetime
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from services.intake.referral import Reading, Referral, parse_moment
from services.intake.wording import Fault, Location, in_words
from shared.events import Problem
from shared.london import london_day

LARGEST = 64 * 1024
"""Bytes of one document."""

DEEPEST = 16
"""Levels of objects and lists, the document itself being the first."""

_MOST_DIGITS = 18
_PLAIN = frozenset((str, bool, int, float))
_ESCAPED_SURROGATE = b"\\ud"


class UnreadableReferral(Exception):
    """The document is refused.

    `problems` is for its sender; `publishable` are the same faults without the names that the
    contract does not know, for events and logs; `reference` is the sender's own number where it
    could be read, and None otherwise. The exception's own text says nothing of the document.
    """

    def __init__(
        self,
        problems: tuple[Problem, ...],
        reference: str | None = None,
        publishable: tuple[Problem, ...] | None = None,
    ) -> None:
        super().__init__(f"the document has {len(problems)} faults")
        self.problems = problems
        self.reference = reference
        self.publishable = problems if publishable is None else publishable


class _Object(dict[str, Any]):
    """A JSON object in which keys were given twice."""

    repeated: list[str]


class _Refused:
    """A number that JSON does not know, or that no field holds."""

    def __init__(self, why: str) -> None:
        self.why = why


_NO_NUMBER: Final = _Refused("is not a number that JSON knows")
_TOO_LONG: Final = _Refused("is too long a number")


def read_document(raw: bytes, now: datetime) -> Referral:
    """The referral that `raw` holds, as read at `now` (aware).

    Raises UnreadableReferral, and nothing else, with every fault.
    """
    tree = parse(raw)
    return judged(tree, unseen_by_the_model(tree, raw), now)


def judged(tree: Any, faults: list[Fault], now: datetime) -> Referral:
    """The referral that a tree holds in which `faults` were found before, as read at `now`.

    Raises UnreadableReferral with every fault.
    """
    verdict = _judge(tree, now)
    if isinstance(verdict, Referral) and not faults:
        return verdict
    errors = [] if isinstance(verdict, Referral) else verdict
    raise UnreadableReferral(
        in_words(faults, errors),
        _reference(tree, faults, errors),
        in_words(faults, errors, publishable=True),
    )


def read_stored(canonical: bytes) -> Referral:
    """A referral that was read before, from its `matching.canonical` form."""
    return Referral.model_validate(json.loads(canonical))


def parse(raw: bytes) -> Any:
    """The JSON of some bytes as a tree; UnreadableReferral where they hold none."""
    if len(raw) > LARGEST:
        raise _unparsable("is larger than 64 KiB")
    # Raised outside the handlers: what the parsers throw carries the document in its attributes.
    try:
        return _decoder.decode(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        why = f"is not UTF-8 text: see byte {error.start + 1:,}"
    except json.JSONDecodeError as error:
        why = f"is not JSON: see line {error.lineno:,}, column {error.colno:,}"
    except RecursionError:
        why = f"is nested deeper than {DEEPEST} levels"
    raise _unparsable(why)


def _unparsable(why: str) -> UnreadableReferral:
    return UnreadableReferral(in_words([Fault((), why)], []))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    times = Counter(key for key, _ in pairs)
    marked = _Object(plain)
    marked.repeated = [key for key, count in times.items() if count > 1]
    return marked


def _integer(digits: str) -> int | _Refused:
    return int(digits) if len(digits) <= _MOST_DIGITS else _TOO_LONG


def _real(digits: str) -> int | float | _Refused:
    # JSON and its Schema know one kind of number: 16.0 is the whole number 16.
    number = float(digits)
    if abs(number) >= 10**_MOST_DIGITS:
        return _TOO_LONG
    return int(number) if number.is_integer() else number


_decoder = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_real,
    parse_constant=lambda _: _NO_NUMBER,
)


def given_twice(tree: Any) -> tuple[str, ...]:
    """The keys that an object of `parse` was given more than once."""
    return tuple(tree.repeated) if isinstance(tree, _Object) else ()


def unseen_by_the_model(tree: Any, raw: bytes) -> list[Fault]:
    """What is wrong with a tree of `parse(raw)` that the model cannot see: keys given twice, null,
    numbers that are none, nesting. Takes out keys that are no text."""
    faults: list[Fault] = []
    _walk(tree, (), faults, surrogates=_ESCAPED_SURROGATE in raw.lower())
    return faults


def _walk(
    value: Any, location: Location, faults: list[Fault], *, surrogates: bool, depth: int = 1
) -> None:
    if isinstance(value, dict):
        if depth > DEEPEST:
            faults.append(Fault(location, f"is nested deeper than {DEEPEST} levels"))
            return
        faults += (Fault((*location, key), "is given twice") for key in given_twice(value))
        if surrogates:
            _take_out_broken_keys(value, location, faults)
        for key, item in value.items():
            if item is None:
                faults.append(Fault((*location, key), "is null: leave it out"))
            elif type(item) not in _PLAIN:
                _walk(item, (*location, key), faults, surrogates=surrogates, depth=depth + 1)
    elif isinstance(value, list):
        if depth > DEEPEST:
            faults.append(Fault(location, f"is nested deeper than {DEEPEST} levels"))
            return
        for index, item in enumerate(value):
            if item is None:
                faults.append(Fault((*location, index), "is null: leave it out"))
            elif type(item) not in _PLAIN:
                _walk(item, (*location, index), faults, surrogates=surrogates, depth=depth + 1)
    elif isinstance(value, _Refused):
        faults.append(Fault(location, value.why))


def _take_out_broken_keys(value: dict[str, Any], location: Location, faults: list[Fault]) -> None:
    """One key that is no Unicode text would keep the model from judging its siblings."""
    broken = [key for key in value if not key.isascii() and _has_surrogate(key)]
    for key in broken:
        del value[key]
        faults.append(Fault((*location, "?"), "is not a field here"))


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _judge(tree: Any, now: datetime) -> Referral | list[ErrorDetails]:
    try:
        return Referral.model_validate(tree, context=Reading(now, _made_on(tree)))
    except ValidationError as error:
        return error.errors(include_url=False)


def _made_on(tree: Any) -> date | None:
    """London's day of made_at, needed while dates of birth are judged, before there is a model."""
    if isinstance(tree, dict):
        try:
            return london_day(parse_moment(tree.get("made_at")))
        except PydanticCustomError:
            pass
    return None


def _reference(tree: Any, faults: list[Fault], errors: list[ErrorDetails]) -> str | None:
    """The sender's number, where it stands there once and is a good one."""
    at_fault = {fault.location for fault in faults} | {error["loc"] for error in errors}
    if isinstance(tree, dict) and ("reference",) not in at_fault:
        reference = tree.get("reference")
        return reference if isinstance(reference, str) else None
    return None
