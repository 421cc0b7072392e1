"""Telling: publishes outbox rows in order and waits for the broker to have them on disk.

One relay a service, held by an advisory lock, so that a referral's events keep their order. It is
nudged after each commit; the slow poll is for what a dead process left behind.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import structlog
from nats.js import JetStreamContext
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared import subjects
from shared.bus.errors import describe
from shared.bus.work import Seal, outbox_place

log = structlog.get_logger()

POLL_SECONDS = 1.0
PAUSE_AFTER_FAILURE_SECONDS = 0.5
AT_ONCE = 256
PUBLISH_TIMEOUT_SECONDS = 5.0
# Any number will do, so long as every relay of a schema asks for the same one.
_LOCK = "SELECT pg_try_advisory_lock(hashtext('outbox of ' || current_schema()))"


@dataclass
class Relay:
    """Publishes for one service; `run` never ends by itself."""

    engine: AsyncEngine
    seal: Seal
    _nudged: asyncio.Event = field(default_factory=asyncio.Event)

    def nudge(self) -> None:
        """There may be something to publish."""
        self._nudged.set()

    async def run(self, jetstream: JetStreamContext) -> None:
        """Hold the lock, publish, wait for a nudge; begin again after any failure."""
        while True:
            try:
                async with self.engine.connect() as connection:
                    await connection.execution_options(isolation_level="AUTOCOMMIT")
                    if (await connection.execute(text(_LOCK))).scalar_one():
                        await self._publish_for_ever(connection, jetstream)
                # Another process of this service has the lock, or had it a moment ago.
                await asyncio.sleep(POLL_SECONDS)
            except Exception as error:  # an outage of the database or the broker: go on after it
                log.warning("relay.failed", error=describe(error))
                await asyncio.sleep(PAUSE_AFTER_FAILURE_SECONDS)

    async def _publish_for_ever(
        self, connection: AsyncConnection, jetstream: JetStreamContext
    ) -> None:
        try:
            while True:
                self._nudged.clear()
                while await self._publish_some(connection, jetstream) == AT_ONCE:
                    pass
                try:
                    await asyncio.wait_for(self._nudged.wait(), POLL_SECONDS)
                except TimeoutError:
                    continue
        finally:
            # The lock belongs to the session: a pooled connection would keep it.
            await connection.invalidate()

    async def _publish_some(self, connection: AsyncConnection, jetstream: JetStreamContext) -> int:
        """Publish the oldest rows that wait; returns how many there were."""
        rows = (
            await connection.execute(
                text(
                    "SELECT position, created_at, message_id, subject, body FROM outbox"
                    " WHERE published_at IS NULL ORDER BY position LIMIT :n"
                ),
                {"n": AT_ONCE},
            )
        ).all()
        if not rows:
            return 0
        answers = await asyncio.gather(
            *(self._publish(jetstream, row) for row in rows), return_exceptions=True
        )
        stored = [
            (row, answer)
            for row, answer in zip(rows, answers, strict=True)
            if not isinstance(answer, BaseException)
        ]
        if stored:
            await connection.execute(
                text(
                    "UPDATE outbox o SET published_at = now(), stream_sequence = t.s"
                    " FROM unnest(CAST(:positions AS bigint[]), CAST(:made AS timestamptz[]),"
                    " CAST(:sequences AS bigint[])) AS t(p, c, s)"
                    " WHERE o.position = t.p AND o.created_at = t.c"
                ),
                {
                    "positions": [row.position for row, _ in stored],
                    "made": [row.created_at for row, _ in stored],
                    "sequences": [sequence for _, sequence in stored],
                },
            )
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        return len(rows)

    async def _publish(self, jetstream: JetStreamContext, row: Any) -> int:
        stream = subjects.stream_of(row.subject)
        body = row.body
        if stream != subjects.EVENTS:
            body = self.seal.open(body, outbox_place(row.message_id))
        # The stream is named so that a subject which no stream holds fails instead of vanishing.
        acknowledged = await jetstream.publish(
            row.subject,
            body,
            timeout=PUBLISH_TIMEOUT_SECONDS,
            stream=stream,
            headers={"Nats-Msg-Id": str(row.message_id)},
        )
        return acknowledged.seq
