"""From a decision to the agendas of panels, in the decision's own transaction."""

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy import text

from services.triage.panels import store
from services.triage.panels.agenda import NO_LONGER_FOLLOWS, Case, Wanted, listings
from services.triage.panels.rhythm import Panels, StandingPanel
from services.triage.panels.store import Recorded
from services.triage.policy.decision import Decision
from shared.bus.work import Work
from shared.events import CaseHeard, CaseListed, derived_id
from shared.london import london_day


@dataclass(frozen=True)
class Listing:
    """Keeps the agendas in step with what is decided."""

    panels: Panels

    async def follow(
        self,
        referral_id: UUID,
        decision: Decision,
        catalogue: str | None,
        work: Work,
        *,
        amended: bool,
    ) -> None:
        """List what a decision routes to a panel; take off what an amendment no longer does.

        Called when the decision's assignments have been planned: a case whose assignment stands
        stays with it.
        """
        wanted = self._wanted(decision, catalogue, london_day(work.now))
        there = await store.cases_of(work.connection, referral_id) if amended else ()
        standing = await _standing(referral_id, work) if there else frozenset()
        found = listings(wanted, there, standing)
        for each in found.new:
            panel = self.panels.find(each.catalogue, each.panel)
            assert panel is not None  # noqa: S101 - it was found among them
            await list_case(panel, each, referral_id, work)
        for case in found.changed:
            await store.save_case(work.connection, case)
            tell_listed(case, work)
        for case in found.gone:
            await _take_off(case, work)

    def _wanted(self, decision: Decision, catalogue: str | None, today: date) -> list[Wanted]:
        """One for each panel that hears a route's cases today.

        Not a transfer, which another borough's panel hears, nor what waits for the coordinator.
        """
        return [
            Wanted(
                catalogue=panel.catalogue,
                panel=panel.id,
                pathway=route.pathway,
                kind=route.kind,
                triggers=decision.marac_triggers,
                risk_level=decision.risk_level,
            )
            for route in decision.routes
            if catalogue and route.transfer_to is None and not route.waits_for_coordinator
            for panel in self.panels.hearing(catalogue, route.pathway, today)
        ]


async def list_case(
    panel: StandingPanel, wanted: Wanted, referral_id: UUID, work: Work
) -> Case | None:
    """A case for the next meeting; None where the panel has no further one, though its assignment
    tells of it even then, or where it is listed already."""
    meets_on = panel.next_meeting(london_day(work.now))
    if meets_on is None:
        return None
    case = Case(
        id=derived_id(work.cause, CaseListed.TYPE, f"{panel.catalogue}/{panel.id}"),
        catalogue=panel.catalogue,
        panel=panel.id,
        pathway=wanted.pathway,
        kind=wanted.kind,
        referral_id=referral_id,
        meets_on=meets_on,
        triggers=wanted.triggers,
        risk_level=wanted.risk_level,
        state="listed",
        listed_at=work.now,
    )
    if not await store.add_case(work.connection, case):
        return None
    tell_listed(case, work)
    return case


async def _take_off(case: Case, work: Work) -> None:
    await store.save_case(work.connection, replace(case, state="withdrawn", settled_by=None))
    recorded = Recorded(case.id, case.meets_on, "withdrawn", NO_LONGER_FOLLOWS, None, work.now)
    await store.add_outcome(work.connection, recorded)
    tell_heard(case, recorded, work)


def tell_listed(case: Case, work: Work) -> None:
    """A case stands on an agenda, as it is now."""
    told = CaseListed(
        panel=case.panel,
        case_id=case.id,
        referral_id=case.referral_id,
        meets_on=case.meets_on,
        triggers=case.triggers,
        repeat=case.repeat,
    )
    work.emit(told, case.referral_id, about=str(case.id))


def tell_heard(case: Case, recorded: Recorded, work: Work) -> None:
    """What became of a case at a meeting; what was noted is told nobody."""
    told = CaseHeard(
        panel=case.panel,
        case_id=case.id,
        referral_id=case.referral_id,
        meets_on=recorded.meets_on,
        outcome=recorded.outcome,
    )
    work.emit(told, case.referral_id, about=str(case.id))


async def _standing(referral_id: UUID, work: Work) -> frozenset[str]:
    """The pathways on which an assignment of the referral is open."""
    rows = await work.connection.execute(
        text(
            "SELECT pathway FROM assignment WHERE referral_id = :id"
            " AND state NOT IN ('closed', 'withdrawn')"
        ),
        {"id": referral_id},
    )
    return frozenset(row.pathway for row in rows)
