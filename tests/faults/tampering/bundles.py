"""Mutations of bundles: what an auditor has taken home."""

import io
import json
import warnings
import zipfile
from collections import defaultdict
from contextlib import suppress
from hashlib import sha256
from random import Random
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.util import greenlet_spawn

from services.audit.formats import Asked, BundleEntry
from services.audit.log import tiles
from services.audit.log.tiles import WIDTH, Tile
from services.audit.tlog.checkpoint import Checkpoint
from services.audit.tlog.merkle import leaf_hash, root
from services.audit.tlog.notes import Note, parse_note, sign
from services.audit.tlog.proof_file import ProofFile
from tests.faults.tampering import honest
from tests.faults.tampering.attacked import Attacked
from tests.faults.tampering.copies import Changed, Files
from tests.faults.tampering.finding import bundle_of, look_as_witness

ENTRIES, QUERY, CHECKPOINT = "entries.jsonl", "query.json", "checkpoint"
SUBJECTS = (3, 40, 77, 119)
"""Of these referrals somebody has taken a bundle home."""


async def taken(attacked: Attacked) -> list[dict[str, bytes]]:
    """Honest bundles under a checkpoint that the witness has cosigned."""
    async with attacked.undone():
        await honest.signer(attacked.engine, attacked.memory("keys")).sign()
        said = await greenlet_spawn(look_as_witness, attacked, honest.files_of(attacked.engine))
        assert said.startswith("cosigned"), said
        return [
            unzipped(await bundle_of(attacked, Asked(referral=UUID(int=number))))
            for number in SUBJECTS
        ]


def unzipped(bundle: bytes) -> dict[str, bytes]:
    """Its files by name."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files: Files, twice: str | None = None) -> bytes:
    """The files as an archive; `twice`: the one that is in it two times."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in (*files, *([twice] if twice else ())):
            archive.writestr(zipfile.ZipInfo(name), files[name])
    return out.getvalue()


def generate(
    seed: int, count: int, there: list[dict[str, bytes]], of: "honest.Honest"
) -> list[tuple[Changed, bytes]]:
    """So many mutations, the same for the same seed, and each archive."""
    random = Random(seed)  # noqa: S311 - it is to be the same each time
    return [_one(random, random.choice(there), there, of) for _ in range(count)]


def _one(
    random: Random, files: dict[str, bytes], all_: list[dict[str, bytes]], of: "honest.Honest"
) -> tuple[Changed, bytes]:
    match random.randrange(24):
        case 0 | 1:
            return _in_the_archive(random, files)
        case 2 | 3:
            return _without_an_entry(random, files)
        case 4:
            return _said_to_be_destroyed(random, files)
        case 5:
            return _asked_otherwise(random, files)
        case 6 | 7 | 8:
            return _forged(random, files, of)
        case 9 | 10:
            return _exchanged(random, files, random.choice(all_))
        case 11 | 12 | 13 | 14:
            return _said_otherwise(random, files)
        case _:
            return _damaged(random, files)


def _bundle(
    name: str, files: Files, *, has_key: bool = False, must: bool = False, changes: bool = True
) -> Changed:
    return Changed(name, files, None, has_key, must, changes, is_bundle=True)


def _changed(name: str, before: Files, after: Files) -> tuple[Changed, bytes]:
    is_other = not _same(before, after)
    return _bundle(name, after, changes=is_other, must=is_other), zipped(after)


def _same(before: Files, after: Files) -> bool:
    """Whether two bundles say the same; the policy in it is for convenience, and nobody's word."""
    if before.keys() - {"policy"} != after.keys() - {"policy"}:
        return False
    for name in before.keys() - {"policy", ENTRIES, QUERY}:
        if before[name] != after[name]:
            return False
    with suppress(ValidationError, ValueError):
        return _lines(before) == _lines(after) and json.loads(before[QUERY]) == json.loads(
            after[QUERY]
        )
    return False


def _lines(files: Files) -> list[BundleEntry]:
    return [BundleEntry.model_validate_json(line) for line in files[ENTRIES].splitlines()]


def _damaged(random: Random, files: dict[str, bytes]) -> tuple[Changed, bytes]:
    name = random.choice([each for each in files if each != QUERY])
    content, kind = files[name], random.choice(("edit", "edit", "truncate", "insert", "delete"))
    at = random.randrange(len(content))
    flipped = bytes([content[at] ^ (1 << random.randrange(8))])
    after = dict(files)
    match kind:
        case "edit":
            after[name] = content[:at] + flipped + content[at + 1 :]
        case "truncate":
            after[name] = content[:at]
        case "insert" if random.random() < 0.5:
            after[name] = content[:at] + random.randbytes(3) + content[at:]
        case "insert":
            strange = random.choice(
                ("notes.txt", "proofs/9.tlog-proof", "../up", "events/700.json")
            )
            after[strange] = content
        case _:
            del after[name]
    return _changed(f"{kind}: a file of a bundle", files, after)


def _in_the_archive(random: Random, files: dict[str, bytes]) -> tuple[Changed, bytes]:
    """A bit of the archive itself, or a file that is in it twice."""
    if random.random() < 0.2:
        name = random.choice(sorted(files))
        twice = zipped(files, twice=name)
        return _bundle("insert: a file of a bundle", files, must=True), twice
    archive = bytearray(zipped(files))
    archive[random.randrange(len(archive))] ^= 1 << random.randrange(8)
    after: Files = {}
    with suppress(Exception):  # whatever zipfile stumbles over
        after = unzipped(bytes(archive))
    differs = not after or not _same(files, after)
    return (
        _bundle("edit: the archive of a bundle", after, changes=differs, must=differs),
        bytes(archive),
    )


def _without_an_entry(random: Random, files: dict[str, bytes]) -> tuple[Changed, bytes]:
    """One that is not its producer's last leaves a gap; the last leaves nothing behind."""
    lines = _lines(files)
    gone = random.choice(lines)
    later = [each for each in lines if each.index > gone.index and each.producer == gone.producer]
    after = {
        name: content
        for name, content in files.items()
        if name not in (f"proofs/{gone.index}.tlog-proof", f"events/{gone.index}.json")
    }
    kept = [
        line
        for line in files[ENTRIES].splitlines(keepends=True)
        if b'"index":%d,' % gone.index not in line
    ]
    after[ENTRIES] = b"".join(kept)
    name = "an entry" if later else "a producer's last entry"
    changed = _bundle(f"delete: {name} of a bundle", after, must=bool(later))
    return changed, zipped(after)


def _said_to_be_destroyed(random: Random, files: dict[str, bytes]) -> tuple[Changed, bytes]:
    """Its content is withheld, by the form that destroyed content has."""
    gone = random.choice(_lines(files))
    after = dict(files)
    del after[f"events/{gone.index}.json"]
    proof = ProofFile.parse(files[f"proofs/{gone.index}.tlog-proof"])
    bare = ProofFile(proof.index, proof.inclusion, proof.note_bytes)
    after[f"proofs/{gone.index}.tlog-proof"] = bare.encode()
    lines = [
        each.model_copy(update={"destroyed": each.index == gone.index}) for each in _lines(files)
    ]
    after[ENTRIES] = _written(lines)
    return _bundle("delete: an event's content of a bundle", after), zipped(after)


def _asked_otherwise(random: Random, files: dict[str, bytes]) -> tuple[Changed, bytes]:
    """The question is another, so that an entry that is missing is not missed."""
    query = json.loads(files[QUERY])
    match random.randrange(3):
        case 0:
            query["asked"]["referral"] = str(UUID(int=random.getrandbits(128)))
        case 1:
            query["asked"]["type"] = "referral.received.v1"
        case _:
            query["asked"]["practitioner"] = "idsva-1"
    changed, _ = _without_an_entry(random, files)
    after = {**changed.files, QUERY: json.dumps(query).encode()}
    is_seen = query["asked"]["practitioner"] is None  # that no entry says of itself
    return _bundle("edit: what a bundle was asked", after, must=is_seen), zipped(after)


def _written(lines: list[BundleEntry]) -> bytes:
    return b"".join(line.model_dump_json().encode() + b"\n" for line in lines)


def _said_otherwise(random: Random, files: dict[str, bytes]) -> tuple[Changed, bytes]:
    """A line says something else of its event."""
    lines = [json.loads(line) for line in files[ENTRIES].splitlines()]
    line, other = random.choice(lines), random.choice(lines)
    name = random.choice(sorted(line))
    values: dict[str, Any] = {
        "index": line["index"] + random.choice((-1, 1, 400)),
        "event_id": str(UUID(int=random.getrandbits(128))),
        "type": "referral.closed.v1",
        "time": "2026-11-04T10:00:00Z",
        "producer": "notify",
        "referral": str(UUID(int=random.randrange(1, 120))),
        "leaf_data": random.randbytes(32).hex(),
        "destroyed": True,
        "altered": "content",
    }
    line[name] = other[name] if random.random() < 0.3 else values[name]
    if random.random() < 0.2:
        random.shuffle(lines)
    after = {**files, ENTRIES: b"".join(json.dumps(each).encode() + b"\n" for each in lines)}
    return _changed("edit: what is shown of an event of a bundle", files, after)


def _exchanged(
    random: Random, files: dict[str, bytes], others: dict[str, bytes]
) -> tuple[Changed, bytes]:
    """Two files change places, or one is from another bundle."""
    kind = random.choice(("proofs/", "events/"))
    one, other = random.sample([name for name in files if name.startswith(kind)], 2)
    after = {**files, one: files[other], other: files[one]}
    if random.random() < 0.4:
        there = random.choice([name for name in others if name.startswith(kind)])
        after = {**files, one: others[there]}
    return _changed("reorder: files of a bundle", files, after)


def _forged(random: Random, files: dict[str, bytes], of: "honest.Honest") -> tuple[Changed, bytes]:
    """Another event in the place of one, its leaf, its tree, every proof and the checkpoint made
    to match: signed with the log's key or another, cosignatures kept or not."""
    lines = _lines(files)
    at = random.randrange(len(lines))
    changed = lines[at]
    body = (
        files[f"events/{changed.index}.json"]
        .replace(b"inspection", b"complaints")
        .replace(b"was amended", b"was dropped")
    )
    salt = random.randbytes(32)
    leaves = list(of.leaves)
    leaves[changed.index] = sha256(salt + body).digest()
    hashes = [leaf_hash(leaf) for leaf in leaves]
    tree = Checkpoint(honest.KEY.name, len(leaves), root(hashes))
    has_key = random.random() < 0.7
    signed = sign(tree.text, honest.KEY if has_key else honest.FORGED)
    before = parse_note(files[CHECKPOINT]).signatures
    note = Note(tree.text, (signed, *(before[1:] if random.random() < 0.5 else ()))).encode()
    after = {**files, CHECKPOINT: note, f"events/{changed.index}.json": body}
    lines[at] = changed.model_copy(update={"leaf_data": leaves[changed.index].hex()})
    after[ENTRIES] = _written(lines)
    proofs = _Proofs(hashes)
    for line in lines:
        name = f"proofs/{line.index}.tlog-proof"
        salt_there = salt if line.index == changed.index else ProofFile.parse(files[name]).extra
        after[name] = ProofFile(line.index, proofs.of(line.index), note, salt_there).encode()
    kind = "fork" if has_key else "key swap"
    made = _bundle(f"{kind}: a bundle of another history", after, has_key=has_key, must=True)
    return made, zipped(after)


class _Proofs:
    def __init__(self, hashes: list[bytes]) -> None:
        self._size = len(hashes)
        shown = defaultdict[Tile, list[bytes]](list)
        for number, hash_ in enumerate(hashes):
            shown[Tile(0, number // WIDTH)].append(hash_)
        for full, hash_ in tiles.filled(0, (), hashes):
            shown[Tile(full.level + 1, full.number // WIDTH)].append(hash_)
        self._hashes = tiles.Hashes(shown)

    def of(self, index: int) -> tuple[bytes, ...]:
        return tuple(self._hashes.of(range_) for range_ in tiles.inclusion(index, self._size))
