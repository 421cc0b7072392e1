"""A referral comes in, by whichever door: the same steps for the bus and for HTTP."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal
from uuid import UUID

from services.intake.deriving import derive_facts
from services.intake.matching import canonical, changed_identity
from services.intake.people_store import PeopleStore
from services.intake.reading import UnreadableReferral, read_stored
from services.intake.recognising import People, Recognition, Until
from services.intake.referral import Referral
from services.intake.reviews_store import ReviewsStore
from services.intake.store import IntakeStore, Known
from shared.bus.work import Work
from shared.events import Problem, ReferralAmended, ReferralReceived, derived_id
from shared.facts import Frozen
from shared.london import london_day
from shared.registry import Registry

CROSS_ALLEGATION_YEARS = 2
"""How long an allegation the other way round is remembered (assumed: 24 months)."""


class Receipt(Frozen):
    """What a sender is told of one document."""

    reference: str | None
    outcome: Literal["accepted", "already_known", "rejected"]
    referral_id: UUID | None = None
    problems: tuple[Problem, ...] = ()
    at: str


@dataclass(frozen=True)
class Admission:
    """Takes documents that have been read."""

    registry: Registry
    store: IntakeStore

    @cached_property
    def _recognition(self) -> Recognition:
        return Recognition(PeopleStore(self.store.vault))

    @cached_property
    def _reviews(self) -> ReviewsStore:
        return ReviewsStore(self.store.vault)

    def check_sender(self, document: Referral, agency: str) -> None:
        """Raise UnreadableReferral unless `agency` speaks for itself, and for a team of its own."""
        source = document.source
        problems = []
        if source.agency != agency:
            problems.append(Problem(field="source.agency", problem="is not the agency that sends"))
        elif not self.registry.may_speak_for(agency, source.team):
            problems.append(
                Problem(
                    field="source.team", problem="is no team that this agency is registered for"
                )
            )
        if problems:
            raise UnreadableReferral(tuple(problems), document.reference)

    async def admit(self, document: Referral, work: Work) -> Receipt:
        """Store a document and tell of it, all in `work`.

        Raises UnreadableReferral for an amendment that makes somebody else of the person, and for
        the reference of a person who was erased.
        """
        agency = document.source.agency
        key = self.store.reference_key(agency, document.reference)
        body = canonical(document)
        document_key = self.store.vault.fingerprint(body.decode(), "document")
        known = await self.store.find(work.connection, agency, key)
        if known is None:
            if receipt := await self._admit_new(document, work, key, body, document_key):
                return receipt
            # Another transaction brought the same reference and has just committed.
            known = await self.store.find(work.connection, agency, key)
            assert known is not None  # noqa: S101 - what conflicts is there
        if known.is_erased:
            problem = Problem(
                field="reference",
                problem="is that of a referral whose person was erased: "
                "a new referral needs a reference of its own",
            )
            raise UnreadableReferral((problem,), document.reference)
        if known.document_key == document_key or document.made_at < known.made_at:
            return self._receipt(document, work, "already_known", known.referral_id)
        return await self._amend(document, work, known, body, document_key)

    async def _admit_new(
        self, document: Referral, work: Work, key: bytes, body: bytes, document_key: bytes
    ) -> Receipt | None:
        people = await self._recognition.recognise(document, work)
        new = Known(
            derived_id(work.cause, "referral"),
            1,
            document_key,
            document.made_at,
            people.person_ref,
        )
        agency = document.source.agency
        stored = await self.store.add(
            work.connection, new, agency=agency, reference_key=key, pair=people.pair
        )
        if not stored:
            return None
        await self._tell(document, work, new, people, body, ReferralReceived)
        return self._receipt(document, work, "accepted", new.referral_id)

    async def _amend(
        self, document: Referral, work: Work, known: Known, body: bytes, document_key: bytes
    ) -> Receipt:
        before = read_stored(await self.store.document(work.connection, known))
        if changed_identity(before, document):
            problem = Problem(
                field="person",
                problem="has another name and another date of birth than before: "
                "a different person needs a reference of their own",
            )
            raise UnreadableReferral((problem,), document.reference)
        until = Until(before, known.referral_id, known.person_ref)
        people = await self._recognition.recognise(document, work, until)
        revised = Known(
            known.referral_id,
            known.revision + 1,
            document_key,
            document.made_at,
            known.person_ref,
        )
        await self.store.revise(work.connection, revised, people.pair)
        await self._tell(document, work, revised, people, body, ReferralAmended)
        return self._receipt(document, work, "accepted", known.referral_id)

    async def _tell(
        self,
        document: Referral,
        work: Work,
        known: Known,
        people: People,
        body: bytes,
        happened: type[ReferralReceived],
    ) -> None:
        agency = document.source.agency
        made_on = london_day(document.made_at)
        await self.store.keep_document(work.connection, known, body, work.now)
        await self._recognition.remember(people, known.referral_id, work)
        history = await self.store.history(
            work.connection,
            people.known_as,
            referral_id=known.referral_id,
            on=made_on,
            reversed_since=_years_before(made_on, CROSS_ALLEGATION_YEARS),
        )
        if people.pair is not None:
            await self.store.remember_pair(work.connection, people.pair, made_on)
            history = history.model_copy(update={"pair_known": people.pair_known})
        linked = None
        if document.linked_references is not None:
            linked = await self.store.ids_of(work.connection, agency, document.linked_references)
        work.emit(
            happened(
                referral_id=known.referral_id,
                revision=known.revision,
                person_ref=people.person,
                pair_ref=people.told_pair.pair_ref if people.told_pair else None,
                catalogues=self.registry.catalogues_for(agency, document.source.team),
                facts=derive_facts(document, linked=linked),
                history=history,
            ),
            known.referral_id,
            # Over HTTP the document is the cause, and one may be sent again after another.
            about=str(known.revision),
        )
        await self._reviews.ask(people.doubts, known.referral_id, work)

    def _receipt(
        self,
        document: Referral,
        work: Work,
        outcome: Literal["accepted", "already_known"],
        referral_id: UUID,
    ) -> Receipt:
        return Receipt(
            reference=document.reference,
            outcome=outcome,
            referral_id=referral_id,
            at=work.now.isoformat(),
        )


def _years_before(day: date, years: int) -> date:
    """The same day some years before; of 29 February, 1 March."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, month=3, day=1)
