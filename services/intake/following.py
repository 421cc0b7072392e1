"""What becomes of a referral: its sender hears of it, and who works on it now is remembered.

A sender is told no more than it has a right to know. That a certain service is at work can itself
endanger somebody, so it is named only where the event names it, which the policy decides by
pathway; anything else is "a service". Of an outcome a sender hears that the work ended, not how.
"""

from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from services.intake import progress
from services.intake.progress import Holding
from services.intake.reading import read_stored
from services.intake.store import IntakeStore
from shared import subjects
from shared.bus.consumer import OnEvent
from shared.bus.work import Work
from shared.events import (
    AssignmentAccepted,
    AssignmentClosed,
    AssignmentDeclined,
    AssignmentOffered,
    AssignmentTransferred,
    AssignmentWaitlisted,
    AssignmentWithdrawn,
    Problem,
    ReferralClosed,
    ReferralInformationRequested,
)
from shared.facts import Frozen

A_SERVICE: Final = "a service"
"""What a sender hears of a service that it has no right to know."""

COORDINATION: Final = "coordination"
"""The pathway on which a coordinator is asked to look: that is no service's work yet."""


class News(Frozen):
    """What a sender is told after its receipt, in the receipt's shape.

    `asks` stands where information is requested, `service` where a service took it up.
    """

    reference: str
    outcome: Literal["information_requested", "taken_up", "closed"]
    referral_id: UUID
    problems: tuple[Problem, ...] = ()
    at: str
    asks: tuple[str, ...] | None = None
    service: str | None = None


@dataclass(frozen=True)
class Following:
    """One function an event of triage's."""

    store: IntakeStore

    @property
    def handlers(self) -> dict[str, OnEvent]:
        """The events that are followed, by their type."""
        return {
            ReferralInformationRequested.TYPE: self.on_information_requested,
            AssignmentOffered.TYPE: self.on_assignment_waits,
            AssignmentWaitlisted.TYPE: self.on_assignment_waits,
            AssignmentAccepted.TYPE: self.on_assignment_accepted,
            AssignmentDeclined.TYPE: self.on_assignment_let_go,
            AssignmentTransferred.TYPE: self.on_assignment_let_go,
            AssignmentWithdrawn.TYPE: self.on_assignment_let_go,
            AssignmentClosed.TYPE: self.on_assignment_let_go,
            ReferralClosed.TYPE: self.on_referral_closed,
        }

    async def on_information_requested(
        self, event: ReferralInformationRequested, work: Work
    ) -> None:
        """Tell the sender what is missing."""
        new = await progress.ask(
            work.connection, event.referral_id, event.revision, event.asks, work.now
        )
        if new:
            await self._tell(event.referral_id, "information_requested", work, asks=event.asks)

    async def on_assignment_waits(
        self, event: AssignmentOffered | AssignmentWaitlisted, work: Work
    ) -> None:
        """Somebody is asked, or will be: until then nobody holds it, and the referral is open."""
        # Of its first offer there is no holder to forget: most events are such.
        if not isinstance(event, AssignmentOffered) or event.offer > 1:
            await progress.let_go(work.connection, event.assignment_id)
        # Hardly ever one was closed: all that a transaction hears of are looked at together.
        work.transaction.collect(progress.reopen, event.referral_id)

    async def on_assignment_accepted(self, event: AssignmentAccepted, work: Work) -> None:
        """Remember who may see the case; tell the sender, once a service.

        Where a coordinator only looks, a sender would take comfort too early."""
        await progress.reopen(work.connection, [event.referral_id])
        holding = Holding(
            event.assignment_id, event.referral_id, event.pathway, event.practitioner_id
        )
        await progress.hold(work.connection, holding, work.now)
        if event.pathway == COORDINATION:
            return
        service = event.service or A_SERVICE
        if await progress.take_up(work.connection, event.referral_id, service, work.now):
            await self._tell(event.referral_id, "taken_up", work, service=service)

    async def on_assignment_let_go(
        self,
        event: AssignmentDeclined | AssignmentTransferred | AssignmentWithdrawn | AssignmentClosed,
        work: Work,
    ) -> None:
        """Its holder may see the case no longer."""
        await progress.let_go(work.connection, event.assignment_id)

    async def on_referral_closed(self, event: ReferralClosed, work: Work) -> None:
        """Tell the sender that the work has ended; how it ended is not the sender's to know."""
        await work.transaction.catch_up()
        if await progress.close(work.connection, event.referral_id, work.now):
            await self._tell(event.referral_id, "closed", work)

    async def _tell(
        self,
        referral_id: UUID,
        outcome: Literal["information_requested", "taken_up", "closed"],
        work: Work,
        *,
        asks: tuple[str, ...] | None = None,
        service: str | None = None,
    ) -> None:
        found = await self.store.of_id(work.connection, referral_id)
        if found is None:
            return  # its person was erased: nobody is told any more
        agency, known = found
        document = read_stored(await self.store.document(work.connection, known))
        news = News(
            reference=document.reference,
            outcome=outcome,
            referral_id=referral_id,
            at=work.now.isoformat(),
            asks=asks,
            service=service,
        )
        work.tell(subjects.receipt(agency), news.model_dump(mode="json", exclude_none=True))
