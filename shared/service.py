"""What every service stands on: engine, broker, unit of work, relay, health, errors.

Only a service's `app.py` uses this. The HTTP side stands as soon as the process does, whether or
not the broker is there: PostgreSQL is the record, and what waits in the outbox goes out later.
"""

import asyncio
import gc
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog
import uvicorn
from fastapi import FastAPI, Response
from faststream.nats import NatsBroker
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from shared import logs, problems
from shared.bus.broker import RetryPolicy, RetryThenPark, listen, make_broker
from shared.bus.consumer import Consumer, Open
from shared.bus.errors import describe, is_outage
from shared.bus.parked import parked_router
from shared.bus.relay import Relay
from shared.bus.tally import Tallies
from shared.bus.work import Seal, UnitOfWork, Unsealed
from shared.settings import ServiceSettings
from shared.sign_in import Doorkeeper
from shared.subjects import Service

log = structlog.get_logger()

CONNECT_SECONDS = 10.0
CANCELLED_AGAIN_SECONDS = 10.0
HOUSEKEEPING_SECONDS = 24 * 3600
EVENTS_KEPT_DAYS = 400
"""How long the stream of events keeps them: so long can one be asked for or come again."""


@dataclass
class Ground:
    """One service's parts, built once. `consumers` and `tasks` run while the app does.

    `checks` come before anything is taken: what they raise ends the process. `closing` comes after
    the tasks have ended, and none of it waits for anything.
    """

    service: Service
    settings: ServiceSettings
    engine: AsyncEngine
    broker: NatsBroker
    relay: Relay
    unit: UnitOfWork
    doorkeeper: Doorkeeper
    consumers: dict[str, Consumer] = field(default_factory=dict)
    tasks: list[Callable[[], Coroutine[None, None, None]]] = field(default_factory=list)
    checks: list[Callable[[AsyncConnection], Awaitable[None]]] = field(default_factory=list)
    closing: list[Callable[[], None]] = field(default_factory=list)

    @classmethod
    def build(
        cls, service: Service, settings: ServiceSettings, seal: Seal | None = None
    ) -> "Ground":
        """Nothing is connected yet. `seal` encrypts what is parked, where it may name people."""
        logs.configure(service)
        engine = create_async_engine(
            settings.database_url,
            # An error's text would quote the values.
            hide_parameters=True,
            pool_size=8,
            max_overflow=8,
            pool_timeout=10,
            connect_args={"timeout": CONNECT_SECONDS, "command_timeout": 30},
        )
        broker = make_broker(service, settings.nats_url, str(settings.nats_seed_file))
        seal = seal or Unsealed()
        relay = Relay(engine, seal)
        unit = UnitOfWork(engine, service, relay.nudge, seal)
        broker.add_middleware(RetryThenPark(unit, RetryPolicy(settings.retry_pauses)))
        doorkeeper = Doorkeeper.from_file(settings.token_keys_file)
        return cls(service, settings, engine, broker, relay, unit, doorkeeper)

    def listen(self, stream: str, open_: Open) -> None:
        """Take messages of a stream."""
        consumer = Consumer(self.unit, open_)
        self.consumers[stream] = consumer
        self.tasks.append(consumer.run)
        listen(self.broker, self.service, stream, consumer)

    def app(self, title: str) -> FastAPI:
        """The HTTP side with health and errors; the rest of the service runs in its lifespan."""
        prefix = f"/{self.service}"
        app = FastAPI(
            title=title,
            version="1",
            openapi_url=f"{prefix}/openapi.json",
            docs_url=None,
            redoc_url=None,
            lifespan=self._lifespan,
        )
        problems.install(app)
        app.include_router(parked_router(self.service, self.unit, self.consumers, self.doorkeeper))

        @app.get(f"{prefix}/health/live", include_in_schema=False)
        async def live() -> dict[str, str]:
            return {"status": "live"}

        @app.get(f"{prefix}/health/ready", include_in_schema=False)
        async def ready(response: Response) -> dict[str, bool]:
            parts = {
                "database": await self._database_answers(),
                "broker": await self._broker_answers(),
            }
            response.status_code = 200 if all(parts.values()) else 503
            return parts

        return app

    @asynccontextmanager
    async def _lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        await self._check()
        tasks = (*self.tasks, self._bus, self._housekeeping, Tallies(self.unit).run)
        running = [asyncio.create_task(task()) for task in tasks]
        for task in running:
            task.add_done_callback(_stop_if_broken)
        try:
            yield
        finally:
            await self.broker.stop()
            await end(running)
            for close in self.closing:
                close()
            await self.engine.dispose()

    async def _check(self) -> None:
        """Once the database answers."""
        while self.checks:
            try:
                async with self.engine.connect() as connection:
                    for check in self.checks:
                        await check(connection)
            except Exception as error:
                log.warning("service.not_started", error=describe(error))
                if not is_outage(error):
                    raise
                await asyncio.sleep(1)
            else:
                return

    async def _bus(self) -> None:
        """Connect, however long that takes; listen; publish."""
        while True:
            try:
                # Without a server the client waits for ever.
                await asyncio.wait_for(self.broker.start(), CONNECT_SECONDS)
                break
            except Exception as error:
                log.warning("broker.away", error=describe(error))
                await self.broker.stop()
                await asyncio.sleep(1)
        connection = await self.broker.connect()
        log.info("service.ready")
        await self.relay.run(connection.jetstream())

    async def _housekeeping(self) -> None:
        """Open the outbox's coming months, and forget what the stream has forgotten."""
        while True:
            try:
                async with self.engine.begin() as connection:
                    await connection.execute(
                        text("SELECT keep_outbox(make_interval(days => :days))"),
                        {"days": EVENTS_KEPT_DAYS},
                    )
                    await connection.execute(
                        text(
                            "DELETE FROM inbox"
                            " WHERE handled_at < now() - make_interval(days => :days)"
                        ),
                        {"days": EVENTS_KEPT_DAYS},
                    )
            except Exception as error:  # tried again tomorrow; the months are open a year ahead
                log.warning("housekeeping.failed", error=describe(error))
            await asyncio.sleep(HOUSEKEEPING_SECONDS)

    async def _database_answers(self) -> bool:
        try:
            async with self.engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except Exception:
            return False
        return True

    async def _broker_answers(self) -> bool:
        return await self.broker.ping(timeout=1.0)


async def end(running: Iterable["asyncio.Task[None]"]) -> None:
    """Cancel tasks until they have ended. More than once: where a connection has died, the error of
    its rollback takes the cancellation's place, and a loop that goes on after errors goes on."""
    left = set(running)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=CANCELLED_AGAIN_SECONDS)


def _stop_if_broken(task: "asyncio.Task[None]") -> None:
    """A loop that ends has met what nobody foresaw: end the process, to be started anew."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("service.broken", error=describe(error))
        os.kill(os.getpid(), signal.SIGTERM)


def serve(app: FastAPI, settings: ServiceSettings) -> None:
    """Run until a signal. No access log: the services log what happened, with ids."""
    # What was loaded stays for good, and a message's objects die by themselves when it is done: to
    # look through them all again and again took a sixth of a service's time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=5,
    )
