"""Checks a trail without trusting who wrote it: it needs the answer alone, no log, no database.

What it shows: the events are, byte for byte, in the tree of the checkpoint that the answer carries;
and with a policy, that the log signed that checkpoint. Whether the page holds every event that was
asked for, no single page can show; nor whether enough witnesses cosigned, who need a moment for the
newest checkpoint.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from services.audit.formats import Trail, TrailEntry
from services.audit.tlog.checkpoint import Checkpoint, parse_checkpoint
from services.audit.tlog.merkle import inclusion_holds, leaf_hash
from services.audit.tlog.notes import NoteRefused, parse_note
from services.audit.tlog.witness_policy import Policy
from services.audit.verify.report import DoesNotHold, Report
from services.audit.verify.shown import check_called, check_shown
from services.audit.verify.signed import check_signed


@dataclass(frozen=True)
class Verified:
    """Everything that was shown is in the tree. `destroyed`: the indexes of entries of which only
    the hashes are left, so that what is said of them is not proved. `signed`: the checkpoint's
    signatures were checked as well."""

    tree: Checkpoint | None
    entries: int
    destroyed: tuple[int, ...]
    signed: bool


@dataclass(frozen=True)
class Broken:
    """The answer does not hold, in words; `index` is the entry at fault, if it is one's."""

    reason: str
    index: int | None = None


def verify_trail(answer: Mapping[str, Any], policy: Policy | None = None) -> Verified | Broken:
    """Check an answer of `GET /audit/api/trail`, as it was parsed from JSON.

    Without a policy the checkpoint is read and not believed: its tree is the answer's own word.
    CannotCheck if the policy names no log.
    """
    try:
        trail = Trail.model_validate(answer)
    except ValidationError as error:
        places = sorted({".".join(map(str, e["loc"])) for e in error.errors()})
        return Broken(f"the answer is no trail: {', '.join(places)}")
    signed = policy is not None and trail.checkpoint is not None
    index = None
    try:
        tree = _tree(trail.checkpoint, policy)
        before = -1
        for entry in trail.entries:
            index = entry.index
            _check(entry, tree, before, trail)
            before = index
    except NoteRefused as error:
        return Broken(f"the checkpoint cannot be read: {error}")
    except DoesNotHold as error:
        return Broken(str(error), index)
    destroyed = tuple(entry.index for entry in trail.entries if entry.content is None)
    return Verified(tree, len(trail.entries), destroyed, signed)


def _tree(note: str | None, policy: Policy | None) -> Checkpoint | None:
    if note is None:
        return None
    if policy is not None:
        report = Report()
        check_signed(note.encode(), policy, report)
        if report.problems:
            raise DoesNotHold(report.problems[0].said)
    return parse_checkpoint(parse_note(note.encode()).text)


def _check(entry: TrailEntry, tree: Checkpoint | None, before: int, trail: Trail) -> None:
    if tree is None:
        raise DoesNotHold("no checkpoint covers what is shown")
    if entry.index <= before:
        raise DoesNotHold("the entries are not in the log's order")
    if trail.asked.referral not in (None, entry.referral):
        raise DoesNotHold("it is not of the referral that was asked for")
    check_called(entry.altered)
    if entry.content is not None:
        check_shown(entry, entry.content.salt, entry.content.bytes, entry.leaf_data)
        if entry.content.text.encode(errors="replace") != entry.content.bytes:
            raise DoesNotHold("the text is not that of the bytes")
    if leaf_hash(entry.leaf_data) != entry.leaf_hash:
        raise DoesNotHold("the leaf hash is not that of the leaf data")
    if not inclusion_holds(entry.index, tree.size, entry.leaf_hash, entry.inclusion, tree.root):
        raise DoesNotHold("the leaf is not in the tree at its index")
