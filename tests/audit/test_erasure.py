"""A person was erased: what the log has of them goes, what must stay stays; every proof holds."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from deploy.keys import OWNER, SUPERUSER
from services.audit.keeping.retention import Retention
from services.audit.keeping.schedule import parse_schedule
from services.audit.log import log
from services.audit.tlog.merkle import inclusion_holds, leaf_hash
from services.audit.verify import Verified, verify_trail
from shared.bus.work import UnitOfWork
from shared.events import CloudEvent
from tests.audit.service import audit_app, client, signed_in, until
from tests.audit.test_expected import life
from tests.audit.test_schedule import OURS
from tests.audit.trails import TEN, Told, hear
from tests.servers import Database

CANARY = "canary-district-of-hers"


@dataclass
class Erasure:
    """A log with two referrals, of which one person is erased."""

    told: Told
    hers: UUID
    others: UUID
    erased: CloudEvent
    retention: Retention

    @property
    def gone(self) -> set[int]:
        """The indexes of what is to be destroyed."""
        return {
            at
            for at, each in enumerate(self.told.events)
            if each.subject == self.hers and each.type != "access.recorded.v1"
        }


@pytest.fixture
async def erasure(unit: UnitOfWork) -> Erasure:
    """As audit heard it, and before it did anything about it."""
    told = Told()
    hers, others = told.live(life(), TEN), told.live(life(), TEN)
    first = told.events[0]
    told.events[0] = first.model_copy(update={"data": {**first.data, "facts": {"d": CANARY}}})
    read = {"reader": "a-1", "roles": ["auditor"], "what": "trail", "why": "inspection"}
    told.tell("access.recorded", read, "audit", hers, TEN)
    person = uuid4()
    said = {
        "person_ref": str(person),
        "person_refs": [str(person)],
        "referral_ids": [str(hers)],
        "by": "ig-1",
        "because": "erasure_request",
    }
    erased = told.tell("person.erased", said, "intake", person, TEN)
    # Several pages of both, so that she is everywhere in them: first, last and between.
    for at in range(25):
        for each in (others, hers) if at % 3 else (hers, hers, others):
            story = {"note": f"{CANARY} {at} " + "x" * 30 * at if each == hers else "y" * 200}
            told.tell("referral.amended", story, "intake", each, TEN)
    await hear(unit, told.events)
    return Erasure(told, hers, others, erased, Retention(unit, parse_schedule(OURS)))


async def without_content(connection: AsyncConnection) -> set[int]:
    """The indexes of entries that lost their content."""
    rows = await connection.execute(
        text("SELECT leaf_index FROM entry EXCEPT SELECT leaf_index FROM content")
    )
    return set(rows.scalars())


async def test_what_is_hers_goes_and_every_proof_holds(
    erasure: Erasure, connection: AsyncConnection
) -> None:
    """And nothing else: who has read stays, and another's referral."""
    size = len(erasure.told.events)
    before = await log.prove(connection, range(size), size)

    assert await erasure.retention.erase() == 1

    after = await log.prove(connection, range(size), size)
    leaves = await connection.execute(text("SELECT leaf FROM entry ORDER BY leaf_index"))
    assert await without_content(connection) == erasure.gone
    assert after == before
    assert all(
        inclusion_holds(at, size, leaf_hash(leaf), after.proofs[at], after.tree.root)
        for at, leaf in enumerate(leaves.scalars())
    )


async def test_her_trail_verifies(
    erasure: Erasure, log_database: Database, connection: AsyncConnection
) -> None:
    """As it is served, with entries of which nothing but the leaf is left."""
    await erasure.retention.erase()
    ask = f"/audit/api/trail?referral={erasure.hers}&why=subject_access&reference=X-1"
    headers = signed_in(log_database.keys, "auditor")
    async with client(audit_app(log_database)) as http:

        async def is_signed() -> bool:
            return bool((await http.get(ask, headers=headers)).json().get("entries"))

        await until(is_signed)
        trail = (await http.get(ask, headers=headers)).json()

    assert isinstance(verify_trail(trail), Verified)
    shown = {each["index"]: each["content"] for each in trail["entries"]}
    assert {at for at, content in shown.items() if content is None} == erasure.gone


async def test_it_is_told_once_however_often_it_is_looked_at(
    erasure: Erasure, connection: AsyncConnection
) -> None:
    """How much went, and because of which erasure."""
    for _ in range(2):
        await erasure.retention.erase()
    (told,) = await connection.execute(text("SELECT body FROM outbox"))
    assert f'"erasure":"{erasure.erased.id}","entries":{len(erasure.gone)}' in told.body.decode()


class Killed(Exception):
    """The process died."""


@pytest.mark.parametrize("step", ["_destroy", "_clean", "_tell"])
@pytest.mark.parametrize("after", [False, True])
async def test_a_death_between_two_steps_is_made_up_for(
    erasure: Erasure,
    connection: AsyncConnection,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    after: bool,
) -> None:
    """Before or after each of them: in the end all is gone, and it is told once, with its count."""
    real: Callable[..., Awaitable[None]] = getattr(erasure.retention, step)

    async def dies(*given: Any, **more: Any) -> None:
        if after:
            await real(*given, **more)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(erasure.retention, step, dies)
        with pytest.raises(Killed):
            await erasure.retention.erase()
    await erasure.retention.erase()

    (told,) = await connection.execute(text("SELECT body FROM outbox"))
    assert f'"entries":{len(erasure.gone)}' in told.body.decode()
    assert await without_content(connection) == erasure.gone


async def test_nothing_lies_in_the_files_any_more(erasure: Erasure, log_database: Database) -> None:
    """A plain vacuum would leave the bytes of some deleted rows in their pages."""
    postgres = await log_database.connect(SUPERUSER)
    try:
        month = await postgres.fetchval("SELECT to_char(now(), '\"audit.content_\"YYYY_MM')")

        async def pages() -> bytes:
            await postgres.execute("CHECKPOINT")
            found = await postgres.fetchval(
                "SELECT pg_read_binary_file(pg_relation_filepath($1::text::regclass))", month
            )
            return bytes(found)

        assert CANARY.encode() in await pages()
        await erasure.retention.erase()
        lies_there = CANARY.encode() in await pages()
    finally:
        await postgres.close()
    assert not lies_there


@pytest.mark.parametrize(
    "call",
    [
        "destroy_content_of_erased(gen_random_uuid(), '{referral.received.v1}')",
        "destroy_content_of_erased('{other}', '{{referral.received.v1}}')",
        "destroy_content_of_erased('{erased}', '{{access.recorded.v1}}')",
        "destroy_content_of_erased('{erased}', '{{person.erased.v1}}')",
    ],
)
async def test_nothing_goes_that_no_erasure_in_the_log_lists(
    erasure: Erasure, log_database: Database, call: str
) -> None:
    """Whoever asks PostgreSQL: an event that is none, or one of those that always stay."""
    connection = await log_database.connect(OWNER)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(
                f"SELECT audit.{call}".format(
                    other=erasure.told.events[0].id, erased=erasure.erased.id
                )
                if "{{" in call
                else f"SELECT audit.{call}"
            )
    finally:
        await connection.close()
