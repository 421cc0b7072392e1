"""The log for everybody, without sign-in: c2sp.org/tlog-tiles, proofs, and witnesses' signatures.

Nothing here says what an entry is about: leaf data is a salted hash. And nothing is shown that
no signed checkpoint covers, so that whoever saw it holds the log to it.
"""

import re
from collections.abc import Sequence
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Path, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.audit.log import checkpoints, log, store, tiles
from services.audit.log.checkpoints import Signed
from services.audit.log.tiles import Tile
from services.audit.tlog.checkpoint import MalformedCheckpoint, cosigned, parse_checkpoint
from services.audit.tlog.notes import MAX_NOTE_BYTES, MalformedNote, NoteRefused, parse_note
from services.audit.tlog.proof_file import ProofFile
from services.audit.tlog.witness_policy import Policy
from shared.problems import Refused, body_of

FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
NOT_AT_ALL: Final = {"Cache-Control": "no-cache"}
TEXT: Final = "text/plain; charset=utf-8"
BYTES: Final = "application/octet-stream"
LARGEST_INDEX: Final = 2**62
HEIGHT: Final = 8
"""Of the tiles that are served: two of ours."""
WIDTH: Final = 1 << HEIGHT
HIGHEST_LEVEL: Final = 63
# Nobody has tiles of the numbers beyond; five parts are a log of 10^15 tiles.
_NUMBER: Final = re.compile(r"((?:x[0-9]{3}/){0,4}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")
TOO_LONG: Final = f"A note has {MAX_NOTE_BYTES} bytes at most."
_LEVEL: Final = re.compile(r"0|[1-9][0-9]?")

Index = Annotated[int, Path(ge=0, le=LARGEST_INDEX)]


class Slice(NamedTuple):
    """A tile, or so many of the first hashes of it."""

    number: int
    width: int


def public_router(engine: AsyncEngine, policy: Policy) -> APIRouter:
    """`/audit/checkpoint`, `/audit/tile/...`, proofs and cosignatures. `policy`: which witnesses
    are known, and how many are enough."""
    router = APIRouter()

    @router.get("/audit/checkpoint")
    async def checkpoint() -> Response:
        """The newest signed checkpoint, with the cosignatures that came in so far."""
        async with engine.connect() as connection:
            signed = await _latest(connection)
        return Response(signed.note, media_type=TEXT, headers=NOT_AT_ALL)

    @router.get("/audit/witnessed")
    async def witnessed() -> Response:
        """The newest checkpoint that as many witnesses cosigned as the policy asks for."""
        async with engine.connect() as connection:
            signed = await checkpoints.witnessed(connection, policy)
        if signed is None:
            raise Refused(404, "not-found", "No checkpoint has enough cosignatures yet.")
        return Response(signed.note, media_type=TEXT, headers=NOT_AT_ALL)

    @router.get("/audit/tile/entries/{path:path}")
    async def entries(path: str) -> Response:
        """Leaf data, each behind its length in two bytes."""
        which = _slice(path)
        async with engine.connect() as connection:
            await _refuse_uncovered(connection, 0, which)
            leaves = await store.leaves(connection, which.number * WIDTH, which.width)
        joined = b"".join(len(data).to_bytes(2, "big") + data for data in leaves)
        return Response(joined, media_type=BYTES, headers=FOR_EVER)

    @router.get("/audit/tile/{level}/{path:path}")
    async def tile(level: str, path: str) -> Response:
        """Hashes of one level, 256 a tile."""
        which = _slice(path)
        if not _LEVEL.fullmatch(level) or int(level) > HIGHEST_LEVEL:
            raise _no_tile()
        async with engine.connect() as connection:
            await _refuse_uncovered(connection, int(level), which)
            hashes = await _hashes(connection, int(level), which)
        return Response(b"".join(hashes), media_type=BYTES, headers=FOR_EVER)

    @router.get("/audit/api/entries/{index}/proof")
    async def proof(index: Index) -> Response:
        """That the leaf at `index` is in the newest checkpoint's tree: c2sp.org/tlog-proof."""
        async with engine.connect() as connection:
            signed = await _latest(connection)
            if index >= signed.checkpoint.size:
                raise Refused(404, "not-found", "No signed checkpoint covers that entry yet.")
            proved = await log.prove(connection, [index], signed.checkpoint.size)
        encoded = ProofFile(index, proved.proofs[0], signed.note).encode()
        return Response(encoded, media_type=TEXT, headers=NOT_AT_ALL)

    @router.post("/audit/cosignatures", status_code=204)
    async def cosignatures(request: Request) -> None:
        """Take a checkpoint of ours with a known witness's cosignature."""
        try:
            note = parse_note(await body_of(request, MAX_NOTE_BYTES, TOO_LONG))
            tree = parse_checkpoint(note.text)
        except (MalformedNote, MalformedCheckpoint):
            raise Refused(400, "not-a-checkpoint", "This is no signed checkpoint.") from None
        try:
            witnesses = cosigned(note, policy.witness_keys)
        except NoteRefused:
            raise Refused(403, "bad-cosignature", "A cosignature is not good.") from None
        if not witnesses:
            raise Refused(403, "unknown-witness", "No witness that is known here cosigned it.")
        async with engine.begin() as connection:
            if await checkpoints.found(connection, tree) is None:
                raise Refused(409, "not-ours", "The log never signed this checkpoint.")
            good = [s for s in note.signatures if any(map(s.is_of, witnesses))]
            await checkpoints.add_cosignatures(connection, tree, good)

    return router


async def _latest(connection: AsyncConnection) -> Signed:
    signed = await checkpoints.latest(connection)
    if signed is None:
        raise Refused(404, "not-found", "Nothing is signed yet.")
    return signed


async def _refuse_uncovered(connection: AsyncConnection, level: int, which: Slice) -> None:
    """A tile is served as far as the newest checkpoint's tree has it complete."""
    size = (await _latest(connection)).checkpoint.size
    if which.number * WIDTH + which.width > size >> HEIGHT * level:
        raise _no_tile()


async def _hashes(connection: AsyncConnection, level: int, which: Slice) -> Sequence[bytes]:
    """What is served is made of so many of our tiles."""
    of_ours = WIDTH // tiles.WIDTH
    first = which.number * of_ours
    wanted = [Tile(level * HEIGHT // tiles.HEIGHT, first + each) for each in range(of_ours)]
    found = await store.tiles(connection, wanted)
    return [hash_ for tile in wanted for hash_ in found[tile]][: which.width]


def _slice(path: str) -> Slice:
    """Which tile a path means, in the one spelling that it has: `x001/x234/067`, `067.p/112`."""
    match = _NUMBER.fullmatch(path)
    if match is None:
        raise _no_tile()
    parts = match[1].replace("x", "").split("/")
    width = int(match[2]) if match[2] else WIDTH
    if (len(parts) > 1 and parts[0] == "000") or width > WIDTH or (match[2] and width == WIDTH):
        raise _no_tile()
    return Slice(int("".join(parts)), width)


def _no_tile() -> Refused:
    return Refused(404, "not-found", "The log has no such tile.")
