"""What triage does when a referral comes or is amended: decide, choose who is asked, tell."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.triage import store
from services.triage.assignments import override_store
from services.triage.assignments.offering import Case, Offering, withdraw
from services.triage.assignments.overriding import closed_by_hand
from services.triage.assignments.planning import Standing, plan
from services.triage.policy.decide import decide, undecidable
from services.triage.policy.decision import Decision
from services.triage.policy.library import Catalogue, Library
from shared.bus.work import Work
from shared.directory import Directory
from shared.events import (
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
        await self._triage(event, work, (), ())

    async def on_referral_amended(self, event: ReferralAmended, work: Work) -> None:
        """Decide again: what no longer follows is withdrawn, what still follows is left alone."""
        standing = await store.standing(work.connection, event.referral_id)
        by_hand = await override_store.overrides(work.connection, event.referral_id)
        closed = closed_by_hand([(each.action, each.pathway) for each in by_hand])
        await self._triage(event, work, standing, closed)

    async def _triage(
        self,
        event: ReferralReceived,
        work: Work,
        standing: Sequence[Standing],
        closed: Collection[str],
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
            work.connection, decision_id, event, decision.as_route_text(), work.now
        )
        planned = plan(decision, standing, closed)
        work.emit(_triaged(event, decision, decision_id, made_on), event.referral_id)
        for one, why in planned.withdraw:
            await withdraw(event.referral_id, one, why, work)
        rules = measure if isinstance(measure, Catalogue) else measure.first
        case = Case(
            event.referral_id,
            event.pair_ref,
            facts.role,
            facts.team,
            decision.urgent,
            decision.risk_level,
        )
        await Offering(self.directory).offer(case, planned.offer, rules.policy, catalogue, work)


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
