"""Who is asked next, and what happens where nobody is free. Pure.

Of a team it is whom `allocation` chooses. What cannot wait goes on: to the next eligible pathway
of its lead group, else to the coordinator on call. So does what everybody is excluded from, since
room would not help. The rest waits.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial

from services.triage.assignments.allocation import Chosen, Load, NobodyFree, choose, has_room
from services.triage.assignments.book import Places, Referral, Situation
from services.triage.assignments.life import Assignment
from services.triage.assignments.steps import Asked, WaitsBecause
from services.triage.directory.availability import first_opening, first_working_moment
from services.triage.directory.entries import Directory, Practitioner
from services.triage.directory.rota import coordinator_for
from services.triage.policy.catalogue import Pathway, Policy
from services.triage.policy.deadlines import Deadlines, deadlines, escalate_by
from shared.events import Level, OfferedBecause

NOBODY_FREE = "nobody of the team is free, and it cannot wait"
ON_CALL = "on call as coordinator"


@dataclass(frozen=True, slots=True)
class Waits:
    """It waits for a place on its pathway."""

    because: WaitsBecause


@dataclass(frozen=True, slots=True)
class GoesTo:
    """Somebody is asked on a pathway, which may be another of the lead group. `up`: not one of its
    team, but whoever stands in where nobody of it is free."""

    asked: Asked
    pathway: str
    team: str | None
    up: bool = False


@dataclass(frozen=True)
class Case:
    """One referral with all that bears on whom to ask for it at `now`.

    `policy`: the rules of `catalogue`, or, where that is None, the measures that hold meanwhile.
    """

    referral: Referral
    catalogue: str | None
    policy: Policy
    directory: Directory
    situation: Situation
    now: datetime

    @cached_property
    def walled_off(self) -> frozenset[str]:
        """Who may not work with the person: who has, or had, a case of the other side, with
        everybody who shares a team with them; who declared a conflict of interest.

        A coordinator may see both sides: it keeps them from working on the other one, not their
        colleagues.
        """
        keeps = set(self.situation.conflicts)
        for each in self.situation.other_side:
            by_duty = each.level == "coordinator"
            keeps |= {each.practitioner_id} if by_duty else self.colleagues(each.practitioner_id)
        return frozenset(keeps)

    def colleagues(self, practitioner_id: str) -> frozenset[str]:
        """Everybody who shares a team with somebody, that person included."""
        return self.directory.colleagues(practitioner_id)

    def row(self, pathway: str) -> Pathway | None:
        """What the catalogue says of a pathway; None for the coordinator's own."""
        if self.catalogue is None:
            return None
        return next((row for row in self.policy.pathways if row.id == pathway), None)

    def alternatives(self, one: Assignment) -> Iterator[tuple[str, str]]:
        """The pathways, with their teams, that were passed over for an assignment's own."""
        if one.kind == "lead":
            for pathway in self.referral.next_in_group.get(one.pathway, ()):
                if row := self.row(pathway):
                    yield row.id, row.team

    def times(self, one: Assignment, pathway: str, team: str | None) -> Deadlines:
        """By when an offer made now is answered, and the person contacted."""
        members = self.directory.team(self.catalogue, team)
        return deadlines(
            self.policy,
            urgent=one.urgent,
            risk_level=self.referral.risk_level,
            team=self.referral.team,
            since=self.now,
            pathway=pathway,
            opens=partial(first_opening, members) if members else None,
        )

    def again(self, one: Assignment, pathway: str, team: str | None) -> Deadlines:
        """The same for one that was offered before: the person has been waiting since then."""
        times = self.times(one, pathway, team)
        if one.first_contact_by is None:
            return times
        first = min(one.first_contact_by, times.first_contact_by)
        return Deadlines(times.acknowledge_by, max(first, times.acknowledge_by))

    def escalated(self, one: Assignment) -> Deadlines:
        """By when somebody answers to whom it goes up now."""
        answer = escalate_by(self.policy, urgent=one.urgent, since=self.now)
        return Deadlines(answer, max(one.first_contact_by or answer, answer))

    def full(self, pathway: str) -> bool:
        """Whether all places of a programme are taken, at once or in this year."""
        row, taken = self.row(pathway), self.situation.places.get(pathway, Places())
        if row is None or row.capacity is None:
            return False
        used = taken.this_year if row.capacity.per == "year" else taken.held
        return used >= row.capacity.places

    def free(
        self, one: Assignment, pathway: str, team: str, times: Deadlines
    ) -> Chosen | WaitsBecause | None:
        """Who of a team is asked, or why nobody is; None: everybody is excluded."""
        members = self.directory.team(self.catalogue, team)
        excluded = self.walled_off.union(one.passed)
        if all(each.id in excluded for each in members):
            return None
        if self.full(pathway):
            return "pathway_full"
        row = self.row(pathway)
        found = choose(
            members,
            loads=self.situation.loads,
            excluded=excluded,
            since=self.now,
            until=times.acknowledge_by,
            pathway_days=row.on_site.teams if row and row.on_site else {},
            referring_team=self.referral.team,
            language=self.referral.language,
        )
        if isinstance(found, NobodyFree):
            return None if found.because == "all_excluded" else found.because
        return found

    def may_take(self, practitioner_id: str | None, excluded: Collection[str]) -> bool:
        """Whether somebody may be asked by name: known, not excluded, with room."""
        who = self.directory.practitioner(practitioner_id) if practitioner_id else None
        if who is None or who.id in self.walled_off or who.id in excluded:
            return False
        return self.has_room(who)

    def has_room(self, who: Practitioner) -> bool:
        """Whether somebody can take another case; a coordinator's queue has no end."""
        return self.is_coordinator(who.id) or has_room(
            who, self.situation.loads.get(who.id, Load())
        )

    def is_coordinator(self, practitioner_id: str) -> bool:
        """Whether somebody is on duty for these referrals."""
        return any(p.id == practitioner_id for p in self.directory.coordinators(self.catalogue))

    def works_by(self, practitioner_id: str, until: datetime) -> bool:
        """Whether somebody works at any time between now and then."""
        who = self.directory.practitioner(practitioner_id)
        return who is not None and first_working_moment(who, self.now, until) is not None

    @cached_property
    def on_call(self) -> str:
        """The coordinator on call, or who comes nearest to it."""
        return coordinator_for(self.directory, self.catalogue, self.now).id

    def coordinator(self, excluded: Collection[str], anywhere: bool = False) -> str | None:
        """The coordinator on call, else another, `anywhere` also of another catalogue; none who has
        a conflict of interest with the person."""
        keeps = {*excluded, *self.situation.conflicts}
        others = (p.id for p in self.directory.coordinators(None if anywhere else self.catalogue))
        return next((each for each in (self.on_call, *others) if each not in keeps), None)

    def took(self, holder: str, pathway: str) -> None:
        """Count an offer that was just made, for the next one of the same transaction."""
        load = self.situation.loads.get(holder, Load())
        self.situation.loads[holder] = Load(load.open + 1, load.this_year + 1)
        places = self.situation.places.setdefault(pathway, Places())
        places.held, places.this_year = places.held + 1, places.this_year + 1


def placed(
    one: Assignment, case: Case, why: OfferedBecause, taken: Collection[str] = ()
) -> GoesTo | Waits | None:
    """Whom `one` goes to, of those who have not passed it on; None where nobody is left.

    `taken`: pathways on which the referral has an assignment already.
    """
    times = case.times if why in ("new", "place_came_free") else case.again
    first: WaitsBecause | None = None
    if one.team is not None:
        own = (one.pathway, one.team)
        others = case.alternatives(one) if one.cannot_wait else ()
        options = [own, *(each for each in others if each[0] not in taken)]
        for pathway, team in options:
            until = times(one, pathway, team)
            found = case.free(one, pathway, team, until)
            if isinstance(found, Chosen):
                waiting = case.situation.places.get(pathway, Places()).waiting
                if why == "new" and waiting and not one.cannot_wait:
                    # Somebody came before: the list is served in its order, in a moment.
                    return Waits("nobody_has_room")
                asked = Asked(found.practitioner_id, "practitioner", found.because, until)
                return GoesTo(asked, pathway, team)
            if pathway == one.pathway:
                first = found
    if first is not None and not one.cannot_wait:
        return Waits(first)
    return _up(one, case, times(one, one.pathway, None), why)


def _up(one: Assignment, case: Case, times: Deadlines, why: OfferedBecause) -> GoesTo | None:
    """To a coordinator; else to the team's contact; else to anybody's coordinator."""
    because = ON_CALL if one.team is None else f"{ON_CALL}: {NOBODY_FREE}"
    level: Level = "coordinator"
    who = case.coordinator(one.passed)
    entry = case.directory.entry(case.catalogue, one.team)
    if who is None and entry and case.may_take(entry.contact, one.passed):
        who, level, because = entry.contact, "contact", "the team's contact for what nobody takes"
    who = who or case.coordinator(one.passed, anywhere=True)
    if who is None and why in ("new", "place_came_free"):
        # Even a conflict of interest is better than a referral that nobody has.
        who = case.on_call
    if who is None:
        return None
    return GoesTo(Asked(who, level, because, times), one.pathway, one.team, one.team is not None)
