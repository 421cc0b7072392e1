"""Whatever happens in whatever order, a message goes out once and its notice ends somewhere."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.notify import store
from services.notify.delivery import ENDS
from services.notify.messages import Outgoing
from services.notify.providers import Fate, OutcomeUnknown, PermanentFailure, TemporaryFailure
from services.notify.store import Claimed
from shared.events import Channel
from tests.notify.ground import NOON, Notify, heard, notify_on, offer, settled
from tests.servers import Database

CALLS = (
    "takes it",
    "is away",
    "refuses",
    "takes it and does not answer",
    "does not take it and does not answer",
    "takes it and reports at once",
)
ACTS = (
    *CALLS,
    "crash before the call",
    "crash after the call",
    "delivered",
    "undeliverable",
    "refused_address",
    "a minute passes",
    "an hour passes",
    "watch",
)


@dataclass
class Moody:
    """A provider that can be asked and reports, and does what it is told to, once each."""

    notify: Notify
    taken: list[UUID] = field(default_factory=list)
    fates: dict[UUID, Fate] = field(default_factory=dict)
    mood: str = "takes it"
    name: str = "moody"
    reports_delivery: bool = True
    longest_call: timedelta = timedelta(seconds=5)

    async def send(self, message: Outgoing) -> None:
        """As the mood is."""
        if self.mood == "is away":
            raise TemporaryFailure("away")
        if self.mood == "refuses":
            raise PermanentFailure("refused")
        if self.mood != "does not take it and does not answer":
            self.taken.append(message.message_id)
        if self.mood == "takes it and reports at once":
            await self.report(message.message_id, "delivered")
        if self.mood.endswith("does not answer"):
            raise OutcomeUnknown("cut off")

    async def find(self, message_id: UUID) -> Fate | None:
        """What it last said of it."""
        return self.fates.get(message_id, "taken") if message_id in self.taken else "absent"

    async def report(self, sent_as: UUID, fate: Fate) -> None:
        """Call back, and once more: it does so now and then."""
        if self.fates.get(sent_as) != "delivered":
            self.fates[sent_as] = fate
        for row in await self.notify.rows("message"):
            if row.sent_as == sent_as:
                await self.notify.report(row, fate)
                await self.notify.report(row, fate)


async def crash(notify: Notify, provider: Moody, *, after_the_call: bool) -> None:
    """A sender claims what is due and dies before it calls the provider, or just after."""
    now = notify.clock()
    claims: list[Claimed] = []
    channels: tuple[Channel, ...] = ("email", "sms")
    async with notify.engine.begin() as connection:
        for channel in channels:
            for urgent in (True, False):
                claims += await store.claim(
                    connection,
                    now,
                    channel,
                    now + timedelta(seconds=30),
                    urgent=urgent,
                    limit=9,
                )
    provider.taken += [
        each.message.sent_as for each in claims if after_the_call and not each.crashed
    ]


async def act(notify: Notify, provider: Moody, what: str) -> None:
    """One of ACTS."""
    match what:
        case "crash before the call" | "crash after the call":
            await crash(notify, provider, after_the_call=what.startswith("crash after"))
        case "delivered" | "undeliverable" | "refused_address":
            for sent_as in provider.taken[-1:]:
                await provider.report(sent_as, what)
        case "a minute passes":
            notify.clock.advance(timedelta(minutes=1))
        case "an hour passes":
            notify.clock.advance(timedelta(hours=1))
        case "watch":
            await notify.watch(provider)
        case _:
            provider.mood = what
            await notify.send(provider)
            provider.mood = "takes it"


async def until_nothing_moves(notify: Notify, provider: Moody) -> None:
    """Time passes, the provider works, and everybody looks."""
    for _ in range(8):
        notify.clock.advance(timedelta(hours=1))
        await notify.send(provider)
        await notify.watch(provider)


@settings(max_examples=40, deadline=None)
@given(
    acts=st.lists(st.sampled_from(ACTS), max_size=12),
    urgent=st.booleans(),
    answered_after=st.none() | st.integers(0, 12),
)
@example(acts=["crash after the call", "delivered"], urgent=True, answered_after=None)
@example(acts=["takes it and does not answer", "an hour passes"], urgent=False, answered_after=1)
async def test_every_notice_ends_and_no_message_goes_twice(
    notify_database: Database, acts: Sequence[str], urgent: bool, answered_after: int | None
) -> None:
    """Calls, silences, crashes, reports early, late, twice and contradictory, and an answer."""
    notify = await notify_on(notify_database)
    try:
        provider = Moody(notify)
        asked = offer(urgent=urgent, acknowledge_by=NOON + timedelta(hours=2))
        await notify.hear(heard(asked))
        for number, what in enumerate(acts):
            if number == answered_after:
                await notify.hear(heard(settled(asked)[0], sequence=2))
            await act(notify, provider, what)
        await until_nothing_moves(notify, provider)
        messages = await notify.rows("message")
        told = [row.subject for row in await notify.rows("outbox")]
    finally:
        await notify.engine.dispose()
    assert not {row.state for row in messages} & {"queued", "sending", "doubtful"}
    assert set(Counter(provider.taken).values()) <= {1}
    assert len(provider.taken) <= len(messages) <= 2
    ended = (
        any(row.state == "delivered" for row in messages)
        or any(row.fell_back_to in ENDS for row in messages)
        or any(row.withdrawn for row in messages)
    )
    assert ended, [(row.channel, row.state, row.fell_back_to) for row in messages]
    # What was taken is told as sent, once; what arrived as delivered, once.
    assert told.count("event.notification.sent") == sum(r.sent_at is not None for r in messages)
    assert told.count("event.notification.delivered") == sum(
        r.state == "delivered" for r in messages
    )


async def test_many_processes_at_once_send_and_fall_back_once(notify: Notify) -> None:
    """Senders, watchers and reports of four processes over the same messages."""
    provider = Moody(notify)
    await notify.hear(*(heard(offer(urgent=True)) for _ in range(20)))
    senders = [notify.sending(provider) for _ in range(4)]
    await asyncio.gather(*(each.send_due() for each in senders))
    await asyncio.gather(*(each.finish() for each in senders))
    rows = await notify.rows("message")
    await asyncio.gather(*(notify.report(row, "undeliverable") for row in [*rows, *rows]))
    notify.clock.advance(timedelta(minutes=6))
    watchers = [notify.watching(provider) for _ in range(4)]
    await asyncio.gather(*(each.give_up_waiting() for each in watchers))
    told = Counter(await notify.told())
    assert len(provider.taken) == len(set(provider.taken)) == 40
    assert told["event.notification.sent"] == told["event.notification.failed"] == 40
    assert told["event.notification.fell_back"] == 20
