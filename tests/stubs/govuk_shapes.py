"""The shapes of GOV.UK Notify with values of ours, from `shapes/govuk_*.json`, each of which says
where it is documented."""

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from shared.events import Channel

TEMPLATES: Final[Mapping[Channel, UUID]] = {
    "email": UUID("9e2f6a4d-1b3c-4d5e-8f70-a1b2c3d4e503"),
    "sms": UUID("9e2f6a4d-1b3c-4d5e-8f70-a1b2c3d4e513"),
}
_SHAPES: Final = Path(__file__).parent / "shapes"


@dataclass(frozen=True)
class Kept:
    """One message that it has."""

    id: UUID
    reference: str | None
    channel: Channel
    to: str
    subject: str
    body: str
    status: str
    at: datetime


def receipt(message: Kept, status: str) -> dict[str, Any]:
    """A delivery receipt as it is posted to the callback URL."""
    return shape("govuk_receipt") | {
        "id": str(message.id),
        "reference": message.reference,
        "to": message.to,
        "status": status,
        "created_at": _time(message.at),
        "completed_at": _time(message.at),
        "sent_at": _time(message.at),
        "notification_type": message.channel,
        "template_id": str(TEMPLATES[message.channel]),
    }


def received_text(source: str, words: str) -> dict[str, Any]:
    """A text from somebody's number as it is posted to the callback URL."""
    about = {"id": str(uuid4()), "source_number": source, "message": words}
    return shape("govuk_received_text") | about


def shape(name: str) -> dict[str, Any]:
    """As it is documented, with invented values."""
    known: dict[str, Any] = json.loads((_SHAPES / f"{name}.json").read_text())["shape"]
    return known


def taken(message: Kept) -> dict[str, Any]:
    """The answer to a message that it takes."""
    said = shape(f"govuk_{message.channel}_taken")
    said |= {"id": str(message.id), "reference": message.reference}
    said["content"]["body"] = message.body
    if message.channel == "email":
        said["content"]["subject"] = message.subject
    said["template"]["id"] = str(TEMPLATES[message.channel])
    return said


def told(like: dict[str, Any], message: Kept) -> dict[str, Any]:
    """A message as a page of them has it."""
    is_email = message.channel == "email"
    said = deepcopy(like) | {
        "id": str(message.id),
        "reference": message.reference,
        "email_address": message.to if is_email else None,
        "phone_number": None if is_email else message.to,
        "type": message.channel,
        "status": message.status,
        "body": message.body,
        "subject": message.subject if is_email else None,
        "created_at": _time(message.at),
    }
    said["template"]["id"] = str(TEMPLATES[message.channel])
    return said


def refused(status: int, error: str, says: str) -> dict[str, Any]:
    """A refusal: the kind of an error and its words."""
    errors = [{"error": error, "message": says}]
    return shape("govuk_error") | {"status_code": status, "errors": errors}


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
