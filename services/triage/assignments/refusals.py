"""Why somebody cannot act any more on what was once theirs, in words. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from services.triage.assignments.life import Act, Step
from services.triage.assignments.moments import day
from shared.events import Level
from shared.london import LONDON, london_day

_WENT_TO: Final[dict[Level, str]] = {
    "practitioner": "a colleague",
    "stand_in": "your stand-in",
    "coordinator": "the coordinator",
    "contact": "the last who could be asked",
}
_AFTER: Final[dict[Act, str]] = {
    "decline": "You passed it on {when}.",
    "withdraw": "It was withdrawn {when}.",
    "close": "It was closed {when}.",
}


def gone(history: Sequence[Step], who: str, now: datetime) -> str | None:
    """What became of an assignment that was asked of somebody, or held; None if it never was.

    `history`: the earliest step first.
    """
    theirs = [number for number, step in enumerate(history) if step.holder == who]
    if not theirs:
        return None
    step = history[min(theirs[-1] + 1, len(history) - 1)]
    when = _when(step.at, now)
    if step.act == "escalate":
        unreached = step.reason == "could_not_be_told"
        why = "no message had reached you" if unreached else "nobody had answered"
        return f"It went to {_WENT_TO[step.level]} {when}, since {why}."
    return _AFTER.get(step.act, "It was handed on {when}.").format(when=when)


def _when(at: datetime, now: datetime) -> str:
    local = at.astimezone(LONDON)
    said = day(local.date(), london_day(now))
    return f"{said} at {local:%H:%M}" if said.isalpha() else f"on {said} at {local:%H:%M}"
