"""Telling: in order, as soon as it is committed, once in the stream, and never lost."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from nats.js import JetStreamContext
from sqlalchemy import event, text
from structlog.testing import capture_logs

from services.intake.vault import Vault
from shared.bus import relay as relay_module
from shared.bus.broker import make_broker
from shared.bus.relay import AT_ONCE, Relay
from shared.bus.work import UnitOfWork
from shared.events import AssignmentWithdrawn
from shared.subjects import EVENTS, RECEIPTS, Service, receipt
from tests.servers import Broker, Postgres, until
from tests.shared.ground import Bench, bench


@pytest.fixture
async def triage(postgres: Postgres) -> AsyncIterator[Bench]:
    """Triage's tables."""
    ground = await bench(postgres, "triage")
    yield ground
    await ground.engine.dispose()


@asynccontextmanager
async def publisher(
    broker: Broker, service: Service, url: str = ""
) -> AsyncIterator[JetStreamContext]:
    """JetStream as the service has it."""
    made = make_broker(service, url or broker.url, str(broker.keys.seed_file(service)))
    await made.start()
    yield (await made.connect()).jetstream()
    await made.stop()


@asynccontextmanager
async def running(relay: Relay, jetstream: JetStreamContext) -> AsyncIterator[None]:
    """A relay at work; at the end it dies."""
    task = asyncio.create_task(relay.run(jetstream))
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def tell(unit: UnitOfWork, referrals: Sequence[UUID]) -> None:
    """One transaction that tells one event of each referral."""
    async with unit.work(uuid4()) as work:
        for number, referral in enumerate(referrals):
            told = AssignmentWithdrawn(
                assignment_id=uuid4(),
                referral_id=referral,
                pathway="refuge",
                practitioner_id="p-1",
                reason="a test",
            )
            work.emit(told, referral, about=str(number))


async def in_the_stream(broker: Broker) -> list[dict[str, Any]]:
    """Every event that EVENTS holds, in its order."""
    async with broker.signed_in("deploy") as deploy:
        stream = deploy.client.jetstream()
        state = (await stream.stream_info(EVENTS)).state
        numbers = range(state.first_seq, state.last_seq + 1) if state.messages else ()
        stored = [await stream.get_msg(EVENTS, number) for number in numbers]
    return [json.loads(message.data or b"") for message in stored]


async def waiting(ground: Bench) -> int:
    """How many rows are not marked as published."""
    return sum(row.published_at is None for row in await ground.rows("outbox"))


async def all_out(ground: Bench) -> None:
    """Wait until everything is published and marked."""

    async def is_out() -> bool:
        return await waiting(ground) == 0

    await until(is_out)


async def test_a_referrals_events_keep_their_order(triage: Bench, broker: Broker) -> None:
    """More than go out at once, of several referrals: each one's stand in the stream in order."""
    referrals = [uuid4() for _ in range(3)]
    for _ in range(6):
        await tell(triage.unit, referrals * 20)
    relay = Relay(triage.engine, triage.seal)
    async with publisher(broker, "triage") as jetstream, running(relay, jetstream):
        await all_out(triage)

    stored = await in_the_stream(broker)
    assert len(stored) == 360 > AT_ONCE
    for referral in referrals:
        numbers = [each["sequence"] for each in stored if each["subject"] == str(referral)]
        assert numbers == list(range(1, 121))


async def test_a_row_knows_its_place_in_the_stream(triage: Bench, broker: Broker) -> None:
    """What is published is marked with its number in the stream, for a refill to go by."""
    await tell(triage.unit, [uuid4() for _ in range(5)])
    relay = Relay(triage.engine, triage.seal)
    async with publisher(broker, "triage") as jetstream, running(relay, jetstream):
        await all_out(triage)

    stored = await in_the_stream(broker)
    rows = await triage.rows("outbox")
    assert {str(row.message_id): row.stream_sequence for row in rows} == {
        event["id"]: number for number, event in enumerate(stored, 1)
    }


async def test_a_commit_is_told_without_waiting_for_the_poll(
    triage: Bench, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a poll that never comes, what is committed goes out all the same: it is nudged."""
    monkeypatch.setattr(relay_module, "POLL_SECONDS", 86_400.0)
    relay = Relay(triage.engine, triage.seal)
    unit = UnitOfWork(triage.engine, "triage", relay.nudge)
    async with publisher(broker, "triage") as jetstream, running(relay, jetstream):
        for _ in range(3):
            await tell(unit, [uuid4()])
            await all_out(triage)


async def test_what_a_dead_process_left_is_found(
    triage: Bench, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row for which nobody nudges, since its process died after the commit, goes out by poll."""
    monkeypatch.setattr(relay_module, "POLL_SECONDS", 0.05)
    relay = Relay(triage.engine, triage.seal)
    async with publisher(broker, "triage") as jetstream, running(relay, jetstream):
        await tell(triage.unit, [uuid4()])
        await all_out(triage)


async def test_stored_and_not_marked_is_in_the_stream_once(triage: Bench, broker: Broker) -> None:
    """What a relay published before it died, without marking it, is published again: by its id the
    stream keeps one, and the row is marked with that one's number."""
    await tell(triage.unit, [uuid4(), uuid4()])
    relay = Relay(triage.engine, triage.seal)
    async with publisher(broker, "triage") as jetstream:
        async with running(relay, jetstream):
            await all_out(triage)
        marked = await triage.rows("outbox")
        async with triage.engine.begin() as connection:
            await connection.execute(
                text("UPDATE outbox SET published_at = NULL, stream_sequence = NULL")
            )
        async with running(Relay(triage.engine, triage.seal), jetstream):
            await all_out(triage)

    assert len(await in_the_stream(broker)) == 2
    again = await triage.rows("outbox")
    assert _places(again) == _places(marked)


def _places(rows: Sequence[Any]) -> dict[UUID, int]:
    return {row.message_id: row.stream_sequence for row in rows}


class Watched(Relay):
    """A relay that remembers what it published."""

    published: list[UUID]

    async def _publish(self, jetstream: JetStreamContext, row: Any) -> int:
        self.published.append(row.message_id)
        return await super()._publish(jetstream, row)


def watched(ground: Bench) -> Watched:
    """A relay on the bench's tables."""
    relay = Watched(ground.engine, ground.seal)
    relay.published = []
    return relay


def locks_asked_for(ground: Bench) -> list[str]:
    """The statements that ask for the relay's lock, from now on."""
    asked: list[str] = []

    @event.listens_for(ground.engine.sync_engine, "before_cursor_execute")
    def remember(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "advisory_lock" in statement:
            asked.append(statement)

    return asked


async def test_one_relay_at_a_time(
    triage: Bench, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second relay publishes nothing while the first holds the lock, and takes over when the
    first one's connection dies."""
    monkeypatch.setattr(relay_module, "POLL_SECONDS", 0.05)
    first, second = watched(triage), watched(triage)
    asked = locks_asked_for(triage)

    async def second_has_asked() -> bool:
        return len(asked) >= 3

    async with AsyncExitStack() as stack:
        jetstream = await stack.enter_async_context(publisher(broker, "triage"))
        await tell(triage.unit, [uuid4()])
        await stack.enter_async_context(running(first, jetstream))
        await all_out(triage)
        await stack.enter_async_context(running(second, jetstream))
        await until(second_has_asked)
        await tell(triage.unit, [uuid4()])
        await all_out(triage)
        assert (len(first.published), second.published) == (2, [])

        # Longer than the second one's pause: it is the second that finds the lock free.
        monkeypatch.setattr(relay_module, "PAUSE_AFTER_FAILURE_SECONDS", 3_600.0)
        await _kill_the_holder(triage)
        await tell(triage.unit, [uuid4()])
        await all_out(triage)
        assert (len(first.published), len(second.published)) == (2, 1)
    assert len(await in_the_stream(broker)) == 3


async def _kill_the_holder(ground: Bench) -> None:
    """End the connection that holds the relay's lock, as the server's end of it."""
    async with ground.engine.connect() as connection:
        killed = await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                " AND granted AND database ="
                " (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        )
        assert killed.scalars().all() == [True]


@asynccontextmanager
async def cable(broker: Broker) -> AsyncIterator["Cable"]:
    """A way to the broker that can be cut."""
    parts = urlsplit(broker.url)
    made = Cable(str(parts.hostname), parts.port or 4222)
    await made.mend()
    yield made
    await made.cut()


class Cable:
    """Passes bytes on to the broker, until it is cut; mended on the same port."""

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._port = 0
        self._ends: list[Callable[[], None]] = []
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """The broker's address by this way."""
        return f"nats://127.0.0.1:{self._port}"

    async def mend(self) -> None:
        """Let connections through."""
        self._server = await asyncio.start_server(self._join, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """End every connection, and refuse new ones."""
        if self._server is not None:
            self._server.close()
        for end in self._ends:
            end()
        self._ends.clear()

    async def _join(self, near: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        far, far_out = await asyncio.open_connection(*self._to)
        self._ends += [near_out.close, far_out.close]
        await asyncio.gather(_pass_on(near, far_out), _pass_on(far, near_out))


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while some := await reader.read(65_536):
            writer.write(some)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def test_rows_wait_for_a_broker_that_is_away(
    triage: Bench, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the broker is away nothing is marked and nothing lost; then all goes out, once."""
    monkeypatch.setattr(relay_module, "PUBLISH_TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(relay_module, "PAUSE_AFTER_FAILURE_SECONDS", 0.05)
    relay = Relay(triage.engine, triage.seal)
    unit = UnitOfWork(triage.engine, "triage", relay.nudge)
    async with AsyncExitStack() as stack:
        way = await stack.enter_async_context(cable(broker))
        jetstream = await stack.enter_async_context(publisher(broker, "triage", way.url))
        await stack.enter_async_context(running(relay, jetstream))
        await tell(unit, [uuid4()])
        await all_out(triage)

        await way.cut()
        with capture_logs() as logged:
            await tell(unit, [uuid4(), uuid4()])

            async def has_tried_twice() -> bool:
                return [line["event"] for line in logged].count("relay.failed") >= 2

            await until(has_tried_twice)
        assert await waiting(triage) == 2

        await way.mend()
        await all_out(triage)
    assert len(await in_the_stream(broker)) == 3


async def test_a_receipt_is_sealed_until_it_is_published(
    postgres: Postgres, broker: Broker
) -> None:
    """A receipt holds a sender's reference: it lies sealed in the table, and its sender reads it
    on the stream as it was told."""
    intake = await bench(postgres, "intake")
    intake.seal = Vault([bytes(range(32))])
    told = {"reference": "MP-26-000101", "outcome": "accepted"}
    async with intake.unit.work(uuid4()) as work:
        work.tell(receipt("met-police"), told)
    (row,) = await intake.rows("outbox")

    relay = Relay(intake.engine, intake.seal)
    async with publisher(broker, "intake") as jetstream, running(relay, jetstream):
        await all_out(intake)
    await intake.engine.dispose()

    async with broker.signed_in("met-police") as police:
        receipts = await police.client.jetstream().pull_subscribe_bind(
            durable="receipts-met-police", stream=RECEIPTS
        )
        (message,) = await receipts.fetch(1, timeout=5)
    assert json.loads(message.data) == told
    assert b"MP-26" not in row.body
    assert b"accepted" not in row.body
