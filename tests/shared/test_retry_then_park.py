"""A message that fails: tried again with growing pauses, then parked with its reason."""

import asyncio
import json
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from shared.bus.broker import RetryPolicy, RetryThenPark, listen, make_broker
from shared.bus.consumer import Consumer, Received, open_event
from shared.bus.relay import Relay
from shared.bus.work import UnitOfWork, Work
from shared.events import ReferralRejected
from shared.subjects import EVENTS, PARKED
from tests.servers import Broker, Postgres, until
from tests.shared.ground import Bench, bench, rejected


class Service:
    """Triage with one handler, on real servers."""

    def __init__(self, ground: Bench, broker: Broker, pauses: tuple[float, ...]) -> None:
        self.ground = ground
        self.relay = Relay(ground.engine, ground.seal)
        unit = UnitOfWork(ground.engine, "triage", self.relay.nudge)
        self.tried: list[tuple[UUID, float]] = []
        self.failing: set[UUID] = set()
        self.consumer = Consumer(
            unit, open_event({"referral.rejected": self.handler}, frozenset({"intake"}))
        )
        self.broker = make_broker("triage", broker.url, str(broker.keys.seed_file("triage")))
        self.broker.add_middleware(RetryThenPark(unit, RetryPolicy(pauses)))
        listen(self.broker, "triage", EVENTS, self.consumer)
        self.tasks: list[asyncio.Task[None]] = []

    async def handler(self, event: ReferralRejected, _work: Work) -> None:
        """Fails for those that it is told to, with a text that must not get out."""
        self.tried.append((event.parked_id, asyncio.get_running_loop().time()))
        if event.parked_id in self.failing:
            raise ValueError("Amara Quill, 12 Example Road")

    async def start(self) -> None:
        """Listen and publish."""
        await self.broker.start()
        jetstream = (await self.broker.connect()).jetstream()
        self.tasks = [
            asyncio.create_task(self.consumer.run()),
            asyncio.create_task(self.relay.run(jetstream)),
        ]

    async def stop(self) -> None:
        """End everything."""
        await self.broker.stop()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def tries_of(self, referral: UUID) -> list[float]:
        """When a referral's event was tried."""
        return [at for tried, at in self.tried if tried == referral]


@pytest.fixture
async def service(postgres: Postgres, broker: Broker) -> AsyncIterator[Service]:
    """Triage, which tries three times."""
    ground = await bench(postgres, "triage")
    running = Service(ground, broker, pauses=(0.1, 0.4))
    await running.start()
    yield running
    await running.stop()
    await ground.engine.dispose()


async def publish(broker: Broker, *messages: Received) -> None:
    """As intake publishes."""
    async with broker.signed_in("intake") as intake:
        for message in messages:
            await intake.client.jetstream().publish(
                message.subject,
                message.body,
                stream=EVENTS,
                headers={"Nats-Msg-Id": str(message.message_id)},
            )


async def test_parked_after_growing_pauses(service: Service, broker: Broker) -> None:
    """A handler that always fails is tried again later and later, then its message is parked."""
    referral = uuid4()
    service.failing.add(referral)
    await publish(broker, rejected(referral))

    async def parked() -> bool:
        return bool(await service.ground.rows("parked"))

    await until(parked)
    first, second, third = service.tries_of(referral)
    assert third - second > second - first >= 0.1
    row = (await service.ground.rows("parked"))[0]
    assert row.reason.startswith("the handler failed: ValueError at test_retry_then_park.py:")


async def test_parked_is_told(service: Service, broker: Broker) -> None:
    """PARKED carries the id and the reason of what was parked, and nothing of its content."""
    referral = uuid4()
    service.failing.add(referral)
    await publish(broker, rejected(referral))
    async with broker.signed_in("deploy") as deploy:
        stream = deploy.client.jetstream()

        async def told() -> bool:
            return (await stream.stream_info(PARKED)).state.messages == 1

        await until(told)
        message = await stream.get_msg(PARKED, 1)
    row = (await service.ground.rows("parked"))[0]
    said = json.loads(message.data or b"")
    assert (said["id"], said["reason"]) == (str(row.id), row.reason)
    assert b"Amara" not in (message.data or b"")


async def test_good_ones_go_on(service: Service, broker: Broker) -> None:
    """While one message fails and waits, those behind it are handled."""
    bad, good = uuid4(), uuid4()
    service.failing.add(bad)
    await publish(broker, rejected(bad), rejected(good))

    async def handled() -> bool:
        return len(await service.ground.rows("inbox")) == 1

    await until(handled)
    assert service.tries_of(good)
    assert not await service.ground.rows("parked")


async def test_unreadable_is_parked_at_once(service: Service, broker: Broker) -> None:
    """What is no event is not tried again: its bytes are parked as they came."""
    await publish(broker, Received(uuid4(), EVENTS, "event.referral.rejected", b"no event"))

    async def parked() -> bool:
        return bool(await service.ground.rows("parked"))

    await until(parked)
    row = (await service.ground.rows("parked"))[0]
    assert (bytes(row.body), row.subject) == (b"no event", "event.referral.rejected")
