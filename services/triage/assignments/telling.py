"""The life of an assignment in the words of those who work with it.

What one practitioner knows of the people of a case may not reach another, who may serve the other
side: why somebody passed a case on is for coordinators alone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar, assert_never

from services.triage.assignments.life import State, Step
from services.triage.assignments.moments import at
from services.triage.directory.entries import Directory
from shared.events import ContactBy, Declined, Level, Outcome

T = TypeVar("T")

DECLINES: Final[dict[Declined, str]] = {
    "no_room": "I have no room",
    "away": "I am away",
    "not_for_this_service": "It is not for our service",
    "conflict_of_interest": "I know somebody in this case",
    "other": "Another reason",
}
"""What a practitioner taps to pass an offer on."""

CONTACTS: Final[dict[ContactBy, str]] = {
    "call": "Call",
    "text": "Text message",
    "email": "Email",
    "letter": "Letter",
    "visit": "Visit",
    "through_professional": "Through another professional",
}

OUTCOMES: Final[dict[Outcome, str]] = {
    "engaged": "The person took up the help",
    "declined_by_person": "The person does not want it",
    "unable_to_contact": "The person could not be reached",
    "not_eligible": "It turned out not to be for this service",
    "moved": "The person has moved away",
    "other": "Another end",
}

LEVELS: Final[dict[Level, str]] = {
    "practitioner": "practitioner",
    "stand_in": "stand-in",
    "coordinator": "coordinator",
    "contact": "escalation contact",
}

_WHY_PASSED: Final[dict[str, str]] = {
    "no_room": "no room",
    "away": "away",
    "not_for_this_service": "not for this service",
    "conflict_of_interest": "conflict of interest",
    "other": "another reason",
}
_WHY_WAITING: Final[dict[str, str]] = {
    "pathway_full": "The service is full",
    "nobody_has_room": "Nobody has room",
    "nobody_at_work": "Nobody is at work in time",
}
_WHY_UP: Final[dict[str, str]] = {
    "overdue": "Nobody answered in time",
    "could_not_be_told": "No message reached {asked}",
}

CAME_UP: Final[dict[str | None, str]] = {
    "overdue": "Whoever was asked before you did not answer in time.",
    "could_not_be_told": "No message reached whoever was asked before you.",
}
"""Why somebody to whom it went up is asked now."""


@dataclass(frozen=True, slots=True)
class Told:
    """A line of a history."""

    moment: str
    text: str
    note: str | None


@dataclass(frozen=True, slots=True)
class Names:
    """Who is who to a reader; staff go by name among staff, and one who has left by none."""

    directory: Directory
    reader: str

    def of(self, who: str | None) -> str:
        """Within a sentence."""
        if who == self.reader:
            return "you"
        found = self.directory.practitioner(who) if who else None
        return found.name if found else "somebody"

    def first(self, who: str | None) -> str:
        """At its beginning."""
        name = self.of(who)
        return name[0].upper() + name[1:]


def discreet(steps: Iterable[Step], reader: str) -> tuple[Step, ...]:
    """A history as a practitioner may read it: without the reasons for which others passed on."""
    return tuple(
        replace(step, by=None, reason=None, note=None)
        if step.act == "decline" and step.by != reader
        else step
        for step in steps
    )


def told(steps: Sequence[Step], names: Names, now: datetime) -> Iterator[Told]:
    """A history in sentences."""
    before = None
    for step in steps:
        yield Told(at(step.at, now), _sentence(step, before, names), step.note)
        before = step


def _sentence(step: Step, before: Step | None, names: Names) -> str:
    who, holder, reason = names.first(step.by), names.of(step.holder), step.reason or ""
    match step.act:
        case "wait":
            return f"{_WHY_WAITING.get(reason, 'Nobody is free')}: it went on the waiting list."
        case "offer":
            came_free = "There was room. " if reason == "place_came_free" else ""
            return f"{came_free}It was offered to {holder}."
        case "escalate":
            asked = names.of(before.holder if before else None)
            why = _WHY_UP.get(reason, "Nobody else was free").format(asked=asked)
            return f"{why}. It went up to {holder}, as {LEVELS[step.level]}."
        case "fall_late":
            late = "The first contact was late" if step.state is State.ACCEPTED else "No answer yet"
            return f"{late}.{f' It was told to {names.of(step.reason)}.' if step.reason else ''}"
        case "accept":
            return f"{who} accepted it."
        case "decline" if step.by is None:
            return "Whoever was asked passed it on."
        case "decline":
            return f"{who} passed it on: {_WHY_PASSED.get(reason, reason)}."
        case "contact":
            how = _said(CONTACTS, reason).lower()
            outcome = "reached the person" if step.reached else "tried to reach the person"
            return f"{who} {outcome}: {how}."
        case "transfer":
            elsewhere = before is not None and before.pathway != step.pathway
            return f"{who} handed it on{' to another service' if elsewhere else ''}."
        case "close":
            how = _said(OUTCOMES, reason)
            return f"{who} closed it: {how[:1].lower()}{how[1:]}."
        case "withdraw":
            return f"It was withdrawn: {reason}."
        case _:
            assert_never(step.act)


def _said(words: Mapping[T, str], code: str) -> str:
    """A code in words; one that is used no more stands for itself."""
    return next((text for value, text in words.items() if value == code), code)
