"""What triage does when a referral comes or is amended: decide, choose who is asked, tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.triage import store
from services.triage.allocation import Candidate, least_loaded
from services.triage.deadlines import deadlines
from services.triage.decide import decide, undecidable
from services.triage.decision import Decision
from services.triage.library import Catalogue, Library
from services.triage.planning import Place, Standing, plan
from services.triage.store import Assignment
from shared.bus.work import Work
from shared.directory import Directory
from shared.events import (
    AssignmentOffered,
    AssignmentWithdrawn,
    DecidedBy,
    ReferralAmended,
    ReferralReceived,
    ReferralTriaged,
    RouteTaken,
    derived_id,
)
from shared.london import london_day


@dataclass(frozen=True)
class Handlers:
    """One function an event."""

    library: Library
    directory: Directory

    async def on_referral_received(self, event: ReferralReceived, work: Work) -> None:
        """Decide on a new referral and ask its practitioners."""
        await self._triage(event, work, ())

    async def on_referral_amended(self, event: ReferralAmended, work: Work) -> None:
        """Decide again: what no longer follows is withdrawn, what still follows is left alone."""
        await self._triage(event, work, await store.standing(work.connection, event.referral_id))

    async def _triage(
        self, event: ReferralReceived, work: Work, standing: Sequence[Standing]
    ) -> None:
        facts = event.facts
        made_on = london_day(facts.made_at)
        policy = self.library.deciding(event.catalogues, facts.borough, facts.district, made_on)
        if policy is None:
            measure = self.library.in_force(event.catalogues[0], made_on)
            decision: Decision = undecidable(facts, event.catalogues, measure, event.history)
            catalogue = None
        else:
            decision = decide(facts, policy, event.history)
            catalogue = policy.name
            measure = policy
        decision_id = derived_id(work.cause, "decision")
        await store.add_decision(
            work.connection, decision_id, event, decision.as_route_json(), work.now
        )
        planned = plan(decision, standing)
        work.emit(_triaged(event, decision, decision_id, made_on), event.referral_id)
        for one, why in planned.withdraw:
            await store.withdraw(work.connection, one, why)
            work.emit(_withdrawn(event, one, why), event.referral_id, about=one.pathway)
        rules = measure if isinstance(measure, Catalogue) else measure.first
        offered = await self._choose(event, work, planned.offer, decision, rules, catalogue)
        if offered:
            await store.add_assignments(work.connection, event, offered, work.now)
        for each in offered:
            work.emit(_offered(event, each), event.referral_id, about=each.pathway)

    async def _choose(
        self,
        event: ReferralReceived,
        work: Work,
        places: Sequence[Place],
        decision: Decision,
        rules: Catalogue,
        catalogue: str | None,
    ) -> list[Assignment]:
        """Somebody for each place: the least loaded of the team, else a coordinator."""
        coordinators = self.directory.coordinators(catalogue)
        teams = {
            place.pathway: self.directory.team(catalogue, place.team)
            if catalogue and place.team
            else ()
            for place in places
        }
        everybody = [*coordinators, *(one for team in teams.values() for one in team)]
        load = await store.open_cases(work.connection, [one.id for one in everybody])
        other_side = await store.serving_the_other(work.connection, event)
        chosen: list[Assignment] = []
        for place in places:
            practitioner = least_loaded(
                [Candidate(p.id, load.get(p.id, 0), p.capacity) for p in teams[place.pathway]],
                other_side,
            )
            if practitioner is None:
                # The coordinator's queue has no end, and a coordinator may see both sides.
                practitioner = min((load.get(p.id, 0), p.id) for p in coordinators)[1]
            load[practitioner] = load.get(practitioner, 0) + 1
            times = deadlines(
                rules.policy,
                urgent=decision.urgent,
                risk_level=decision.risk_level,
                team=event.facts.team,
                since=work.now,
                pathway=place.pathway,
            )
            chosen.append(
                Assignment(
                    derived_id(work.cause, "assignment", place.pathway),
                    place.pathway,
                    place.kind,
                    practitioner,
                    decision.urgent,
                    times.acknowledge_by,
                    times.first_contact_by,
                )
            )
        return chosen


def _triaged(
    event: ReferralReceived, decision: Decision, decision_id: UUID, made_on: date
) -> ReferralTriaged:
    return ReferralTriaged(
        referral_id=event.referral_id,
        revision=event.revision,
        decision_id=decision_id,
        pair_ref=event.pair_ref,
        made_on=made_on,
        catalogue=DecidedBy(
            name=decision.policy.name,
            in_force_from=decision.policy.in_force_from,
            sha256=decision.policy.sha256,
        ),
        outcome=decision.outcome,
        urgent=decision.urgent,
        risk_level=decision.risk_level,
        marac_triggers=decision.marac_triggers,
        routes=tuple(
            RouteTaken(
                pathway=route.pathway,
                kind=route.kind,
                bases=route.bases,
                transfer_to=route.transfer_to,
                funding_to_confirm=route.funding_to_confirm,
            )
            for route in decision.routes
        ),
        suggestions=decision.suggestions,
        asks=tuple(ask.fact for ask in decision.asks),
    )


def _offered(event: ReferralReceived, each: Assignment) -> AssignmentOffered:
    return AssignmentOffered(
        assignment_id=each.id,
        referral_id=event.referral_id,
        pathway=each.pathway,
        practitioner_id=each.practitioner_id,
        urgent=each.urgent,
        acknowledge_by=each.acknowledge_by,
        first_contact_by=each.first_contact_by,
    )


def _withdrawn(event: ReferralReceived, one: Standing, why: str) -> AssignmentWithdrawn:
    return AssignmentWithdrawn(
        assignment_id=one.assignment_id,
        referral_id=event.referral_id,
        pathway=one.pathway,
        practitioner_id=one.practitioner_id,
        reason=why,
    )
