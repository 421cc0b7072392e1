"""The loop that hands queued messages to their providers, each at most once.

Commit `sending`, close the session, call the provider, commit what came of it together with the
event that tells it. A message found in `sending` after its holder's time is settled by asking the
provider; where nobody can be asked it becomes doubtful, and a person decides.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, assert_never

import structlog

from services.notify import delivery, store, undelivered
from services.notify.addressing import LOOK_UP_SECONDS
from services.notify.delivery import (
    Message,
    NotTaken,
    Outcome,
    Taken,
    TryLater,
    Undeliverable,
    Unknowable,
)
from services.notify.messages import Outgoing
from services.notify.providers import PermanentFailure, Provider, TemporaryFailure
from services.notify.store import Claimed
from services.notify.together import Together, WriteFailed
from shared.bus.errors import describe
from shared.bus.work import UnitOfWork, Work
from shared.events import Channel, NotificationFailed, derived_id

log = structlog.get_logger()

AT_ONCE: Final = 64
# Commits wake the loop; the poll is for pauses that are over and for what a dead holder left.
POLL_SECONDS: Final = 1.0
PAUSE_AFTER_FAILURE_SECONDS: Final = 0.5
ASK_SECONDS: Final = 3.0
STOP_SECONDS: Final = 5.0
# Before the longest call there is the look for the address; after it the asking, and the storing
# of the answer.
HOLD_BEYOND_CALL: Final = timedelta(seconds=LOOK_UP_SECONDS + ASK_SECONDS + 5)

Compose = Callable[[Message], Awaitable[Outgoing]]
"""A message in words to its address; raises PermanentFailure where there is no address,
TemporaryFailure where none can be read now."""


@dataclass
class Sending:
    """Sends for one process; any number of processes may do so side by side."""

    unit: UnitOfWork
    providers: Mapping[Channel, Provider]
    compose: Compose
    poll_seconds: float = POLL_SECONDS
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _under_way: set["asyncio.Task[None]"] = field(default_factory=set)
    _more_may_wait: bool = False
    _beginning: "asyncio.Task[None] | None" = None
    _settling: Together[tuple[Message, Outcome]] = field(init=False)

    def __post_init__(self) -> None:
        self._settling = Together(self._settle)

    async def run(self) -> None:
        """Send what is due, for ever; begin again after any failure."""
        try:
            while True:
                try:
                    async with store.woken(self.unit.engine, self._woken.set) as listening:
                        await self._send_while(listening)
                except Exception as error:  # an outage of the database: go on after it
                    log.warning("sending.failed", error=describe(error))
                await asyncio.sleep(PAUSE_AFTER_FAILURE_SECONDS)
        finally:
            await self.finish()

    async def send_due(self) -> None:
        """Begin to send what is due, as far as there is room."""
        self._beginning = asyncio.create_task(self._begin())
        # A claim that is cut off would leave messages held which nobody sends.
        await asyncio.shield(self._beginning)

    async def finish(self) -> None:
        """Begin no more, and let what is under way come to its end, within a few seconds: a call
        that is cut off may leave a doubt behind."""
        if self._beginning is not None:
            await asyncio.wait([self._beginning])
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=STOP_SECONDS)
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _send_while(self, listening: Callable[[], bool]) -> None:
        while listening():
            self._woken.clear()
            await self.send_due()
            try:
                await asyncio.wait_for(self._woken.wait(), self.poll_seconds)
            except TimeoutError:
                continue

    async def _begin(self) -> None:
        room = AT_ONCE - len(self._under_way)
        if room == 0:
            return
        claims = await self._claim(room)
        self._more_may_wait = len(claims) == room
        for claimed in claims:
            task = asyncio.create_task(self._send(claimed))
            self._under_way.add(task)
            task.add_done_callback(self._done)

    async def _claim(self, room: int) -> Sequence[Claimed]:
        hold_for = {
            channel: provider.longest_call + HOLD_BEYOND_CALL
            for channel, provider in self.providers.items()
        }
        async with self.unit.engine.begin() as connection:
            return await store.claim(connection, self.unit.clock(), hold_for, room)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._under_way.discard(task)
        if self._more_may_wait:
            self._woken.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            # Its hold runs out, and it is asked for again.
            log.error("message.not_settled", error=describe(error))

    async def _send(self, claimed: Claimed) -> None:
        message = claimed.message
        provider = self.providers[message.channel]
        try:
            outcome = await (
                _ask(provider, message) if claimed.crashed else self._hand_over(provider, message)
            )
        except Exception as error:
            # Nothing is known yet. The message stays ours in name until its hold runs out.
            log.warning("message.unanswered", message_id=str(message.id), error=describe(error))
            return
        while self.unit.clock() < message.due_at:
            try:
                await self._settling.add((message, outcome))
            except WriteFailed as error:
                log.warning("message.not_settled", error=describe(error.__cause__ or error))
                await asyncio.sleep(PAUSE_AFTER_FAILURE_SECONDS)
            else:
                return

    async def _hand_over(self, provider: Provider, message: Message) -> Outcome:
        try:
            outgoing = await self.compose(message)
            async with asyncio.timeout(provider.longest_call.total_seconds()):
                await provider.send(outgoing)
        except TemporaryFailure as error:
            return TryLater(str(error))
        except PermanentFailure as error:
            return Undeliverable(str(error))
        except Exception as error:
            log.warning("message.unsure", message_id=str(message.id), error=describe(error))
            return await _ask(provider, message)
        return Taken()

    async def _settle(self, answers: Sequence[tuple[Message, Outcome]]) -> None:
        async with self.unit.transaction() as transaction:
            now = self.unit.clock()
            held = await store.still_held(transaction.connection, [m for m, _ in answers])
            settled = []
            for claimed, outcome in answers:
                if (message := held.get(claimed.id)) is None:
                    continue
                # One cause a claim, so that a message that fails, is sent again by a person and
                # fails once more is told of twice.
                cause = derived_id(message.id, "claim", message.due_at.isoformat())
                after = delivery.after(message, outcome, now)
                settled.append(after)
                await _tell(after, outcome, Work(transaction, cause, now))
            await store.save(transaction.connection, settled, now)


async def _ask(provider: Provider, message: Message) -> Outcome:
    async with asyncio.timeout(ASK_SECONDS):
        fate = await provider.find(message.id)
    match fate:
        case "taken" | "delivered":
            return Taken()
        case "absent":
            return NotTaken()
        case "undeliverable" | "refused_address":
            return Undeliverable("the provider could not deliver it")
        case None:
            return Unknowable("it may have been sent or not, and the provider cannot be asked")
        case _:
            assert_never(fate)


async def _tell(message: Message, outcome: Outcome, work: Work) -> None:
    log.info(
        "message.settled",
        message_id=str(message.id),
        purpose=message.purpose,
        about=str(message.assignment_id or message.action_id),
        state=message.state,
        tries=message.tries,
    )
    event = delivery.told(message, outcome)
    if event is None:
        return
    work.emit(event, message.referral_id, about=message.channel)
    if isinstance(event, NotificationFailed):
        await undelivered.park(message, event.reason, work)
