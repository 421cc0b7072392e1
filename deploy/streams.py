"""The streams and consumers of the broker, and the only place that declares them.

Two declarers of one stream overwrite each other silently, so services bind to what is here and
declare nothing. Declaring again is harmless. What may be changed is changed; what would lose
messages, or a consumer's place in a stream, is refused with its reason.
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import APIError, NotFoundError

from deploy.keys import DEPLOY
from deploy.permissions import CONSUMES, inbox_prefix, receipts_consumer
from shared.subjects import (
    EVENTS,
    PARKED,
    RECEIPTS,
    SERVICES,
    SUBMISSIONS,
    UNACKNOWLEDGED,
    Service,
    deliveries,
    heard_by,
    receipt,
)

DAY: Final = 24 * 60 * 60.0
ANSWER_WITHIN: Final = 5
"""Seconds that the broker has for each answer; the first fsync of a stream can take one."""


class StreamsError(Exception):
    """The streams are not as they should be; the text says which, why, and what would be lost."""


def streams(replicas: int) -> tuple[StreamConfig, ...]:
    """The four streams. `replicas`: 1 on one server, 3 on a cluster, where a disk may die."""
    return (
        StreamConfig(
            name=SUBMISSIONS,
            description="Referral documents until intake has them; they hold identities",
            subjects=["submit.*"],
            retention=RetentionPolicy.WORK_QUEUE,
            # Twice a document's limit: one a little over is answered with a receipt that says so,
            # one far over is refused in the broker's acknowledgement.
            max_msg_size=128 * 1024,
            # One agency that floods cannot fill the disk for all: its own next ones are refused,
            # visibly. An hour of a country's worst minute is 18,000.
            max_msgs_per_subject=100_000,
            discard=DiscardPolicy.NEW,
            discard_new_per_subject=True,
            # Message ids are compared across the whole stream: with a wide window one agency's
            # id "1" would swallow another's. The shortest that the server takes; whether a
            # document came before is intake's to tell, by agency and reference.
            duplicate_window=0.1,
            storage=StorageType.FILE,
            num_replicas=replicas,
        ),
        StreamConfig(
            name=RECEIPTS,
            description="What became of each document, for its sender alone",
            subjects=["receipt.*"],
            retention=RetentionPolicy.LIMITS,
            max_age=30 * DAY,
            storage=StorageType.FILE,
            num_replicas=replicas,
        ),
        StreamConfig(
            name=EVENTS,
            description="What the services said happened",
            subjects=["event.>"],
            retention=RetentionPolicy.LIMITS,
            max_age=400 * DAY,
            deny_delete=True,
            deny_purge=True,
            # A relay that starts again publishes what it had not seen acknowledged; ten minutes
            # cover its restart, a follower's inbox covers the rest.
            duplicate_window=600.0,
            allow_atomic=True,  # one fsync for a relay's whole batch
            storage=StorageType.FILE,
            num_replicas=replicas,
        ),
        StreamConfig(
            name=PARKED,
            description="What could not be processed, until a person replays or discards it",
            subjects=[
                "parked.*",
                # A message whose deliveries are exhausted stays in its stream silently.
                "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>",
                "$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.>",
            ],
            retention=RetentionPolicy.LIMITS,
            storage=StorageType.FILE,
            num_replicas=replicas,
        ),
    )


def consumers(agencies: Iterable[str]) -> tuple[tuple[str, ConsumerConfig], ...]:
    """Each consumer with its stream: the services' are pushed, the agencies' are pulled."""
    return (
        *(
            (stream, _of_service(service, stream))
            for service in SERVICES
            for stream in CONSUMES[service]
        ),
        *((RECEIPTS, _of_agency(agency)) for agency in sorted(set(agencies))),
    )


async def declare(
    nats_url: str, seed_path: Path, agencies: Iterable[str], replicas: int = 1
) -> tuple[str, ...]:
    """Make the broker hold the streams and consumers above, with the seed of `deploy`.

    The names of the streams and consumers that stand, in the order declared. StreamsError if the
    broker cannot be reached or refuses, or if a declaration would lose something; what stood
    before the refused one is declared then, and declaring again goes on from there.
    """
    declared = []
    async with _signed_in(nats_url, seed_path) as (jetstream, refusals):
        for wanted in streams(replicas):
            with _explained(f"stream {wanted.name}", refusals):
                await _declare_stream(jetstream, wanted)
            declared.append(str(wanted.name))
        for stream, consumer in consumers(agencies):
            with _explained(f"consumer {stream}/{consumer.durable_name}", refusals):
                await jetstream.add_consumer(stream, consumer)
            declared.append(f"{stream}/{consumer.durable_name}")
    return tuple(declared)


def _of_service(service: Service, stream: str) -> ConsumerConfig:
    return ConsumerConfig(
        name=service,
        durable_name=service,
        deliver_subject=deliveries(service, stream),
        deliver_group=service,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=15.0,
        # Never given up by the broker: the service counts the tries and parks.
        max_deliver=-1,
        max_ack_pending=UNACKNOWLEDGED,
        filter_subjects=list(heard_by(service)) if stream == EVENTS else None,
    )


def _of_agency(agency: str) -> ConsumerConfig:
    name = receipts_consumer(agency)
    return ConsumerConfig(
        name=name,
        durable_name=name,
        filter_subject=receipt(agency),
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=30.0,
        max_deliver=-1,
    )


async def _declare_stream(jetstream: JetStreamContext, wanted: StreamConfig) -> None:
    try:
        standing = (await jetstream.stream_info(str(wanted.name))).config
    except NotFoundError:
        await jetstream.add_stream(wanted)
        return
    losses = _losses(standing, wanted)
    if losses:
        raise StreamsError(f"stream {wanted.name} is left as it is: {'; '.join(losses)}")
    await jetstream.update_stream(wanted)


def _losses(standing: StreamConfig, wanted: StreamConfig) -> list[str]:
    """What messages, or what safety of messages, a change would cost; in words."""
    losses = []
    if standing.retention != wanted.retention or standing.storage != wanted.storage:
        losses.append("another kind of retention or storage needs a new stream")
    for subject in sorted(set(standing.subjects or ()) - set(wanted.subjects or ())):
        losses.append(f"no stream would hold {subject} any more")
    # Zero, minus one and none all mean without a limit.
    for limit in ("max_age", "max_msgs", "max_bytes", "max_msgs_per_subject"):
        before, after = getattr(standing, limit) or 0, getattr(wanted, limit) or 0
        if after > 0 and not 0 < before <= after:
            losses.append(f"a {limit} of {after:g} would delete messages that are kept now")
    if (standing.num_replicas or 1) > (wanted.num_replicas or 1):
        losses.append(
            f"{standing.num_replicas} replicas would become {wanted.num_replicas or 1}, "
            "and fewer disks may die"
        )
    return losses


@asynccontextmanager
async def _signed_in(
    nats_url: str, seed_path: Path
) -> AsyncIterator[tuple[JetStreamContext, list[str]]]:
    """JetStream as `deploy`, and what the broker refused meanwhile: a client is told of a
    forbidden publish beside the call, which only sees a timeout."""
    refusals: list[str] = []

    async def remember(error: Exception) -> None:
        refusals.append(str(error))

    connection = Client()
    try:
        try:
            await connection.connect(
                nats_url,
                name=DEPLOY,
                nkeys_seed=str(seed_path),
                inbox_prefix=inbox_prefix(DEPLOY),
                connect_timeout=ANSWER_WITHIN,
                # The client would try for two minutes to reach a broker that is not there.
                allow_reconnect=False,
                max_reconnect_attempts=1,
                reconnect_time_wait=1,
                error_cb=remember,
            )
        except (OSError, NatsError) as error:
            reason = "; ".join(refusals) or str(error) or type(error).__name__
            raise StreamsError(f"no connection to the broker at {nats_url}: {reason}") from error
        yield connection.jetstream(timeout=ANSWER_WITHIN), refusals
    finally:
        await connection.close()


@contextmanager
def _explained(what: str, refusals: list[str]) -> Iterator[None]:
    """Turn the client's errors about one declaration into a StreamsError that says why."""
    try:
        yield
    except APIError as error:
        raise StreamsError(f"{what}: {error.description}") from error
    except NatsError as error:
        reason = "; ".join(refusals) or "no answer from the broker"
        raise StreamsError(f"{what}: {reason}") from error
