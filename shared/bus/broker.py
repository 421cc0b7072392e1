"""FastStream on NATS as we use it: declared elsewhere, acknowledged after the commit, never lost.

The one policy for what happens when a handler fails is `RetryThenPark`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

import structlog
from faststream import AckPolicy, BaseMiddleware
from faststream.exceptions import NackMessage
from faststream.message import StreamMessage
from faststream.nats import JStream, NatsBroker, NatsMessage
from faststream.nats.security import NatsNKey
from nats.aio.msg import Msg

from shared import subjects
from shared.bus.consumer import Consumer, Received
from shared.bus.errors import TooEarly, UnreadableMessage, describe, is_outage
from shared.bus.work import UnitOfWork
from shared.subjects import Service

log = structlog.get_logger()

EARLY_PATIENCE = 4
"""How many times more than others an event is tried whose predecessor is missing."""

_SUBMISSION_IDS = UUID("5f0c7c39-7d0f-4a55-9d1f-0a4a2e1f7c11")


@dataclass(frozen=True)
class RetryPolicy:
    """Seconds to wait before each further try; after the last the message is parked.

    `outage`: seconds between tries while the database or the broker is away, without end.
    """

    pauses: tuple[float, ...] = (0.5, 2.0, 8.0, 30.0)
    outage: float = 1.0


def received(message: Msg) -> Received:
    """A JetStream message by what identifies it for ever.

    An event has its own id. A submission has its place in the stream, with the moment it was
    stored, since a stream that had to be made anew counts from one again.
    """
    metadata = message.metadata
    named = (message.headers or {}).get("Nats-Msg-Id", "")
    if metadata.stream == subjects.EVENTS:
        try:
            message_id = UUID(named)
        except ValueError:
            raise UnreadableMessage("an event without an id in Nats-Msg-Id") from None
    else:
        message_id = submission_id(metadata.sequence.stream, metadata.timestamp.isoformat())
    return Received(message_id, metadata.stream, message.subject, message.data)


def submission_id(sequence: int, stored_at: str) -> UUID:
    """The id of a submission: its number in the stream and the moment it was stored."""
    return uuid5(_SUBMISSION_IDS, f"{sequence}/{stored_at}")


class _RetryThenPark(BaseMiddleware[Any]):
    policy: "RetryThenPark"

    async def consume_scope(
        self,
        call_next: Callable[[StreamMessage[Any]], Awaitable[Any]],
        msg: StreamMessage[Any],
    ) -> Any:
        try:
            result = await call_next(msg)
        except Exception as error:
            await self.policy.after(error, msg.raw_message)
            return None
        self.policy.succeeded(msg.raw_message)
        return result


@dataclass
class RetryThenPark:
    """After a failure: wait longer each time, then park with the reason. One for a service.

    The tries of a message are counted in this process: a restart begins anew, which costs a few
    tries more and never a message. An outage counts no tries.
    """

    unit: UnitOfWork
    policy: RetryPolicy
    _failures: dict[tuple[str, int], int] = field(default_factory=dict)

    def __call__(self, msg: Any, *, context: Any) -> _RetryThenPark:
        """FastStream asks for one middleware a message."""
        middleware = _RetryThenPark(msg, context=context)
        middleware.policy = self
        return middleware

    async def after(self, error: Exception, message: Msg) -> None:
        """Raise NackMessage with the pause that is due, or park and let it be acknowledged."""
        if is_outage(error):
            raise NackMessage(delay=self.policy.outage) from None
        place = (message.metadata.stream, message.metadata.sequence.stream)
        tries = self._failures[place] = self._failures.get(place, 0) + 1
        pauses = self.policy.pauses
        if isinstance(error, TooEarly):
            # Its predecessor may be on its last try: outlast that.
            pauses += (pauses[-1],) * EARLY_PATIENCE
        giving_up = isinstance(error, UnreadableMessage) or tries > len(pauses)
        reason = _reason(error)
        log.warning(
            "message.failed",
            stream=place[0],
            stream_sequence=place[1],
            tries=tries,
            parked=giving_up,
            reason=reason,
        )
        if not giving_up:
            # A bare nak redelivers at once: five tries would last 20 ms.
            raise NackMessage(delay=pauses[tries - 1]) from None
        try:
            await self._park(message, reason)
        except Exception as parking:
            log.warning("message.not_parked", reason=describe(parking))
            raise NackMessage(delay=self.policy.outage) from None
        del self._failures[place]

    def succeeded(self, message: Msg) -> None:
        """Its failures are over."""
        if self._failures:
            place = message.metadata
            self._failures.pop((place.stream, place.sequence.stream), None)

    async def _park(self, message: Msg, reason: str) -> None:
        try:
            cause = received(message)
        except UnreadableMessage:
            place = message.metadata
            cause = Received(
                submission_id(place.sequence.stream, place.timestamp.isoformat()),
                place.stream,
                message.subject,
                message.data,
            )
        async with self.unit.work(cause.message_id) as work:
            await work.park(
                stream=cause.stream, subject=cause.subject, body=cause.body, reason=reason
            )


def _reason(error: Exception) -> str:
    match error:
        case TooEarly():
            return "an earlier event of this referral is missing or parked"
        case UnreadableMessage():
            return str(error)
        case _:
            return f"the handler failed: {describe(error)}"


def make_broker(service: Service, url: str, seed_file: str) -> NatsBroker:
    """A broker that never gives up reconnecting and logs nothing by itself.

    FastStream's own log prints what failed validation, names included; ours prints ids.
    """

    async def on_error(error: Exception) -> None:
        # The only place where a forbidden publish shows its reason.
        log.warning("broker.error", error=type(error).__name__)

    return NatsBroker(
        url,
        name=service,
        security=NatsNKey.from_file(seed_file),
        inbox_prefix=f"_INBOX_{service}",
        max_reconnect_attempts=-1,
        reconnect_time_wait=1,
        error_cb=on_error,
        logger=None,
        # Handlers read their own messages; FastStream's casting would parse them a second time.
        apply_types=False,
    )


async def _as_it_came(message: NatsMessage) -> NatsMessage:
    return message


def listen(broker: NatsBroker, service: Service, stream: str, consumer: Consumer) -> None:
    """Bind a consumer to the service's durable on a stream, as deploy/streams declared it."""

    @broker.subscriber(
        subjects.deliveries(service, stream),
        queue=service,
        stream=JStream(stream, declare=False),
        ack_policy=AckPolicy.NACK_ON_ERROR,
        max_workers=subjects.UNACKNOWLEDGED,
        decoder=_as_it_came,
        no_reply=True,
    )
    async def on_message(message: NatsMessage) -> None:
        await consumer.take(received(message.raw_message))
