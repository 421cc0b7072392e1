"""What the events alone tell of everybody's cases: a second, plain account to check the first by.

It knows nothing of the code that chooses, counts and escalates, and keeps each breach of a promise
in words. Coordinators are held to no caseload and to no wall: they may see both sides.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final
from uuid import UUID

from services.triage.directory.availability import is_at_work
from services.triage.directory.entries import Directory, Practitioner
from services.triage.policy.catalogue import Capacity
from shared import events as told
from shared.events import EventData, ReferralReceived, roles_reversed

Pathway = tuple[str, str]
"""A catalogue and one of its pathways."""
Team = tuple[str, str]
"""A catalogue and one of its teams."""
COORDINATORS: Final = "coordinators"


@dataclass
class Case:
    """One assignment as its events tell it.

    `passed`: who declined it, or let the time pass. `late`: the newest offer was not answered in
    time. `tried`: somebody tried to reach the person.
    """

    referral: ReferralReceived
    on: Pathway
    holder: str | None = None
    passed: set[str] = field(default_factory=set)
    first_contact_by: datetime | None = None
    waiting_since: datetime | None = None
    late: bool = False
    tried: bool = False
    over: bool = False


@dataclass
class Figures:
    """Of one team: what was done with its assignments, and how many each member accepted."""

    acts: Counter[str] = field(default_factory=Counter)
    accepted_by: Counter[str] = field(default_factory=Counter)
    longest_wait: timedelta = timedelta()


@dataclass
class Taken:
    """Of a practitioner or a pathway: cases that are held now, and all that began and stand."""

    open: int = 0
    this_year: int = 0


@dataclass
class Ledger:
    """Hears of every referral, and every event in its order.

    `teams`: which team takes a pathway; one that is not there is the coordinators'. `places`: the
    pathways of which there are only so many.
    """

    directory: Directory
    teams: Mapping[Pathway, str]
    places: Mapping[Pathway, Capacity]
    cases: dict[UUID, Case] = field(default_factory=dict)
    figures: defaultdict[Team, Figures] = field(default_factory=lambda: defaultdict(Figures))
    breaches: list[str] = field(default_factory=list)
    _referrals: dict[UUID, ReferralReceived] = field(default_factory=dict)
    _decided: dict[UUID, tuple[str, bool]] = field(default_factory=dict)
    _taken: defaultdict[str | Pathway, Taken] = field(default_factory=lambda: defaultdict(Taken))
    _of_side: defaultdict[tuple[UUID, bool], set[str]] = field(
        default_factory=lambda: defaultdict(set)
    )
    _conflicts: set[tuple[str, UUID]] = field(default_factory=set)
    _heard: set[UUID] = field(default_factory=set)

    def receive(self, referral: ReferralReceived) -> None:
        """A referral came."""
        self._referrals[referral.referral_id] = referral

    def decide(self, referral_id: UUID, catalogue: str, *, urgent: bool) -> None:
        """It was decided, by a catalogue, whether a referral is urgent."""
        self._decided[referral_id] = catalogue, urgent

    def hear(self, event: EventData, event_id: UUID, at: datetime) -> None:
        """Triage told something."""
        if event_id in self._heard:
            self.breaches.append("an event was told twice")
        self._heard.add(event_id)
        match event:
            case told.AssignmentOffered():
                self._offered(event, at)
            case told.AssignmentWaitlisted():
                self._waitlisted(event, at)
            case told.AssignmentEscalated():
                self._act(self._case(event), "escalated")
            case told.AssignmentAccepted():
                one = self._of_holder(event, event.practitioner_id)
                self._act(one, "accepted").accepted_by[event.practitioner_id] += 1
            case told.AssignmentDeclined():
                one = self._of_holder(event, event.practitioner_id)
                one.passed.add(event.practitioner_id)
                self._act(one, "declined")
                self._give(one, None)
            case told.AssignmentTransferred():
                self._transferred(event)
            case told.AssignmentOverdue():
                one = self._of_holder(event, event.practitioner_id)
                if event.awaited == "acknowledgement" and not one.late:
                    self._act(one, "overdue")
                one.late = True
            case told.AssignmentContactAttempted():
                one = self._of_holder(event, event.practitioner_id)
                if not one.tried and one.first_contact_by:
                    self._act(one, "in time" if at <= one.first_contact_by else "late")
                one.tried = True
            case told.AssignmentClosed():
                one = self._of_holder(event, event.practitioner_id)
                self._act(one, "closed")
                self._end(one)
            case told.AssignmentWithdrawn():
                one = self.cases[event.assignment_id]
                self._act(one, "withdrawn")
                self._give(one, None)
                self._end(one)
            case told.ConflictDeclared():
                self._conflicts.add((event.practitioner_id, event.person_ref))

    def look(self, now: datetime) -> None:
        """Is every case seen to at this moment, and does none wait for which there is room?"""
        for one in self.cases.values():
            if not one.over and one.holder is None and one.waiting_since is None:
                self.breaches.append("a case has neither a holder nor a place on a waiting list")
            if one.waiting_since and (who := self._could_take(one, now)):
                self.breaches.append(f"a case waits for {one.on[1]} although {who} is free")

    def close(self, now: datetime) -> None:
        """At the end: has every referral come to somebody?"""
        self.look(now)
        came = {one.referral.referral_id for one in self.cases.values()}
        self.breaches += ["a referral came to nobody"] * len(self._referrals.keys() - came)

    def team(self, one: Case) -> Team:
        """Whose case it is."""
        return one.on[0], self.teams.get(one.on, COORDINATORS)

    def _offered(self, event: told.AssignmentOffered, at: datetime) -> None:
        one, who = self._case(event), event.practitioner_id
        figures = self._act(one, "offered")
        if one.waiting_since:
            figures.longest_wait = max(figures.longest_wait, at - one.waiting_since)
        one.waiting_since, one.first_contact_by = None, event.first_contact_by
        one.late = False
        if event.because == "overdue" and one.holder not in (None, who):
            one.passed.add(one.holder)
        # By name, a colleague may hand it to anybody.
        if who in one.passed and event.because != "transferred":
            self.breaches.append(f"{who} was asked again for what she did not take")
        self._give(one, who)
        if who not in self._coordinators:
            self.breaches += [*self._too_many(one, who), *self._across_a_wall(one, who)]

    def _waitlisted(self, event: told.AssignmentWaitlisted, at: datetime) -> None:
        one = self._case(event)
        _, is_urgent = self._decided[event.referral_id]
        if is_urgent:
            self.breaches.append("an urgent case was put on a waiting list")
        self._act(one, "waitlisted")
        self._give(one, None)
        one.waiting_since = one.waiting_since or at

    def _transferred(self, event: told.AssignmentTransferred) -> None:
        one = self.cases[event.assignment_id]
        self._act(one, "transferred")
        self._give(one, None)
        if event.to_pathway != event.pathway:
            one.passed.clear()
            one.tried = False

    def _case(
        self, event: told.AssignmentOffered | told.AssignmentWaitlisted | told.AssignmentEscalated
    ) -> Case:
        """The case of an event that may be its first, or may take it to another pathway."""
        catalogue, _ = self._decided[event.referral_id]
        on = (catalogue, event.pathway)
        new = Case(self._referrals[event.referral_id], on)
        one = self.cases.setdefault(event.assignment_id, new)
        if one.on != on:
            self._give(one, None)
            one.on = on
        return one

    def _of_holder(
        self,
        event: told.AssignmentAccepted
        | told.AssignmentDeclined
        | told.AssignmentOverdue
        | told.AssignmentContactAttempted
        | told.AssignmentClosed,
        who: str,
    ) -> Case:
        """The case of an event that only its holder can bring about."""
        one = self.cases[event.assignment_id]
        if one.holder != who:
            self.breaches.append(f"{event.TYPE} of somebody who does not hold the case")
        return one

    def _act(self, one: Case, act: str) -> Figures:
        figures = self.figures[self.team(one)]
        figures.acts[act] += 1
        return figures

    def _counted(self, one: Case) -> Iterator[Taken]:
        """Where a case counts: with its holder, and for its pathway."""
        if one.holder is not None:
            yield self._taken[one.holder]
            if one.holder not in self._coordinators:
                yield self._taken[one.on]

    def _give(self, one: Case, who: str | None) -> None:
        """Take it from whoever holds it, and give it to somebody, or to nobody for now."""
        for taken in self._counted(one):
            taken.open -= 1
            taken.this_year -= 1
        one.holder = who
        for taken in self._counted(one):
            taken.open += 1
            taken.this_year += 1

    def _end(self, one: Case) -> None:
        one.over, one.waiting_since = True, None
        for taken in self._counted(one):
            taken.open -= 1

    def _too_many(self, one: Case, who: str) -> Iterator[str]:
        p, has = self._practitioner(who), self._taken[who]
        if p.max_caseload is not None and has.open > p.max_caseload:
            yield f"{who} has {has.open} open cases of {p.max_caseload}"
        if has.this_year > p.capacity:
            yield f"{who} has {has.this_year} cases of {p.capacity} this year"
        if self._places_left(one.on) < 0:
            yield f"{one.on[1]} has more cases than places"

    def _across_a_wall(self, one: Case, who: str) -> Iterator[str]:
        if (who, one.referral.person_ref) in self._conflicts:
            yield f"{who} was asked to work with whom she may not work with"
        if one.referral.pair_ref is not None:
            reverse = roles_reversed(one.referral.pair_ref)
            pair = min(one.referral.pair_ref, reverse)
            side = (one.referral.facts.role == "victim") == (pair != reverse)
            if self.directory.colleagues(who) & self._of_side[pair, not side]:
                yield f"{who} is of a team that is on both sides of a pair"
            self._of_side[pair, side].add(who)

    def _could_take(self, one: Case, now: datetime) -> str | None:
        """Somebody at work who has room for a case that waits and that no wall can concern."""
        if one.referral.pair_ref is not None or self._places_left(one.on) <= 0:
            return None
        return next(
            (
                p.id
                for p in self.directory.team(*self.team(one))
                if p.id not in one.passed
                and (p.id, one.referral.person_ref) not in self._conflicts
                and self._taken[p.id].this_year < p.capacity
                and (p.max_caseload is None or self._taken[p.id].open < p.max_caseload)
                and is_at_work(p, now)
            ),
            None,
        )

    def _places_left(self, on: Pathway) -> float:
        places = self.places.get(on)
        if places is None:
            return float("inf")
        taken = self._taken[on]
        return places.places - (taken.this_year if places.per == "year" else taken.open)

    def _practitioner(self, who: str) -> Practitioner:
        found = self.directory.practitioner(who)
        if found is None:
            raise LookupError("somebody was asked who does not stand in the directory")
        return found

    @cached_property
    def _coordinators(self) -> frozenset[str]:
        return frozenset(p.id for p in self.directory.coordinators(None))
