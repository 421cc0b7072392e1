"""What an entry is found by, beside its own columns: whom it names, whom it concerns, its reason.

An event is read for no more than this, so that one of a type unknown here is found as well.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import UUID

from shared.events import (
    CloudEvent,
    PersonsMerged,
    PersonsSplit,
    ReferralAmended,
    ReferralReceived,
)

T = TypeVar("T")

LONGEST_NAME: Final = 500
LONGEST_REASON: Final = 2000

PEOPLE: Final = (
    "practitioner_id",
    "to_practitioner_id",
    "by",
    "coordinator",
    "reader",
    "owner",
    "told",
)
"""The fields that name who works with a referral, decided something, or has read."""

REASONS: Final = (
    "reason",
    "because",
    "why",
    "outcome",
    "triggers",
    "marac_triggers",
    "problems",
)
"""The fields that say why."""

DOCUMENTS: Final = (ReferralReceived.TYPE, ReferralAmended.TYPE)
"""A document of a referral was taken; each says whom it concerns."""

_OF_REFERENCES: Final = (PersonsMerged.TYPE, PersonsSplit.TYPE)


@dataclass(frozen=True)
class Merge:
    """References that were found to be one, each with the one that it became."""

    merge_id: UUID
    pairs: tuple[tuple[UUID, UUID], ...]


@dataclass(frozen=True)
class FoundBy:
    """`concerns`: references of people and pairs. `merge`, `parted`: references become one, or
    are so no longer."""

    names: tuple[str, ...] = ()
    reason: str = ""
    concerns: tuple[UUID, ...] = ()
    merge: Merge | None = None
    parted: UUID | None = None


def found_by(event: CloudEvent) -> FoundBy:
    """What the entry of an event is found by."""
    said = event.data
    return FoundBy(
        names=once(name for field in PEOPLE if (name := name_in(said.get(field)))),
        reason=_reason(said),
        concerns=_concerns(event),
        merge=_merge(said) if event.event_type == PersonsMerged.TYPE else None,
        parted=uuid_in(said.get("merge_id")) if event.event_type == PersonsSplit.TYPE else None,
    )


def name_in(value: Any) -> str | None:
    """A name that an entry can be found by. Anything else stays in the bytes alone."""
    named = isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and value.isprintable()
    return value if named else None


def uuid_in(value: Any) -> UUID | None:
    """A reference, where it is one."""
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def reason_of(said: Mapping[str, Any]) -> str:
    """Why it happened, as far as the event says, in its own words."""
    return "; ".join(text for field in REASONS for text in _texts(said.get(field)))


def _reason(said: Mapping[str, Any]) -> str:
    # `conflict_of_interest` is found by "conflict"; and PostgreSQL takes no control characters.
    spaced = (c if c.isprintable() and c != "_" else " " for c in reason_of(said))
    return "".join(spaced)[:LONGEST_REASON]


def _texts(value: Any) -> Iterable[str]:
    match value:
        case str():
            yield value
        case list():
            for each in value:
                yield from _texts(each)
        case {"problem": str(problem)}:
            yield problem


def _concerns(event: CloudEvent) -> tuple[UUID, ...]:
    said = event.data
    fields: tuple[str, ...]
    if event.event_type in DOCUMENTS:
        fields = ("person_ref", "pair_ref")
    elif event.event_type in _OF_REFERENCES:
        fields = ("person_ref", "into_ref", "from_ref")
    else:
        # A doubt whether two are one, or a conflict, makes no referral one about somebody else.
        fields = ()
    return once(ref for field in fields if (ref := uuid_in(said.get(field))))


def _merge(said: Mapping[str, Any]) -> Merge | None:
    moved = said.get("pairs")
    both = [
        (said.get("person_ref"), said.get("into_ref")),
        *((each.get("pair_ref"), each.get("into_ref")) for each in _mappings(moved)),
    ]
    read = ((uuid_in(was), uuid_in(into)) for was, into in both)
    pairs = once((was, into) for was, into in read if was and into)
    merge_id = uuid_in(said.get("merge_id"))
    return Merge(merge_id, pairs) if merge_id else None


def _mappings(value: Any) -> Iterable[Mapping[str, Any]]:
    return (each for each in value if isinstance(each, dict)) if isinstance(value, list) else ()


def once(values: Iterable[T]) -> tuple[T, ...]:
    """Each of them the first time that it comes."""
    return tuple(dict.fromkeys(values))
