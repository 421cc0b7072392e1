"""A log laid out as static files, signed and cosigned by invented parties."""

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from services.audit.log import tiles
from services.audit.log.tiles import Hashes
from services.audit.tlog.checkpoint import Checkpoint, cosign
from services.audit.tlog.merkle import leaf_hash, root
from services.audit.tlog.notes import Algorithm, Note, SigningKey, sign
from services.audit.tlog.witness_policy import Policy, parse_policy
from services.audit.verify import Folder, Memory, Report, check_log
from tests.audit.test_merkle import hashes_over

ORIGIN = "referrals.example/audit"
LOG = SigningKey.generate(ORIGIN, bytes([1]) * 32)
OTHER_LOG = SigningKey.generate(ORIGIN, bytes([2]) * 32)
POLICE = SigningKey.generate("police.example/w", bytes([3]) * 32, Algorithm.COSIGNATURE)
MAYOR = SigningKey.generate("mayor.example/w", bytes([4]) * 32, Algorithm.COSIGNATURE)
NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)

ALONE = f"log {LOG.verifier}\nquorum none\n"
WITNESSED = (
    f"log {LOG.verifier}\n"
    f"witness police {POLICE.verifier}\nwitness mayor {MAYOR.verifier}\n"
    "group both all police mayor\nquorum both\n"
)


def entries(count: int) -> list[bytes]:
    """The data of leaves: hashes of nothing in particular."""
    return [sha256(f"entry {number}".encode()).digest() for number in range(count)]


def tree(data: Sequence[bytes]) -> Hashes:
    """Their tree, as the writer keeps it."""
    return hashes_over([leaf_hash(each) for each in data])


def checkpoint(data: Sequence[bytes]) -> Checkpoint:
    """What a log with these entries signs."""
    return Checkpoint(ORIGIN, len(data), root([leaf_hash(each) for each in data]))


def note(tree: Checkpoint, *keys: SigningKey) -> bytes:
    """The checkpoint, signed by each."""
    signatures = [
        sign(tree.text, key) if key.algorithm is Algorithm.LOG else cosign(tree.text, key, NOON)
        for key in keys
    ]
    return Note(tree.text, tuple(signatures)).encode()


def lay(folder: Path, data: Sequence[bytes], *keys: SigningKey) -> Path:
    """Write the files of c2sp.org/tlog-tiles; returns the folder."""
    level, row = 0, [leaf_hash(each) for each in data]
    while row:
        for number in range(-(-len(row) // 256)):
            part = row[number * 256 : (number + 1) * 256]
            _write(folder / "tile" / str(level), number, len(part), b"".join(part))
            if level == 0:
                leaves = data[number * 256 : (number + 1) * 256]
                bundle = b"".join(len(each).to_bytes(2, "big") + each for each in leaves)
                _write(folder / "tile" / "entries", number, len(part), bundle)
        full = range(0, len(row) - 255, 256)
        level, row = level + 1, [root(row[start : start + 256]) for start in full]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "checkpoint").write_bytes(note(checkpoint(data), *(keys or (LOG,))))
    return folder


def _write(folder: Path, number: int, width: int, content: bytes) -> None:
    assert number < 1000
    name = f"{number:03d}" if width == 256 else f"{number:03d}.p/{width}"
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def policy(text: str = ALONE) -> Policy:
    """A policy of these parties."""
    return parse_policy(text)


def checked(folder: Path, memory: Path, text: str = ALONE) -> Report:
    """What the check of a folder comes to."""
    return check_log(Folder(folder), policy(text), Memory(memory))


def wrong(report: Report) -> list[str]:
    """Which checks found something."""
    return [each.check for each in report.problems]


def inclusion(hashes: Hashes, index: int, size: int) -> tuple[bytes, ...]:
    """The writer's proof that a leaf is in the tree of that size."""
    return tuple(hashes.of(range_) for range_ in tiles.inclusion(index, size))


def flip(content: bytes, bit: int) -> bytes:
    """The same bytes with one other bit."""
    flipped = bytearray(content)
    flipped[bit // 8] ^= 1 << bit % 8
    return bytes(flipped)
