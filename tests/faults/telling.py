"""A notify that is killed and started again, assignments to be told of, and an account of all."""

import asyncio
import json
import signal
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx2
from nats.js import JetStreamContext
from sqlalchemy import text

from deploy.local import child
from deploy.local.child import Child
from services.notify.notices import OFFERS
from shared.events import AssignmentOffered
from tests.notify.ground import Notify, offer
from tests.notify.publishing import publish

AT_ONCE: Final = 100
"""How many offers are published at a time."""


def offers(count: int, by: datetime) -> Sequence[AssignmentOffered]:
    """As triage makes them, to be answered `by` then: every fourth urgent; some to somebody
    without a telephone, a few to an
    id that nobody has any more."""

    def who(number: int) -> str:
        if number % 50 == 49:
            return "p-nobody"
        return "p-nophone" if number % 10 == 7 else "p-k4wz7m"

    return [
        offer(urgent=number % 4 == 0, practitioner_id=who(number), acknowledge_by=by)
        for number in range(count)
    ]


async def say_all(jetstream: JetStreamContext, made: Sequence[AssignmentOffered]) -> None:
    """Publish them as triage does; each is acknowledged when this returns."""
    for first in range(0, len(made), AT_ONCE):
        some = made[first : first + AT_ONCE]
        await asyncio.gather(*(publish(jetstream, each.referral_id, 1, each) for each in some))


@dataclass
class Killed:
    """Notify as a process, killed again and again. `held`: how many messages each death left
    behind in the middle of being sent."""

    module: str
    env: Mapping[str, str]
    log: Path
    held: list[int] = field(default_factory=list)
    _left: set[tuple[UUID, datetime]] = field(default_factory=set)
    _process: Child | None = None
    # A client is dear to make, and the provider runs in this process too.
    _http: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=2))

    def start(self) -> None:
        """Start it; it answers when this returns."""
        command = [sys.executable, "-m", self.module]
        self._process = child.spawn(command, self.log, env=self.env)
        assert child.is_ready_within(self._process, self._is_ready, 60), self.log.read_text()

    async def kill(self, notify: Notify) -> None:
        """Freeze it, count what it holds, and kill it."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        rows = await notify.rows("message")
        holds = {(row.id, row.due_at) for row in rows if row.state == "sending"}
        self.held.append(len(holds - self._left))
        self._left |= holds
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """The test is over."""
        if self._process is not None:
            child.stop(self._process)
        self._http.close()

    def _is_ready(self) -> bool:
        try:
            ready = self._http.get(f"{self.env['PUBLIC_URL']}/notify/health/ready")
        except httpx2.TransportError:
            return False
        return ready.status_code == 200


@dataclass(frozen=True)
class Account:
    """What became of every assignment. `faults` in words; `ends`: how many came to which end;
    `doubtful`: messages of which nobody can say whether they were sent."""

    faults: tuple[str, ...]
    ends: Mapping[str, int]
    doubtful: int


async def is_at_rest(notify: Notify) -> bool:
    """Whether every message has come to its end, and every event is published."""
    async with notify.engine.connect() as connection:
        open_ones = await connection.execute(
            text(
                "SELECT 1 FROM message WHERE state IN ('queued', 'sending', 'sent')"
                " UNION ALL SELECT 1 FROM outbox WHERE published_at IS NULL LIMIT 1"
            )
        )
        return open_ones.first() is None


async def cut_pauses(notify: Notify, until: datetime) -> None:
    """Nobody waits longer than `until`: then every queued message is tried again."""
    async with notify.engine.begin() as connection:
        await connection.execute(
            text("UPDATE message SET due_at = :until WHERE state = 'queued' AND due_at > :until"),
            {"until": until},
        )


async def audit(
    notify: Notify, made: Sequence[AssignmentOffered], taken: Mapping[UUID, int]
) -> Account:
    """Compare what was to be told with the messages, the events, and what the provider `taken`."""
    messages = [row for row in await notify.rows("message") if row.purpose in OFFERS]
    by_assignment: dict[UUID, list[Any]] = {each.assignment_id: [] for each in made}
    for message in messages:
        by_assignment[message.assignment_id].append(message)
    outbox = await notify.rows("outbox")
    events = [json.loads(row.body) for row in outbox if row.subject.startswith("event.")]
    told = Counter((e["type"], UUID(e["data"]["notification_id"])) for e in events)
    parked = await notify.rows("parked")
    undelivered = {
        UUID(json.loads(row.body)["message_id"]) for row in parked if row.stream == "UNDELIVERED"
    }
    faults = [f"parked: {row.reason}" for row in parked if row.stream != "UNDELIVERED"]
    faults += [f"{row.subject} is not published" for row in outbox if row.published_at is None]
    faults += [f"{one}: taken {n} times" for one, n in taken.items() if n > 1]
    faults += [f"{one}: nobody's" for one in set(taken) - {message.sent_as for message in messages}]
    ends: Counter[str] = Counter()
    for assignment, its in by_assignment.items():
        end = _end(its, undelivered)
        ends[end] += 1
        if end == "open":
            faults.append(f"{assignment}: {[(m.channel, m.state, m.tries) for m in its]}")
    for message in messages:
        wanted = {
            "sent": message.sent_at is not None,
            "delivered": message.state == "delivered",
        }
        for name, once in wanted.items():
            count = told[f"notification.{name}.v1", message.id]
            if count != once:
                faults.append(f"{message.id}: {name} is told {count} times")
        if message.state == "delivered" and message.sent_as not in taken:
            faults.append(f"{message.id}: delivered, and the provider never had it")
    doubtful = sum(message.state == "doubtful" for message in messages)
    return Account(tuple(faults), ends, doubtful)


def _end(messages: Sequence[Any], undelivered: set[UUID]) -> str:
    """How telling of one assignment ended, by its messages."""
    if not messages or any(m.state in ("queued", "sending", "sent") for m in messages):
        return "open"
    fell_back = {message.fell_back_to for message in messages} - {None}
    if any(message.state == "delivered" for message in messages):
        return "delivered, after it fell back" if fell_back else "delivered"
    if not any(message.id in undelivered for message in messages):
        return "open"
    if fell_back & {"stand_in", "coordinators_screen"}:
        return "with a person, and gone up"
    return "open"
