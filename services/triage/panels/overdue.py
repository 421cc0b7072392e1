"""Overdue actions go up, told once each time: a step of the sweeper."""

from dataclasses import dataclass
from datetime import UTC
from typing import Final
from uuid import UUID

from services.triage.directory.entries import Directory
from services.triage.directory.store import Directories
from services.triage.panels import store
from services.triage.panels.actions import Action, could_be_told, gone_up, next_firing
from services.triage.panels.agenda import Case
from services.triage.panels.rhythm import Panels
from services.triage.panels.walls import walled_off
from services.triage.policy.days import ONE_DAY
from shared.bus.work import UnitOfWork, Work
from shared.events import ActionOverdue, derived_id
from shared.london import london_day

AT_ONCE: Final = 64
"""Actions that one transaction claims."""


@dataclass(frozen=True)
class OverdueActions:
    """Fires the clocks of actions whose day has passed.

    The clock is a column: what became due while nothing ran fires on return, once for all that was
    missed. Two of these at work at once never take the same action.
    """

    unit: UnitOfWork
    panels: Panels
    directories: Directories

    async def step(self) -> int:
        """Take what is due, and tell who is next; the number of actions that were due."""
        async with self.unit.transaction() as transaction:
            now = self.unit.clock()
            claimed = await store.claim_overdue(transaction.connection, now, AT_ONCE)
            if not claimed:
                return 0
            directory = await self.directories.current(transaction.connection)
            fired = []
            for action, case in claimed:
                work = Work(transaction, _cause(action), now)
                after = await self._gone_up(action, case, directory, work)
                fired.append(after)
                _tell(after, case, work)
            await store.save_actions(transaction.connection, fired)
        return len(fired)

    async def _gone_up(
        self, action: Action, case: Case, directory: Directory, work: Work
    ) -> Action:
        panel = self.panels.find(case.catalogue, case.panel)
        season = panel.on(london_day(work.now)) if panel else None
        team = season.team if season else None
        walled = {
            who
            for who in could_be_told(action, directory, case.catalogue, team)
            if await walled_off(work.connection, who, [case.referral_id])
        }
        return gone_up(
            action,
            directory,
            catalogue=case.catalogue,
            team=team,
            excluded=walled,
            at=work.now,
            # Even of a panel whose policy was taken away nothing goes silent.
            then=next_firing(work.now, season.office) if season else work.now + ONE_DAY,
        )


def _cause(action: Action) -> UUID:
    """One firing of one clock: the same, whoever finds it due, and however often."""
    assert action.due_at is not None  # noqa: S101 - it was due
    return derived_id(action.id, ActionOverdue.TYPE, action.due_at.astimezone(UTC).isoformat())


def _tell(action: Action, case: Case, work: Work) -> None:
    assert action.level is not None  # noqa: S101 - it has gone up
    assert action.told is not None  # noqa: S101 - somebody is told each time
    told = ActionOverdue(
        panel=case.panel,
        case_id=case.id,
        referral_id=case.referral_id,
        action_id=action.id,
        owner=action.owner,
        level=action.level,
        told=action.told,
    )
    work.emit(told, case.referral_id, about=str(action.id))
