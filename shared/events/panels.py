"""What triage tells of panels: cases, what was made of them, and actions."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from shared.events.assignments import Level
from shared.events.envelope import EventData


class CaseListed(EventData):
    """A case stands on the agenda of a panel's meeting. `repeat`: heard within the year before."""

    TYPE: ClassVar[str] = "panel.case_listed"
    panel: str
    case_id: UUID
    referral_id: UUID
    meets_on: date
    triggers: tuple[str, ...] = ()
    repeat: bool = False


PanelOutcome = Literal["heard", "deferred", "withdrawn"]


class CaseHeard(EventData):
    """What a meeting made of a case; a deferred one is listed for the next."""

    TYPE: ClassVar[str] = "panel.case_heard"
    panel: str
    case_id: UUID
    referral_id: UUID
    meets_on: date
    outcome: PanelOutcome


Rag = Literal["red", "amber", "green"]


class CaseRated(EventData):
    """A nominal's status changed; the reason stays with the case."""

    TYPE: ClassVar[str] = "panel.case_rated"
    panel: str
    case_id: UUID
    referral_id: UUID
    rag: Rag
    by: str


class ActionSet(EventData):
    """A panel gave somebody something to do by a day; what it is stays with the case."""

    TYPE: ClassVar[str] = "panel.action_set"
    panel: str
    case_id: UUID
    referral_id: UUID
    action_id: UUID
    owner: str
    due_on: date


class ActionDone(EventData):
    """An action is done."""

    TYPE: ClassVar[str] = "panel.action_done"
    panel: str
    case_id: UUID
    referral_id: UUID
    action_id: UUID
    by: str


class ActionOverdue(EventData):
    """An action's day has passed; `told` is who should see to it now."""

    TYPE: ClassVar[str] = "panel.action_overdue"
    panel: str
    case_id: UUID
    referral_id: UUID
    action_id: UUID
    owner: str
    level: Level
    told: str
