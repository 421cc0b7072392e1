"""The floor: bare nats-py and asyncpg, four processes written by hand, no framework.

    python -m tests.performance.way.peers.floor declare
    python -m tests.performance.way.peers.floor intake|triage|notify|audit
    python -m tests.performance.way.peers.floor submit PHASE COUNT burst|PER_SECOND

One file stream a hop with one durable pull consumer each. A worker takes what has arrived (up to
BATCH), does one database transaction for it, publishes the next hop's messages, waits until all
are stored, then acknowledges its own, each explicitly. A crash between any two of those steps
redelivers; every effect is keyed. 16 messages or more at once go as one atomic batch of JetStream
(one fsync, one acknowledgement); the submitter sends 64 to a batch, 256 in flight.
"""

import asyncio
import os
import sys
import uuid
from itertools import pairwise

import asyncpg
import nats
import orjson
import uvloop
from nats.js import api

from tests.performance.way.peers import statements as sql
from tests.performance.way.peers.hops import (
    chain,
    do_intake,
    do_sent_events,
    do_triage,
    expected,
)
from tests.performance.way.peers.provider import Provider
from tests.performance.way.peers.referral import make_referral
from tests.performance.way.submitting import Order

ATOMIC_FROM = 16
DEPTH = 3  # batches that a worker may have unfinished
BATCH = 100
IN_FLIGHT, TOGETHER = 256, 64
HOPS = ("intake", "triage", "notify", "audit")


class Bus:
    """A minimal JetStream client on nats-py's core connection."""

    async def open(self):
        self.nc = await nats.connect(os.environ["WAY_BROKER"], pending_size=64 * 1024 * 1024)
        self.inbox = self.nc.new_inbox()
        self.waiting, self.batches = {}, 0
        await self.nc.subscribe(self.inbox + ".*", cb=self._stored)
        self.got, self.wake, self.room = [], asyncio.Event(), 0
        return self

    async def _stored(self, message):
        key = message.subject.rsplit(".", 1)[1]
        left, future = self.waiting[key]
        if (b'"error"' in message.data or message.headers) and not future.done():
            future.set_exception(RuntimeError(message.data or message.headers))
        if left > 1:
            self.waiting[key] = (left - 1, future)
            return
        del self.waiting[key]
        if not future.done():
            future.set_result(None)

    async def publish_all(self, subject, payloads):
        """Publish; return when the server has stored and synced every one."""
        if not payloads:
            return
        self.batches += 1
        future = asyncio.get_running_loop().create_future()
        reply, count = f"{self.inbox}.{self.batches}", len(payloads)
        if count >= ATOMIC_FROM:
            self.waiting[str(self.batches)] = (1, future)
            batch = uuid.uuid4().hex
            for number, payload in enumerate(payloads, 1):
                headers = {"Nats-Batch-Id": batch, "Nats-Batch-Sequence": str(number)}
                if number == count:
                    headers["Nats-Batch-Commit"] = "1"
                to = reply if number == count else ""
                await self.nc.publish(subject, payload, reply=to, headers=headers)
        else:
            self.waiting[str(self.batches)] = (count, future)
            for payload in payloads:
                await self.nc.publish(subject, payload, reply=reply)
        await asyncio.wait_for(future, 30)

    async def pull(self, hop):
        self.pull_inbox = self.nc.new_inbox()
        self.next = f"$JS.API.CONSUMER.MSG.NEXT.S_{hop}.C_{hop}"
        await self.nc.subscribe(
            self.pull_inbox, cb=self._came, pending_msgs_limit=-1, pending_bytes_limit=-1
        )
        await self._ask()

    async def _ask(self):
        self.room = 2 * BATCH
        request = b'{"batch":%d,"expires":5000000000}' % self.room
        await self.nc.publish(self.next, request, reply=self.pull_inbox)

    async def _came(self, message):
        if message.headers and not message.data:  # 404, 408, 409: the request is over
            self.room = 0
        else:
            self.got.append(message)
            self.room -= 1
        if self.room <= BATCH // 2:
            self.room = 10**9 if self.room else 0
            await self._ask()
        self.wake.set()

    async def take(self):
        while not self.got:
            self.wake.clear()
            await self.wake.wait()
        taken, self.got = self.got[:BATCH], self.got[BATCH:]
        return taken


async def worker(hop):
    bus = await Bus().open()
    db = await asyncpg.connect(dsn=os.environ["WAY_DATABASE"])
    provider = Provider(hop)
    await bus.pull(hop)
    following = dict(pairwise(HOPS)).get(hop)

    async def finish(before, messages, out):
        """Publish, then (in order) acknowledge: at least once."""
        if following:
            await bus.publish_all(f"ref.{following}", out)
        if before:
            await before
        # Each by itself: AckAll would also acknowledge what a dead predecessor still owed.
        for message in messages:
            await bus.nc.publish(message.reply, b"")

    room, last = asyncio.Semaphore(DEPTH), None
    while True:
        messages = await bus.take()
        out = await STEPS[hop](db, provider, messages)
        await room.acquire()  # the next batch's transaction overlaps this publish
        last = asyncio.get_running_loop().create_task(finish(last, messages, out))
        last.add_done_callback(lambda t: room.release() if not t.exception() else os._exit(3))


async def intake(db, _provider, messages):
    items = {}
    for message in messages:
        row, events = do_intake(message.data)
        items[row[0]] = (row, events, message.data)
    rows = [item[0] for item in items.values()]
    new = {r[0] for r in await db.fetch(sql.INTAKE, *sql.columns(rows, 5))}
    if len(new) < len(rows):  # redelivery of my own, or a duplicate
        old = [row for row in rows if row[0] not in new]
        who = await db.fetch(sql.INTAKE_WHO, [r[1] for r in old], [r[2] for r in old])
        new |= {r["id"] for r in who}
    # The raw referral travels as a JSON string, not parsed again.
    return [
        orjson.dumps({"r": raw.decode(), "ev": events})
        for rid, (_, events, raw) in items.items()
        if rid in new
    ]


async def triage(db, _provider, messages):
    decisions, assignments, out = [], [], []
    for each in (orjson.loads(message.data) for message in messages):
        decision, assigned, events = do_triage(each["r"])
        decisions.append(decision)
        assignments += assigned
        out.append(orjson.dumps({"a": assigned, "ev": each["ev"] + events}))
    await db.execute(sql.TRIAGE, *sql.columns(decisions, 4), *sql.columns(assignments, 5))
    return out


async def notify(db, provider, messages):
    items = [orjson.loads(message.data) for message in messages]
    assignments = [a for item in items for a in item["a"]]
    ids = [a[0] for a in assignments]
    await db.execute(
        sql.NOTIFY_PENDING, ids, [a[1] for a in assignments], [a[4] for a in assignments]
    )
    async with db.transaction():
        todo = [r[0] for r in await db.fetch(sql.NOTIFY_LOCK, ids)]
        for notification in todo:
            provider.send(notification)
        if todo:
            await db.execute(sql.NOTIFY_SENT, todo)
    return [
        orjson.dumps({"ev": item["ev"] + do_sent_events(item["a"][0][1], item["a"])})
        for item in items
    ]


async def audit(db, _provider, messages):
    heard = {e[0]: e for m in messages for e in orjson.loads(m.data)["ev"]}
    events = list(heard.values())
    async with db.transaction():
        seq, head = await db.fetchrow(sql.AUDIT_HEAD)
        seen = {r[0] for r in await db.fetch(sql.AUDIT_SEEN, [e[0] for e in events])}
        new = [e for e in events if e[0] not in seen]
        if new:
            seq, head, rows = chain(seq, head, new)
            await db.execute(sql.AUDIT_ADD, seq, head, *sql.columns(rows, 6))


STEPS = {"intake": intake, "triage": triage, "notify": notify, "audit": audit}


async def declare():
    connection = await nats.connect(os.environ["WAY_BROKER"])
    jetstream = connection.jetstream()
    for hop in HOPS:
        await jetstream.add_stream(
            name=f"S_{hop}",
            subjects=[f"ref.{hop}"],
            storage=api.StorageType.FILE,
            retention=api.RetentionPolicy.LIMITS,
            allow_atomic=True,
        )
        await jetstream.add_consumer(
            f"S_{hop}",
            durable_name=f"C_{hop}",
            ack_policy=api.AckPolicy.EXPLICIT,
            ack_wait=5,
            max_ack_pending=100_000,
        )
    await connection.close()


def submit(order):
    raws = [make_referral(order.phase, number) for number in range(order.count)]
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    bus = loop.run_until_complete(Bus().open())

    async def burst():
        room = asyncio.Semaphore(IN_FLIGHT // TOGETHER)

        async def some(part):
            await bus.publish_all("ref.intake", part)
            room.release()

        under_way = []
        for first in range(0, len(raws), TOGETHER):
            await room.acquire()
            under_way.append(loop.create_task(some(raws[first : first + TOGETHER])))
        await asyncio.gather(*under_way)

    async def paced():
        await order.keep_pace(lambda number: bus.publish_all("ref.intake", [raws[number]]))

    whole = burst if order.per_second is None else paced
    order.carry_out(lambda: loop.run_until_complete(whole()), expected(order.phase, order.count))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["submit", *arguments]:
            submit(Order.read(arguments))
        case ["declare"]:
            asyncio.run(declare())
        case [hop]:
            uvloop.run(worker(hop))
