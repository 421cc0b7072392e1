"""What notify does when it hears something: load, ask the domain, store. Sending comes after."""

from dataclasses import dataclass

from services.notify import delivery, store
from services.notify.addressing import Addressing
from shared.bus.work import Work
from shared.events import AssignmentOffered, AssignmentWithdrawn


@dataclass(frozen=True)
class Handlers:
    """What notify hears of assignments."""

    addressing: Addressing

    async def on_assignment_offered(self, event: AssignmentOffered, work: Work) -> None:
        """The practitioner is to be told, once by each channel, however often this is heard."""
        channels = self.addressing.channels(event.practitioner_id)
        messages = delivery.offered(event, channels, work.now)
        await store.queue(work.connection, messages, work.now)
        work.transaction.collect(store.wake_senders, event.assignment_id)

    async def on_assignment_withdrawn(self, event: AssignmentWithdrawn, work: Work) -> None:
        """What has not left yet never leaves."""
        messages = await store.of_assignment(work.connection, event.assignment_id)
        await store.save(work.connection, [delivery.withdrawn(m) for m in messages], work.now)
