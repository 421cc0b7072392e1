"""Who vouches for a checkpoint: the log by its key, and its witnesses, as a policy demands."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from services.audit.tlog.checkpoint import Checkpoint, cosigned, parse_checkpoint
from services.audit.tlog.notes import Note, NoteRefused, VerifierKey, parse_note, verified
from services.audit.tlog.witness_policy import NONE, Policy
from services.audit.verify.memory import Memory
from services.audit.verify.report import CannotCheck, Report
from shared.words import counted


@dataclass(frozen=True)
class Signed:
    """A checkpoint that a key of the policy signed."""

    encoded: bytes
    note: Note
    checkpoint: Checkpoint
    signers: tuple[VerifierKey, ...]
    cosigned_at: dict[VerifierKey, datetime]

    @property
    def cosigners(self) -> str:
        """The witnesses by name, and when each of them signed."""
        each = [f"{key.name} at {at:%Y-%m-%d %H:%M:%S} UTC" for key, at in self.cosigned_at.items()]
        return ", ".join(each) or "none"


def check_signed(encoded: bytes, policy: Policy, report: Report) -> Signed | None:
    """The checkpoint if the log signed it, and no witness's signature on it is forged.

    Whether there are enough witnesses is for `check_quorum`. CannotCheck for a policy without logs.
    """
    if not policy.logs:
        raise CannotCheck("the policy names no log's key, so that no signature can be checked")
    try:
        note = parse_note(encoded)
        checkpoint = parse_checkpoint(note.text)
    except NoteRefused as error:
        report.found("signature", f"The checkpoint cannot be read: {error}.")
        return None
    keys = policy.log_keys(checkpoint.origin)
    if not keys:
        known = ", ".join(sorted({key.name for key in policy.logs}))
        report.found(
            "signature",
            f"The checkpoint is of {checkpoint.origin}, which the policy does not know; it knows"
            f" {known}.",
        )
        return None
    try:
        signers = verified(note, keys)
    except NoteRefused as error:
        report.found("signature", _unsigned(note, checkpoint.origin, keys, error))
        return None
    try:
        cosigned_at = cosigned(note, policy.witness_keys)
    except NoteRefused as error:
        report.found("cosignatures", f"The checkpoint is not to be believed: {error}.")
        return None
    report.checkpoint = checkpoint
    report.checked.append(
        f"The checkpoint of {checkpoint.origin} with {_entries(checkpoint.size)} is signed by"
        f" {_of_keys(len(signers), len(keys))} for the log."
    )
    return Signed(encoded, note, checkpoint, signers, cosigned_at)


def check_quorum(signed: Signed, policy: Policy, report: Report) -> None:
    """Whether as many witnesses stand by the checkpoint as the policy asks for."""
    if not policy.accepts(signed.cosigned_at):
        report.found(
            "cosignatures",
            "Too few witnesses stand by the checkpoint for the policy's quorum"
            f" {policy.quorum}: {signed.cosigners}.",
        )
    elif policy.quorum == NONE:
        report.unchecked.append(
            "Whether the log shows everybody the same: the policy asks for no witness. Cosigned by:"
            f" {signed.cosigners}."
        )
    else:
        report.checked.append(
            f"The witnesses that the policy asks for stand by {_entries(signed.checkpoint.size)}:"
            f" {signed.cosigners}."
        )


def check_remembered(
    signed: Signed, memory: Memory, roots: dict[int, bytes] | None, report: Report
) -> None:
    """Whether the log goes on from what is remembered of it. `roots`: those that its entries have
    at some sizes; none where there were no entries to compute them from."""
    recalled = memory.recall(signed.checkpoint.origin)
    if recalled is None:
        report.unchecked.append(
            "Whether the log was rewritten before now: nothing was remembered of it here. The next"
            " check will know this checkpoint."
        )
        return
    note, before = recalled
    now = signed.checkpoint
    if before.size > now.size and roots is not None:
        report.found(
            "memory",
            f"The log is smaller than it was: {counted(before.size, 'entry was', 'entries were')}"
            f" signed and remembered, and here {'is' if now.size == 1 else 'are'} {now.size:,}."
            " Entries were taken away, or this is an old copy.",
        )
    elif before.size == now.size and before.root != now.root:
        report.found(
            "memory",
            f"Two different logs of {_entries(now.size)} were signed: this one, and the one that is"
            f" remembered in {memory.file(now.origin)}. The two signatures together prove it.",
        )
    elif before.size == now.size:
        report.checked.append(f"It is the checkpoint of {_entries(before.size)} remembered here.")
    elif roots is None:
        report.unchecked.append(
            f"Whether it belongs to the history remembered here, of {_entries(before.size)}: that"
            " takes the log itself, by its address or as a folder."
        )
    elif roots[before.size] != before.root:
        is_not = "is not the one that was" if before.size == 1 else "are not those that were"
        first = "entry" if before.size == 1 else _entries(before.size)
        report.found(
            "memory",
            f"The first {first} {is_not} signed and remembered in"
            f" {memory.file(now.origin)}: the log was rewritten.",
        )
    else:
        report.checked.append(
            f"The first {_those(before.size)} that the checkpoint remembered here covers."
        )
    _note_changed_key(note, signed, report)


def _entries(number: int) -> str:
    return counted(number, "entry", "entries")


def _those(number: int) -> str:
    return "entry is the one" if number == 1 else f"{number:,} entries are those"


def _of_keys(signers: int, known: int) -> str:
    """How many of the policy's keys signed."""
    if known == 1:
        return "the key that the policy names"
    return f"{signers} of the {known} keys that the policy names"


def _unsigned(note: Note, origin: str, keys: Collection[VerifierKey], error: NoteRefused) -> str:
    others = [each for each in note.signatures if each.name == origin]
    ids = {each.key_id for each in others} - {key.key_id for key in keys}
    if not ids:
        return f"The checkpoint is not signed by the log: {error}."
    return (
        f"The checkpoint is not signed by the log: {error}. It bears {origin}'s name with a key"
        f" ({', '.join(sorted(id_.hex() for id_ in ids))}) that the policy does not name: the"
        " log's key was changed, or somebody else signs in its name."
    )


def _note_changed_key(before: Note, signed: Signed, report: Report) -> None:
    if not any(signature.is_of(key) for signature in before.signatures for key in signed.signers):
        now = ", ".join(str(key) for key in signed.signers)
        report.unchecked.append(
            "Why the log's key has changed: none of the keys that signed the remembered checkpoint"
            f" signed this one. The policy names the present key, {now}; ask whoever gave you the"
            " policy whether that was announced."
        )
