"""Two references are one person after all, or one reference was two people.

Who may work with whom is looked up through what is known to be the same, so that most of it needs
nothing done. Only whoever now holds a case of both sides, or of a person with whom they declared a
conflict of interest, hands one on: the one that came to them last.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from services.triage.assignments.casework import Workplace
from services.triage.assignments.handing_on import take_from_holder
from services.triage.assignments.life import Assignment
from services.triage.assignments.placing import Case
from shared.bus.work import Work
from shared.events import PersonsMerged, PersonsSplit, roles_reversed


@dataclass(frozen=True)
class SamePeople(Workplace):
    """What triage does when intake says who is one person."""

    async def on_person_merged(self, event: PersonsMerged, work: Work) -> None:
        """From now on the two are one, in conflicts of interest and at the wall."""
        casework = await self.casework(work)
        await casework.book.add_merge(event.merge_id, event.person_ref, event.into_ref, event.pairs)
        pairs = {ref for moved in event.pairs for ref in (moved.pair_ref, moved.into_ref)}
        pairs |= {roles_reversed(ref) for ref in pairs}
        held = await casework.book.concerning(event.into_ref, pairs)
        for number, (one, referral) in enumerate(held):
            earlier = {other.holder for other, _ in held[number + 1 :]}
            if may_not_keep(one, await casework.case(referral, one), earlier):
                await take_from_holder(one, referral, event.by, casework)

    async def on_person_split(self, event: PersonsSplit, work: Work) -> None:
        """From now on they are two again. What was handed on stays where it is."""
        casework = await self.casework(work)
        await casework.book.end_merge(event.merge_id)


def may_not_keep(one: Assignment, case: Case, earlier: Collection[str | None]) -> bool:
    """Whether a holder must hand on what they have. `earlier`: who holds other cases of the same
    people, and had them before. Pure."""
    if one.holder in case.situation.conflicts:
        return True
    serving = {each for each in case.situation.other_side if each.practitioner_id in earlier}
    situation = replace(case.situation, other_side=frozenset(serving), conflicts=frozenset())
    # A coordinator may see both sides.
    return (
        one.level != "coordinator" and one.holder in replace(case, situation=situation).walled_off
    )
