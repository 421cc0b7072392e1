"""Tampering with the log as superuser: what had to be found is found, and the page says by whom."""

import asyncio
from pathlib import Path

import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy.util import greenlet_spawn

from deploy import log_address
from deploy.log_address import LogAddress
from services.audit.log.tile_routes import public_router
from shared import problems
from tests.audit.served import served
from tests.faults.tampering import histories, honest, table, trial, window
from tests.faults.tampering.attacked import attacked
from tests.faults.tampering.edits import COLUMNS
from tests.faults.tampering.finding import OUTSIDE, verify_three_ways
from tests.faults.tampering.hiding import hide
from tests.faults.tampering.mutation import TABLES
from tests.faults.tampering.touching import Part
from tests.faults.tampering.trial import Trial
from tests.servers import Postgres

A_THOUSAND = 1000
INSIDE = ("newcomer", "watch", "signer")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tried(postgres: Postgres) -> Trial:
    """A thousand mutations, and what came of them."""
    return await trial.run(postgres, A_THOUSAND)


pytestmark = pytest.mark.timeout(600)


async def test_what_is_remembered_or_cosigned_is_not_touched_unseen(tried: Trial) -> None:
    """Every mutation of it is found by `verify`, by a witness or in a bundle."""
    assert [verdict for verdict in tried.verdicts if verdict.missed] == []
    assert sum(verdict.must for verdict in tried.verdicts) > A_THOUSAND / 2


async def test_each_of_the_two_protects_by_itself(tried: Trial) -> None:
    """Where leaves or tiles were touched: whoever remembers finds it below what they remember; and
    cosignatures, or the witness, show it below what is cosigned."""
    for verdict in tried.verdicts:
        if verdict.first is None or not verdict.must:
            continue
        if verdict.first < honest.REMEMBERED:
            assert verdict.found["remembered"], verdict
        if verdict.first < honest.COSIGNED:
            assert verdict.found["cosigned"] or verdict.found["witness"], verdict


async def test_what_changes_nothing_is_no_tampering(tried: Trial) -> None:
    """Of such mutations there are some, and nobody finds anything wrong."""
    same = [verdict for verdict in tried.verdicts if verdict.part is Part.NOTHING]

    assert len(same) > 10
    for verdict in same:
        assert not any(verdict.found.get(each) for each in (*OUTSIDE, *INSIDE)), verdict


async def test_the_page_says_what_is_so(tried: Trial) -> None:
    """docs/tampering.md is what its figures make, of ten thousand mutations and more, none of them
    missed; and where it says that all or none is found, that is so in this run."""
    figures = table.read()
    published = table.rows_of(figures)

    assert table.page(figures) == table.PAGE.read_text()
    counted = sum(c["tried"] for row, c in published.items() if row[0] != Part.NOTHING.name)
    assert counted >= 10_000
    assert figures["missed"] == 0
    assert list(table.disagreements(published, table.count(tried))) == []


async def test_every_column_is_edited(postgres: Postgres) -> None:
    """No column of the log's tables is left out, whatever a later migration adds."""
    of = await honest.build(postgres)
    connection = await of.database.connect("audit")
    rows = await connection.fetch(
        "SELECT table_name || '.' || column_name AS name FROM information_schema.columns"
        " WHERE table_schema = 'audit' AND table_name = ANY($1::text[])",
        list(TABLES),
    )
    await connection.close()
    honest.forget(of)

    assert {row["name"] for row in rows} == COLUMNS
    generated = histories.generate(trial.SEED, A_THOUSAND)
    assert {column for mutation in generated for column in mutation.columns} == COLUMNS


async def test_over_http_the_same_is_found(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the routes' functions show on one connection is what the log's address shows."""
    monkeypatch.setattr(log_address, "PAUSES", ())
    of = await honest.build(postgres)
    async with attacked(of) as one:
        app = FastAPI()
        problems.install(app)
        app.include_router(public_router(one.engine, honest.WITNESSED))
        async with served(app) as url:
            for mutation in histories.generate(trial.SEED, 25):
                async with one.undone():
                    await one.do(mutation)
                    await hide(one.superuser, mutation.hiding, of)
                    found: list[dict[str, bool]] = [{}, {}]
                    files = honest.files_of(one.engine)
                    await greenlet_spawn(verify_three_ways, one, files, found[0])
                    with LogAddress(f"{url}/audit") as address:
                        await asyncio.to_thread(verify_three_ways, one, address, found[1])
                assert found[0] == found[1], mutation
    honest.forget(of)


async def test_the_window_before_a_witness_vouches_closes(
    postgres: Postgres, tmp_path: Path
) -> None:
    """Every entry that is told is vouched for, with a witness that is asked and with one that looks
    by itself."""
    for asked in (True, False):
        folder = tmp_path / str(asked)
        folder.mkdir()
        measured = await window.measure(postgres, folder, 2.0, asked=asked)
        assert measured.figures()["entries"] == 2 * window.A_SECOND
