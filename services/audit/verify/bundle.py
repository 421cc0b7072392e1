"""The check of a bundle: what was taken from a log for an auditor, verified off line.

Its own copy of the policy is not looked at: whoever forged the rest would have forged that.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from pydantic import ValidationError

from services.audit.formats import Asked, BundleEntry, BundleQuery
from services.audit.tlog.checkpoint import Checkpoint
from services.audit.tlog.merkle import inclusion_holds, leaf_hash
from services.audit.tlog.proof_file import MalformedProof, ProofFile
from services.audit.tlog.witness_policy import Policy
from services.audit.verify.archive import (
    CHECKPOINT,
    ENTRIES,
    POLICY,
    QUERY,
    Archive,
    event_name,
    proof_name,
)
from services.audit.verify.memory import Memory
from services.audit.verify.report import DoesNotHold, Report
from services.audit.verify.shown import check_called, check_said, event_of
from services.audit.verify.signed import Signed, check_quorum, check_remembered, check_signed
from shared.events import CloudEvent
from shared.words import counted

Stream = tuple[str, UUID]
"""One producer's events on one referral, which it numbers from 1."""


@dataclass
class _Seen:
    """What the entries so far have shown."""

    last: int = -1
    good: int = 0
    """Events that are there and hold."""
    destroyed: int = 0
    unnumbered: Counter[Stream] = field(default_factory=Counter)
    """Entries whose number nothing here shows, destroyed or altered: each excuses a gap of one."""
    numbered: int = 0
    numbers: defaultdict[Stream, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    files: set[str] = field(default_factory=set)


def check_bundle(path: Path, policy: Policy, memory: Memory) -> Report:
    """Check signatures, and of every event its bytes, salt and place in the log, and its number.

    CannotCheck if the file, the policy or the memory is of no use.
    """
    report = Report()
    try:
        with Archive(path) as archive:
            signed = check_signed(archive.read(CHECKPOINT), policy, report)
            if signed is None:
                return report
            check_quorum(signed, policy, report)
            _check_entries(archive, signed, report)
    except DoesNotHold as error:
        report.found("events", f"The bundle does not hold: {error}.")
        return report
    check_remembered(signed, memory, None, report)
    if report.holds and memory.recall(signed.checkpoint.origin) is None:
        memory.keep(signed.checkpoint.origin, signed.encoded)
    return report


def _check_entries(archive: Archive, signed: Signed, report: Report) -> None:
    if POLICY in archive:
        archive.read(POLICY)  # not believed; but of a damaged bundle nothing is said to hold
    query = _query(archive)
    seen = _Seen()
    for entry in _entries(archive):
        numbered = seen.numbered
        try:
            _check_entry(archive, entry, signed, seen)
            _check_asked(entry, query.asked)
            seen.good += not entry.destroyed
        except DoesNotHold as error:
            report.found("events", f"Entry {entry.index} does not hold: {error}.", entry.index)
        if seen.numbered == numbered:
            seen.unnumbered[entry.producer, entry.referral] += 1
    if unshown := sorted(archive.numbered - seen.files):
        report.found("events", f"The bundle holds {unshown[0]} for no entry that it shows.")
    log = counted(signed.checkpoint.size, "entry", "entries")
    report.checked.append(
        f"1 event is shown as its bytes say, and with its salt is in the signed log of {log}."
        if seen.good == 1
        else f"{seen.good:,} events are shown as their bytes say, and each of them, with its salt,"
        f" is in the signed log of {log}."
    )
    if gone := seen.destroyed:
        hashes = "its hash is" if gone == 1 else "their hashes are"
        report.unchecked.append(
            f"What is shown of {counted(gone, 'event', 'events')} whose content was destroyed:"
            f" {hashes} in the log, the rest is its word."
        )
    _check_numbers(query, seen, report)


def _check_asked(entry: BundleEntry, asked: Asked) -> None:
    """Another question than the one that was asked would explain whatever is missing."""
    if asked.referral not in (None, entry.referral) or asked.type not in (None, entry.type):
        raise DoesNotHold("it is not what was asked for")
    if (asked.since and entry.time < asked.since) or (asked.until and entry.time >= asked.until):
        raise DoesNotHold("it is not of the time that was asked for")


def _check_entry(archive: Archive, entry: BundleEntry, signed: Signed, seen: _Seen) -> None:
    before, seen.last = seen.last, entry.index
    if entry.index <= before:
        raise DoesNotHold("the entries are not in the log's order")
    names = {proof_name(entry.index)} | ({event_name(entry.index)} & archive.numbered)
    seen.files |= names
    proof = _proof(archive, entry, signed)
    if entry.destroyed:
        seen.destroyed += 1
        if len(names) > 1 or proof.extra is not None:
            raise DoesNotHold("its content is said to be destroyed, and is there")
        check_called(entry.altered)
    else:
        event = _event(archive, entry, proof, seen)
        check_called(entry.altered)
        check_said(entry, event)
    _check_inclusion(proof, bytes.fromhex(entry.leaf_data), signed.checkpoint)


def _event(archive: Archive, entry: BundleEntry, proof: ProofFile, seen: _Seen) -> CloudEvent:
    """An entry's event. It is numbered by its own words, whatever is shown beside them."""
    if proof.extra is None:
        check_called(entry.altered)
        raise DoesNotHold("its salt is missing")
    body = archive.read(event_name(entry.index))
    event = event_of(proof.extra, body, bytes.fromhex(entry.leaf_data))
    seen.numbers[event.producer, event.subject][event.sequence] += 1
    seen.numbered += 1
    return event


def _proof(archive: Archive, entry: BundleEntry, signed: Signed) -> ProofFile:
    try:
        proof = ProofFile.parse(archive.read(proof_name(entry.index)))
    except MalformedProof as error:
        raise DoesNotHold(str(error)) from error
    if proof.index != entry.index:
        raise DoesNotHold("its proof is of another entry")
    if proof.note_bytes != signed.encoded:
        raise DoesNotHold("its proof is under another checkpoint")
    return proof


def _check_inclusion(proof: ProofFile, leaf_data: bytes, tree: Checkpoint) -> None:
    leaf = leaf_hash(leaf_data)
    if not inclusion_holds(proof.index, tree.size, leaf, proof.inclusion, tree.root):
        raise DoesNotHold("it is not in the log at its index")


def _check_numbers(query: BundleQuery, seen: _Seen, report: Report) -> None:
    """Gaps in what each producer numbered, where a referral, a person or a pair was asked for."""
    asked = {name for name, value in query.asked if value is not None}
    narrowed = asked - {"referral", "person_ref", "pair_ref"}
    if narrowed:
        report.unchecked.append(
            f"Whether events are missing: it was asked for a part alone, by"
            f" {', '.join(sorted(narrowed))}."
        )
        return
    # Of a person or a pair, whatever is shown is about a referral or a reference of theirs.
    whole = {referral for _, referral in seen.numbers} if asked else set()
    wrong = list(_wrong_numbers(whole, seen))
    for said in wrong:
        report.found("events", said)
    if not wrong:
        of = "the referral" if len(whole) == 1 else f"the {len(whole):,} referrals"
        report.checked.append(
            f"Who tells of a referral numbers it: of {of} asked for no event is missing up to the"
            " last that is shown."
        )
    report.unchecked.append("Whether there are later events, or other referrals to show.")


def _wrong_numbers(whole: Collection[UUID], seen: _Seen) -> Iterator[str]:
    for (producer, referral), numbers in seen.numbers.items():
        if referral not in whole:
            continue
        missing = max(numbers) - len(numbers) - seen.unnumbered[producer, referral]
        if missing > 0:
            which = "event", "is missing: the numbers leave a gap"
            if missing > 1:
                which = "events", "are missing: the numbers leave gaps"
            yield f"{missing:,} {which[0]} that {producer} told of referral {referral} {which[1]}."
        if numbers.total() > len(numbers):
            yield f"{producer} numbered two events of referral {referral} the same."


def _query(archive: Archive) -> BundleQuery:
    try:
        return BundleQuery.model_validate_json(archive.read(QUERY))
    except ValidationError:
        raise DoesNotHold(f"{QUERY} is no query") from None


def _entries(archive: Archive) -> Iterator[BundleEntry]:
    for number, line in enumerate(archive.read(ENTRIES).splitlines(), start=1):
        try:
            yield BundleEntry.model_validate_json(line)
        except ValidationError:
            raise DoesNotHold(f"line {number} of {ENTRIES} is no entry") from None
