"""Mutations of what has left the database: a copy of the log in a folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from sqlalchemy.util import greenlet_spawn

from deploy.commands.mirror import copy
from services.audit.log.tile_routes import WIDTH
from services.audit.tlog.checkpoint import Checkpoint
from services.audit.tlog.merkle import leaf_hash, root
from services.audit.tlog.notes import Note, SigningKey, sign
from services.audit.verify import Folder
from services.audit.verify.reading import tile_path
from tests.faults.tampering import honest
from tests.faults.tampering.attacked import Attacked
from tests.faults.tampering.touching import Part, part_of

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Changed:
    """Files with a mutation in them. `first`: the entry that it begins with; None if it is about
    signatures. `must`, `changes`: whether it contradicts what is remembered; whether it is one."""

    name: str
    files: Files
    first: int | None = None
    has_key: bool = False
    must: bool = False
    changes: bool = True
    is_bundle: bool = False

    @property
    def part(self) -> Part:
        """Where it stands in the table."""
        if not self.changes:
            return Part.NOTHING
        if self.is_bundle:
            return Part.BUNDLES
        return Part.SIGNATURES if self.first is None else part_of(self.first)


async def copied(attacked: Attacked) -> dict[str, bytes]:
    """An honest copy of the log, as `mirror` makes it."""
    folder = attacked.folder / "copy"
    await greenlet_spawn(copy, honest.files_of(attacked.engine), folder)
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def folder_of(files: Files, folder: Path) -> Folder:
    """The files on the disk, and no others."""
    for file in [each for each in folder.rglob("*") if each.is_file()]:
        if str(file.relative_to(folder)) not in files:
            file.unlink()
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists() or file.read_bytes() != content:
            file.write_bytes(content)
    return Folder(folder)


def built(leaves: list[bytes], key: SigningKey) -> dict[str, bytes]:
    """A log of these leaves from nothing, as tlog-tiles has it, signed by `key`."""
    files: dict[str, bytes] = {}
    row, level = [leaf_hash(leaf) for leaf in leaves], 0
    tree = Checkpoint(honest.KEY.name, len(leaves), root(row))
    while row:
        above = []
        for number in range(-(-len(row) // WIDTH)):
            part = row[number * WIDTH : (number + 1) * WIDTH]
            files[tile_path(level, number, len(part))] = b"".join(part)
            above += [root(part)] if len(part) == WIDTH else []
        row, level = above, level + 1
    for number in range(-(-len(leaves) // WIDTH)):
        entries = leaves[number * WIDTH : (number + 1) * WIDTH]
        files[tile_path("entries", number, len(entries))] = b"".join(
            len(entry).to_bytes(2, "big") + entry for entry in entries
        )
    files["checkpoint"] = Note(tree.text, (sign(tree.text, key),)).encode()
    return files


def generate(seed: int, count: int, there: Files, of: "honest.Honest") -> list[Changed]:
    """So many mutations of a copy, the same for the same seed."""
    random = Random(seed)  # noqa: S311 - it is to be the same each time
    return [_one(random, there, of) for _ in range(count)]


def _one(random: Random, there: Files, of: "honest.Honest") -> Changed:
    match random.randrange(20):
        case 0 | 1:
            return _other_history(random, there, of)
        case 2 | 3:
            return _old_copy(random, there, of)
        case 4:
            return _beside(random, there)
        case 5 | 6:
            return _swapped(random, there)
        case _:
            return _damaged(random, there)


_PLACE: Final = {"entries": 34, "0": 32, "1": 32}


def _first(name: str, at: int) -> int | None:
    """Which entry a byte of a file is about."""
    if not name.startswith("tile/"):
        return None
    _, level, number, *_ = name.replace(".p", "").split("/")
    index = int(number) * WIDTH + at // _PLACE[level]
    return (index + 1) * WIDTH - 1 if level == "1" else index


def _damaged(random: Random, there: Files) -> Changed:
    name = random.choice(sorted(there))
    content, kind = there[name], random.choice(("edit", "edit", "truncate", "insert", "delete"))
    at = random.randrange(len(content))
    match kind:
        case "edit":
            flipped = content[at] ^ (1 << random.randrange(8))
            changed = content[:at] + bytes([flipped]) + content[at + 1 :]
        case "truncate":
            changed = content[:at]
        case "insert":
            changed = content[:at] + random.randbytes(random.choice((1, 32, 34))) + content[at:]
        case _:
            at, changed = 0, b""
    files = {**there, name: changed}
    if kind == "delete":
        del files[name]
    return _touching(f"{kind}: a file of a copy", files, name, at)


def _touching(name: str, files: Files, file: str, at: int) -> Changed:
    first = _first(file, at)
    must = file == "checkpoint" or (first is not None and first < honest.REMEMBERED)
    return Changed(name, files, first, must=must)


def _swapped(random: Random, there: Files) -> Changed:
    tiles = [name for name in sorted(there) if name.startswith("tile/")]
    if random.random() < 0.5:
        one, other = random.sample(tiles, 2)
        first = min(_first(one, 0) or 0, _first(other, 0) or 0)
        files = {**there, one: there[other], other: there[one]}
        return Changed("reorder: files of a copy", files, first, must=first < honest.REMEMBERED)
    name = random.choice(tiles)
    width = _PLACE[name.split("/")[1]]
    parts = [there[name][at : at + width] for at in range(0, len(there[name]), width)]
    if len(parts) < 2:
        return _damaged(random, there)
    one_at, other_at = sorted(random.sample(range(len(parts)), 2))
    parts[one_at], parts[other_at] = parts[other_at], parts[one_at]
    return _touching(
        "reorder: hashes in a copy", {**there, name: b"".join(parts)}, name, one_at * width
    )


def _beside(random: Random, there: Files) -> Changed:
    """Files that nobody asks for."""
    name = random.choice(("tile/0/003", "tile/entries/002", "tile/2/000.p/1", "tile/0/000.p/7"))
    files = {**there, name: random.randbytes(random.randrange(1, 9000))}
    return Changed("insert: a file beside a copy's", files, changes=False)


def _old_copy(random: Random, there: Files, of: "honest.Honest") -> Changed:
    """The whole copy as it was once, or its checkpoint alone; true, every byte of it."""
    size = random.choice(honest.SIZES[:-2])
    whole = built(list(of.leaves[:size]), honest.KEY) | {"checkpoint": of.notes[size]}
    if "witnessed" in there and size >= honest.COSIGNED:
        whole["witnessed"] = there["witnessed"]
    # Full tiles serve where a part is asked for: a checkpoint alone has to find them.
    files = whole if random.random() < 0.5 else {**there, "checkpoint": of.notes[size]}
    is_short = size < honest.REMEMBERED
    return Changed("restore of an old backup: a copy", files, size, must=is_short, has_key=False)


def _other_history(random: Random, there: Files, of: "honest.Honest") -> Changed:
    """Another log from some entry on, whole and signed: with the log's key, or with another."""
    first = random.randrange(honest.LOGGED - 5)
    size = random.choice((honest.SIGNED, honest.SIGNED + random.randrange(1, 90)))
    first = min(first, size - 1)
    others = [random.randbytes(32) for _ in range(size - first)]
    has_key = random.random() < 0.7
    files = built([*of.leaves[:first], *others], honest.KEY if has_key else honest.FORGED)
    if random.random() < 0.7 and "witnessed" in there:
        files["witnessed"] = there["witnessed"]
    name = "fork: a copy" if has_key else "key swap: a copy of another history"
    must = not has_key or first < honest.REMEMBERED
    return Changed(name, files, first, has_key, must)
