"""What notify does when it hears something: load, ask the domain, store. Sending comes after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify import delivery, notices, store
from services.notify.addressing import Addressing
from services.notify.delivery import IN_TIME, InTime, Message
from shared.bus.consumer import OnEvent
from shared.bus.work import Work
from shared.events import (
    ActionDone,
    ActionOverdue,
    AssignmentAccepted,
    AssignmentClosed,
    AssignmentContactAttempted,
    AssignmentDeclined,
    AssignmentEscalated,
    AssignmentOffered,
    AssignmentOverdue,
    AssignmentTransferred,
    AssignmentWaitlisted,
    AssignmentWithdrawn,
    CheckpointStated,
    Purpose,
    ReferralInformationRequested,
    ReferralTriaged,
    TrailAlarmed,
)

Settled = (
    AssignmentAccepted
    | AssignmentDeclined
    | AssignmentTransferred
    | AssignmentWaitlisted
    | AssignmentClosed
)
"""What makes the messages about an assignment that were made before it pointless."""


@dataclass(frozen=True)
class Handlers:
    """What notify hears of assignments, of panels' actions and of what is missing. `in_time`: how
    long the messages may take."""

    addressing: Addressing
    in_time: InTime = IN_TIME

    def by_type(self) -> Mapping[str, OnEvent]:
        """The handler of each type of event."""
        return {
            AssignmentOffered.TYPE: self.on_assignment_offered,
            AssignmentAccepted.TYPE: self.on_assignment_settled,
            AssignmentDeclined.TYPE: self.on_assignment_settled,
            AssignmentTransferred.TYPE: self.on_assignment_settled,
            AssignmentWaitlisted.TYPE: self.on_assignment_settled,
            AssignmentClosed.TYPE: self.on_assignment_settled,
            AssignmentWithdrawn.TYPE: self.on_assignment_withdrawn,
            AssignmentContactAttempted.TYPE: self.on_assignment_contact_attempted,
            AssignmentOverdue.TYPE: self.on_assignment_overdue,
            AssignmentEscalated.TYPE: self.on_assignment_escalated,
            ActionOverdue.TYPE: self.on_action_overdue,
            ActionDone.TYPE: self.on_action_done,
            ReferralInformationRequested.TYPE: self.on_referral_information_requested,
            ReferralTriaged.TYPE: self.on_referral_triaged,
            CheckpointStated.TYPE: self.on_checkpoint_stated,
            TrailAlarmed.TYPE: self.on_trail_alarmed,
        }

    async def on_assignment_offered(self, event: AssignmentOffered, work: Work) -> None:
        """Who is asked now is to be told, once by each channel; who was asked before no more."""
        if event.offer > 1:
            await _silence(event.assignment_id, work, before=event.offer)
        work.transaction.collect(self._offer, (event, work.now))
        work.transaction.collect(store.wake_senders, event.assignment_id)

    async def _offer(
        self, connection: AsyncConnection, made: Sequence[tuple[AssignmentOffered, datetime]]
    ) -> None:
        """Of a burst most events are offers: what they need is looked up and kept at once."""
        reaches = await self.addressing.reaches({e.practitioner_id for e, _ in made}, connection)
        messages = [
            message
            for event, now in made
            for message in notices.offered(event, reaches[event.practitioner_id], now, self.in_time)
        ]
        await store.add(connection, messages, made[0][1])

    async def on_assignment_settled(self, event: Settled, work: Work) -> None:
        """There is an answer, or nobody is asked any more: what has not left yet never leaves."""
        await _silence(event.assignment_id, work)

    async def on_assignment_withdrawn(self, event: AssignmentWithdrawn, work: Work) -> None:
        """What has not left never leaves; who was told of it, or may have been, hears the end."""
        who = event.practitioner_id
        offer = who and await store.heard_of(work.connection, event.assignment_id, who)
        await _silence(event.assignment_id, work)
        if who and offer:
            reach = await self.addressing.reach(who, work.connection)
            await _queue(notices.withdrawn(offer, reach, work.now, self.in_time), work)

    async def on_assignment_contact_attempted(
        self, event: AssignmentContactAttempted, work: Work
    ) -> None:
        """Nobody is reminded of a contact that was made; one tried in vain is still to be made."""
        if event.reached:
            await _silence(event.assignment_id, work)

    async def on_assignment_escalated(self, event: AssignmentEscalated, work: Work) -> None:
        """Who is asked next hears of it as an offer; who should see to a late contact hears now."""
        if event.awaited == "acknowledgement":
            who = event.practitioner_id
            await store.note_level(work.connection, event.assignment_id, who, event.level)
        else:
            await self.on_assignment_overdue(event, work)

    async def on_assignment_overdue(
        self, event: AssignmentOverdue | AssignmentEscalated, work: Work
    ) -> None:
        """Whoever should see to a late first contact is told of it. An unanswered offer has a new
        holder, who hears of it as an offer."""
        if event.awaited != "first_contact":
            return
        await work.transaction.catch_up()
        offer, urgent = await store.newest_offer(work.connection, event.assignment_id)
        reach = await self.addressing.reach(event.practitioner_id, work.connection)
        made = notices.first_contact_overdue(
            event, reach, work.now, offer=offer, urgent=urgent, in_time=self.in_time
        )
        await _queue(made, work)

    async def on_action_overdue(self, event: ActionOverdue, work: Work) -> None:
        """Whoever should see to a panel's action is told that it is overdue."""
        reach = await self.addressing.reach(event.told, work.connection)
        await _queue(notices.action_overdue(event, reach, work.now, self.in_time), work)

    async def on_action_done(self, event: ActionDone, work: Work) -> None:
        """Nobody is reminded of what is done."""
        await _withdraw(await store.unsettled_of_action(work.connection, event.action_id), work)

    async def on_referral_information_requested(
        self, event: ReferralInformationRequested, work: Work
    ) -> None:
        """The agency that sent it is asked, where it has a mailbox; else it hears by its receipts
        and when it looks."""
        if event.agency is not None and self.addressing.has_mailbox(event.agency):
            made = notices.information_asked(event, event.agency, work.now, self.in_time)
            await _queue(made, work)

    async def on_referral_triaged(self, event: ReferralTriaged, work: Work) -> None:
        """Nobody is asked for what was missing of an earlier revision."""
        if event.revision == 1:
            return
        unsettled = await store.unsettled_to_agency(work.connection, event.referral_id)
        await _withdraw([m for m in unsettled if m.offer < event.revision], work)

    async def on_checkpoint_stated(self, event: CheckpointStated, work: Work) -> None:
        """The auditors get the signed note itself: in their mailboxes nobody can take it back."""
        await self._to_auditors(
            work.cause, "checkpoint", {"size": str(event.size), "note": event.note}, work
        )

    async def on_trail_alarmed(self, event: TrailAlarmed, work: Work) -> None:
        """The auditors hear what is wrong."""
        kind = event.kind.replace("_", " ")
        said = {"kind": kind, "about": event.about}
        await self._to_auditors(event.finding_id, "trail_alarm", said, work)

    async def _to_auditors(
        self, about: UUID, purpose: Purpose, said: Mapping[str, str], work: Work
    ) -> None:
        made = notices.to_auditors(about, purpose, self.addressing.auditors, work.now, self.in_time)
        await store.tell_auditors(work.connection, made, said)
        await _queue(made, work)


async def _queue(messages: Sequence[Message], work: Work) -> None:
    await store.queue(work.transaction, messages, work.now)


async def _silence(assignment_id: UUID, work: Work, before: int | None = None) -> None:
    """What is said of an assignment, of offers `before` one or of all, is said no more."""
    await work.transaction.catch_up()
    unsettled = await store.unsettled_of_assignment(work.connection, assignment_id)
    await _withdraw([m for m in unsettled if before is None or m.offer < before], work)


async def _withdraw(messages: Sequence[Message], work: Work) -> None:
    await store.save(work.connection, [delivery.withdrawn(m) for m in messages], work.now)
