"""What the tests of notify stand on: its tables, a clock, a directory, and a provider to watch."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from deploy.keys import OWNER
from services.notify.addressing import Addressing
from services.notify.following import Following
from services.notify.handlers import Handlers
from services.notify.messages import Outgoing
from services.notify.providers import Fate, Provider
from services.notify.providers.routing import Line, Route
from services.notify.reports import Reports
from services.notify.reports import heard as heard_of
from services.notify.sending import Sending
from services.notify.watching import Watching
from shared.bus.consumer import Consumer, Received, open_event
from shared.bus.work import UnitOfWork
from shared.events import (
    ActionOverdue,
    AssignmentAccepted,
    AssignmentClosed,
    AssignmentDeclined,
    AssignmentEscalated,
    AssignmentOffered,
    AssignmentOverdue,
    AssignmentTransferred,
    AssignmentWaitlisted,
    AssignmentWithdrawn,
    Awaited,
    Channel,
    EventData,
    envelope,
    subject_of_service,
)
from shared.subjects import EVENTS, FOLLOWS, Service
from tests.servers import Database

PUBLIC_URL = "https://fp.example.gov.uk"
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

PRACTITIONERS = (
    {"id": "p-k4wz7m", "name": "Ada Lark", "email": "ada@team.example", "phone": "07700 900111"},
    {"id": "p-nophone", "name": "Ben Wren", "email": "ben@team.example"},
)
"""As triage's directory has them."""


@dataclass
class Clock:
    """A clock that moves when it is told to."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by


@dataclass
class Remembering:
    """A provider with a memory. `failures`: what the next calls raise, each once; `forgetful`: it
    cannot be asked, as a mail server cannot."""

    letters: list[Outgoing] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    forgetful: bool = False
    longest_call: timedelta = timedelta(seconds=5)
    name: str = "remembering"
    reports_delivery: bool = False

    async def send(self, message: Outgoing) -> None:
        """Keep it, if nothing is to fail."""
        if self.failures:
            raise self.failures.pop(0)
        self.letters.append(message)

    async def find(self, message_id: UUID) -> Fate | None:
        """Taken if it is remembered."""
        if self.forgetful:
            return None
        has_it = any(letter.message_id == message_id for letter in self.letters)
        return "taken" if has_it else "absent"


@dataclass
class Notify:
    """The service without its broker: events are handed to `hear`, sending is told to `send`."""

    engine: AsyncEngine
    clock: Clock
    nudges: int = 0

    def __post_init__(self) -> None:
        self.unit = UnitOfWork(self.engine, "notify", self._nudged, clock=self.clock)
        self.addressing = Addressing(
            self.engine,
            PUBLIC_URL,
            self.clock,
            mailboxes={
                "acme-school": "office@school.example",
                "auditors/1": "audit@council.example",
                "auditors/2": "inspector@elsewhere.example",
            },
        )
        self.following = Following(self.addressing)
        self.reports = Reports(self.unit, self.following)

    def _nudged(self) -> None:
        self.nudges += 1

    async def hear(self, *heard: Received) -> None:
        """Handle messages as the consumer does, in one transaction."""
        handlers = Handlers(self.addressing)
        open_ = open_event(handlers.by_type(), frozenset(FOLLOWS["notify"]))
        async with self.unit.transaction() as transaction:
            consumer = Consumer(self.unit, open_)
            await consumer.handle(transaction, [open_(each) for each in heard])

    def sending(self, provider: Provider) -> Sending:
        """A process that sends."""
        return Sending(self.unit, self.routes(provider), self.addressing.compose, self.following)

    def routes(self, provider: Provider) -> Mapping[Channel, Route]:
        """Both channels by one provider."""
        route = Route([Line(provider)], self.clock)
        return {"email": route, "sms": route}

    def watching(self, provider: Provider) -> Watching:
        """A process that watches what it has sent."""
        return Watching(self.unit, self.routes(provider), self.following, self.reports)

    async def watch(self, provider: Provider) -> None:
        """Look once at what has come, and at what has not."""
        watching = self.watching(provider)
        await watching.apply_reports()
        await watching.give_up_waiting()
        await watching.ask()

    async def report(self, message: Any, fate: Fate, provider: str = "remembering") -> None:
        """A provider reports on a message, by a row of the table."""
        report = heard_of(message.sent_as, fate, provider)
        assert report is not None
        await self.reports.take(report)

    async def send(self, provider: Provider) -> None:
        """Send what is due, and wait until what came of it is stored."""
        sending = self.sending(provider)
        await sending.send_due()
        await sending.finish()

    async def states(self) -> dict[str, str]:
        """Each message's state by its channel, where there is one assignment."""
        return {row.channel: row.state for row in await self.rows("message")}

    async def told(self) -> list[str]:
        """The subjects in the outbox, in alphabetical order."""
        return sorted(row.subject for row in await self.rows("outbox"))

    async def rows(self, table: str) -> Sequence[Any]:
        """Every row of a table."""
        async with self.engine.connect() as connection:
            return (await connection.execute(text(f"SELECT * FROM {table}"))).all()


async def notify_on(database: Database) -> Notify:
    """The service on its tables, all of them empty."""
    owner = await database.connect(OWNER)
    try:
        await owner.execute(
            "TRUNCATE notify.message, notify.delivery_report, notify.gone_up, notify.local_inbox,"
            " notify.inbox, notify.outbox, notify.parked, notify.event_sequence,"
            " notify.told_to_auditors,"
            " triage.directory_entry, triage.refused_address"
        )
        await owner.executemany(
            "INSERT INTO triage.directory_entry (kind, key, body)"
            " VALUES ('practitioner', $1, CAST($2 AS jsonb))",
            [(each["id"], json.dumps(each)) for each in PRACTITIONERS],
        )
    finally:
        await owner.close()
    return Notify(create_async_engine(database.url("notify")), Clock())


async def give_number(database: Database, number: str) -> None:
    """Everybody who has a telephone has this one: to some numbers a provider does as it is told."""
    owner = await database.connect(OWNER)
    try:
        await owner.execute(
            "UPDATE triage.directory_entry SET body = body || jsonb_build_object('phone', $1::text)"
            " WHERE body ? 'phone'",
            number,
        )
    finally:
        await owner.close()


def offer(
    assignment_id: UUID | None = None,
    *,
    practitioner_id: str = "p-k4wz7m",
    pathway: str = "idsva_mash",
    urgent: bool = False,
    acknowledge_by: datetime = NOON + timedelta(hours=2, minutes=30),
) -> AssignmentOffered:
    """An offer to Ada Lark."""
    return AssignmentOffered(
        assignment_id=assignment_id or uuid4(),
        referral_id=uuid4(),
        pathway=pathway,
        practitioner_id=practitioner_id,
        urgent=urgent,
        acknowledge_by=acknowledge_by,
        first_contact_by=acknowledge_by,
    )


def withdrawal(of: AssignmentOffered) -> AssignmentWithdrawn:
    """The same offer taken back."""
    return AssignmentWithdrawn(
        assignment_id=of.assignment_id,
        referral_id=of.referral_id,
        pathway=of.pathway,
        practitioner_id=of.practitioner_id,
        reason="the referral was amended",
    )


def settled(of: AssignmentOffered) -> list[EventData]:
    """Each event that makes what is still to be said of an offer pointless."""
    about = {
        "assignment_id": of.assignment_id,
        "referral_id": of.referral_id,
        "pathway": of.pathway,
        "practitioner_id": of.practitioner_id,
    }
    return [
        AssignmentAccepted.model_validate(about),
        AssignmentDeclined.model_validate(about | {"reason": "no_room"}),
        AssignmentTransferred.model_validate(about | {"to_pathway": of.pathway, "by": "p-boss"}),
        AssignmentWaitlisted(
            assignment_id=of.assignment_id,
            referral_id=of.referral_id,
            pathway=of.pathway,
            because="nobody_has_room",
            place=1,
        ),
        AssignmentClosed.model_validate(about | {"outcome": "other"}),
        withdrawal(of),
    ]


def late_contact(of: AssignmentOffered) -> AssignmentOverdue:
    """Its holder has not made the first contact in time."""
    return AssignmentOverdue(
        assignment_id=of.assignment_id,
        referral_id=of.referral_id,
        pathway=of.pathway,
        practitioner_id=of.practitioner_id,
        awaited="first_contact",
        due_at=NOON,
    )


def gone_up(
    of: AssignmentOffered, to: str, awaited: Awaited = "first_contact"
) -> AssignmentEscalated:
    """It has gone up to somebody."""
    return AssignmentEscalated(
        assignment_id=of.assignment_id,
        referral_id=of.referral_id,
        pathway=of.pathway,
        practitioner_id=to,
        level="stand_in",
        awaited=awaited,
    )


def late_action(told: str = "p-k4wz7m") -> ActionOverdue:
    """A panel's action whose day has passed."""
    return ActionOverdue(
        panel="canary_panel",
        case_id=uuid4(),
        referral_id=uuid4(),
        action_id=uuid4(),
        owner="p-nophone",
        level="practitioner",
        told=told,
    )


def heard(event: EventData, sequence: int = 1) -> Received:
    """An event of triage, as it comes from the stream."""
    return _said(event, "triage", event.model_dump()["referral_id"], sequence)


def audited(event: EventData, sequence: int = 1) -> Received:
    """An event of audit's, as it comes from the stream."""
    return _said(event, "audit", subject_of_service("audit"), sequence)


def _said(event: EventData, producer: Service, subject: UUID, sequence: int) -> Received:
    wrapped = envelope(
        event,
        event_id=uuid4(),
        producer=producer,
        subject=subject,
        time=NOON,
        sequence=sequence,
    )
    body = wrapped.model_dump_json(exclude_none=True).encode()
    return Received(wrapped.id, EVENTS, f"event.{event.TYPE}", body)
