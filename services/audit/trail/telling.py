"""An entry in words: what happened, who had a part in it, why, and by which rule.

Nothing is looked up: the words are made of what the event itself says.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError

from services.audit.formats import Altered
from services.audit.trail.finding import found_by, reason_of
from shared.events import CloudEvent
from shared.london import LONDON

NAMES: Final = {
    "referral.received": "Referral received",
    "referral.amended": "Referral changed by its sender",
    "referral.rejected": "Document refused",
    "referral.triaged": "Decision made",
    "referral.overridden": "Coordinator changed the route",
    "referral.information_requested": "Sender asked for more",
    "referral.closed": "Referral closed",
    "assignment.offered": "Offered to a practitioner",
    "assignment.accepted": "Accepted",
    "assignment.declined": "Passed on",
    "assignment.overdue": "Overdue",
    "assignment.escalated": "Went up a level",
    "assignment.waitlisted": "Put on a waiting list",
    "assignment.transferred": "Handed on",
    "assignment.contact_attempted": "Contact tried",
    "assignment.closed": "Work on a pathway ended",
    "assignment.withdrawn": "Assignment withdrawn",
    "conflict.declared": "Conflict declared",
    "directory.changed": "Directory changed",
    "rota.gap_found": "Hours found with nobody on call",
    "panel.case_listed": "Listed for a panel",
    "panel.case_heard": "Heard by a panel",
    "panel.case_rated": "Rated by a panel",
    "panel.action_set": "Action set by a panel",
    "panel.action_done": "Panel's action done",
    "panel.action_overdue": "Panel's action overdue",
    "person.match_doubted": "May be somebody known",
    "person.merged": "Two references found to be one person",
    "person.split": "References found to be two people",
    "person.erased": "Person erased",
    "notification.sent": "Message sent",
    "notification.delivered": "Message delivered",
    "notification.failed": "Message failed",
    "notification.fell_back": "Message not delivered in time",
    "notification.address_refused": "Address refused",
    "notification.answered": "Answered by text",
    "access.recorded": "Somebody looked",
    "tally.stated": "Service counted its events",
    "trail.alarmed": "Something is wrong with the trail",
    "checkpoint.stated": "Checkpoint of the day",
    "content.destroyed": "Content destroyed",
}
"""What happened, by event type, as it is listed and chosen from."""

DIGITS: Final = 16
"""So much of a digest is shown; all of it stands in the event."""

SERVICES: Final = {
    "intake": "intake",
    "triage": "triage, by its rules",
    "notify": "the messages service",
    "audit": "the audit service",
}
"""Who had a part in what no person did."""

ALTERED: Final[dict[Altered, str]] = {
    "content": "the words that the database has are not those that were logged, and are not shown;"
    " day and kind are the database's word",
    "columns": "what the database has beside its words (when, what, by whom, of which referral) is"
    " not what the words say; read these as they came",
    "place": "it is not in the log that was signed, or an entry beside it is not; its words are not"
    " shown, and the rest is the database's word",
}
"""What is told of an entry in place of what it says."""

# What is said beside the name: the event's fields, in this order, each behind a few words.
_DETAILS: Final = {
    "pathway": "for",
    "to_pathway": "to",
    "panel": "panel:",
    "meets_on": "on",
    "revision": "revision",
    "level": "to",
    "awaited": "waited for:",
    "acknowledge_by": "to be answered by",
    "first_contact_by": "first contact by",
    "due_at": "due",
    "due_on": "due",
    "place": "place",
    "how": "by",
    "attempt": "attempt",
    "channel": "by",
    "purpose": "because of:",
    "to": "instead:",
    "rag": "as",
    "answer": "answer:",
    "action": "",
    "what": "at:",
    "kind": "",
    "about": "about",
    "events": "events:",
    "entries": "entries:",
    "size": "size",
    "asks": "asked for:",
}
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9.]+(Z|[+-][0-9:]{5})$")
_IDENTIFIERS: Final = frozenset({"what", "about"})
"""Fields that are shown as they are, since their underscores belong to them."""


@dataclass(frozen=True)
class Told:
    """`what`: by its name; `more` says which. `who`: ids of people, the agency or the service.
    Blank where nothing is said."""

    what: str
    more: str
    who: str
    why: str = ""
    rule: str = ""


def name(event_type: str) -> str:
    """A type in words, with or without its version; one that is unknown here as it is spelled."""
    plain = event_type.removesuffix(".v1")
    return NAMES.get(plain, plain)


def tell(
    event_type: str, producer: str, body: bytes | None, altered: Altered | None = None
) -> Told:
    """An entry in words; of one whose content was destroyed no more than its type, and of one that
    was altered that it was."""
    if altered is not None:
        return Told("ALTERED", ALTERED[altered], "")
    service = SERVICES.get(producer, producer)
    if body is None:
        return Told(name(event_type), "its content was destroyed", service)
    try:
        event = CloudEvent.model_validate_json(body)
    except ValidationError:  # the log never takes one
        return Told(name(event_type), "its content cannot be read", service)
    who = ", ".join(found_by(event).names) or _sender(event.data) or service
    more = "; ".join(part for part in _details(event) if part)
    return Told(name(event_type), more, who, _why(event), _rule(event.data))


def _why(event: CloudEvent) -> str:
    said = event.data
    if event.event_type == "referral.triaged":
        triggers = said.get("marac_triggers")
        return f"for a MARAC: {_plain(triggers)}" if triggers else ""
    # That an offer is the first is no reason.
    return "" if said.get("because") == "new" else _plain(reason_of(said))


def _sender(said: Mapping[str, Any]) -> str:
    facts = said.get("facts")
    return str(facts.get("source.agency", "")) if isinstance(facts, dict) else ""


def _details(event: CloudEvent) -> Iterable[str]:
    said = event.data
    match event.event_type:
        case "referral.received" | "referral.amended":
            yield from _received(said)
        case "referral.triaged":
            yield from _triaged(said)
        case "referral.closed":
            for each in _mappings(said.get("ended")):
                yield f"{_plain(each.get('pathway'))}: {_plain(each.get('outcome'))}"
        case "assignment.contact_attempted":
            yield "reached" if said.get("reached") else "not reached"
            yield from _fields(said)
        case _:
            yield from _fields(said)


def _fields(said: Mapping[str, Any]) -> Iterable[str]:
    for field, before in _DETAILS.items():
        value = said.get(field)
        if value in (None, "", []):
            continue
        told = str(value) if field in _IDENTIFIERS else _moment(value) or _plain(value)
        yield f"{before} {told}".strip()


def _received(said: Mapping[str, Any]) -> Iterable[str]:
    facts = said.get("facts")
    facts = facts if isinstance(facts, dict) else {}
    yield f"revision {said.get('revision')}" if said.get("revision") != 1 else ""
    yield f"from: {_plain(facts['source.team'])}" if facts.get("source.team") else ""
    yield f"about a {_plain(facts['role'])}" if facts.get("role") else ""
    yield f"concerns: {_plain(facts['concerns'])}" if facts.get("concerns") else ""


def _triaged(said: Mapping[str, Any]) -> Iterable[str]:
    yield _plain(said.get("outcome"))
    yield "urgent" if said.get("urgent") else ""
    yield f"risk {_plain(said.get('risk_level'))}" if said.get("risk_level") else ""
    for route in _mappings(said.get("routes")):
        # A statutory route rests on the statute: that is said once.
        why = dict.fromkeys(filter(None, (_plain(route.get("kind")), _plain(route.get("bases")))))
        yield f"to {_plain(route.get('pathway'))} ({', '.join(why)})"
    yield f"asked for: {_plain(said['asks'])}" if said.get("asks") else ""


def _rule(said: Mapping[str, Any]) -> str:
    """The dated policy that decided; before a decision, those that may."""
    catalogue = said.get("catalogue")
    if isinstance(catalogue, dict):
        since = catalogue.get("in_force_from")
        digest = catalogue.get("sha256")
        parts = (
            f"catalogue {catalogue.get('name')}",
            f"in force from {since}" if since else "",
            f"SHA-256 {str(digest)[:DIGITS]}…" if digest else "",
        )
        return ", ".join(part for part in parts if part)
    catalogues = said.get("catalogues")
    return f"catalogue {_plain(catalogues)}" if catalogues else ""


def _plain(value: Any) -> str:
    """A value or several in words: `conflict_of_interest` is a conflict of interest."""
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return str(value).replace("_", " ") if value is not None else ""


def _moment(value: Any) -> str:
    """A time in London's words, if it is one."""
    if not isinstance(value, str) or not _TIME.match(value):
        return ""
    local = datetime.fromisoformat(value).astimezone(LONDON)
    return f"{local.day} {local:%B %Y, %H:%M}"


def _mappings(value: Any) -> Iterable[Mapping[str, Any]]:
    return (each for each in value if isinstance(each, dict)) if isinstance(value, list) else ()
