"""The log on a real PostgreSQL: batches, order, and exactly once."""

import asyncio
from hashlib import sha256
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.audit.handlers import Handlers, read
from services.audit.log import log, store
from services.audit.tlog.merkle import (
    EMPTY_ROOT,
    consistency_holds,
    inclusion_holds,
    leaf_hash,
    root,
)
from shared.bus.consumer import Consumer
from shared.bus.errors import UnreadableMessage
from shared.bus.work import UnitOfWork
from tests.audit.heard import received, some, take, withdrawn

ALL = text("SELECT * FROM entry JOIN content USING (leaf_index, logged_at) ORDER BY leaf_index")


async def test_an_empty_log_has_the_empty_tree(connection: AsyncConnection) -> None:
    """Before anything is heard, the root is that of no leaves."""
    assert await log.tree(connection) == log.Tree(0, EMPTY_ROOT)


async def test_a_leaf_is_made_of_the_salt_and_the_received_bytes(
    unit: UnitOfWork, connection: AsyncConnection
) -> None:
    """A leaf's data is SHA-256(salt || bytes); both lie beside it, and no salt comes twice."""
    messages = some(3)

    await take(unit, messages)

    rows = (await connection.execute(ALL)).all()
    assert [row.body for row in rows] == [message.body for message in messages]
    assert [row.leaf for row in rows] == [sha256(row.salt + row.body).digest() for row in rows]
    assert len({row.salt for row in rows}) == 3


async def test_an_entry_is_found_by_what_the_event_says(
    unit: UnitOfWork, connection: AsyncConnection
) -> None:
    """Referral, type, producer, time and practitioner stand beside the leaf."""
    referral = uuid4()
    message = received(withdrawn(referral), referral)

    await take(unit, [message])

    row = (await connection.execute(ALL)).one()
    assert (row.leaf_index, row.event_id, row.referral) == (0, message.message_id, referral)
    assert (row.type, row.producer) == ("assignment.withdrawn.v1", "triage")
    assert (row.practitioner, row.agency, row.person_ref) == ("idsva-1", None, None)


async def test_batches_grow_one_tree(unit: UnitOfWork, connection: AsyncConnection) -> None:
    """Over batches that fill tiles, the root is that over all leaves, and every proof holds."""
    roots = {0: EMPTY_ROOT}
    for count in (1, 254, 1, 1, 600, 64):
        await take(unit, some(count))
        tree = await log.tree(connection)
        roots[tree.size] = tree.root

    size = 921
    leaves = [leaf_hash(row.leaf) for row in await connection.execute(ALL)]
    proved = await log.prove(connection, range(size), size)
    assert proved.tree == log.Tree(size, root(leaves))
    assert all(
        inclusion_holds(index, size, leaves[index], proved.proofs[index], proved.tree.root)
        for index in range(size)
    )
    for old_size, old_root in roots.items():
        proof = await log.prove_consistency(connection, old_size, size)
        assert consistency_holds(old_size, size, old_root, proved.tree.root, proof)


async def test_an_event_that_comes_again_is_logged_once(
    unit: UnitOfWork, connection: AsyncConnection
) -> None:
    """Redelivered in the same batch or in a later one, an event has one entry."""
    first, second = some(2)

    await take(unit, [first, first])
    await take(unit, [first, second])

    rows = (await connection.execute(ALL)).all()
    assert [row.event_id for row in rows] == [first.message_id, second.message_id]


async def test_the_log_itself_refuses_an_event_twice(
    unit: UnitOfWork, connection: AsyncConnection
) -> None:
    """Even where the inbox has forgotten an event, the log has not."""
    (message,) = some(1)
    await take(unit, [message])

    async with unit.transaction() as transaction:
        with pytest.raises(IntegrityError):
            await log.append(transaction.connection, [read(message)])

    assert await store.size(connection) == 1


async def test_what_is_rolled_back_leaves_no_gap(
    unit: UnitOfWork, connection: AsyncConnection
) -> None:
    """A transaction that fails after its events were heard takes no index, and nothing of it
    comes into the next one."""
    lost, kept = some(2)
    consumer = Consumer(unit, Handlers().open_event)

    async def fail_at_the_end() -> None:
        async with unit.transaction() as transaction:
            await consumer.handle(transaction, [consumer.open(lost)])
            await transaction.finish()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_at_the_end()

    async with unit.transaction() as transaction:
        await consumer.handle(transaction, [consumer.open(kept)])

    rows = (await connection.execute(ALL)).all()
    assert [(row.leaf_index, row.event_id) for row in rows] == [(0, kept.message_id)]


async def test_writers_at_the_same_time_take_turns(
    unit: UnitOfWork, connection: AsyncConnection
) -> None:
    """Transactions that append at once number their events without gap or overlap."""
    await asyncio.gather(*(take(unit, some(50)) for _ in range(6)))

    rows = (await connection.execute(ALL)).all()
    assert [row.leaf_index for row in rows] == list(range(300))
    tree = await log.tree(connection)
    assert tree.root == root([leaf_hash(row.leaf) for row in rows])


@pytest.mark.parametrize(
    ("body", "subject"),
    [
        (b"no event", "event.assignment.withdrawn"),
        (b"{}", "event.assignment.withdrawn"),
        (None, "event.assignment.offered"),
    ],
)
def test_what_is_no_event_is_unreadable(body: bytes | None, subject: str) -> None:
    """Bytes that are no event, or one of another subject, are parked rather than logged."""
    (message,) = some(1)
    forged = type(message)(message.message_id, message.stream, subject, body or message.body)

    with pytest.raises(UnreadableMessage):
        read(forged)


def test_an_event_under_another_id_is_unreadable() -> None:
    """An event that came under another's message id would take that one's place in the log."""
    (message,) = some(1)
    forged = type(message)(uuid4(), message.stream, message.subject, message.body)

    with pytest.raises(UnreadableMessage):
        read(forged)


def test_an_event_of_an_unknown_type_is_logged() -> None:
    """What a later version of a producer says is evidence before audit knows its type."""
    (message,) = some(1)
    body = message.body.replace(b"assignment.withdrawn.v1", b"assignment.reopened.v1")
    unknown = type(message)(message.message_id, message.stream, "event.assignment.reopened", body)

    assert read(unknown).type == "assignment.reopened.v1"
