"""Hearing: each message once, in its order, and no good one held up by a bad one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import IntegrityError

from shared.bus.consumer import Consumer, Received, open_event
from shared.bus.errors import TooEarly, UnreadableMessage
from shared.bus.work import Work
from shared.events import AssignmentWithdrawn, ReferralRejected
from tests.servers import Postgres
from tests.shared.ground import Bench, bench, rejected

OnEvent = Callable[[Any, Work], Awaitable[None]]


@pytest.fixture
async def triage(postgres: Postgres) -> AsyncIterator[Bench]:
    """Triage's tables."""
    ground = await bench(postgres, "triage")
    yield ground
    await ground.engine.dispose()


async def withdraw(event: ReferralRejected, work: Work) -> None:
    """An effect that shows in the outbox."""
    work.emit(
        AssignmentWithdrawn(
            assignment_id=event.parked_id,
            referral_id=event.parked_id,
            pathway="marac",
            practitioner_id="pr-1",
            reason="a test",
        ),
        event.parked_id,
    )


@asynccontextmanager
async def listening(ground: Bench, handler: OnEvent) -> AsyncIterator[Consumer]:
    """A consumer of triage that runs."""
    consumer = Consumer(
        ground.unit, open_event({"referral.rejected": handler}, frozenset({"intake"}))
    )
    running = asyncio.create_task(consumer.run())
    yield consumer
    running.cancel()


async def test_redelivered_once(triage: Bench) -> None:
    """A redelivered message has its effect once."""
    message = rejected(uuid4())
    async with listening(triage, withdraw) as consumer:
        await consumer.take(message)
        await consumer.take(message)
    assert len(await triage.rows("outbox")) == 1


async def test_the_same_twice_in_a_batch(triage: Bench) -> None:
    """A message that comes twice in one batch has its effect once."""
    message = rejected(uuid4())
    async with listening(triage, withdraw) as consumer:
        await asyncio.gather(consumer.take(message), consumer.take(message))
    assert len(await triage.rows("outbox")) == 1


async def test_waiting_messages_share_a_commit(triage: Bench) -> None:
    """Messages that wait together are committed together."""
    messages = [rejected(uuid4()) for _ in range(20)]
    async with listening(triage, withdraw) as consumer:
        await asyncio.gather(*map(consumer.take, messages))
    assert (len(await triage.rows("outbox")), triage.nudges) == (20, 1)


async def test_a_bad_message_alone_fails(triage: Bench) -> None:
    """One failing message of a batch leaves nothing behind; the others stand."""
    bad = uuid4()

    async def handler(event: ReferralRejected, work: Work) -> None:
        await withdraw(event, work)
        if event.parked_id == bad:
            raise RuntimeError("as it happens")

    messages = [rejected(uuid4()), rejected(bad), rejected(uuid4())]
    async with listening(triage, handler) as consumer:
        outcomes = await asyncio.gather(*map(consumer.take, messages), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [type(None), RuntimeError, type(None)]
    assert len(await triage.rows("outbox")) == 2
    assert len(await triage.rows("inbox")) == 2


async def test_an_early_event_waits(triage: Bench) -> None:
    """An event whose predecessor is missing is not handled before it."""
    referral = uuid4()
    first, second = rejected(referral, 1), rejected(referral, 2)
    async with listening(triage, withdraw) as consumer:
        with pytest.raises(TooEarly):
            await consumer.take(second)
        before = await triage.rows("outbox")
        await consumer.take(first)
        await consumer.take(second)
    assert (len(before), len(await triage.rows("outbox"))) == (0, 2)


async def test_disorder_in_a_batch(triage: Bench) -> None:
    """Two events of one referral that come the wrong way round are handled in their order."""
    referral = uuid4()
    handled: list[UUID] = []

    async def handler(_event: ReferralRejected, work: Work) -> None:
        handled.append(work.cause)

    first, second = rejected(referral, 1), rejected(referral, 2)
    async with listening(triage, handler) as consumer:
        await asyncio.gather(consumer.take(second), consumer.take(first))
    assert handled == [first.message_id, second.message_id]


@pytest.mark.parametrize(
    "body", [b"", b"no json", b"{}", b'{"specversion":"1.0","name":"Amara Quill"}']
)
async def test_unreadable(triage: Bench, body: bytes) -> None:
    """What is no event is refused at once, in words that quote nothing."""
    message = Received(uuid4(), "EVENTS", "event.referral.rejected", body)
    async with listening(triage, withdraw) as consumer:
        with pytest.raises(UnreadableMessage) as refusal:
            await consumer.take(message)
    assert "Amara" not in str(refusal.value)


async def test_subject_and_type_agree(triage: Bench) -> None:
    """An event under another type's subject is refused: permissions are given by subject."""
    message = rejected(uuid4())
    elsewhere = Received(message.message_id, "EVENTS", "event.referral.triaged", message.body)
    async with listening(triage, withdraw) as consumer:
        with pytest.raises(UnreadableMessage):
            await consumer.take(elsewhere)


async def test_a_number_is_not_taken_twice(triage: Bench) -> None:
    """Another event under a number that was handled is told as a fault, never dropped as known."""
    referral = uuid4()
    async with listening(triage, withdraw) as consumer:
        await consumer.take(rejected(referral, 1))
        with pytest.raises(IntegrityError):
            await consumer.take(rejected(referral, 1))
    assert len(await triage.rows("outbox")) == 1


async def test_numbers_follow_commits(triage: Bench) -> None:
    """A referral's events are numbered without a gap, whichever transactions tell them."""
    referral = uuid4()

    async def tell() -> None:
        async with triage.unit.work(uuid4()) as work:
            await withdraw(ReferralRejected(agency="a1", parked_id=referral, problems=()), work)

    await asyncio.gather(*(tell() for _ in range(10)))
    rows = sorted(await triage.rows("outbox"), key=lambda row: row.position)
    numbers = [int(row.body.split(b'"sequence":')[1].split(b",")[0]) for row in rows]
    assert numbers == list(range(1, 11))
