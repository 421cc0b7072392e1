"""The book in memory, for what tries things out: it passes the same tests as the one on tables.

Nothing is rolled back: whoever lets an act fail half way begins a new book.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from services.triage.assignments.allocation import Load
from services.triage.assignments.book import Places, Referral, Served, Situation
from services.triage.assignments.life import HELD, Assignment, State, Step
from services.triage.assignments.same import joined
from services.triage.assignments.steps import Change
from services.triage.assignments.waiting import place
from shared.events import PairMoved, roles_reversed

_Moments = list[tuple[datetime, UUID]]
"""Of assignments, in the order of time."""


@dataclass
class _Taken:
    """Of a practitioner or of a pathway: what is held, and when each that stands was offered."""

    held: set[UUID] = field(default_factory=set)
    offered: _Moments = field(default_factory=list)

    def since(self, moment: datetime) -> int:
        """How many were offered from a moment on."""
        return len(self.offered) - bisect_left(self.offered, (moment, _FIRST))


_FIRST = UUID(int=0)


def _drop(moments: _Moments, one: tuple[datetime, UUID]) -> None:
    del moments[bisect_left(moments, one)]


@dataclass
class MemoryBook:
    """`blocks`: by referral, the pathways that a safety block closes, with the reason."""

    referrals: dict[UUID, Referral] = field(default_factory=dict)
    ones: dict[UUID, Assignment] = field(default_factory=dict)
    history: dict[UUID, list[Step]] = field(default_factory=dict)
    blocks: dict[UUID, Mapping[str, str]] = field(default_factory=dict)
    _conflicts: set[tuple[str, UUID]] = field(default_factory=set)
    _merges: dict[UUID, tuple[tuple[UUID, UUID], list[tuple[UUID, UUID]]]] = field(
        default_factory=dict
    )
    # What is asked for of each referral again and again, found without a look at all of them.
    _by: defaultdict[str, _Taken] = field(default_factory=lambda: defaultdict(_Taken))
    _on: defaultdict[tuple[str | None, str], _Taken] = field(
        default_factory=lambda: defaultdict(_Taken)
    )
    _waiting: defaultdict[tuple[str | None, str], set[UUID]] = field(
        default_factory=lambda: defaultdict(set)
    )
    _due: _Moments = field(default_factory=list)
    _of: dict[UUID, set[UUID]] = field(default_factory=dict)
    _by_pair: dict[UUID, set[UUID]] = field(default_factory=dict)

    async def lock(self) -> None:
        """As Book: nobody else is there."""

    async def referral(self, referral_id: UUID) -> Referral | None:
        """As Book."""
        return self.referrals.get(referral_id)

    async def assignment(self, assignment_id: UUID) -> Assignment | None:
        """As Book."""
        return self.ones.get(assignment_id)

    async def of_referral(self, referral_id: UUID) -> tuple[Assignment, ...]:
        """As Book."""
        found = (self.ones[each] for each in self._of.get(referral_id, ()))
        return tuple(sorted(found, key=lambda one: (one.pathway, one.id)))

    async def steps(self, assignment_id: UUID) -> tuple[Step, ...]:
        """As Book."""
        return tuple(self.history.get(assignment_id, ()))

    async def left_by_hand(self, referral_id: UUID) -> Mapping[UUID, frozenset[str]]:
        """As Book."""
        found = {}
        for each in self._of.get(referral_id, ()):
            steps = self.history[each]
            left = frozenset(
                before.pathway
                for before, after in pairwise(steps)
                if after.act == "transfer" and before.pathway != after.pathway
            )
            if left:
                found[each] = left
        return found

    async def finish(self) -> None:
        """As Book: everything is kept at once."""

    async def save(
        self,
        changes: Sequence[Change],
        referral: Referral | None = None,
        *,
        later: bool = False,  # noqa: ARG002 - as Book
    ) -> None:
        """As Book."""
        if referral:
            self.referrals[referral.id] = referral
            if referral.pair_ref:
                self._by_pair.setdefault(referral.pair_ref, set()).add(referral.id)
        for change in changes:
            self._forget(change.one.id)
            self._keep(change.one)
            self.history.setdefault(change.one.id, []).append(change.step)

    def _forget(self, one_id: UUID) -> None:
        if (one := self.ones.get(one_id)) is not None:
            for taken in self._counted(one):
                taken.held.discard(one_id)
                if one.offered_at:
                    _drop(taken.offered, (one.offered_at, one_id))
            self._waiting[one.catalogue, one.pathway].discard(one_id)
            if one.due_at:
                _drop(self._due, (one.due_at, one_id))

    def _keep(self, one: Assignment) -> None:
        self.ones[one.id] = one
        self._of.setdefault(one.referral_id, set()).add(one.id)
        for taken in self._counted(one):
            if one.state in HELD:
                taken.held.add(one.id)
            if one.offered_at:
                insort(taken.offered, (one.offered_at, one.id))
        if one.state is State.WAITLISTED:
            self._waiting[one.catalogue, one.pathway].add(one.id)
        if one.due_at:
            insort(self._due, (one.due_at, one.id))

    def _counted(self, one: Assignment) -> Iterable[_Taken]:
        """Where an assignment counts: in its holder's caseload, and as a place of its pathway."""
        if one.state is not State.WITHDRAWN and one.holder:
            yield self._by[one.holder]
            if one.level in ("practitioner", "stand_in"):
                yield self._on[one.catalogue, one.pathway]

    async def situation(
        self,
        referral: Referral,
        catalogue: str | None,
        practitioner_ids: Collection[str],
        pathways: Collection[str],
        year_began: datetime,
    ) -> Situation:
        """As Book."""
        found = Situation()
        for who in practitioner_ids:
            carried = self._by[who]
            load = Load(len(carried.held), carried.since(year_began))
            if load != Load():
                found.loads[who] = load
        for pathway in pathways if catalogue else ():
            on = (catalogue, pathway)
            taken = self._on[on]
            places = Places(len(taken.held), taken.since(year_began), len(self._waiting[on]))
            if places != Places():
                found.places[pathway] = places
        people = self._same_person(referral.person_ref)
        found.conflicts = frozenset(who for who, person in self._conflicts if person in people)
        if referral.pair_ref:
            found.other_side = frozenset(self._other_side(referral, referral.pair_ref))
        return found

    def _other_side(self, referral: Referral, pair: UUID) -> Iterable[Served]:
        crossed = self._same_pair(roles_reversed(pair))
        for side, is_other in ((self._same_pair(pair), False), (crossed, True)):
            for each in (r for ref in side for r in self._by_pair.get(ref, ())):
                if (self.referrals[each].role == referral.role) is is_other:
                    for one in self._of.get(each, ()):
                        for step in self.history[one]:
                            if step.holder:
                                yield Served(step.holder, step.level)

    async def ahead(self, one: Assignment, referral: Referral) -> int:
        """As Book."""
        waiting = await self.waiting(one.catalogue, one.pathway)
        others = (each for each in waiting if each[0].id != one.id)
        return sum(place(*each) < place(one, referral) for each in others)

    async def due(self, now: datetime, but_not: Collection[UUID]) -> Assignment | None:
        """As Book."""
        first = next(((at, one) for at, one in self._due if one not in but_not), None)
        return self.ones[first[1]] if first and first[0] <= now else None

    async def waiting_lists(self) -> tuple[tuple[str | None, str], ...]:
        """As Book."""
        lists = (where for where, there in self._waiting.items() if there)
        return tuple(sorted(lists, key=lambda where: (where[0] is None, where[0] or "", where[1])))

    async def waiting(
        self, catalogue: str | None, pathway: str
    ) -> tuple[tuple[Assignment, Referral], ...]:
        """As Book."""
        there = (self.ones[each] for each in self._waiting[catalogue, pathway])
        found = [(one, self.referrals[one.referral_id]) for one in there]
        return tuple(sorted(found, key=lambda each: place(*each)))

    async def blocked(self, referral_id: UUID) -> Mapping[str, str]:
        """As Book."""
        return self.blocks.get(referral_id, {})

    async def add_conflict(self, practitioner_id: str, person_ref: UUID, now: datetime) -> bool:  # noqa: ARG002 - as Book
        """As Book."""
        if (practitioner_id, person_ref) in self._conflicts:
            return False
        self._conflicts.add((practitioner_id, person_ref))
        return True

    async def concerning(
        self, person_ref: UUID, pairs: Collection[UUID]
    ) -> tuple[tuple[Assignment, Referral], ...]:
        """As Book."""
        people = self._same_person(person_ref)
        found = [
            (one, referral)
            for one in self.ones.values()
            for referral in [self.referrals[one.referral_id]]
            if one.state in HELD and (referral.person_ref in people or referral.pair_ref in pairs)
        ]
        return tuple(sorted(found, key=lambda each: (_latest_first(each[0]), each[0].id)))

    async def add_merge(
        self, merge_id: UUID, person_ref: UUID, into_ref: UUID, pairs: Sequence[PairMoved]
    ) -> None:
        """As Book."""
        both = [(each.pair_ref, each.into_ref) for each in pairs]
        both += [(roles_reversed(pair), roles_reversed(into)) for pair, into in both]
        self._merges[merge_id] = ((person_ref, into_ref), both)

    async def end_merge(self, merge_id: UUID) -> None:
        """As Book."""
        self._merges.pop(merge_id, None)

    def _same_person(self, person: UUID) -> frozenset[UUID]:
        return joined(person, [people for people, _ in self._merges.values()])

    def _same_pair(self, pair: UUID) -> frozenset[UUID]:
        return joined(pair, [each for _, pairs in self._merges.values() for each in pairs])


def _latest_first(one: Assignment) -> float:
    return -one.offered_at.timestamp() if one.offered_at else 0.0
