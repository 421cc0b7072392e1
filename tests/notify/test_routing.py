"""Which provider is given a message, and which never."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

import pytest

from services.notify.messages import Outgoing
from services.notify.providers import (
    AddressRefused,
    OutcomeUnknown,
    PermanentFailure,
    TemporaryFailure,
)
from services.notify.providers.breaker import FAILURES
from services.notify.providers.routing import Busy, Found, Line, Room, Route, TakenBy, Unsure
from tests.notify.ground import Clock, Remembering

Fails = Callable[[], Exception]


def away() -> Exception:
    """It certainly has nothing."""
    return TemporaryFailure("away")


def text() -> Outgoing:
    """A message to Ada Lark."""
    return Outgoing(uuid4(), "sms", "07700 900111", "", "Something waits.")


@dataclass
class Named(Remembering):
    """A provider with a memory and a name of its own, whose answers can be held up."""

    name: str = "first"
    reports_delivery: bool = False
    is_held: bool = False
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    called: "asyncio.Queue[Outgoing]" = field(default_factory=asyncio.Queue)

    async def send(self, message: Outgoing) -> None:
        """Keep it, and answer when that is allowed."""
        self.called.put_nowait(message)
        if self.is_held:
            await self.may_answer.wait()
        await super().send(message)


def two(first: Named, second: Named, clock: Clock | None = None) -> Route:
    """A way by one, then by another."""
    return Route((Line(first), Line(second)), clock or Clock())


async def test_the_first_takes_what_it_can() -> None:
    """The others are for when it cannot, and it is told who has the message."""
    first, second = Named(reports_delivery=True), Named(name="second")
    taken = await two(first, second).hand_over(text(), urgent=False)
    assert taken == TakenBy("first", reports_delivery=True)
    assert second.letters == []


async def test_the_next_takes_what_the_first_certainly_has_not() -> None:
    """A passing failure before the message was taken costs no time."""
    first, second = Named(failures=[away()]), Named(name="second")
    message = text()
    taken = await two(first, second).hand_over(message, urgent=False)
    assert taken.provider == "second"
    assert (first.letters, second.letters) == ([], [message])


@pytest.mark.parametrize(
    "failure", [OutcomeUnknown("cut off"), TimeoutError(), ValueError("07700 900111")]
)
async def test_no_other_is_given_what_one_may_have(failure: Exception) -> None:
    """Whatever it was that left it open; and who may have it is told, without its words."""
    first, second = Named(failures=[failure]), Named(name="second")
    with pytest.raises(Unsure) as raised:
        await two(first, second).hand_over(text(), urgent=True)
    assert raised.value.provider == "first"
    assert "07700" not in str(raised.value)
    assert second.letters == []


@pytest.mark.parametrize("failure", [PermanentFailure("refused"), AddressRefused("no number")])
async def test_a_refusal_is_not_carried_to_the_next(failure: Exception) -> None:
    """It says something about the message, not about the provider."""
    first, second = Named(failures=[failure]), Named(name="second")
    with pytest.raises(type(failure)):
        await two(first, second).hand_over(text(), urgent=False)
    assert second.letters == []


async def test_when_nobody_takes_it_everybody_is_named() -> None:
    """So that whoever reads the reason knows whom to ring."""
    first, second = Named(failures=[away()]), Named(name="second", failures=[away()])
    with pytest.raises(TemporaryFailure, match=r"^first: away; second: away$"):
        await two(first, second).hand_over(text(), urgent=False)


@pytest.mark.parametrize("fails", [away, lambda: OutcomeUnknown("cut off")])
async def test_a_provider_that_fails_again_and_again_is_left_alone(fails: Fails) -> None:
    """It is not even called, until a pause is over; then it is, and has its place back."""
    clock = Clock()
    first, second = Named(failures=[fails() for _ in range(FAILURES)]), Named(name="second")
    route = two(first, second, clock)
    for _ in range(FAILURES):
        await _handed(route)
    during = await _handed(route)
    clock.advance(timedelta(seconds=30))
    afterwards = await _handed(route)
    assert (during, afterwards) == ("second", "first")
    assert first.called.qsize() == FAILURES + 1


async def test_refusals_do_not_make_it_left_alone() -> None:
    """A directory full of wrong numbers is no failure of the gateway's."""
    first, second = Named(failures=[PermanentFailure("refused")] * 20), Named(name="second")
    route = two(first, second)
    for _ in range(20):
        with pytest.raises(PermanentFailure):
            await route.hand_over(text(), urgent=False)
    assert (await route.hand_over(text(), urgent=False)).provider == "first"


async def test_a_call_has_its_time_and_no_more() -> None:
    """A provider that never answers is given up, and has perhaps taken it."""
    never = Named(is_held=True, longest_call=timedelta(milliseconds=20))
    with pytest.raises(Unsure, match="did not answer in its time"):
        await Route((Line(never),), Clock()).hand_over(text(), urgent=False)


async def test_a_slow_provider_holds_up_its_own_messages_alone() -> None:
    """While every one of its slots waits for an answer, another channel's messages go out."""
    slow, quick = Named(is_held=True), Named(name="quick")
    texts, emails = Route((Line(slow, slots=4),)), Route((Line(quick),))
    waiting = [asyncio.create_task(texts.hand_over(text(), urgent=True)) for _ in range(4)]
    for _ in waiting:
        await slow.called.get()
    for _ in range(100):
        await emails.hand_over(text(), urgent=False)
    assert (texts.room, len(quick.letters)) == (Room(0, 0), 100)
    slow.may_answer.set()
    await asyncio.gather(*waiting)
    assert texts.room == Room(urgent=4, routine=3)


async def test_routine_messages_leave_room_for_urgent_ones() -> None:
    """However many of them there are, an urgent one is handed over at once."""
    slow = Named(is_held=True)
    route = Route((Line(slow, slots=4),))
    waiting = [asyncio.create_task(route.hand_over(text(), urgent=False)) for _ in range(3)]
    for _ in waiting:
        await slow.called.get()
    assert route.room == Room(urgent=1, routine=0)
    with pytest.raises(TemporaryFailure, match="busy"):
        await route.hand_over(text(), urgent=False)
    waiting.append(asyncio.create_task(route.hand_over(text(), urgent=True)))
    await slow.called.get()
    slow.may_answer.set()
    await asyncio.gather(*waiting)


async def test_a_message_waits_for_a_slot_and_is_not_carried_on() -> None:
    """Else the order of providers would mean nothing whenever the first is slow."""
    slow, second = Named(is_held=True), Named(name="second")
    route = Route((Line(slow, slots=1), Line(second)))
    waiting = asyncio.create_task(route.hand_over(text(), urgent=True))
    await slow.called.get()
    with pytest.raises(Busy):
        await route.hand_over(text(), urgent=True)
    assert second.letters == []
    slow.may_answer.set()
    await waiting


async def test_a_provider_of_two_channels_has_one_breaker() -> None:
    """What the emails found out, the texts need not."""
    first = Named(failures=[away() for _ in range(FAILURES)])
    line = Line(first)
    emails, texts = Route((line,), Clock()), Route((line, Line(Named(name="second"))), Clock())
    for _ in range(FAILURES):
        await _handed(emails)
    assert await _handed(texts) == "second"


async def test_what_became_of_a_message_is_asked_of_all_that_may_have_it() -> None:
    """After a crash nobody knows which was given it."""
    first, second = Named(), Named(name="second")
    message = text()
    await second.send(message)
    route = two(first, second)
    assert await route.find(message.message_id) == Found("taken", "second")
    assert await route.find(uuid4()) == Found("absent")
    assert await route.find(message.message_id, "first") == Found("absent")


async def test_one_that_cannot_be_asked_leaves_it_open() -> None:
    """Unless another has the message, since only one was given it."""
    first, second = Named(forgetful=True), Named(name="second")
    message = text()
    await second.send(message)
    route = two(first, second)
    assert await route.find(uuid4()) is None
    assert await route.find(message.message_id) == Found("taken", "second")


async def test_a_provider_that_is_gone_from_the_settings_leaves_it_open() -> None:
    """Whoever is not there cannot be asked, and nobody else can answer for it."""
    assert await Route((Line(Named()),)).find(uuid4(), "sold") is None


def test_a_way_without_providers_is_none() -> None:
    """Nobody is left untold by an empty list."""
    with pytest.raises(ValueError, match="needs a provider"):
        Route(())


async def _handed(route: Route) -> str | None:
    try:
        return (await route.hand_over(text(), urgent=False)).provider
    except (TemporaryFailure, OutcomeUnknown):
        return None
