"""What happened, told to everybody: past tense, frozen, with no identity in it.

`CloudEvent` is the envelope (CloudEvents 1.0, structured JSON); each class below it is the `data`
of one type. People appear as opaque references; a sender's own reference never appears.
"""

from datetime import date
from typing import Any, ClassVar, Literal
from uuid import UUID, uuid5

from pydantic import AwareDatetime, Field

from shared.facts import Facts, Frozen, History
from shared.subjects import Service


class EventData(Frozen):
    """The `data` of one event type; `TYPE` is its subject below `event.`."""

    TYPE: ClassVar[str]


class Problem(Frozen):
    """One fault of a document: the field's path, and what is wrong in words, never the value."""

    field: str
    problem: str


class ReferralReceived(EventData):
    """Intake holds a new referral. `catalogues`: the policies that may decide for this sender."""

    TYPE: ClassVar[str] = "referral.received"
    referral_id: UUID
    revision: int = Field(ge=1)
    person_ref: UUID
    pair_ref: UUID | None = None
    catalogues: tuple[str, ...]
    facts: Facts
    history: History


class ReferralAmended(ReferralReceived):
    """The sender said more or other of the same referral: its next revision."""

    TYPE: ClassVar[str] = "referral.amended"


class ReferralRejected(EventData):
    """A document was refused; its bytes are parked at intake under `parked_id`."""

    TYPE: ClassVar[str] = "referral.rejected"
    agency: str
    parked_id: UUID
    problems: tuple[Problem, ...]


class DecidedBy(Frozen):
    """The dated policy that decided: enough to run the decision again."""

    name: str
    in_force_from: date | None = None
    sha256: str | None = None


class RouteTaken(Frozen):
    """One pathway that the referral was routed to."""

    pathway: str
    kind: str
    bases: tuple[str, ...]
    transfer_to: str | None = None
    funding_to_confirm: bool = False


class ReferralTriaged(EventData):
    """Triage decided on one revision. The full explanation is kept by triage under the same id."""

    TYPE: ClassVar[str] = "referral.triaged"
    referral_id: UUID
    revision: int
    decision_id: UUID
    pair_ref: UUID | None = None
    made_on: date
    catalogue: DecidedBy
    outcome: Literal["routed", "needs_information", "unrouted"]
    urgent: bool
    risk_level: str
    marac_triggers: tuple[str, ...]
    routes: tuple[RouteTaken, ...]
    suggestions: tuple[str, ...]
    asks: tuple[str, ...]


class ReferralOverridden(EventData):
    """A coordinator routed by hand or withdrew a route. The reason is kept with the decision."""

    TYPE: ClassVar[str] = "referral.overridden"
    referral_id: UUID
    override_id: UUID
    decision_id: UUID
    action: Literal["route", "withdraw"]
    pathway: str
    coordinator: str


class ReferralInformationRequested(EventData):
    """Facts are missing that the sender may give, by their path in the document."""

    TYPE: ClassVar[str] = "referral.information_requested"
    referral_id: UUID
    revision: int
    agency: str | None = None
    asks: tuple[str, ...]


Outcome = Literal[
    "engaged", "declined_by_person", "unable_to_contact", "not_eligible", "moved", "other"
]
"""How an assignment ended."""


class Ended(Frozen):
    """One assignment of a referral that is closed."""

    pathway: str
    outcome: Outcome


class ReferralClosed(EventData):
    """The last assignment of a referral is closed. A later revision may open it again."""

    TYPE: ClassVar[str] = "referral.closed"
    referral_id: UUID
    ended: tuple[Ended, ...]


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


class DirectoryChange(Frozen):
    """One entry that changed, and which of its fields; never their values."""

    kind: Literal["practitioner", "team", "duty"]
    key: str
    action: Literal["added", "changed", "removed"]
    fields: tuple[str, ...] = ()


class DirectoryChanged(EventData):
    """The directory has a new version."""

    TYPE: ClassVar[str] = "directory.changed"
    version: int
    by: str
    changes: tuple[DirectoryChange, ...]


class RotaGapFound(EventData):
    """Within the coming week there are hours at which no coordinator is on call."""

    TYPE: ClassVar[str] = "rota.gap_found"
    catalogue: str
    since: AwareDatetime
    until: AwareDatetime


class PairMoved(Frozen):
    """A pair whose reference became another's."""

    pair_ref: UUID
    into_ref: UUID


class PersonsMerged(EventData):
    """A coordinator found that two references are one person. `pairs`: with whom each was known."""

    TYPE: ClassVar[str] = "person.merged"
    merge_id: UUID
    person_ref: UUID
    into_ref: UUID
    pairs: tuple[PairMoved, ...] = ()
    by: str


class PersonsSplit(EventData):
    """A merge is undone: they are two people after all."""

    TYPE: ClassVar[str] = "person.split"
    merge_id: UUID
    person_ref: UUID
    from_ref: UUID
    by: str


class MatchDoubted(EventData):
    """A person who was just referred may be one who is known: somebody must look."""

    TYPE: ClassVar[str] = "person.match_doubted"
    review_id: UUID
    referral_id: UUID
    person_ref: UUID
    other_ref: UUID


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


Channel = Literal["email", "sms"]

Purpose = Literal[
    "offered",
    "escalated",
    "place_came_free",
    "reminder",
    "first_contact_overdue",
    "withdrawn",
    "action_overdue",
    "information_asked",
    "digest",
]
"""What a message is for. `escalated` and `place_came_free` are offers, made for that reason."""


class NotificationSent(EventData):
    """A provider took one message: about an assignment, an action of a panel, or the day's digest;
    to a practitioner, or to an agency's mailbox."""

    TYPE: ClassVar[str] = "notification.sent"
    notification_id: UUID
    assignment_id: UUID | None = None
    action_id: UUID | None = None
    practitioner_id: str | None = None
    agency: str | None = None
    channel: Channel
    purpose: Purpose = "offered"


class NotificationFailed(EventData):
    """A message could not be sent, or nobody can say whether it was; a person must look."""

    TYPE: ClassVar[str] = "notification.failed"
    notification_id: UUID
    assignment_id: UUID | None = None
    action_id: UUID | None = None
    practitioner_id: str | None = None
    agency: str | None = None
    channel: Channel
    purpose: Purpose = "offered"
    reason: str


class NotificationDelivered(EventData):
    """The provider reports that a message arrived."""

    TYPE: ClassVar[str] = "notification.delivered"
    notification_id: UUID
    assignment_id: UUID | None = None
    action_id: UUID | None = None
    practitioner_id: str | None = None
    agency: str | None = None
    channel: Channel
    purpose: Purpose


class NotificationFellBack(EventData):
    """Somebody could not be told by one channel in time; `to` says what is tried instead.

    `stand_in`: no channel is left, and the assignment goes up; `coordinators_screen`: nor is
    anybody to whom it could go. `offer`: the assignment's, as it was told.
    """

    TYPE: ClassVar[str] = "notification.fell_back"
    notification_id: UUID
    assignment_id: UUID | None = None
    action_id: UUID | None = None
    offer: int = 0
    practitioner_id: str | None = None
    agency: str | None = None
    channel: Channel
    purpose: Purpose
    to: Literal["email", "sms", "stand_in", "coordinators_screen"]


class AddressRefused(EventData):
    """A provider says that an address of somebody is wrong for good."""

    TYPE: ClassVar[str] = "notification.address_refused"
    practitioner_id: str
    channel: Channel


class AnsweredByText(EventData):
    """Somebody answered an offer by a text message from their own number."""

    TYPE: ClassVar[str] = "notification.answered"
    assignment_id: UUID
    offer: int
    practitioner_id: str
    answer: Literal["accept"]


class AccessRecorded(EventData):
    """Somebody read personal data or the trail: recorded before the answer left."""

    TYPE: ClassVar[str] = "access.recorded"
    reader: str
    roles: tuple[str, ...]
    what: str
    why: str


EVENT_TYPES: dict[str, type[EventData]] = {
    kind.TYPE: kind
    for kind in (
        ReferralReceived,
        ReferralAmended,
        ReferralRejected,
        ReferralTriaged,
        ReferralOverridden,
        ReferralInformationRequested,
        ReferralClosed,
        AssignmentOffered,
        AssignmentAccepted,
        AssignmentDeclined,
        AssignmentOverdue,
        AssignmentEscalated,
        AssignmentWaitlisted,
        AssignmentTransferred,
        AssignmentContactAttempted,
        AssignmentClosed,
        AssignmentWithdrawn,
        ConflictDeclared,
        DirectoryChanged,
        RotaGapFound,
        PersonsMerged,
        PersonsSplit,
        MatchDoubted,
        CaseListed,
        CaseHeard,
        CaseRated,
        ActionSet,
        ActionDone,
        ActionOverdue,
        NotificationSent,
        NotificationFailed,
        NotificationDelivered,
        NotificationFellBack,
        AddressRefused,
        AnsweredByText,
        AccessRecorded,
    )
}


class CloudEvent(Frozen):
    """The envelope. `sequence` counts one producer's events on one subject, from 1."""

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str = Field(pattern=r"^/fingerpost/[a-z]+$")
    type: str = Field(pattern=r"^[a-z_]+\.[a-z_]+\.v1$")
    subject: UUID
    time: AwareDatetime
    datacontenttype: Literal["application/json"] = "application/json"
    traceparent: str = Field(pattern=r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")
    sequence: int = Field(ge=1)
    data: dict[str, Any]

    @property
    def event_type(self) -> str:
        """The type without its version: `referral.triaged`."""
        return self.type.removesuffix(".v1")

    @property
    def producer(self) -> str:
        """The service that says it."""
        return self.source.rsplit("/", 1)[1]


def derived_id(cause: UUID, event_type: str, about: str = "") -> UUID:
    """The id of what a cause brings about: the same cause never makes two events.

    `about` tells apart events of one type with one cause (a pathway, a channel).
    """
    return uuid5(cause, f"{event_type}/{about}")


def roles_reversed(pair_ref: UUID) -> UUID:
    """The pair of the same two people with victim and alleged perpetrator exchanged.

    Two references that differ in the last bit alone: so who hears of one pair can tell, without
    knowing either person, who serves the other side of a cross-allegation.
    """
    return UUID(int=pair_ref.int ^ 1)


def envelope(
    data: EventData,
    *,
    event_id: UUID,
    producer: Service,
    subject: UUID,
    time: AwareDatetime,
    sequence: int,
) -> CloudEvent:
    """Wrap `data`. The trace is the referral's: its id is the trace id, the event's the span."""
    return CloudEvent(
        id=event_id,
        source=f"/fingerpost/{producer}",
        type=f"{data.TYPE}.v1",
        subject=subject,
        time=time,
        traceparent=f"00-{subject.hex}-{event_id.hex[:16]}-01",
        sequence=sequence,
        data=data.model_dump(mode="json", by_alias=True, exclude_none=True),
    )
