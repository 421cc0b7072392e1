"""What intake does when a document or an event comes: load, ask the domain, store."""

from dataclasses import dataclass

from services.intake import progress
from services.intake.admission import Admission, Receipt
from services.intake.progress import Decided
from services.intake.reading import UnreadableReferral, read_document
from services.intake.store import IntakeStore
from shared import subjects
from shared.bus.consumer import Delivery, Received
from shared.bus.work import Work
from shared.events import Problem, ReferralRejected, ReferralTriaged


@dataclass(frozen=True)
class Handlers:
    """One function a message."""

    admission: Admission
    store: IntakeStore

    def open_submission(self, received: Received) -> Delivery:
        """A submission may be anything at all: reading it is the handler's work."""

        async def handle(work: Work) -> None:
            await self.on_submission(received, work)

        return Delivery(received, handle)

    async def on_submission(self, received: Received, work: Work) -> None:
        """Admit a document, or park its bytes and name its faults; answer its sender either way."""
        agency = received.subject.removeprefix("submit.")
        try:
            document = read_document(received.body, work.now)
            self.admission.check_sender(document, agency)
            receipt = await self.admission.admit(document, work)
        except UnreadableReferral as error:
            receipt = Receipt(
                reference=error.reference,
                outcome="rejected",
                problems=error.problems,
                at=work.now.isoformat(),
            )
            await self._reject(received, agency, error.publishable, work)
        work.tell(subjects.receipt(agency), receipt.model_dump(mode="json"))

    async def _reject(
        self, received: Received, agency: str, problems: tuple[Problem, ...], work: Work
    ) -> None:
        parked_id = await work.park(
            stream=received.stream,
            subject=received.subject,
            body=received.body,
            reason="; ".join(f"{p.field}: {p.problem}" for p in problems),
        )
        work.emit(
            ReferralRejected(agency=agency, parked_id=parked_id, problems=problems), parked_id
        )

    async def on_referral_triaged(self, event: ReferralTriaged, work: Work) -> None:
        """Remember the decision, for the sender, and which pairs went to MARAC, so that a repeat is
        known as one. What triage lacks is not asked for here: not every sender may be asked."""
        decided = Decided(event.referral_id, event.revision, work.now)
        work.transaction.collect(progress.decide, decided)
        if event.pair_ref is None or all(r.pathway != "marac" for r in event.routes):
            return
        await self.store.remember_marac(work.connection, event.referral_id, event.made_on)
