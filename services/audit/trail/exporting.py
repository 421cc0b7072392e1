"""What a question finds, to take away: a spreadsheet, JSON Lines, or a bundle that proves itself.

Written as it is sent, page by page, all of it under one checkpoint: what lies in memory does not
grow with what is found. A bundle's table of contents does, so that a bundle has an end.
"""

import csv
import io
import tempfile
import zipfile
from collections.abc import AsyncIterator, Iterator
from typing import Final, Literal

from services.audit.formats import BundleEntry, BundleQuery, TrailEntry
from services.audit.tlog.proof_file import ProofFile
from services.audit.trail.looking import View
from services.audit.trail.telling import tell

Format = Literal["csv", "jsonl", "bundle"]
MEDIA_TYPES: Final[dict[Format, str]] = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl",
    "bundle": "application/zip",
}
SUFFIXES: Final[dict[Format, str]] = {"csv": "csv", "jsonl": "jsonl", "bundle": "zip"}

MOST_IN_A_BUNDLE: Final = 20_000
PAGE: Final = 100
SPOOLED: Final = 1024 * 1024

COLUMNS: Final = (
    "entry",
    "time",
    "referral",
    "what",
    "which",
    "who",
    "why",
    "rule",
    "type",
    "told by",
    "event id",
    "altered",
    "leaf data",
    "leaf hash",
    "inclusion proof",
    "tree size",
    "tree root",
)
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_READABLE: Final = 0o644 << 16


def neutral(cell: str) -> str:
    """A cell that no spreadsheet runs."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


async def as_csv(view: View) -> AsyncIterator[bytes]:
    """A row an entry, in words and with its proof; hashes are hexadecimal."""
    yield _row(COLUMNS)
    async for entries in view.pages(0, PAGE):
        yield b"".join(_row(cells) for cells in _cells(entries, view))


def _row(cells: tuple[str, ...]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(map(neutral, cells))
    return out.getvalue().encode()


def _cells(entries: tuple[TrailEntry, ...], view: View) -> Iterator[tuple[str, ...]]:
    if view.signed is None:
        return
    tree = view.signed.checkpoint
    for entry in entries:
        body = entry.content.bytes if entry.content else None
        told = tell(entry.type, entry.producer, body, entry.altered)
        yield (
            str(entry.index),
            entry.time.isoformat(),
            str(entry.referral),
            told.what,
            told.more,
            told.who,
            told.why,
            told.rule,
            entry.type,
            entry.producer,
            str(entry.event_id),
            entry.altered or "",
            entry.leaf_data.hex(),
            entry.leaf_hash.hex(),
            " ".join(hash_.hex() for hash_ in entry.inclusion),
            str(tree.size),
            tree.root.hex(),
        )


async def as_jsonl(view: View) -> AsyncIterator[bytes]:
    """First the answer without entries, as `GET /audit/api/trail` has it; then an entry a line."""
    yield view.answer((), None).model_dump_json().encode() + b"\n"
    async for entries in view.pages(0, PAGE):
        yield b"".join(entry.model_dump_json().encode() + b"\n" for entry in entries)


async def as_bundle(view: View, policy: str) -> AsyncIterator[bytes]:
    """A zip file of the checkpoint, and of each entry its bytes and its proof, to be checked with
    nothing but SHA-256 and a tool for tlog-proof. `policy`: the log's own, for convenience."""
    if view.signed is None:
        return
    out = _Sent()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        tempfile.SpooledTemporaryFile(max_size=SPOOLED) as lines,
    ):
        _add(archive, "checkpoint", view.signed.note)
        _add(archive, "policy", policy.encode())
        query = BundleQuery(
            asked=view.search.asked,
            references=view.people.references,
            referrals=view.people.referrals,
        )
        _add(archive, "query.json", query.model_dump_json(indent=2).encode())
        async for entries in view.pages(0, PAGE):
            for entry in entries:
                _add_entry(archive, entry, view.signed.note)
                lines.write(_line(entry))
            yield out.taken()
        with archive.open(_named("entries.jsonl"), "w", force_zip64=True) as listed:
            lines.seek(0)
            while part := lines.read(SPOOLED):
                listed.write(part)
                yield out.taken()
    yield out.taken()


def _add_entry(archive: zipfile.ZipFile, entry: TrailEntry, note: bytes) -> None:
    salt = entry.content.salt if entry.content else None
    proof = ProofFile(entry.index, entry.inclusion, note, salt)
    _add(archive, f"proofs/{entry.index}.tlog-proof", proof.encode())
    if entry.content is not None:
        _add(archive, f"events/{entry.index}.json", entry.content.bytes)


def _line(entry: TrailEntry) -> bytes:
    shown = BundleEntry(
        index=entry.index,
        event_id=entry.event_id,
        type=entry.type,
        time=entry.time,
        producer=entry.producer,
        referral=entry.referral,
        leaf_data=entry.leaf_data.hex(),
        destroyed=entry.content is None and entry.altered is None,
        altered=entry.altered,
    )
    return shown.model_dump_json().encode() + b"\n"


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(_named(name), content)


def _named(name: str) -> zipfile.ZipInfo:
    """A file of no date: the same question under the same checkpoint gives the same bundle."""
    named = zipfile.ZipInfo(name)
    named.external_attr = _READABLE
    named.compress_type = zipfile.ZIP_DEFLATED
    return named


class _Sent:
    """What an archive is written to: kept until it is taken. It cannot seek."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes, /) -> int:
        """As a file does."""
        self._parts.append(bytes(part))
        return len(part)

    def flush(self) -> None:
        """As a file does."""

    def close(self) -> None:
        """As a file does."""

    def taken(self) -> bytes:
        """What was written since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)
