"""What the passing of time does: clocks that fire, and places that come free."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from uuid import UUID

from services.triage.assignments.casework import Workplace, open_pathways
from services.triage.assignments.going_up import asked_next, fired
from services.triage.assignments.life import Assignment
from services.triage.assignments.placing import Waits, placed
from shared.bus.work import Work
from shared.events import derived_id

WaitingList = tuple[str | None, str]
"""A catalogue and a pathway."""


@dataclass(frozen=True)
class Clocks(Workplace):
    """Each method is part of one transaction, and takes the one lock on all assignments first."""

    async def due(self, work: Work, but_not: Collection[UUID] = ()) -> Assignment | None:
        """The one whose clock fired first; None if none has."""
        casework = await self.casework(work)
        return await casework.book.due(work.now, but_not)

    async def fire(self, one: Assignment, work: Work) -> Assignment:
        """Do and tell what follows. The cause is the clock itself: a firing makes one event."""
        casework = await self.casework(work)
        referral = await casework.book.referral(one.referral_id)
        assert referral and one.due_at and one.awaited  # noqa: S101, PT018 - a clock has them
        case = await casework.case(referral, one, also=asked_next(one, casework.directory))
        after = casework.did(fired(one, case))
        # The answer and the first contact may both have been due at one moment.
        cause = derived_id(one.id, one.awaited, one.due_at.isoformat())
        await casework.keep(work=Work(work.transaction, cause, work.now))
        return after

    async def waiting_lists(self, work: Work) -> tuple[WaitingList, ...]:
        """The lists on which somebody waits."""
        return await self.book_on(work.connection).waiting_lists()

    async def offer_places(self, of: WaitingList, work: Work) -> int:
        """Offer what places there are to those who wait, in their order; returns how many."""
        casework = await self.casework(work)
        offered = 0
        for one, referral in await casework.book.waiting(*of):
            case = await casework.case(referral, one)
            taken = open_pathways(await casework.book.of_referral(referral.id)) - {one.pathway}
            one = replace(one, urgent=one.urgent or referral.urgent)
            found = placed(one, case, "place_came_free", taken)
            if isinstance(found, Waits):
                members = casework.directory.team(one.catalogue, one.team)
                excluded = case.walled_off.union(one.passed)
                if found.because == "pathway_full" or excluded.isdisjoint(m.id for m in members):
                    break  # nobody else on the list would find more room
                continue
            cause = derived_id(one.id, "place_came_free", str(one.steps))
            await casework.place(one, case, "place_came_free", taken)
            await casework.keep(work=Work(work.transaction, cause, work.now))
            offered += 1
        return offered
