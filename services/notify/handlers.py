"""What notify does when it hears something: load, ask the domain, store. Sending comes after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.notify import delivery, store
from services.notify.addressing import Addressing
from services.notify.delivery import Message
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
)

Settled = (
    AssignmentAccepted
    | AssignmentDeclined
    | AssignmentTransferred
    | AssignmentWaitlisted
    | AssignmentClosed
    | AssignmentWithdrawn
)
"""What makes the messages about an assignment that were made before it pointless."""


@dataclass(frozen=True)
class Handlers:
    """What notify hears of assignments and of panels' actions."""

    addressing: Addressing

    def by_type(self) -> Mapping[str, OnEvent]:
        """The handler of each type of event."""
        return {
            AssignmentOffered.TYPE: self.on_assignment_offered,
            AssignmentAccepted.TYPE: self.on_assignment_settled,
            AssignmentDeclined.TYPE: self.on_assignment_settled,
            AssignmentTransferred.TYPE: self.on_assignment_settled,
            AssignmentWaitlisted.TYPE: self.on_assignment_settled,
            AssignmentClosed.TYPE: self.on_assignment_settled,
            AssignmentWithdrawn.TYPE: self.on_assignment_settled,
            AssignmentContactAttempted.TYPE: self.on_assignment_contact_attempted,
            AssignmentOverdue.TYPE: self.on_assignment_overdue,
            AssignmentEscalated.TYPE: self.on_assignment_overdue,
            ActionOverdue.TYPE: self.on_action_overdue,
            ActionDone.TYPE: self.on_action_done,
        }

    async def on_assignment_offered(self, event: AssignmentOffered, work: Work) -> None:
        """Who is asked now is to be told, once by each channel; who was asked before no more."""
        if event.offer > 1:
            await _silence(event.assignment_id, work)
        channels = await self.addressing.channels(event.practitioner_id, work.connection)
        await _queue(delivery.offered(event, channels, work.now), event.assignment_id, work)

    async def on_assignment_settled(self, event: Settled, work: Work) -> None:
        """There is an answer, or nobody is asked any more: what has not left yet never leaves."""
        await _silence(event.assignment_id, work)

    async def on_assignment_contact_attempted(
        self, event: AssignmentContactAttempted, work: Work
    ) -> None:
        """Nobody is reminded of a contact that was made; one tried in vain is still to be made."""
        if event.reached:
            await _silence(event.assignment_id, work)

    async def on_assignment_overdue(
        self, event: AssignmentOverdue | AssignmentEscalated, work: Work
    ) -> None:
        """Whoever should see to a late first contact is reminded of it. An unanswered offer has a
        new holder, who hears of it as an offer."""
        if event.awaited != "first_contact":
            return
        offer = await store.newest_offer(work.connection, event.assignment_id)
        channels = await self.addressing.channels(event.practitioner_id, work.connection)
        reminders = delivery.first_contact_overdue(event, offer, channels, work.now)
        await _queue(reminders, event.assignment_id, work)

    async def on_action_overdue(self, event: ActionOverdue, work: Work) -> None:
        """Whoever should see to a panel's action is reminded of it."""
        channels = await self.addressing.channels(event.told, work.connection)
        await _queue(delivery.action_overdue(event, channels, work.now), event.action_id, work)

    async def on_action_done(self, event: ActionDone, work: Work) -> None:
        """Nobody is reminded of what is done."""
        await _withdraw(await store.unsent_of_action(work.connection, event.action_id), work)


async def _queue(messages: Sequence[Message], about: UUID, work: Work) -> None:
    await store.queue(work.connection, messages, work.now)
    work.transaction.collect(store.wake_senders, about)


async def _silence(assignment_id: UUID, work: Work) -> None:
    await _withdraw(await store.unsent_of_assignment(work.connection, assignment_id), work)


async def _withdraw(messages: Sequence[Message], work: Work) -> None:
    await store.save(work.connection, [delivery.withdrawn(m) for m in messages], work.now)
