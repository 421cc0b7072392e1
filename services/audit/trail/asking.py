"""What an auditor asks of the trail, and why: read from a query, every fault named by its field."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal, TypeVar, get_args
from uuid import UUID

from services.audit.formats import Asked
from shared.events import Problem
from shared.london import LONDON

T = TypeVar("T")

Why = Literal[
    "inspection",
    "domestic_homicide_review",
    "complaint",
    "subject_access",
    "information_governance",
    "investigation",
    "routine_check",
]
"""Why somebody looks."""
WHYS: Final[tuple[Why, ...]] = get_args(Why)

NO_REASON: Final = "Choose why you are looking"

LARGEST_INDEX: Final = 2**62
LONGEST: Final = 200

# A case number and no words: what is written freely could name somebody.
_REFERENCE: Final = re.compile(r"[A-Za-z0-9/.-]{0,40}")
_AGENCY: Final = re.compile(r"[a-z0-9-]{2,40}")
_TYPE: Final = re.compile(r"[a-z_]+\.[a-z_]+(\.v1)?")
_INDEX: Final = re.compile(r"[0-9]{1,19}")


@dataclass(frozen=True)
class Question:
    """`cursor`: the index of the entry from which a page begins."""

    asked: Asked
    why: Why
    reference: str
    cursor: int = 0

    @property
    def reason(self) -> str:
        """As it is recorded: the reason, and the case's number if there is one."""
        return f"{self.why} {self.reference}".rstrip()


@dataclass(frozen=True)
class Unanswerable:
    """What is to be mended, by field."""

    faults: tuple[Problem, ...]


class _Fault(Exception):
    """What is wrong with one field, in words."""


def read(query: Mapping[str, str]) -> Question | Unanswerable:
    """A question as it stands in an address. A blank field is one that is not given.

    `since`, `until`: a moment with its offset, or London's day; the day of `until` is included.
    """
    faults: list[Problem] = []

    def field(name: str, parse: Callable[[str], T]) -> T | None:
        given = query.get(name, "").strip()
        if not given:
            return None
        try:
            return parse(given)
        except _Fault as fault:
            faults.append(Problem(field=name, problem=str(fault)))
            return None

    why = field("why", _why)
    if why is None and not faults:
        faults.append(Problem(field="why", problem=NO_REASON))
    reference = field("reference", _matching(_REFERENCE, _REFERENCE_WANTED)) or ""
    asked: dict[str, Any] = {
        "referral": field("referral", _uuid),
        "person_ref": field("person_ref", _uuid),
        "pair_ref": field("pair_ref", _uuid),
        "agency": field("agency", _matching(_AGENCY, "An agency's short name, as met-police")),
        "practitioner": field("practitioner", _short),
        "type": field("type", _type),
        "since": field("since", _since),
        "until": field("until", _until),
        "text": field("text", _short),
    }
    cursor = field("cursor", _cursor)
    if asked["person_ref"] and asked["pair_ref"]:
        faults.append(Problem(field="pair_ref", problem="Ask for a person or a pair, not both"))
    if asked["since"] and asked["until"] and asked["since"] >= asked["until"]:
        faults.append(Problem(field="until", problem="The last day is before the first"))
    if faults or why is None:
        return Unanswerable(tuple(faults))
    return Question(Asked(**asked), why, reference, cursor or 0)


_REFERENCE_WANTED: Final = (
    "A case's number has at most 40 letters, figures, / . and -. Leave it out if there is none"
)


def _why(given: str) -> Why:
    for each in WHYS:
        if each == given:
            return each
    raise _Fault(NO_REASON)


def _matching(form: re.Pattern[str], wanted: str) -> Callable[[str], str]:
    def parse(given: str) -> str:
        if not form.fullmatch(given):
            raise _Fault(wanted)
        return given

    return parse


def _uuid(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        raise _Fault("A reference has 32 letters and figures, as 8f8f2ad4-7c2a-…") from None


def _short(given: str) -> str:
    if len(given) > LONGEST or not given.isprintable():
        raise _Fault(f"At most {LONGEST} letters and figures")
    return given


def _type(given: str) -> str:
    if not _TYPE.fullmatch(given):
        raise _Fault("An event's type, as referral.triaged")
    return f"{given.removesuffix('.v1')}.v1"


def _cursor(given: str) -> int:
    if not _INDEX.fullmatch(given) or int(given) > LARGEST_INDEX:
        raise _Fault("The `next` of the page before")
    return int(given)


def _since(given: str) -> datetime:
    return _moment(given, days=0)


def _until(given: str) -> datetime:
    return _moment(given, days=1)


def _moment(given: str, days: int) -> datetime:
    try:
        if len(given) == len("2026-11-03"):
            day = date.fromisoformat(given) + timedelta(days=days)
            return datetime.combine(day, time(), LONDON)
        moment = datetime.fromisoformat(given)
    except (ValueError, OverflowError):
        raise _Fault("A day, as 2026-11-03, or a moment with its offset") from None
    if moment.tzinfo is None:
        raise _Fault("A moment needs its offset, as 2026-11-03T09:30:00Z")
    return moment
