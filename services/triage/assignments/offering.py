"""Offers made and withdrawn: who is asked, by when, kept and told in the same transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.triage import store
from services.triage.assignments.allocation import Candidate, least_loaded
from services.triage.assignments.planning import Place, Standing
from services.triage.policy.catalogue import Policy
from services.triage.policy.deadlines import deadlines
from services.triage.policy.risk import RiskLevel
from services.triage.store import Assignment
from shared.bus.work import Work
from shared.directory import Directory, Practitioner
from shared.events import AssignmentOffered, AssignmentWithdrawn, derived_id
from shared.facts import Role, Team


@dataclass(frozen=True)
class Case:
    """What an offer needs to know of a referral; `team` is the sender's."""

    referral_id: UUID
    pair_ref: UUID | None
    role: Role
    team: Team
    urgent: bool
    risk_level: RiskLevel


@dataclass(frozen=True)
class Offering:
    """Chooses among the practitioners of a directory."""

    directory: Directory

    async def offer(
        self,
        case: Case,
        places: Sequence[Place],
        policy: Policy,
        catalogue: str | None,
        work: Work,
    ) -> tuple[Assignment, ...]:
        """Ask somebody for each place: the least loaded of the team, else a coordinator.

        `catalogue`: whose teams and coordinators; None where nobody knows yet whose.
        """
        if not places:
            return ()
        teams = {
            place.pathway: self.directory.team(catalogue, place.team)
            if catalogue and place.team
            else ()
            for place in places
        }
        coordinators = self.directory.coordinators(catalogue)
        everybody = [*coordinators, *(one for team in teams.values() for one in team)]
        load = await store.open_cases(work.connection, [one.id for one in everybody])
        other_side = await store.serving_the_other(work.connection, case.pair_ref, case.role)
        offered = []
        for place in places:
            chosen = _choose(teams[place.pathway], coordinators, load, other_side)
            load[chosen] = load.get(chosen, 0) + 1
            offered.append(_assignment(case, place, policy, chosen, work))
        await store.add_assignments(
            work.connection, case.referral_id, case.pair_ref, case.role, offered, work.now
        )
        for each in offered:
            work.emit(_told(case, each), case.referral_id, about=each.pathway)
        return tuple(offered)


async def withdraw(referral_id: UUID, one: Standing, why: str, work: Work) -> None:
    """An offer no longer stands, for a reason that may be told: no name, no story."""
    await store.withdraw(work.connection, one, why)
    work.emit(
        AssignmentWithdrawn(
            assignment_id=one.assignment_id,
            referral_id=referral_id,
            pathway=one.pathway,
            practitioner_id=one.practitioner_id,
            reason=why,
        ),
        referral_id,
        about=one.pathway,
    )


def _choose(
    team: Sequence[Practitioner],
    coordinators: Sequence[Practitioner],
    load: dict[str, int],
    other_side: frozenset[str],
) -> str:
    candidates = [Candidate(p.id, load.get(p.id, 0), p.capacity) for p in team]
    chosen = least_loaded(candidates, other_side)
    if chosen is not None:
        return chosen
    # The coordinator's queue has no end, and a coordinator may see both sides.
    return min((load.get(p.id, 0), p.id) for p in coordinators)[1]


def _assignment(
    case: Case, place: Place, policy: Policy, practitioner_id: str, work: Work
) -> Assignment:
    times = deadlines(
        policy,
        urgent=case.urgent,
        risk_level=case.risk_level,
        team=case.team,
        since=work.now,
        pathway=place.pathway,
    )
    return Assignment(
        derived_id(work.cause, "assignment", place.pathway),
        place.pathway,
        place.kind,
        practitioner_id,
        case.urgent,
        times.acknowledge_by,
        times.first_contact_by,
    )


def _told(case: Case, each: Assignment) -> AssignmentOffered:
    return AssignmentOffered(
        assignment_id=each.id,
        referral_id=case.referral_id,
        pathway=each.pathway,
        practitioner_id=each.practitioner_id,
        urgent=each.urgent,
        acknowledge_by=each.acknowledge_by,
        first_contact_by=each.first_contact_by,
    )
