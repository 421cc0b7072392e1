"""The check of a whole log, from its address or a copy of its files."""

from services.audit.notes import MAX_NOTE_BYTES
from services.audit.verify.memory import Memory
from services.audit.verify.reading import Tiles
from services.audit.verify.report import CannotCheck, DoesNotHold, Report
from services.audit.verify.signed import check_remembered, check_signed
from services.audit.verify.source import Source
from services.audit.verify.tree import recompute
from services.audit.witness_policy import Policy


def check_log(source: Source, policy: Policy, memory: Memory) -> Report:
    """Check signatures, every entry and tile, and that the log goes on from what is remembered.

    What holds is remembered. CannotCheck if the source, the policy or the memory is of no use.
    """
    report = Report()
    encoded = source.read("checkpoint", MAX_NOTE_BYTES)
    if encoded is None:
        raise CannotCheck(f"there is no checkpoint at {source}")
    signed = check_signed(encoded, policy, report)
    if signed is None:
        return report
    checkpoint = signed.checkpoint
    recalled = memory.recall(checkpoint.origin)
    sizes = {checkpoint.size, recalled[1].size if recalled else 0}
    try:
        roots = recompute(
            Tiles(source, checkpoint.size), {size for size in sizes if size <= checkpoint.size}
        )
    except DoesNotHold as error:
        report.found("tree", f"The log does not show what it signed: {error}.")
        return report
    if roots[checkpoint.size] != checkpoint.root:
        report.found("tree", "The entries and tiles make another root than the signed one.")
        return report
    report.checked.append(
        f"All {checkpoint.size} entries were hashed anew: every tile is what they make, and so is"
        " the signed root."
    )
    check_remembered(signed, memory, roots, report)
    report.unchecked += [
        "What the entries say: they are salted hashes, and their events are not public.",
        "Whether every event reached the log: for that, ask for the findings on completeness.",
    ]
    if report.holds:
        memory.keep(checkpoint.origin, encoded)
    return report
