"""What triage tells of an assignment, from the first offer to the outcome."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.events.envelope import EventData

Outcome = Literal[
    "engaged", "declined_by_person", "unable_to_contact", "not_eligible", "moved", "other"
]
"""How an assignment ended."""


OfferedBecause = Literal["new", "declined", "overdue", "transferred", "place_came_free"]


class AssignmentOffered(EventData):
    """A practitioner is asked to take the referral on a pathway.

    `offer` counts how often somebody was asked for this assignment; each offer has one holder, and
    the one before it has none any more.
    """

    TYPE: ClassVar[str] = "assignment.offered"
    assignment_id: UUID
    referral_id: UUID
    pathway: str
    practitioner_id: str
    urgent: bool
    acknowledge_by: AwareDatetime
    first_contact_by: AwareDatetime
    offer: int = Field(default=1, ge=1)
    because: OfferedBecause = "new"


class AssignmentAccepted(EventData):
    """The one who was asked took it. `service`: the programme's name, where the policy lets the
    sender know it."""

    TYPE: ClassVar[str] = "assignment.accepted"
    assignment_id: UUID
    referral_id: UUID
    pathway: str
    practitioner_id: str
    service: str | None = None


Declined = Literal["no_room", "conflict_of_interest", "not_for_this_service", "away", "other"]
"""Why somebody passes an offer on. What is added in words stays with the assignment."""


class AssignmentDeclined(EventData):
    """The one who was asked passed it on; somebody else is asked, or waits for a place."""

    TYPE: ClassVar[str] = "assignment.declined"
    assignment_id: UUID
    referral_id: UUID
    pathway: str
    practitioner_id: str
    reason: Declined


Awaited = Literal["acknowledgement", "first_contact"]


class AssignmentOverdue(EventData):
    """The time to answer, or to make the first contact, has passed without either."""

    TYPE: ClassVar[str] = "assignment.overdue"
    assignment_id: UUID
    referral_id: UUID
    pathway: str
    practitioner_id: str
    awaited: Awaited
    due_at: AwareDatetime


Level = Literal["practitioner", "stand_in", "coordinator", "contact"]
"""How far up an assignment has gone: `contact` is the team's escalation contact."""


class AssignmentEscalated(EventData):
    """It went up a level. An unanswered offer has a new holder from now on, who is also offered
    it; of a late first contact `practitioner_id` is told, and the holder stays."""

    TYPE: ClassVar[str] = "assignment.escalated"
    assignment_id: UUID
    referral_id: UUID
    pathway: str
    practitioner_id: str
    level: Level
    awaited: Awaited


class AssignmentWaitlisted(EventData):
    """Nobody is free. `place`: its place among those that wait for the pathway, from 1."""

    TYPE: ClassVar[str] = "assignment.waitlisted"
    assignment_id: UUID
    referral_id: UUID
    pathway: str
    because: Literal["pathway_full", "nobody_has_room", "nobody_at_work"]
    place: int = Field(ge=1)


class AssignmentTransferred(EventData):
    """It was handed on: to a colleague, or to another pathway. The reason stays with it."""

    TYPE: ClassVar[str] = "assignment.transferred"
    assignment_id: UUID
    referral_id: UUID
    pathway: str
    to_pathway: str
    practitioner_id: str | None = None
    to_practitioner_id: str | None = None
    by: str


ContactBy = Literal["call", "text", "email", "letter", "visit", "through_professional"]


class AssignmentContactAttempted(EventData):
    """The holder tried to reach the person."""

    TYPE: ClassVar[str] = "assignment.contact_attempted"
    assignment_id: UUID
    referral_id: UUID
    pathway: str
    practitioner_id: str
    how: ContactBy
    reached: bool
    attempt: int = Field(ge=1)


class AssignmentClosed(EventData):
    """The work on a pathway has ended."""

    TYPE: ClassVar[str] = "assignment.closed"
    assignment_id: UUID
    referral_id: UUID
    pathway: str
    practitioner_id: str
    outcome: Outcome


class AssignmentWithdrawn(EventData):
    """An assignment no longer stands, with the reason in words; nobody held it while it waited."""

    TYPE: ClassVar[str] = "assignment.withdrawn"
    assignment_id: UUID
    referral_id: UUID
    pathway: str
    practitioner_id: str | None = None
    reason: str


class ConflictDeclared(EventData):
    """A practitioner may not work with a person; why is theirs alone."""

    TYPE: ClassVar[str] = "conflict.declared"
    practitioner_id: str
    person_ref: UUID
