"""What is taken away: the spreadsheet runs nothing, the bundle verifies, the memory stays small."""

import csv
import io
import json
import tracemalloc
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from services.audit.formats import Asked, TrailEntry
from services.audit.tlog.merkle import inclusion_holds, leaf_hash
from services.audit.tlog.witness_policy import parse_policy
from services.audit.trail import api, exporting
from services.audit.trail.exporting import COLUMNS, as_jsonl, neutral
from services.audit.trail.looking import View
from services.audit.verify import Memory, check_bundle
from shared.bus.consumer import Received
from shared.bus.work import UnitOfWork
from shared.events import AssignmentWithdrawn
from tests.audit.heard import received, some, take
from tests.audit.looking import PURPOSE, is_signed
from tests.audit.service import audit_app, client, signed_in
from tests.servers import Database

REFERRAL = uuid4()


def formula() -> Received:
    """An event whose reason a spreadsheet would run."""
    withdrawn = AssignmentWithdrawn(
        assignment_id=uuid4(), referral_id=REFERRAL, pathway="refuge", reason='=HYPERLINK("x")'
    )
    return received(withdrawn, REFERRAL)


@pytest.fixture
async def http(
    log_database: Database, unit: UnitOfWork, connection: AsyncConnection
) -> AsyncIterator[httpx2.AsyncClient]:
    """An auditor's client, of a signed log in which a referral has 121 of 423 entries."""
    await take(unit, [*some(60, REFERRAL), *some(302), *some(60, REFERRAL), formula()])
    async with client(audit_app(log_database)) as answering:
        answering.headers.update(signed_in(log_database.keys, "auditor"))
        await is_signed(connection)
        yield answering


async def exported(http: httpx2.AsyncClient, of: str, **asked: str) -> httpx2.Response:
    """An export."""
    query = PURPOSE | {"format": of} | asked
    return await http.get("/audit/api/export", params=query)


async def test_a_spreadsheet_has_a_row_an_entry_that_can_be_proved(
    http: httpx2.AsyncClient,
) -> None:
    """Who, what, why and the proof; and no cell that a spreadsheet would run."""
    answer = await exported(http, "csv", referral=str(REFERRAL))

    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["content-disposition"] == 'attachment; filename="trail-423.csv"'
    assert len(rows) == 121
    assert tuple(rows[0]) == COLUMNS
    assert (rows[0]["what"], rows[0]["who"], rows[0]["why"]) == (
        "Assignment withdrawn",
        "idsva-1",
        "the referral was amended",
    )
    assert rows[-1]["why"] == '\'=HYPERLINK("x")'
    for row in rows:
        leaf = leaf_hash(bytes.fromhex(row["leaf data"]))
        assert row["leaf hash"] == leaf.hex()
        proof = [bytes.fromhex(each) for each in row["inclusion proof"].split()]
        root = bytes.fromhex(row["tree root"])
        assert inclusion_holds(int(row["entry"]), int(row["tree size"]), leaf, proof, root)


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_a_cell_that_begins_as_a_formula_is_text(cell: str) -> None:
    """An apostrophe stands before it."""
    assert neutral(cell) == f"'{cell}"
    assert neutral(f"a{cell}") == f"a{cell}"


async def test_a_page_has_what_is_to_be_compared_with_the_spreadsheet(
    http: httpx2.AsyncClient,
) -> None:
    """Leaf data and leaf hash, under the same words."""
    sheet = (await exported(http, "csv", referral=str(REFERRAL))).text
    page = (await http.get("/audit/trail", params=PURPOSE | {"referral": str(REFERRAL)})).text

    row = next(csv.DictReader(io.StringIO(sheet)))
    for word in ("leaf data", "leaf hash"):
        assert f'<dt>{word.capitalize()}</dt><dd class="code">{row[word]}</dd>' in page


async def test_json_lines_are_the_answer_line_by_line(http: httpx2.AsyncClient) -> None:
    """First what was asked and the checkpoint, then every entry with its proof."""
    answer = await exported(http, "jsonl", referral=str(REFERRAL))

    head, *lines = answer.text.splitlines()
    entries = [TrailEntry.model_validate_json(line) for line in lines]
    assert json.loads(head)["asked"]["referral"] == str(REFERRAL)
    assert "423" in json.loads(head)["checkpoint"]
    assert [entry.index for entry in entries] == [*range(60), *range(362, 423)]


async def test_a_bundle_verifies_off_line(
    http: httpx2.AsyncClient, log_database: Database, tmp_path: Path
) -> None:
    """By the independent check, with the policy that the auditor has from elsewhere."""
    answer = await exported(http, "bundle", referral=str(REFERRAL))
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(answer.content)
    policy = parse_policy(log_database.keys.log_policy_file.read_text())

    report = check_bundle(bundle, policy, Memory(tmp_path / "remembered"))

    # These events are all numbered 1, as no producer numbers them: nothing else is wrong.
    assert {problem.said.split(" ")[1] for problem in report.problems} == {"numbered"}
    with zipfile.ZipFile(bundle) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 4 + 2 * 121
        assert json.loads(archive.read("query.json"))["asked"]["referral"] == str(REFERRAL)
        assert archive.read("policy") == log_database.keys.log_policy_file.read_bytes()


async def test_the_same_question_gives_the_same_bundle(http: httpx2.AsyncClient) -> None:
    """Under one checkpoint, byte for byte."""
    first, second = [await exported(http, "bundle", type="assignment.withdrawn") for _ in "12"]

    assert first.content == second.content


async def test_a_bundle_has_an_end(
    http: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond it the auditor is told what to do instead, before anything is sent."""
    monkeypatch.setattr(api, "MOST_IN_A_BUNDLE", 120)

    too_many = await exported(http, "bundle", referral=str(REFERRAL))
    as_lines = await exported(http, "jsonl", referral=str(REFERRAL))

    assert too_many.status_code == 413
    assert "JSON Lines" in too_many.json()["title"]
    assert as_lines.status_code == 200


async def test_an_export_takes_no_more_memory_the_longer_it_is(
    http: httpx2.AsyncClient, unit: UnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written page by page: the whole log takes what one referral takes."""
    monkeypatch.setattr(exporting, "PAGE", 20)

    async def peak(asked: Asked) -> tuple[int, int]:
        view = await View.of(unit.engine, asked)
        written = 0
        tracemalloc.start()
        async for part in as_jsonl(view):
            written += len(part)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return written, most

    await peak(Asked())  # what is kept for good is kept by now
    some_written, some_memory = await peak(Asked(referral=REFERRAL))
    all_written, all_memory = await peak(Asked())

    assert all_written > 3 * some_written
    assert all_memory < 1.5 * some_memory
