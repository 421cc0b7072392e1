"""A plain sender of referrals over NATS, as agencies have one; knows nothing of the services.

    python -m tests.performance.way.send submit PHASE COUNT burst|PER_SECOND

WAY_BROKER is the broker's address, WAY_SEEDS the folder of the agencies' nkey seeds.
"""

import asyncio
import os
import sys

import nats
import uvloop
from nats.js import JetStreamContext

from tests.performance.way.documents import Document, bromley_examples, document
from tests.performance.way.submitting import Order

IN_FLIGHT = 256
ANSWER_SECONDS = 30.0


async def sign_in(agencies: set[str]) -> dict[str, JetStreamContext]:
    """A connection for each agency, with its own seed."""
    found = {}
    for agency in sorted(agencies):
        seed = f"{os.environ['WAY_SEEDS']}/{agency}.seed"
        connection = await nats.connect(os.environ["WAY_BROKER"], nkeys_seed=seed)
        found[agency] = connection.jetstream()
    return found


def submit(order: Order) -> None:
    """Everything of one order, each acknowledged by the broker."""
    examples = bromley_examples()
    documents = [document(examples, order.phase, number) for number in range(order.count)]
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    streams = loop.run_until_complete(sign_in({each.agency for each in documents}))

    async def publish(each: Document) -> None:
        await streams[each.agency].publish(
            f"submit.{each.agency}", each.body, stream="SUBMISSIONS", timeout=ANSWER_SECONDS
        )

    async def burst() -> None:
        room = asyncio.Semaphore(IN_FLIGHT)

        async def one(each: Document) -> None:
            try:
                await publish(each)
            finally:
                room.release()

        under_way = []
        for each in documents:
            await room.acquire()
            under_way.append(asyncio.ensure_future(one(each)))
        await asyncio.gather(*under_way)

    async def paced() -> None:
        await order.keep_pace(lambda number: publish(documents[number]))

    whole = burst if order.per_second is None else paced
    order.carry_out(lambda: loop.run_until_complete(whole()))


if __name__ == "__main__":
    submit(Order.read(sys.argv[2:]))
