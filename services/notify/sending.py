"""The loop that hands queued messages to their providers, each at most once.

Commit `sending`, close the session, call the provider, commit what came of it together with the
events that tell it. A message found in `sending` after its holder's time is settled by asking the
provider by our reference; where nobody can be asked it becomes doubtful, and a person decides.
Urgent messages are begun first, and each channel as far as its providers have room: who waits for a
slow one are its own messages alone.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

import structlog

from services.notify import reports, store
from services.notify.addressing import LOOK_UP_SECONDS
from services.notify.delivery import Message, State
from services.notify.following import Following
from services.notify.messages import Outgoing
from services.notify.outcomes import (
    NotTaken,
    Outcome,
    Report,
    Taken,
    TryLater,
    Undeliverable,
    Unknowable,
)
from services.notify.providers import AddressRefused, PermanentFailure, TemporaryFailure
from services.notify.providers.routing import Route, Unsure
from services.notify.store import Claimed
from services.notify.together import Together, WriteFailed
from shared.bus.errors import describe
from shared.bus.work import UnitOfWork
from shared.events import Channel

log = structlog.get_logger()

# Commits wake the loop; the poll is for pauses that are over and for what a dead holder left.
POLL_SECONDS: Final = 1.0
PAUSE_AFTER_FAILURE_SECONDS: Final = 0.5
ASK_SECONDS: Final = 3.0
STOP_SECONDS: Final = 5.0
# Before the longest call there is the look for the address; after it the asking, and the storing
# of the answer. The rest is for a provider that comes to take a message after its caller is dead.
HOLD_BEYOND_CALL: Final = timedelta(seconds=LOOK_UP_SECONDS + ASK_SECONDS + 15)

Compose = Callable[[Message], Awaitable[Outgoing]]
"""A message in words to its address; raises PermanentFailure where there is no address,
TemporaryFailure where none can be read now."""


@dataclass
class Sending:
    """Sends for one process; any number of processes may do so side by side."""

    unit: UnitOfWork
    routes: Mapping[Channel, Route]
    compose: Compose
    following: Following
    poll_seconds: float = POLL_SECONDS
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _under_way: set["asyncio.Task[None]"] = field(default_factory=set)
    _more_may_wait: bool = False
    _beginning: "asyncio.Task[None] | None" = None
    # Claimed, and not yet in a slot of a provider.
    _on_the_way: int = 0
    _order: list[Channel] = field(init=False)
    _settling: Together[tuple[Message, Outcome | Report]] = field(init=False)

    def __post_init__(self) -> None:
        self._settling = Together(self._settle)
        self._order = list(self.routes)

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
        for claimed in await self._claim():
            self._on_the_way += 1
            task = asyncio.create_task(self._send(claimed))
            self._under_way.add(task)
            task.add_done_callback(self._done)

    async def _claim(self) -> Sequence[Claimed]:
        """As many as there is room for: of each channel the urgent first, which may use every
        slot, then the others, which may not."""
        claims: list[Claimed] = []
        self._more_may_wait = False
        # Two channels may share a provider's slots, so none is always the first.
        self._order.reverse()
        async with self.unit.engine.begin() as connection:
            now = self.unit.clock()
            for channel in self._order:
                route = self.routes[channel]
                until = now + route.longest_call + HOLD_BEYOND_CALL
                for urgent in (True, False):
                    free = route.room.urgent if urgent else route.room.routine
                    room = max(0, free - self._on_the_way - len(claims))
                    found: Sequence[Claimed] = ()
                    if room:
                        found = await store.claim(
                            connection, now, channel, until, urgent=urgent, limit=room
                        )
                    self._more_may_wait |= len(found) == room
                    claims += found
        return claims

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._under_way.discard(task)
        if self._more_may_wait:
            self._woken.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            # Its hold runs out, and it is asked for again.
            log.error("message.not_settled", error=describe(error))

    async def _send(self, claimed: Claimed) -> None:
        message = claimed.message
        try:
            if claimed.crashed:
                self._on_the_way -= 1
                outcome = await self._ask(message, message.provider)
            else:
                outcome = await self._hand_over(message)
        except Exception as error:
            log.warning("message.unanswered", message_id=str(message.id), error=describe(error))
            if not claimed.crashed or self.unit.clock() < message.give_up_at:
                # Nothing is known yet. The message stays ours in name until its hold runs out.
                return
            # Somebody has to hear, however long the provider is silent.
            why = "it may have been sent or not, and the provider did not say in time"
            outcome = Unknowable(why, message.provider)
        while self.unit.clock() < message.due_at:
            try:
                await self._settling.add((message, outcome))
            except WriteFailed as error:
                log.warning("message.not_settled", error=describe(error.__cause__ or error))
                await asyncio.sleep(PAUSE_AFTER_FAILURE_SECONDS)
            else:
                return

    async def _hand_over(self, message: Message) -> Outcome | Report:
        route = self.routes[message.channel]
        try:
            try:
                outgoing = replace(await self.compose(message), message_id=message.sent_as)
            finally:
                self._on_the_way -= 1
            taken = await route.hand_over(outgoing, urgent=message.urgent)
        except TemporaryFailure as error:
            return TryLater(str(error))
        except PermanentFailure as error:
            return Undeliverable(str(error), address_refused=isinstance(error, AddressRefused))
        except Unsure as error:
            log.warning("message.unsure", message_id=str(message.id), provider=error.provider)
            return await self._ask_at_once(message, error.provider)
        except Exception as error:
            log.warning("message.unsure", message_id=str(message.id), error=describe(error))
            return await self._ask(message, None)
        return self._taken(message, taken.provider)

    async def _ask_at_once(self, message: Message, provider: str) -> Outcome | Report:
        try:
            return await self._ask(message, provider)
        except Exception:
            # Whoever asks next asks the one that may have it.
            async with self.unit.engine.begin() as connection:
                await store.note_provider(connection, message, provider)
            raise

    async def _ask(self, message: Message, provider: str | None) -> Outcome | Report:
        async with asyncio.timeout(ASK_SECONDS):
            found = await self.routes[message.channel].find(message.sent_as, provider)
        if found is None:
            why = "it may have been sent or not, and the provider cannot be asked"
            return Unknowable(why, provider)
        if found.fate == "absent" or found.provider is None:
            return NotTaken()
        if found.fate == "taken":
            return self._taken(message, found.provider)
        return reports.as_report(found.fate, found.provider)

    def _taken(self, message: Message, provider: str) -> Taken:
        reports_delivery = self.routes[message.channel].reports_delivery(provider)
        arrives_in = self.following.in_time.arrives(message) if reports_delivery else None
        return Taken(provider, arrives_in)

    async def _settle(self, answers: Sequence[tuple[Message, Outcome | Report]]) -> None:
        async with self.unit.transaction() as transaction:
            now = self.unit.clock()
            locked = await store.notices(transaction.connection, of=[m.id for m, _ in answers])
            # What a report has settled meanwhile, or another holds by now, is ours no longer.
            held = {(m.id, m.due_at) for ms in locked for m in ms if m.state is State.SENDING}
            ours = {m.id: outcome for m, outcome in answers if (m.id, m.due_at) in held}
            await self.following.happened(transaction, locked, ours, now)
