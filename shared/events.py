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
    in_force_from: date | None
    sha256: str | None


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


class AssignmentOffered(EventData):
    """A practitioner is asked to take the referral on a pathway."""

    TYPE: ClassVar[str] = "assignment.offered"
    assignment_id: UUID
    referral_id: UUID
    pathway: str
    practitioner_id: str
    urgent: bool
    acknowledge_by: AwareDatetime
    first_contact_by: AwareDatetime


class AssignmentWithdrawn(EventData):
    """An offer no longer stands, with the reason in words."""

    TYPE: ClassVar[str] = "assignment.withdrawn"
    assignment_id: UUID
    referral_id: UUID
    pathway: str
    practitioner_id: str
    reason: str


Channel = Literal["email", "sms"]


class NotificationSent(EventData):
    """A provider took one message for one assignment."""

    TYPE: ClassVar[str] = "notification.sent"
    notification_id: UUID
    assignment_id: UUID
    practitioner_id: str
    channel: Channel


class NotificationFailed(EventData):
    """A message could not be sent, or nobody can say whether it was; a person must look."""

    TYPE: ClassVar[str] = "notification.failed"
    notification_id: UUID
    assignment_id: UUID
    practitioner_id: str
    channel: Channel
    reason: str


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
        AssignmentOffered,
        AssignmentWithdrawn,
        NotificationSent,
        NotificationFailed,
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
