"""Celery on RabbitMQ, with PostgreSQL through psycopg: four tasks in a chain.

    python -m celery -A tests.performance.way.peers.celery_rabbitmq worker ...
    python -m tests.performance.way.peers.celery_rabbitmq submit PHASE COUNT burst|PER_SECOND

Durable classic queues, persistent messages, publisher confirms (every publish waits), acks_late,
reject_on_worker_lost; no result backend (the chain passes values in messages). What a killed child
had is queued again; effects are keyed.
"""

import os
import sys
import threading

from celery import Celery, chain, signals
from kombu import Exchange, Queue

from tests.performance.way.peers import psycopg_hops as hops
from tests.performance.way.peers.hops import expected
from tests.performance.way.peers.provider import Provider
from tests.performance.way.peers.referral import make_referral
from tests.performance.way.submitting import Order

PREFETCH = 8
SUBMIT_THREADS, PACED_THREADS = 2, 8
HOPS = ("intake", "triage", "notify", "audit")

app = Celery("way", broker=os.environ.get("WAY_BROKER"))
_refs = Exchange("ref", type="direct", durable=True)
app.conf.update(
    task_queues=[
        Queue(
            hop, _refs, routing_key=hop, durable=True, queue_arguments={"x-queue-type": "classic"}
        )
        for hop in HOPS
    ],
    task_routes={f"way.{hop}": {"queue": hop} for hop in HOPS},
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_default_delivery_mode=2,
    broker_transport_options={"confirm_publish": True},
    worker_prefetch_multiplier=PREFETCH,
    worker_disable_rate_limits=True,
    worker_send_task_events=False,
    task_send_sent_event=False,
    worker_enable_remote_control=False,
    broker_heartbeat=0,
    broker_connection_retry_on_startup=True,
    task_compression=None,
    worker_hijack_root_logger=False,
    task_default_queue="intake",
    broker_pool_limit=8,
)

_child = {}


@signals.worker_process_init.connect
def _begin(**_):
    _child["db"] = hops.connect(os.environ["WAY_DATABASE"])
    _child["provider"] = Provider("celery")


@app.task(name="way.intake")
def intake(raw):
    events = hops.pg_intake(_child["db"], raw)
    return None if events is None else [raw, events]


@app.task(name="way.triage")
def triage(item):
    if item is None:
        return None
    assignments, events = hops.pg_triage(_child["db"], item[0])
    return [assignments, item[1] + events]


@app.task(name="way.notify")
def notify(item):
    if item is None:
        return None
    events = hops.pg_notify(_child["db"], _child["provider"], item[0])
    return item[1] + events


@app.task(name="way.audit")
def audit(events):
    if events is not None:
        hops.pg_audit(_child["db"], events)


def submit_one(raw):
    """The chain of one referral; returns when the broker has confirmed its first message."""
    chain(intake.s(raw.decode()), triage.s(), notify.s(), audit.s()).apply_async()


def burst(raws):
    """Threads that each submit one by one, each submit durable before the next."""
    rest, lock = iter(raws), threading.Lock()
    failed = []

    def run():
        try:
            while True:
                with lock:
                    raw = next(rest, None)
                if raw is None:
                    return
                submit_one(raw)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=run) for _ in range(SUBMIT_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def submit(order):
    raws = [make_referral(order.phase, number) for number in range(order.count)]
    app.connection_for_write().ensure_connection(max_retries=3)

    def whole():
        if order.per_second is None:
            burst(raws)
        else:
            order.keep_pace_in_threads(lambda number: submit_one(raws[number]), PACED_THREADS)

    order.carry_out(whole, expected(order.phase, order.count))


if __name__ == "__main__":
    submit(Order.read(sys.argv[2:]))
