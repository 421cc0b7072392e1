"""Words that are not what was signed are shown to nobody, and whoever looks is told of them."""

import csv
import io
import json
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from services.audit.tlog.witness_policy import parse_policy
from services.audit.verify import Broken, Memory, check_bundle, verify_trail
from shared.bus.work import UnitOfWork
from shared.events import AssignmentWithdrawn
from tests.audit.heard import received, some, take
from tests.audit.looking import PURPOSE, is_signed, pages
from tests.audit.service import audit_app, client, signed_in
from tests.audit.signing import by_force
from tests.servers import Database

REFERRAL = uuid4()
SALT = bytes(32)
OTHERS = b'{"reason":"the forged words"}'
"""What somebody would rather have said."""

OF_CONTENT = f"UPDATE audit.content SET body = '\\x{OTHERS.hex()}' WHERE leaf_index = 1"
FITTING = sha256(SALT + OTHERS).hexdigest()
OF_LEAF = (
    f"UPDATE audit.content SET body = '\\x{OTHERS.hex()}', salt = '\\x{SALT.hex()}'"
    " WHERE leaf_index = 1",
    f"UPDATE audit.entry SET leaf = '\\x{FITTING}' WHERE leaf_index = 1",
)
OF_COLUMN = "UPDATE audit.entry SET {} WHERE leaf_index = 1"


@pytest.fixture
async def http(
    log_database: Database, unit: UnitOfWork, connection: AsyncConnection
) -> AsyncIterator[httpx2.AsyncClient]:
    """An auditor's client, of a signed log of 300 entries; the first three are of one referral."""
    withdrawn = AssignmentWithdrawn(
        assignment_id=uuid4(), referral_id=REFERRAL, pathway="refuge", reason="the true words"
    )
    three = [received(withdrawn, REFERRAL) for _ in range(3)]
    await take(unit, [*three, *some(297)])
    async with client(audit_app(log_database)) as answering:
        answering.headers.update(signed_in(log_database.keys, "auditor"))
        await is_signed(connection)
        yield answering


async def entries(http: httpx2.AsyncClient, **asked: str) -> list[dict[str, Any]]:
    """The first page of what is asked, as it is answered."""
    found: list[dict[str, Any]] = (await pages(http, {}, **asked))[0]["entries"]
    return found


async def exported(http: httpx2.AsyncClient, of: str) -> httpx2.Response:
    """The referral, taken away."""
    query = PURPOSE | {"format": of, "referral": str(REFERRAL)}
    return await http.get("/audit/api/export", params=query)


async def test_altered_words_are_shown_nowhere(
    http: httpx2.AsyncClient, log_database: Database
) -> None:
    """Neither to who looks, nor in what is taken away; each says which entry was altered, and goes
    on showing the others."""
    await by_force(log_database, OF_CONTENT)
    query = PURPOSE | {"referral": str(REFERRAL)}

    answer = (await http.get("/audit/api/trail", params=query)).text
    page = (await http.get("/audit/trail", params=query)).text
    sheet, lines = [(await exported(http, of)).text for of in ("csv", "jsonl")]

    assert not [each for each in (answer, page, sheet, lines) if "forged" in each]
    assert all("the true words" in each for each in (answer, page, sheet, lines))
    shown = [json.loads(line) for line in lines.splitlines()[1:]]
    rows = list(csv.DictReader(io.StringIO(sheet)))
    for entry in (json.loads(answer)["entries"], shown):
        assert [each["altered"] for each in entry] == [None, "content", None]
        assert [each["content"] is None for each in entry] == [False, True, False]
    assert [row["altered"] for row in rows] == ["", "content", ""]
    assert (rows[1]["what"], rows[1]["who"], rows[1]["why"]) == ("ALTERED", "", "")
    assert page.count("<strong>ALTERED</strong>") == 1
    assert "1 entry on this page is" in page


@pytest.mark.parametrize(
    ("statements", "altered", "said"),
    [
        ((OF_CONTENT,), "content", "its words are no longer those that were logged"),
        (OF_LEAF, "place", "no proof of it leads to the signed root"),
        (
            (OF_COLUMN.format("type = 'referral.closed.v1'"),),
            "columns",
            "what is shown beside its words is not what they say",
        ),
    ],
)
async def test_a_bundle_and_an_answer_with_an_altered_entry_do_not_hold(
    http: httpx2.AsyncClient,
    log_database: Database,
    tmp_path: Path,
    statements: tuple[str, ...],
    altered: str,
    said: str,
) -> None:
    """They say so themselves, and whoever checks them says it too."""
    await by_force(log_database, *statements)
    (answer,) = await pages(http, {}, referral=str(REFERRAL))
    (tmp_path / "bundle.zip").write_bytes((await exported(http, "bundle")).content)
    policy = parse_policy(log_database.keys.log_policy_file.read_text())

    report = check_bundle(tmp_path / "bundle.zip", policy, Memory(tmp_path / "remembered"))
    verified = verify_trail(answer, policy)

    assert answer["entries"][1]["altered"] == altered
    wrong = {each.index: each.said for each in report.problems}
    assert f"the log itself says that it was altered: {said}" in wrong[1]
    assert isinstance(verified, Broken)


@pytest.mark.parametrize(
    "changed",
    [
        "type = 'referral.closed.v1'",
        "time = time + '1 second'::interval",
        "producer = 'intake'",
        "event_id = gen_random_uuid()",
    ],
)
async def test_what_stands_beside_the_words_is_held_against_them(
    http: httpx2.AsyncClient, log_database: Database, changed: str
) -> None:
    """The words themselves are proved, and stay."""
    await by_force(log_database, OF_COLUMN.format(changed))

    found = await entries(http, referral=str(REFERRAL))

    assert [each["altered"] for each in found] == [None, "columns", None]
    assert "the true words" in found[1]["content"]["text"]


async def test_an_entry_under_another_referral_is_found_there_as_altered(
    http: httpx2.AsyncClient, log_database: Database
) -> None:
    """Whoever looks at that one is not told that it happened to it."""
    other = uuid4()
    await by_force(log_database, OF_COLUMN.format(f"referral = '{other}'"))

    found = await entries(http, referral=str(other))

    assert [each["altered"] for each in found] == ["columns"]


async def test_where_the_leaf_was_made_to_fit_nothing_beside_it_is_proved(
    http: httpx2.AsyncClient, log_database: Database
) -> None:
    """No proof of its tile leads to the signed root; the other tiles' do."""
    await by_force(log_database, *OF_LEAF)

    found = [each["altered"] for page in await pages(http, {}) for each in page["entries"]]

    assert found[:300] == ["place"] * 16 + [None] * 284


@pytest.mark.parametrize(
    ("statements", "about"),
    [((OF_CONTENT,), "entry 1"), (OF_LEAF, "entries 0 to 15")],
)
async def test_it_is_logged_and_told_once(
    http: httpx2.AsyncClient,
    log_database: Database,
    connection: AsyncConnection,
    statements: tuple[str, ...],
    about: str,
) -> None:
    """However often, and however, somebody looks."""
    await by_force(log_database, *statements)

    with capture_logs() as logged:
        for _ in range(2):
            await entries(http, referral=str(REFERRAL))
            await exported(http, "csv")
            await http.get("/audit/trail", params=PURPOSE | {"referral": str(REFERRAL)})

    found = await connection.execute(text("SELECT about FROM finding WHERE kind = 'entry_altered'"))
    told = await connection.execute(text("SELECT body FROM outbox ORDER BY position"))
    alarms = [json.loads(row.body)["data"] for row in told if b"trail.alarmed" in row.body]
    assert list(found.scalars()) == [about]
    assert [each["about"] for each in alarms if each["kind"] == "entry_altered"] == [about]
    assert [each["about"] for each in logged if each["event"] == "trail.altered"] == [about]
