"""What is done with assignments, by whom: loads, asks the pure domain, saves, tells.

Each method is part of one transaction, and takes the one lock on all assignments first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from services.triage.assignments import steps
from services.triage.assignments.book import Referral
from services.triage.assignments.casework import Casework, Workplace, open_pathways
from services.triage.assignments.handing_on import (
    declare,
    hasten,
    place_again,
    relieve,
    to_colleague,
    to_pathway,
)
from services.triage.assignments.life import Assignment, NotAllowed, State
from services.triage.assignments.placing import Case
from services.triage.assignments.planning import Place, Plan, Standing
from services.triage.assignments.refusals import gone
from shared.bus.work import Work
from shared.events import ContactBy, Declined, Outcome, derived_id
from shared.sign_in import Caller


class NotYours(Exception):
    """It is, and was, somebody else's; or there is none of that id."""


@dataclass(frozen=True)
class Assigning(Workplace):
    """The acts of practitioners and coordinators, and what a decision asks for."""

    async def before(self, referral_id: UUID, work: Work) -> tuple[Referral, tuple[Standing, ...]]:
        """A referral as of the revision before, and what is open of it, held against others until
        the commit."""
        casework = await self.casework(work)
        referral = await casework.book.referral(referral_id)
        assert referral is not None  # noqa: S101 - a producer's events come in their order
        left = await casework.book.left_by_hand(referral_id)
        standing = tuple(
            Standing(one.id, one.pathway, one.kind, one.state, left.get(one.id, frozenset()))
            for one in await casework.book.of_referral(referral_id)
            if one.is_open
        )
        return referral, standing

    async def follow(self, referral: Referral, plan: Plan, work: Work) -> None:
        """Do what a decision on a referral's newest revision asks for."""
        casework = await self.casework(work)
        there: Sequence[Assignment] = ()
        if referral.revision > 1:
            there = await casework.book.of_referral(referral.id)
        ones = {one.id: one for one in there}
        for gone_, why in plan.withdraw:
            casework.did(steps.withdraw(ones[gone_.assignment_id], why, work.now))
        for late in plan.hasten:
            await hasten(ones[late.assignment_id], referral, casework)
        taken = open_pathways(there)
        if plan.offer:
            new = [_begun(place, referral, work) for place in plan.offer]
            case = await casework.case(referral, *new)
            for one in new:
                made = await casework.place(one, case, "new", taken)
                taken |= {made.pathway}
            referral = replace(referral, closed_at=None)
        closes = bool(plan.withdraw) and not plan.offer
        # Of a new referral nobody asks before the transaction is done.
        await casework.keep(referral, later=referral.revision == 1)
        if closes:
            await casework.close_referral(referral)

    async def offer_by_hand(self, referral: Referral, place: Place, work: Work) -> Assignment:
        """Ask somebody for a place that a coordinator wants filled."""
        casework = await self.casework(work)
        one = _begun(place, referral, work)
        made = await casework.place(one, await casework.case(referral, one), "new")
        await casework.keep(replace(referral, closed_at=None))
        return made

    async def withdraw(self, one: Assignment, why: str, by: str, work: Work) -> Assignment:
        """Somebody takes it back, for a reason that may be told."""
        casework = await self.casework(work)
        after = casework.did(steps.withdraw(one, why, work.now, by))
        await casework.keep()
        await casework.close_referral(await _referral(casework, one))
        return after

    async def accept(self, assignment_id: UUID, by: Caller, work: Work) -> Assignment:
        """Whoever is asked takes it; a second time changes nothing."""
        casework, one = await self._theirs(assignment_id, by, work)
        if one.state is State.ACCEPTED and one.holder == by.subject:
            return one
        row = casework.quiet_case(await _referral(casework, one), one).row(one.pathway)
        service = row.programme if row and row.sender_may_know else None
        after = casework.did(steps.accept(one, by.subject, work.now, service))
        await casework.keep()
        return after

    async def decline(
        self, assignment_id: UUID, by: Caller, reason: Declined, note: str | None, work: Work
    ) -> Assignment:
        """Whoever is asked passes it on, and the next is asked, or it waits."""
        casework, one = await self._theirs(assignment_id, by, work)
        referral = await _referral(casework, one)
        free = casework.did(steps.decline(one, by.subject, reason, note, work.now))
        concerned = one.holder if reason == "conflict_of_interest" else None
        if concerned:
            await declare(concerned, referral, casework)
        after = await place_again(free, referral, casework, "declined")
        await casework.keep()
        if concerned:
            await relieve(concerned, referral, by.subject, casework)
        return after

    async def contact(
        self,
        assignment_id: UUID,
        by: Caller,
        how: ContactBy,
        reached: bool,
        note: str | None,
        work: Work,
        attempt: int | None = None,
    ) -> Assignment:
        """The person was reached, or it was tried. `attempt`: which one it is, where the caller
        counts them; one that is recorded already changes nothing."""
        casework, one = await self._theirs(assignment_id, by, work)
        if attempt is not None and attempt <= one.attempts:
            return one
        case = casework.quiet_case(await _referral(casework, one), one)
        change = steps.contact(
            one,
            by.subject,
            how,
            reached,
            note,
            needed=_attempts(case, one),
            again_by=case.times(one, one.pathway, one.team).first_contact_by,
            now=work.now,
        )
        after = casework.did(change)
        await casework.keep()
        return after

    async def close(
        self, assignment_id: UUID, by: Caller, outcome: Outcome, note: str | None, work: Work
    ) -> Assignment:
        """The work has ended; with the last assignment its referral closes. A second time changes
        nothing."""
        casework, one = await self._theirs(assignment_id, by, work)
        if one.state is State.CLOSED and (one.holder, one.outcome) == (by.subject, outcome):
            return one
        referral = await _referral(casework, one)
        needed = _attempts(casework.quiet_case(referral, one), one)
        after = casework.did(
            steps.close(one, by.subject, outcome, note, needed=needed, now=work.now)
        )
        await casework.keep()
        await casework.close_referral(referral)
        return after

    async def reassign(
        self,
        assignment_id: UUID,
        by: Caller,
        work: Work,
        *,
        to: str | None,
        pathway: str | None,
        note: str | None,
    ) -> Assignment:
        """Hand it on to a colleague (`to`), or to another pathway: a coordinator, or the one who
        has accepted it. Exactly one of the two is named."""
        casework, one = await self._theirs(assignment_id, by, work)
        if one.state is not State.ACCEPTED and "coordinator" not in by.roles:
            raise NotAllowed("Only what has been accepted can be handed on: pass it on instead.")
        referral = await _referral(casework, one)
        if pathway is not None:
            return await to_pathway(one, referral, pathway, by.subject, note, casework)
        by_right = "coordinator" in by.roles
        return await to_colleague(one, referral, to or "", by.subject, by_right, note, casework)

    async def declare_conflict(self, referral_id: UUID, by: Caller, work: Work) -> None:
        """The caller may not work with the person of a referral, and hands on what they have."""
        casework = await self.casework(work)
        referral = await casework.book.referral(referral_id)
        if referral is None or not await _was_asked(casework, referral_id, by):
            raise NotYours
        await declare(by.subject, referral, casework)
        await relieve(by.subject, referral, by.subject, casework)

    async def _theirs(
        self, assignment_id: UUID, by: Caller, work: Work
    ) -> tuple[Casework, Assignment]:
        casework = await self.casework(work)
        one = await casework.book.assignment(assignment_id)
        if one is None:
            raise NotYours
        if one.holder != by.subject and "coordinator" not in by.roles:
            why = gone(await casework.book.steps(assignment_id), by.subject, work.now)
            raise NotAllowed(why) if why else NotYours
        return casework, one


async def _was_asked(casework: Casework, referral_id: UUID, by: Caller) -> bool:
    """Whether anything of a referral was ever somebody's."""
    for one in await casework.book.of_referral(referral_id):
        if gone(await casework.book.steps(one.id), by.subject, casework.work.now):
            return True
    return False


async def _referral(casework: Casework, one: Assignment) -> Referral:
    referral = await casework.book.referral(one.referral_id)
    assert referral is not None  # noqa: S101 - it was kept with its first assignment
    return referral


def _attempts(case: Case, one: Assignment) -> int:
    row = case.row(one.pathway)
    own = row.contact_attempts if row else None
    return own or case.policy.response.contact_attempts


def _begun(place: Place, referral: Referral, work: Work) -> Assignment:
    return steps.begun(
        derived_id(work.cause, "assignment", place.pathway),
        referral.id,
        pathway=place.pathway,
        kind=place.kind,
        catalogue=referral.catalogue,
        team=place.team,
        urgent=referral.urgent,
    )
