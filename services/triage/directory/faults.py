"""What is wrong with an entry of the directory, where it stands, in words for who keeps it. Pure.

Neither place nor words hold a value: the directory names people.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

Loc = tuple[str | int, ...]
"""The way to a field within an entry: ("leave", 0, "until")."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: in a file on a line, or in the field of a request."""

    field: str = ""
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong."""

    place: Place
    problem: str

    def __str__(self) -> str:
        line = f"line {self.place.line}" if self.place.line else None
        where = ": ".join(part for part in (self.place.file, line, self.place.field) if part)
        return f"{where}: {self.problem}"


class DirectoryRefused(Exception):
    """A directory that cannot be used, with everything that is wrong with it."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


Where = Callable[[Loc], Place]
"""From the way to a field within an entry to its place, as who wrote it knows it."""


def below(prefix: str, file: str | None = None) -> Where:
    """The places of an entry whose fields are named by their way, after `prefix`."""

    def where(loc: Loc) -> Place:
        return Place(".".join(map(str, (*filter(None, (prefix,)), *loc))), file)

    return where


def faults_of(error: ValidationError, where: Where) -> Iterator[Fault]:
    """Each fault of an entry's shape, in words."""
    for each in error.errors(include_url=False, include_input=False):
        loc = tuple(part for part in each["loc"] if part != "[key]")
        yield Fault(where(loc), _words(each, loc))


def _words(error: ErrorDetails, loc: Loc) -> str:
    name = next((part for part in reversed(loc) if isinstance(part, str)), "")
    context: dict[str, Any] = error.get("ctx", {})
    match error["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return "is no field that belongs here"
        case "string_pattern_mismatch":
            return _FORMS.get(name, _ANOTHER_FORM)
        case "string_too_short" | "too_short":
            return "is empty"
        case "string_too_long":
            return f"is longer than {context['max_length']} characters"
        case "string_type":
            return "is no text: write it in quotes"
        case "int_type":
            return "is no whole number"
        case "greater_than_equal":
            return f"is under {context['ge']}"
        case "literal_error":
            if loc[0] == "prefers":
                return _NO_CHANNEL
            return _NO_TEAM if loc[0] == "on_site" and len(loc) == 2 else _NO_DAY
        case "value_error":
            return str(context["error"])
        case "tuple_type":
            return "is no list"
        case "time_parsing" | "date_from_datetime_parsing":
            return "is not on the clock, or not in the calendar"
        case _:
            return _ANOTHER_FORM


_ANOTHER_FORM: Final = "is not of the form that is asked for"
_PERSON: Final = "is no practitioner's id: p- and 4 to 20 small letters or digits"
_ONE_LINE: Final = "is not one line, without white space around it"
_NO_DAY: Final = "is no day of the week: monday, tuesday, wednesday ..."
_NO_CHANNEL: Final = "is neither email nor sms"
_NO_TEAM: Final = "is no team of the referral document, such as leaving_care"
_FORMS: Final = {
    "name": _ONE_LINE,
    "job": _ONE_LINE,
    "id": _PERSON,
    "lead": _PERSON,
    "members": _PERSON,
    "contact": _PERSON,
    "stand_in": _PERSON,
    "coordinators": _PERSON,
    "who": _PERSON,
    "email": "is no email address",
    "phone": "is no telephone number: it begins with 0 or +, then digits and spaces"
    " (a spreadsheet takes the 0 away where the column is not kept as text)",
    "languages": "is no language's two small letters, such as pl",
    "team": "is no team's name: small letters, digits and _, as the catalogue writes it",
    "catalogue": "is no catalogue's name: small letters, digits and -",
}
