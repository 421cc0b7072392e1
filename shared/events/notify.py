"""What notify tells: what became of each message."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.events.envelope import EventData

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
    "checkpoint",
    "trail_alarm",
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
