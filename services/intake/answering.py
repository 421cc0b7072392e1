"""A sender answers what was asked: some fields of a document, put into what is known already.

    {"answers": {"risk.score": 15, "other_party": {"given_name": "..."}}}

Each answer has the path of its field; `age` and `borough` are the person's, as they are asked for.
An answer adds to the newest document or replaces what stood in its field; an object is put into
the one that is there, a list takes the place of the other. Nothing is taken away: for that the
whole document is sent again. What comes of it is read as every document is, as made now.
"""

import json
from datetime import datetime
from typing import Any, Final

from services.intake.matching import canonical
from services.intake.reading import (
    DEEPEST,
    LARGEST,
    UnreadableReferral,
    given_twice,
    judged,
    parse,
    read_stored,
    unseen_by_the_model,
)
from services.intake.referral import Referral
from services.intake.wording import DOCUMENT, Fault
from shared.events import Problem

Path = tuple[str, ...]

SHORT: Final = {"age": "person.age", "borough": "person.borough"}
"""Facts of the person that are asked for by a name of their own."""

_FIXED: Final = frozenset({"version", "reference", "made_at", "role"})
_FORM: Final = 'must be an object of fields and their values, such as {"risk.score": 15}'


def answered(stored: bytes, raw: bytes, now: datetime) -> Referral:
    """The document `stored` (canonical) with the answers in `raw`, as read at `now` (aware).

    It was made now; where the answers say nothing new, when it was made before. Raises
    UnreadableReferral with every fault.
    """
    before = read_stored(stored)
    answers, faults = _placed(parse(raw))
    faults += unseen_by_the_model(answers, raw)
    document = _put(json.loads(stored), answers)
    _prefer_dates_of_birth(document, answers)
    # Its sender's clock may have run a little ahead: an older document would change nothing.
    document["made_at"] = max(now, before.made_at).isoformat()
    after = judged(document, faults, now)
    if len(canonical(after)) > LARGEST:
        raise _refused(DOCUMENT, "is larger than 64 KiB with these answers")
    unmoved = after.model_copy(update={"made_at": before.made_at})
    return unmoved if canonical(unmoved) == stored else after


def _placed(tree: Any) -> tuple[dict[str, Any], list[Fault]]:
    """The answers as the parts of a document, and which of them have no place in it."""
    answers = tree.get("answers") if isinstance(tree, dict) and len(tree) == 1 else None
    if not isinstance(answers, dict) or not answers or given_twice(tree):
        raise _refused("answers", _FORM)
    faults = [Fault(_path(each), "is given twice") for each in given_twice(answers)]
    by_path: dict[Path, Any] = {}
    for name, value in answers.items():
        path = _path(name)
        if why := _why_not(path):
            faults.append(Fault(path[:DEEPEST], why))
        elif path in by_path:
            faults.append(Fault(path, "is given twice"))
        else:
            by_path[path] = value
    within = [path for path in by_path if any(path[:n] in by_path for n in range(1, len(path)))]
    for path in within:
        faults.append(Fault(path, "is given twice"))
        del by_path[path]
    placed: dict[str, Any] = {}
    for path, value in by_path.items():
        part = placed
        for step in path[:-1]:
            part = part.setdefault(step, {})
        part[path[-1]] = value
    return placed, faults


def _path(name: str) -> Path:
    return tuple(SHORT.get(name, name).split("."))


def _why_not(path: Path) -> str | None:
    """Why an answer to a field cannot be taken, whatever it says."""
    if path[0] in _FIXED or path == ("source",) or path[:2] == ("source", "agency"):
        return "cannot be changed by an answer"
    return "is not a field here" if len(path) > DEEPEST else None


def _put(known: Any, more: Any) -> Any:
    if not isinstance(known, dict) or not isinstance(more, dict):
        return more
    return {**known, **{name: _put(known.get(name), value) for name, value in more.items()}}


def _prefer_dates_of_birth(document: dict[str, Any], answers: dict[str, Any]) -> None:
    """An age stands only where the date of birth is not known: learnt, it takes the age's place."""
    for who in ("person", "other_party"):
        said = answers.get(who)
        if isinstance(said, dict) and "date_of_birth" in said and "age" not in said:
            document[who].pop("age", None)


def _refused(field: str, why: str) -> UnreadableReferral:
    return UnreadableReferral((Problem(field=field, problem=why),))
