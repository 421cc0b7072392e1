"""Every stream and subject, spelled once; who publishes what and who hears it.

The broker's permissions, the stream declarations and the services all read these tables.
"""

from typing import Final, Literal

Service = Literal["intake", "triage", "notify", "audit"]
SERVICES: Final[tuple[Service, ...]] = ("intake", "triage", "notify", "audit")

SUBMISSIONS: Final = "SUBMISSIONS"
RECEIPTS: Final = "RECEIPTS"
EVENTS: Final = "EVENTS"
PARKED: Final = "PARKED"

UNACKNOWLEDGED: Final = 256
"""How many deliveries may lie unanswered at one service's consumer: so many handlers wait at once
for their commit, and none is left unattended until its acknowledgement time is over."""


def submit(agency: str) -> str:
    """Where one agency publishes its referral documents."""
    return f"submit.{agency}"


def receipt(agency: str) -> str:
    """Where one agency reads its receipts."""
    return f"receipt.{agency}"


def event(event_type: str) -> str:
    """The subject of an event such as `referral.triaged`."""
    return f"event.{event_type}"


def parked(service: Service) -> str:
    """Where a service tells what it could not process."""
    return f"parked.{service}"


def deliveries(service: Service, stream: str) -> str:
    """Where the broker pushes what a service's consumer on a stream is due."""
    return f"deliver.{service}.{stream}"


def stream_of(subject: str) -> str:
    """The stream that holds a subject; ValueError for one that none holds."""
    match subject.split(".", 1)[0]:
        case "submit":
            return SUBMISSIONS
        case "receipt":
            return RECEIPTS
        case "event":
            return EVENTS
        case "parked":
            return PARKED
        case _:
            raise ValueError(f"no stream holds {subject}")


PUBLISHES: Final[dict[Service, tuple[str, ...]]] = {
    "intake": (
        "referral.received",
        "referral.amended",
        "referral.rejected",
        "person.match_doubted",
        "person.merged",
        "person.split",
        "person.erased",
    ),
    "triage": (
        "referral.triaged",
        "referral.information_requested",
        "referral.overridden",
        "referral.closed",
        "assignment.offered",
        "assignment.accepted",
        "assignment.declined",
        "assignment.overdue",
        "assignment.escalated",
        "assignment.waitlisted",
        "assignment.transferred",
        "assignment.contact_attempted",
        "assignment.closed",
        "assignment.withdrawn",
        "conflict.declared",
        "directory.changed",
        "rota.gap_found",
        "panel.case_listed",
        "panel.case_heard",
        "panel.case_rated",
        "panel.action_set",
        "panel.action_done",
        "panel.action_overdue",
    ),
    "notify": (
        "notification.sent",
        "notification.delivered",
        "notification.failed",
        "notification.fell_back",
        "notification.address_refused",
        "notification.answered",
    ),
    "audit": ("trail.alarmed", "checkpoint.stated", "content.destroyed"),
}
"""The event types that each service may publish, beside those of `EVERYBODY`."""

EVERYBODY: Final[tuple[str, ...]] = ("access.recorded", "tally.stated")

FOLLOWS: Final[dict[Service, tuple[Service, ...]]] = {
    "intake": ("triage",),
    "triage": ("intake", "notify"),
    "notify": ("triage", "audit"),
    "audit": SERVICES,
}
"""Whose events a service hears. A service hears all that a producer says of a referral,
since the producer's sequence numbers tell it whether one is missing."""


def heard_by(service: Service) -> tuple[str, ...]:
    """The subjects that a service's consumer on EVENTS is given.

    What everybody publishes is among them: it has a number in its producer's sequence too, and a
    follower that were not given it would wait for a missing one.
    """
    if service == "audit":
        return ("event.>",)
    followed = (t for producer in FOLLOWS[service] for t in PUBLISHES[producer])
    return tuple(event(t) for t in (*followed, *EVERYBODY))
