"""Cosignatures: asked of witnesses over real HTTP, or brought by them."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from deploy.keys import LOCAL_LOG
from services.audit.log.tile_routes import public_router
from services.audit.log.witnesses import Witnesses, WitnessFailed, WitnessObjects
from services.audit.tlog.checkpoint import Checkpoint, cosign, cosigned, parse_checkpoint
from services.audit.tlog.notes import Note, Signature, SigningKey, parse_note, sign
from services.audit.tlog.witness_policy import parse_policy
from services.audit.whole.alarm import Alarm
from services.audit.witness import request
from shared import problems
from shared.bus.work import UnitOfWork
from tests.audit.heard import MOMENT, some, take
from tests.audit.served import served
from tests.audit.service import audit_app, client, until
from tests.audit.signing import OLD, Told, latest, put_back, signer
from tests.audit.witnessing import (
    OtherParty,
    nobody_listens,
    other_party,
    policy_for,
    policy_of,
    witness_key,
)
from tests.servers import Database

POLICE = witness_key("police")


@pytest.fixture
async def police(tmp_path: Path) -> AsyncIterator[OtherParty]:
    """A witness."""
    async with other_party(tmp_path) as party:
        yield party


async def grown(unit: UnitOfWork, folder: Path, count: int) -> None:
    """So many entries more, and signed."""
    await take(unit, some(count))
    assert await signer(unit.engine, folder / "memory").sign()


async def ask(unit: UnitOfWork, party: OtherParty) -> None:
    """Ask one witness once."""
    asking = Witnesses(unit.engine, policy_for([party]), Told().on_refused)
    async with httpx2.AsyncClient() as http:
        await asking.ask(http, witness_key(party.name).verifier, party.url)


async def test_what_a_witness_cosigned_is_served(
    unit: UnitOfWork, connection: AsyncConnection, tmp_path: Path, police: OtherParty
) -> None:
    """Its line stands in the note, from the first tree on and as the log grows; it is asked once
    for each."""
    for count in (3, 300):
        await grown(unit, tmp_path, count)
        await ask(unit, police)
        await ask(unit, police)

        _, note = await latest(connection)
        assert set(cosigned(note, [POLICE.verifier])) == {POLICE.verifier}
    assert len(police.asked) == 2


async def test_a_witness_that_saw_more_than_is_known_here_is_caught_up_with(
    unit: UnitOfWork, connection: AsyncConnection, tmp_path: Path, police: OtherParty
) -> None:
    """Its answer was lost on the way: it says which size it saw, and is given the proof from
    there."""
    await grown(unit, tmp_path, 5)
    _, note = await latest(connection)
    police.core.add_checkpoint(request(0, (), note.encode()), MOMENT)
    await grown(unit, tmp_path, 7)

    await ask(unit, police)

    assert [body.split(b"\n")[0] for body in police.asked] == [b"old 0", b"old 5"]
    _, note = await latest(connection)
    assert POLICE.verifier in cosigned(note, [POLICE.verifier])


async def test_a_log_that_was_put_back_is_found_by_its_witness(
    log_database: Database, unit: UnitOfWork, tmp_path: Path, police: OtherParty
) -> None:
    """Even where the keys' own memory was put back too: the witness saw more, or another log."""
    await grown(unit, tmp_path, 10)
    await ask(unit, police)
    await put_back(log_database, 5)
    (tmp_path / "memory").unlink()

    assert await signer(unit.engine, tmp_path / "memory").sign()
    with pytest.raises(WitnessObjects, match="it saw 10 entries, and fewer are signed"):
        await ask(unit, police)
    await grown(unit, tmp_path, 20)
    with pytest.raises(WitnessObjects, match="goes on from what it saw"):
        await ask(unit, police)


async def test_a_slow_or_dead_witness_holds_up_nobody(
    log_database: Database, tmp_path: Path, unit: UnitOfWork
) -> None:
    """While one never answers and one is not there, the log is signed on and the third cosigns."""
    log = SigningKey.parse(log_database.keys.log_key_file.read_text())
    async with (
        other_party(tmp_path, "slow", log) as slow,
        other_party(tmp_path, "good", log) as good,
    ):
        slow.silent = True
        urls = {"slow": slow.url, "dead": nobody_listens(), "good": good.url}
        policy = tmp_path / "policy"
        policy.write_text(policy_of(urls, "good", log))
        async with client(audit_app(log_database, witness_policy_file=policy)) as http:
            for size in (3, 6, 9):
                await take(unit, some(3))

                async def is_witnessed(size: int = size) -> bool:
                    answer = await http.get("/audit/witnessed")
                    if answer.status_code != 200:
                        return False
                    return parse_checkpoint(parse_note(answer.content).text).size == size

                await until(is_witnessed)
        assert len(slow.asked) == 1


async def test_a_witness_has_its_ten_seconds(
    unit: UnitOfWork, connection: AsyncConnection, tmp_path: Path, police: OtherParty
) -> None:
    """One that thinks for six is heard."""
    await grown(unit, tmp_path, 3)
    police.takes = 6.0
    running = asyncio.create_task(
        Witnesses(unit.engine, policy_for([police]), Told().on_refused).run()
    )

    async def is_cosigned() -> bool:
        return bool((await connection.execute(text("SELECT 1 FROM cosignature"))).all())

    await until(is_cosigned)
    running.cancel()
    assert len(police.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        (200, b"nonsense"),
        (200, b""),
        (200, cosign("x\n1\n\n", POLICE, MOMENT).line.encode()),
        (200, cosign("x\n1\n\n", witness_key("stranger"), MOMENT).line.encode()),
        (200, b"\xff" * 100),
        (200, b"-" * 100_000),
        (409, b"many\n"),
        (409, b"0\n"),
        (403, b""),
        (500, b""),
        (302, b""),
    ],
)
async def test_what_is_no_cosignature_is_not_kept(
    unit: UnitOfWork,
    connection: AsyncConnection,
    tmp_path: Path,
    police: OtherParty,
    answer: tuple[int, bytes],
) -> None:
    """A witness's answer is believed as far as its key signed this checkpoint."""
    await grown(unit, tmp_path, 3)
    police.says = answer

    with pytest.raises(WitnessFailed):
        await ask(unit, police)

    assert (await connection.execute(text("SELECT count(*) FROM cosignature"))).scalar_one() == 0


async def test_an_objection_is_told_once(
    unit: UnitOfWork, tmp_path: Path, police: OtherParty
) -> None:
    """A witness that will not have the log is an alarm; that it says so again is none."""
    await grown(unit, tmp_path, 3)
    police.says = (422, b"")
    told = Told()
    asking = Witnesses(unit.engine, policy_for([police]), told.on_refused)
    running = asyncio.create_task(asking.run())

    async def was_asked_again() -> bool:
        return len(police.asked) > 1

    await until(was_asked_again)
    running.cancel()

    assert told.refused == ["police: it does not find that the log goes on from what it saw"]


async def test_an_alarm_is_told_to_all(unit: UnitOfWork, connection: AsyncConnection) -> None:
    """What the signer or a witness refuses becomes one event, whoever finds it."""
    for _ in range(2):
        await Alarm(unit, LOCAL_LOG).refused("10 entries were signed, and the log has fewer")

    bodies = (await connection.execute(text("SELECT body FROM outbox"))).scalars()
    told = [json.loads(body) for body in bodies]
    assert {event["type"] for event in told} == {"trail.alarmed.v1"}
    assert {event["data"]["kind"] for event in told} == {"checkpoint_refused"}
    assert len({event["id"] for event in told}) == 1


@pytest.fixture
async def brought(unit: UnitOfWork, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """The routes of a signed log of three entries whose policy knows two witnesses, by HTTP."""
    await grown(unit, tmp_path, 3)
    app = FastAPI()
    problems.install(app)
    policy = parse_policy(policy_of({"police": "", "inspector": ""}, "both"))
    app.include_router(public_router(unit.engine, policy))
    async with (
        served(app) as url,
        httpx2.AsyncClient(base_url=f"{url}/audit") as http,
    ):
        yield http


async def with_line(http: httpx2.AsyncClient, *signatures: Signature) -> bytes:
    """The checkpoint that is served, with more lines."""
    served_now = (await http.get("/checkpoint")).content
    return served_now + b"".join(each.line.encode() for each in signatures)


async def test_a_witness_may_bring_its_cosignature(
    unit: UnitOfWork, connection: AsyncConnection, tmp_path: Path, brought: httpx2.AsyncClient
) -> None:
    """Once, twice, or for a checkpoint that is not the newest any more: it is kept with its tree,
    and with enough of them the tree is a witnessed one."""
    checkpoint, _ = await latest(connection)
    first, second = (
        cosign(checkpoint.text, witness_key(n), MOMENT) for n in ("police", "inspector")
    )
    bodies = [await with_line(brought, first)] * 2 + [await with_line(brought, second)]

    answers = [(await brought.post("/cosignatures", content=bodies[0])).status_code]
    before = await brought.get("/witnessed")
    await grown(unit, tmp_path, 4)
    answers += [(await brought.post("/cosignatures", content=b)).status_code for b in bodies[1:]]

    assert answers == [204, 204, 204]
    assert before.status_code == 404
    witnessed = parse_note((await brought.get("/witnessed")).content)
    assert parse_checkpoint(witnessed.text) == checkpoint
    assert len(cosigned(witnessed, [witness_key(n).verifier for n in ("police", "inspector")])) == 2
    assert parse_checkpoint(parse_note((await brought.get("/checkpoint")).content).text).size == 7


async def test_what_is_brought_is_refused_unless_known_and_good(
    connection: AsyncConnection, brought: httpx2.AsyncClient
) -> None:
    """A stranger's, a forged one, one of a checkpoint that was never signed, and what is none."""
    checkpoint, _ = await latest(connection)
    stranger = cosign(checkpoint.text, witness_key("stranger"), MOMENT)
    forged = Signature(POLICE.name, POLICE.verifier.key_id, stranger.payload)
    never = Checkpoint(LOCAL_LOG, 3, b"r" * 32).text
    forked = Note(never, (sign(never, OLD), cosign(never, POLICE, MOMENT))).encode()
    bodies = [await with_line(brought), await with_line(brought, stranger)]
    bodies += [await with_line(brought, forged), forked, b"", b"\xff\n\n", b"x" * 400_000]

    answers = [(await brought.post("/cosignatures", content=b)).status_code for b in bodies]

    assert answers == [403, 403, 403, 409, 400, 400, 413]
    assert (await connection.execute(text("SELECT count(*) FROM cosignature"))).scalar_one() == 0
