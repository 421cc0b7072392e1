"""The log over real HTTP, for everybody: checkpoints, tiles, entries, proofs."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from tlog_scales.backend import HttpBackend, LocalBackend, TilesBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey
from tlog_scales.tiles import leaf_hash, tile_path

from deploy.keys import LOCAL_LOG
from services.audit.log.tile_routes import public_router
from services.audit.tlog.checkpoint import parse_checkpoint
from services.audit.tlog.merkle import inclusion_holds
from services.audit.tlog.notes import SigningKey, parse_note, verified
from services.audit.tlog.proof_file import ProofFile
from services.audit.tlog.witness_policy import NO_WITNESSES
from shared import problems
from shared.bus.work import UnitOfWork
from tests.audit.heard import some, take
from tests.audit.served import served, tree_hash
from tests.audit.service import audit_app, client, until
from tests.audit.signing import OLD, signer
from tests.servers import Database

SIZE = 256 * 3 + 17


@pytest.fixture
async def leaves(unit: UnitOfWork, connection: AsyncConnection, tmp_path: Path) -> list[bytes]:
    """The data of a log of SIZE entries that is signed; after them, some that are not."""
    await take(unit, some(SIZE))
    await signer(unit.engine, tmp_path / "memory").sign()
    await take(unit, some(300))
    rows = await connection.execute(text("SELECT leaf FROM entry ORDER BY leaf_index"))
    return list(rows.scalars())


@pytest.fixture
async def http(unit: UnitOfWork, leaves: list[bytes]) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the log as it is, while nothing signs on."""
    async with (
        served(bare(unit)) as url,
        httpx2.AsyncClient(base_url=f"{url}/audit") as asking,
    ):
        yield asking


def bare(unit: UnitOfWork) -> FastAPI:
    """The public routes alone."""
    app = FastAPI()
    problems.install(app)
    app.include_router(public_router(unit.engine, NO_WITNESSES))
    return app


async def test_the_checkpoint_is_the_signed_note(
    http: httpx2.AsyncClient, leaves: list[bytes]
) -> None:
    """It says the size and the root that RFC 6962 gives, and is never kept by a cache."""
    answer = await http.get("/checkpoint")

    checkpoint = parse_checkpoint(parse_note(answer.content).text)
    assert (checkpoint.origin, checkpoint.size) == (LOCAL_LOG, SIZE)
    assert checkpoint.root == tree_hash(leaves[:SIZE])
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


async def test_tiles_are_what_the_rfc_says(http: httpx2.AsyncClient, leaves: list[bytes]) -> None:
    """Level 0 has the hashes of the leaves, the entries their data; both for ever."""
    parts = {"000": (0, 256), "002": (512, 768), "003.p/17": (768, 785), "003.p/5": (768, 773)}
    for path, (first, last) in parts.items():
        tile = await http.get(f"/tile/0/{path}")
        entries = await http.get(f"/tile/entries/{path}")

        wanted = leaves[first:last]
        assert tile.content == b"".join(leaf_hash(leaf) for leaf in wanted)
        assert entries.content == b"".join(b"\x00\x20" + leaf for leaf in wanted)
        for answer in (tile, entries):
            assert answer.headers["content-type"] == "application/octet-stream"
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_the_level_above_has_the_roots_of_full_tiles(
    http: httpx2.AsyncClient, leaves: list[bytes]
) -> None:
    """Three tiles are full under the checkpoint; a fourth, which is full by now, is not shown."""
    tile = await http.get("/tile/1/000.p/3")

    assert tile.content == b"".join(tree_hash(leaves[n * 256 : (n + 1) * 256]) for n in range(3))
    assert (await http.get("/tile/1/000.p/4")).status_code == 404


async def test_nothing_beyond_the_signed_size_is_served(
    http: httpx2.AsyncClient, leaves: list[bytes]
) -> None:
    """What no signed checkpoint covers is not there yet, though the log has it."""
    assert len(leaves) > 4 * 256
    beyond = ("003", "003.p/18", "004.p/1")
    paths = [f"tile/{level}/{each}" for level in ("0", "entries") for each in beyond]
    paths += [f"api/entries/{index}/proof" for index in (SIZE, 2**60)]

    answers = [await http.get(f"/{path}") for path in paths]

    assert [answer.status_code for answer in answers] == [404] * len(paths)
    assert not any("cache-control" in answer.headers for answer in answers)


async def test_a_tile_has_one_address(http: httpx2.AsyncClient) -> None:
    """Another spelling of a number is no tile."""
    numbers = ("0", "0000", "x000/001", "000.p/0", "000.p/017", "000.p/256", "000.p/", "x001")
    paths = [f"0/{number}" for number in (*numbers, "000/", "x999/x999/x999/x999/x999/999")]
    paths += ["00/000", "64/000", "-1/000", "0/%D9%A0%D9%A0%D9%A0", "entries/1"]

    answers = [(await http.get(f"/tile/{path}")).status_code for path in paths]

    assert answers == [404] * len(paths)


async def test_a_proof_is_a_file_that_proves_its_leaf(
    http: httpx2.AsyncClient, leaves: list[bytes]
) -> None:
    """It holds the checkpoint as it is served, and the way from the leaf to its root."""
    checkpoint = await http.get("/checkpoint")
    answer = await http.get("/api/entries/300/proof")

    proof = ProofFile.parse(answer.content)
    root = parse_checkpoint(parse_note(proof.note_bytes).text).root
    assert proof.note_bytes == checkpoint.content
    assert (proof.index, proof.extra) == (300, None)
    assert inclusion_holds(300, SIZE, leaf_hash(leaves[300]), proof.inclusion, root)
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("how", ["over HTTP", "from a folder"])
async def test_a_reader_that_others_wrote_accepts_the_log(
    unit: UnitOfWork, http: httpx2.AsyncClient, leaves: list[bytes], tmp_path: Path, how: str
) -> None:
    """tlog-scales finds the signature good, the root its own, and every proof holding."""
    backend: TilesBackend = HttpBackend(str(http.base_url))
    if how == "from a folder":
        await _copied(http, tmp_path / "copy")
        backend = LocalBackend(tmp_path / "copy")

    await asyncio.to_thread(_accepted, backend, leaves)


def _accepted(backend: TilesBackend, leaves: list[bytes]) -> None:
    reader = TilesReader(backend)
    checkpoint = reader.get_checkpoint()
    checkpoint.verify(Vkey.from_string(str(OLD.verifier)))
    assert checkpoint.size == SIZE
    assert reader.calculate_root_hash() == checkpoint.root_hash
    for index in range(0, SIZE, 37):
        leaf = reader.get_entry(index)
        assert leaf == leaves[index]
        proof = reader.get_inclusion_proof(index, SIZE)
        proof.check(leaf_hash(leaf), checkpoint.root_hash)
    for size in range(1, SIZE, 41):
        proof_between = reader.get_consistency_proof(size, SIZE)
        proof_between.check(tree_hash(leaves[:size]), checkpoint.root_hash)


async def _copied(http: httpx2.AsyncClient, folder: Path) -> None:
    """The log as static files, at the paths at which it is served."""
    full, rest = divmod(SIZE, 256)
    paths = ["checkpoint", "/".join(tile_path(1, 0, full))]
    for level in (0, -1):
        paths += ["/".join(tile_path(level, number)) for number in range(full)]
        paths.append("/".join(tile_path(level, full, rest)))
    for path in paths:
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes((await http.get(f"/{path}")).content)


async def test_the_service_signs_and_serves_by_itself(
    log_database: Database, unit: UnitOfWork
) -> None:
    """As it runs: what is heard is in a checkpoint soon, by the key of this installation, and
    nobody needs to sign in to see it."""
    async with client(audit_app(log_database)) as asking:

        async def size() -> int:
            answer = await asking.get("/audit/checkpoint")
            if answer.status_code != 200:
                return -1
            return parse_checkpoint(parse_note(answer.content).text).size

        async def is_empty() -> bool:
            return await size() == 0

        async def is_signed() -> bool:
            return await size() == 3

        await until(is_empty)
        await take(unit, some(3))
        await until(is_signed)
        checkpoint = await asking.get("/audit/checkpoint")

    key = SigningKey.parse(log_database.keys.log_key_file.read_text())
    assert verified(parse_note(checkpoint.content), [key.verifier])
