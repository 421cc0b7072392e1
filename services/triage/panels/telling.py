"""What stands on a panel's pages, in the words of those who sit there. Pure."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Final

from services.triage.directory.entries import Directory, Practitioner
from services.triage.panels.actions import Action
from services.triage.policy.risk import RiskLevel
from shared.events import Level, PanelOutcome, Rag
from shared.london import LONDON

TRIGGERS: Final[Mapping[str, str]] = {
    "visible_high_risk": "visible high risk: the score is in the highest band, or graded high",
    "professional_judgement": "professional judgement: whoever referred sees a high risk",
    "escalation": "escalation: the police were called again and again within a year",
    "repeat": "repeat: the same two came to a MARAC within the year before",
}
RISKS: Final[dict[RiskLevel, str]] = {
    "high": "High risk",
    "medium": "Medium risk",
    "standard": "Standard risk",
    "not_completed": "Risk checklist not completed",
}
RAGS: Final[dict[Rag, str]] = {"red": "Red", "amber": "Amber", "green": "Green"}
OUTCOMES: Final[dict[PanelOutcome, str]] = {
    "heard": "Heard",
    "deferred": "Put off to the next meeting",
    "withdrawn": "Withdrawn",
}
_TOLD: Final[dict[Level, str]] = {
    "practitioner": "",
    "stand_in": "The owner's stand-in has been told.",
    "coordinator": "The coordinator on call has been told.",
    "contact": "The team's contact is told every working day.",
}


def triggers(codes: Iterable[str]) -> tuple[str, ...]:
    """Why a case comes to a MARAC; a code that has no words yet stands for itself."""
    return tuple(TRIGGERS.get(each, each.replace("_", " ")) for each in codes)


def day(which: date) -> str:
    """A day as it is spoken, with its weekday."""
    return f"{which:%A} {which.day} {which:%B %Y}"


def is_overdue(action: Action, today: date) -> bool:
    """Whether its day has passed and it is not done."""
    return action.done_at is None and action.due_on < today


def gone_up(action: Action) -> str:
    """Whom an overdue action went up to last; nothing where it has not."""
    return _TOLD[action.level] if action.level else ""


def name(directory: Directory, practitioner_id: str) -> str:
    """A colleague's name; the id of one who has left the directory, or was never in it."""
    known = directory.practitioner(practitioner_id)
    return known.name if known else practitioner_id


def who_may_own(directory: Directory, catalogue: str) -> tuple[Practitioner, ...]:
    """Everybody of a catalogue's teams, and its coordinators, by name."""
    teams = (entry.members for entry in directory.teams if entry.catalogue == catalogue)
    ids = {each for members in teams for each in members}
    ids |= {each.id for each in directory.coordinators(catalogue)}
    people = (each for each in directory.practitioners if each.id in ids)
    return tuple(sorted(people, key=lambda each: (each.name, each.id)))


def cases(number: int) -> str:
    """How many cases."""
    return {0: "no cases", 1: "one case"}.get(number, f"{number} cases")


def moment(when: datetime) -> str:
    """A moment on London's clock."""
    local = when.astimezone(LONDON)
    return f"{day(local.date())}, {local:%H:%M}"
