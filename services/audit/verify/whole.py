"""The check of a whole log, from its address or a copy of its files."""

from services.audit.tlog.notes import MAX_NOTE_BYTES
from services.audit.tlog.witness_policy import Policy
from services.audit.verify.memory import Memory
from services.audit.verify.reading import Tiles
from services.audit.verify.report import CannotCheck, DoesNotHold, Report
from services.audit.verify.signed import Signed, check_quorum, check_remembered, check_signed
from services.audit.verify.source import Source
from services.audit.verify.tree import recompute

CHECKPOINT = "checkpoint"
WITNESSED = "witnessed"
"""The newest checkpoint that enough witnesses cosigned: they need a moment for the newest of all.
Not of tlog-tiles; a log without it is checked by its newest checkpoint alone."""


def check_log(source: Source, policy: Policy, memory: Memory) -> Report:
    """Check signatures, every entry and tile, and that the log goes on from what is remembered.

    What holds is remembered. CannotCheck if the source, the policy or the memory is of no use.
    """
    report = Report()
    # Read in this order, the newest checkpoint is no older than the witnessed one.
    witnessed = source.read(WITNESSED, MAX_NOTE_BYTES)
    encoded = source.read(CHECKPOINT, MAX_NOTE_BYTES)
    if encoded is None:
        raise CannotCheck(f"there is no checkpoint at {source}")
    signed = check_signed(encoded, policy, report)
    if signed is None:
        return report
    covered = signed
    if not policy.accepts(signed.cosigned_at) and witnessed is not None:
        older = check_signed(witnessed, policy, report)
        report.checkpoint = signed.checkpoint
        if older is None:
            return report
        covered = older
    check_quorum(covered, policy, report)
    _check_tree(source, signed, covered, memory, report)
    report.unchecked += [
        "What the entries say: they are salted hashes, and their events are not public.",
        "Whether every event reached the log: for that there are its findings on completeness.",
    ]
    if report.holds:
        memory.keep(signed.checkpoint.origin, encoded)
    return report


def _check_tree(
    source: Source, signed: Signed, covered: Signed, memory: Memory, report: Report
) -> None:
    newest, cosigned = signed.checkpoint, covered.checkpoint
    recalled = memory.recall(newest.origin)
    sizes = {newest.size, cosigned.size, recalled[1].size if recalled else 0}
    try:
        roots = recompute(
            Tiles(source, newest.size), {size for size in sizes if size <= newest.size}
        )
    except DoesNotHold as error:
        report.found("tree", f"The log does not show what it signed: {error}.")
        return
    if roots[newest.size] != newest.root:
        report.found("tree", "The entries and tiles make another root than the signed one.")
        return
    report.checked.append(
        ("The one entry was" if newest.size == 1 else f"All {newest.size:,} entries were")
        + " hashed anew: every tile is what the entries make, and so is the signed root."
    )
    # Sizes first: of a larger tree than the newest there is no root.
    if cosigned.origin != newest.origin or roots.get(cosigned.size) != cosigned.root:
        report.found("tree", "The log signed two checkpoints that contradict each other.")
    elif later := newest.size - cosigned.size:
        which = "newest entry" if later == 1 else f"newest {later:,} entries"
        report.unchecked.append(
            f"Whether the log shows everybody the same {which}: the witnesses have not cosigned"
            " that yet."
        )
    check_remembered(signed, memory, roots, report)
