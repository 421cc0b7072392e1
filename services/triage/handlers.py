"""What triage does when a referral comes or is amended: decide, choose who is asked, tell."""

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from uuid import UUID

from services.triage import store
from services.triage.assignments import override_store
from services.triage.assignments.assigning import Assigning
from services.triage.assignments.book import Referral
from services.triage.assignments.overriding import closed_by_hand
from services.triage.assignments.planning import groups, plan
from services.triage.panels.listing import Listing
from services.triage.panels.rhythm import Panels
from services.triage.policy.decide import decide, undecidable
from services.triage.policy.decision import Decision
from services.triage.policy.library import Library
from shared.bus.work import Work
from shared.events import (
    DecidedBy,
    ReferralAmended,
    ReferralInformationRequested,
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
    assigning: Assigning

    async def on_referral_received(self, event: ReferralReceived, work: Work) -> None:
        """Decide on a new referral and ask its practitioners."""
        decision, referral = self._decide(event, work)
        await self.assigning.follow(referral, plan(decision), work)
        await self._listing.follow(
            event.referral_id, decision, referral.catalogue, work, amended=False
        )

    async def on_referral_amended(self, event: ReferralAmended, work: Work) -> None:
        """Decide again: what no longer follows is withdrawn, what still follows is left alone."""
        decision, referral = self._decide(event, work)
        before, standing = await self.assigning.before(event.referral_id, work)
        by_hand = await override_store.overrides(work.connection, event.referral_id)
        closed = closed_by_hand([(each.action, each.pathway) for each in by_hand])
        planned = plan(decision, standing, closed, was_urgent=before.urgent)
        referral = replace(referral, closed_at=before.closed_at)
        await self.assigning.follow(referral, planned, work)
        await self._listing.follow(
            event.referral_id, decision, referral.catalogue, work, amended=True
        )

    @cached_property
    def _listing(self) -> Listing:
        return Listing(Panels(self.library))

    def _decide(self, event: ReferralReceived, work: Work) -> tuple[Decision, Referral]:
        """The decision, kept and told."""
        facts = event.facts
        made_on = london_day(facts.made_at)
        policy = self.library.deciding(event.catalogues, facts.borough, facts.district, made_on)
        if policy is None:
            measure = self.library.in_force(event.catalogues[0], made_on)
            decision: Decision = undecidable(facts, event.catalogues, measure, event.history)
        else:
            decision = decide(facts, policy, event.history)
        decision_id = derived_id(work.cause, "decision")
        work.transaction.collect(
            store.add_decisions,
            store.Made(decision_id, event, decision.as_route_text(), work.now),
        )
        work.emit(_triaged(event, decision, decision_id, made_on), event.referral_id)
        asks = tuple(ask.fact for ask in decision.asks)
        if asks and decision.asks_go_to == "sender":
            work.emit(
                ReferralInformationRequested(
                    referral_id=event.referral_id,
                    revision=event.revision,
                    agency=event.facts.agency,
                    asks=asks,
                ),
                event.referral_id,
            )
        return decision, _referral(event, decision, policy.name if policy else None, made_on)


def _referral(
    event: ReferralReceived, decision: Decision, catalogue: str | None, made_on: date
) -> Referral:
    """What assignments need of it. `catalogue`: whose policy decided; None: nobody knows yet."""
    return Referral(
        id=event.referral_id,
        revision=event.revision,
        person_ref=event.person_ref,
        pair_ref=event.pair_ref,
        catalogue=catalogue,
        measure=catalogue or event.catalogues[0],
        made_on=made_on,
        role=event.facts.role,
        team=event.facts.team,
        language=event.facts.language,
        urgent=decision.urgent,
        risk_level=decision.risk_level,
        next_in_group=groups(decision),
    )


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
