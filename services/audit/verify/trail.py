"""Checks a trail without trusting who wrote it: it needs the answer alone, no log, no database.

What it shows: the events are, byte for byte, in the tree with this root. That the root is the
log's, and that nothing was taken out of the log since, is for signed checkpoints to show; whether
the page holds every event of the referral, no single page can.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from pydantic import ValidationError

from services.audit.checkpoint import Checkpoint, parse_checkpoint
from services.audit.formats import EventContent, Trail, TrailEntry
from services.audit.merkle import inclusion_holds, leaf_hash
from services.audit.notes import NoteRefused, parse_note
from shared.events import CloudEvent


@dataclass(frozen=True)
class Verified:
    """Everything that was shown is in the tree. `destroyed`: the indexes of entries of which only
    the hashes are left, so that what is said of them is not proved."""

    tree: Checkpoint | None
    entries: int
    destroyed: tuple[int, ...]


@dataclass(frozen=True)
class Broken:
    """The answer does not hold, in words; `index` is the entry at fault, if it is one's."""

    reason: str
    index: int | None = None


class _DoesNotHold(Exception):
    """Carries the reason; never leaves this module."""


def verify_trail(answer: Mapping[str, Any]) -> Verified | Broken:
    """Check an answer of `GET /audit/api/trail`, as it was parsed from JSON."""
    try:
        trail = Trail.model_validate(answer)
    except ValidationError as error:
        places = sorted({".".join(map(str, e["loc"])) for e in error.errors()})
        return Broken(f"the answer is no trail: {', '.join(places)}")
    try:
        tree = _tree(trail.checkpoint)
    except NoteRefused as error:
        return Broken(f"the checkpoint cannot be read: {error}")
    before = -1
    for entry in trail.entries:
        if tree is None:
            return Broken("no checkpoint covers what is shown", entry.index)
        if entry.index <= before:
            return Broken("the entries are not in the log's order", entry.index)
        before = entry.index
        try:
            _check(entry, tree)
        except _DoesNotHold as error:
            return Broken(str(error), entry.index)
    destroyed = tuple(entry.index for entry in trail.entries if entry.content is None)
    return Verified(tree, len(trail.entries), destroyed)


def _tree(note: str | None) -> Checkpoint | None:
    return None if note is None else parse_checkpoint(parse_note(note.encode()).text)


def _check(entry: TrailEntry, tree: Checkpoint) -> None:
    if entry.content is not None:
        _check_content(entry, entry.content)
    if leaf_hash(entry.leaf_data) != entry.leaf_hash:
        raise _DoesNotHold("the leaf's hash is not that of its data")
    if not inclusion_holds(entry.index, tree.size, entry.leaf_hash, entry.inclusion, tree.root):
        raise _DoesNotHold("the leaf is not in the tree at its index")


def _check_content(entry: TrailEntry, content: EventContent) -> None:
    if sha256(content.salt + content.bytes).digest() != entry.leaf_data:
        raise _DoesNotHold("salt and bytes are not those of the leaf")
    if content.text.encode(errors="replace") != content.bytes:
        raise _DoesNotHold("the text is not that of the bytes")
    try:
        event = CloudEvent.model_validate_json(content.bytes)
    except ValidationError:
        raise _DoesNotHold("the bytes are no event") from None
    shown = (entry.event_id, entry.type, entry.time, entry.producer, entry.referral)
    if shown != (event.id, event.type, event.time, event.producer, event.subject):
        raise _DoesNotHold("what is shown is not what the bytes say")
