"""Answers on the checker's form, read as facts to try.

An answer that is missing stays a missing fact. Nothing is kept, and no fault repeats an answer.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from services.triage.policy.risk import history_of_repeat
from services.triage.questions import CHILDREN, NONE_OF_THESE, REPEAT, Question, Section, id_of
from shared.facts import Child, Facts, History
from shared.london import LONDON

Answers = Mapping[str, Sequence[str]]
"""What a form says: each field's answers, none where it was left blank."""

CATALOGUE: Final = "catalogue"
DAY: Final = ("on-day", "on-month", "on-year")
TIME: Final = "at"
_YEARS: Final = range(2000, 2100)
_DISTRICT: Final = re.compile(r"([A-Z]{1,2}[0-9][0-9A-Z]?)(?:[0-9][A-Z]{2})?")
_AGENCY: Final = "not-named"


@dataclass(frozen=True, slots=True)
class Fault:
    """What to mend. `field`: the question's; `problem`: a sentence that begins with what to do."""

    field: str
    problem: str

    @property
    def id(self) -> str:
        """The id of the input to mend."""
        return id_of(self.field)


@dataclass(frozen=True, slots=True)
class Trial:
    """Facts to try by the catalogue of a name, in force on London's day of `facts.made_at`.

    `history`: where an earlier MARAC referral was stated; None asks nothing about one.
    """

    catalogue: str
    facts: Facts
    history: History | None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Every fault of a form, in the order of its questions."""

    faults: tuple[Fault, ...]


class _Wrong(ValueError):
    """One answer cannot be read; the text is what to do."""


def start(now: datetime, catalogue: str | None) -> dict[str, list[str]]:
    """The answers that the form begins with: London's day and time, and the only catalogue."""
    here = now.astimezone(LONDON)
    day = zip(DAY, (here.day, here.month, here.year), strict=True)
    answers = {field: [str(part)] for field, part in day} | {TIME: [f"{here:%H:%M}"]}
    return answers | ({CATALOGUE: [catalogue]} if catalogue else {})


def fields_of(sections: Iterable[Section]) -> frozenset[str]:
    """Every field that the form has."""
    asked = {question.field for section in sections for question in section.questions}
    return frozenset({CATALOGUE, *DAY, TIME, *asked})


def read_answers(
    answers: Answers, sections: Iterable[Section], catalogues: Sequence[str]
) -> Trial | Unreadable:
    """The facts that the answers tell, or every fault at once."""
    faults: list[Fault] = []
    catalogue = _one(answers, CATALOGUE)
    if catalogue not in catalogues:
        faults.append(Fault(CATALOGUE, "Choose whose policy to try"))
    day = _read_day(answers, faults)
    at = _read_time(answers, faults)
    known: dict[str, Any] = {}
    for question in (each for section in sections for each in section.questions):
        try:
            value = _read(question, answers.get(question.field, ()))
        except _Wrong as error:
            faults.append(Fault(question.field, str(error)))
            continue
        if value is not None:
            known[question.field] = value
    if faults or catalogue is None or day is None or at is None:
        return Unreadable(tuple(faults))
    history = history_of_repeat(day, day) if known.pop(REPEAT.field, False) else None
    if CHILDREN.field in known:
        known[CHILDREN.field] = (Child(),) * known[CHILDREN.field]
    given = {"source.agency": _AGENCY, "source.route": "form", **known}
    made_at = datetime.combine(day, at, LONDON)
    return Trial(catalogue, Facts.model_validate({**given, "made_at": made_at}), history)


def kept(answers: Answers, trial: Trial) -> Answers:
    """The answers as they go back on the page: of a postcode no more than the district."""
    district = trial.facts.district
    return {**answers, "district": [district]} if district else answers


def told(answers: Answers, sections: Iterable[Section]) -> tuple[tuple[Question, str], ...]:
    """The questions that were answered, with the answers in words."""
    return tuple(
        (question, ", ".join(question.say(each) for each in answers[question.field]))
        for section in sections
        for question in section.questions
        if question.field in answers
    )


def _one(answers: Answers, field: str) -> str | None:
    given = answers.get(field, ())
    return given[0].strip() if len(given) == 1 else None


def _read_day(answers: Answers, faults: list[Fault]) -> date | None:
    parts = [_one(answers, field) or "" for field in DAY]
    try:
        day, month, year = (_whole(part) for part in parts)
        read = date(year, month, day)
    except ValueError:
        faults.append(Fault("on", "Enter a day that exists, such as 27 3 2026"))
        return None
    if read.year not in _YEARS:
        faults.append(Fault("on", f"Enter a year from {_YEARS[0]} to {_YEARS[-1]}"))
        return None
    return read


def _read_time(answers: Answers, faults: list[Fault]) -> time | None:
    text = _one(answers, TIME) or ""
    found = re.fullmatch(r"([01]?[0-9]|2[0-3])[:.]([0-5][0-9])", text, re.ASCII)
    if found is None:
        faults.append(Fault(TIME, "Enter a time of day, such as 9:30 or 21:15"))
        return None
    return time(int(found[1]), int(found[2]))


def _whole(text: str) -> int:
    """ValueError unless `text` is a whole number of at most four digits."""
    if not re.fullmatch(r"[0-9]{1,4}", text, re.ASCII):
        raise ValueError("not a whole number")
    return int(text)


def _read(question: Question, given: Sequence[str]) -> Any:
    """The fact that an answer tells; None where there is none. _Wrong says what to do."""
    values = [text for each in given if (text := each.strip())]
    if not values:
        if question.needed:
            raise _Wrong(question.needed)
        return None
    if question.kind == "list":
        return _several(question, values)
    if len(values) > 1:
        raise _Wrong(f"Give one answer to: {question.text}")
    match question.kind:
        case "number":
            return _number(question, values[0])
        case "district":
            return _district(values[0])
        case "yes_no":
            return _chosen(question, values[0]) == "yes"
        case "choice":
            return _chosen(question, values[0])


def _several(question: Question, values: Sequence[str]) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(_chosen(question, each) for each in values))
    if NONE_OF_THESE not in chosen:
        return chosen
    if len(chosen) > 1:
        raise _Wrong(f"Choose either what applies or none of these: {question.text}")
    return ()


def _chosen(question: Question, value: str) -> str:
    if value not in dict(question.options):
        raise _Wrong(f"Choose one of the answers to: {question.text}")
    return value


def _number(question: Question, text: str) -> int:
    try:
        number = _whole(text)
    except ValueError:
        number = -1
    if not question.lowest <= number <= question.highest:
        limits = f"{question.lowest} to {question.highest}"
        raise _Wrong(f"Enter a whole number from {limits}, or nothing: {question.text}")
    return number


def _district(text: str) -> str:
    # Of a whole postcode, which nearly says who somebody is, no more than the district is read.
    found = _DISTRICT.fullmatch("".join(text.split()).upper())
    if found is None:
        raise _Wrong("Enter the first part of a postcode, such as BR5, or nothing")
    return found[1]
