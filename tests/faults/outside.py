"""What the world outside has of a log: somebody who tells it events, and somebody who looks at it.

Both write down what they had, so that afterwards the log can be held to it.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID, uuid4

import httpx2
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from tests.audit.heard import received, withdrawn

TOLD_A_SECOND: Final = 50
LOOKED_SECONDS: Final = 0.02


@dataclass
class Teller:
    """Tells events, so many a second, as triage does. `acknowledged`: those that the broker took,
    and when it said so, by the event loop's clock."""

    jetstream: JetStreamContext
    acknowledged: dict[UUID, float] = field(default_factory=dict)

    async def tell(self, a_second: float = TOLD_A_SECOND) -> None:
        """For ever."""
        clock = asyncio.get_running_loop().time
        due = clock()
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._tell_one())
                due += 1 / a_second
                await asyncio.sleep(max(0.0, due - clock()))

    async def _tell_one(self) -> None:
        referral = uuid4()
        message = received(withdrawn(referral), referral)
        with suppress(NatsError, TimeoutError):  # then nothing was promised
            await self.jetstream.publish(
                message.subject,
                message.body,
                stream=message.stream,
                headers={"Nats-Msg-Id": str(message.message_id)},
            )
            self.acknowledged[message.message_id] = asyncio.get_running_loop().time()


@dataclass
class Observer:
    """Looks at what is served, again and again. `seen`: each note once, and when it was first seen,
    by the event loop's clock."""

    urls: tuple[str, ...]
    seen: dict[bytes, float] = field(default_factory=dict)

    async def look(self) -> None:
        """For ever; a service that does not answer is asked again."""
        clock = asyncio.get_running_loop().time
        async with httpx2.AsyncClient(timeout=5) as client:
            while True:
                for url in self.urls:
                    with suppress(httpx2.TransportError):
                        answer = await client.get(f"{url}/audit/checkpoint")
                        if answer.status_code == 200:
                            self.seen.setdefault(answer.content, clock())
                await asyncio.sleep(LOOKED_SECONDS)
