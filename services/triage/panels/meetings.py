"""Panels at work: who may see an agenda, what a meeting records, what it gives people to do.

The edge between HTTP and the pure agenda: it loads, asks, keeps and tells, in the caller's
transaction. Coordinators see every panel; practitioners the panels of their own team, without the
cases that they are walled off from; the owner of an action sees that action alone.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from services.triage.assignments import override_store
from services.triage.assignments.life import NotAllowed
from services.triage.directory.entries import Directory
from services.triage.directory.store import Directories
from services.triage.panels import agenda, store
from services.triage.panels.actions import Action, check_day, done, first_firing, sees_to
from services.triage.panels.agenda import BY_HAND, Case, Wanted
from services.triage.panels.listing import list_case, tell_heard, tell_listed
from services.triage.panels.rhythm import Panels, StandingPanel
from services.triage.panels.store import Rating, Recorded
from services.triage.panels.walls import walled_off
from services.triage.panels.wishes import ActionWish, OutcomeWish, StatusWish
from shared.bus.work import Work
from shared.events import (
    AccessRecorded,
    ActionDone,
    ActionSet,
    CaseRated,
    derived_id,
)
from shared.london import london_day
from shared.problems import Refused
from shared.sign_in import Caller

_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Coming:
    """A panel, its next meeting, and how many cases are listed for which days."""

    panel: StandingPanel
    title: str
    next_meeting: date | None
    listed: tuple[tuple[date, int], ...]

    def waiting(self, today: date) -> tuple[tuple[date, int], ...]:
        """Meetings that are over, and the cases of which nobody recorded an outcome."""
        return tuple((day, number) for day, number in self.listed if day < today)


@dataclass(frozen=True, slots=True)
class Item:
    """A case on an agenda. `recorded`: what this meeting made of it, where it has."""

    case: Case
    recorded: Recorded | None
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Agenda:
    """One meeting and what it has before it, in its order: the cases from the `first` on (from 0),
    of `total`."""

    panel: StandingPanel
    meets_on: date
    first: int
    total: int
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class File:
    """All that a panel knows of a case."""

    panel: StandingPanel
    case: Case
    outcomes: tuple[Recorded, ...]
    ratings: tuple[Rating, ...]
    actions: tuple[Action, ...]


@dataclass(frozen=True)
class Meetings:
    """What may be seen and recorded, by whom."""

    panels: Panels
    directories: Directories

    async def coming(self, caller: Caller, work: Work) -> tuple[Coming, ...]:
        """The panels that the caller may see, with their next meetings."""
        directory = await self.directories.current(work.connection)
        today = london_day(work.now)
        listed = await self._unwalled(await store.listed(work.connection), caller, work)
        return tuple(
            Coming(
                panel,
                panel.on(today).panel.title,
                panel.next_meeting(today - _ONE_DAY),
                _counted(each for each in listed if (each.catalogue, each.panel) == panel.key),
            )
            for panel in self.panels.all
            if _sits_on(caller, panel, directory, today)
        )

    async def agenda(
        self,
        catalogue: str,
        panel_id: str,
        meets_on: date | None,
        caller: Caller,
        work: Work,
        *,
        first: int = 0,
        most: int | None = None,
    ) -> Agenda:
        """A meeting's agenda; of the next one, or today's, where no day is named. `most`: how many
        of its cases are read, from the `first` on; all where it is not said."""
        panel = await self._panel(catalogue, panel_id, caller, work)
        day = meets_on or panel.next_meeting(london_day(work.now) - _ONE_DAY)
        if day is None:
            raise Refused(404, "not-found", "This panel has no further meeting.")
        cases = await store.on_agenda(work.connection, catalogue, panel_id, day)
        if not cases and not panel.meetings(day, day):
            raise Refused(404, "not-found", "This panel has no meeting on that day.")
        every = agenda.in_order(await self._unwalled(cases, caller, work))
        cases = every[first:][:most]
        ids = [each.id for each in cases]
        recorded = {
            each.case_id: each
            for each in await store.outcomes(work.connection, ids)
            if each.meets_on == day
        }
        actions = await store.actions(work.connection, ids)
        self._record(cases, "panel agenda", caller, work)
        return Agenda(
            panel,
            day,
            first,
            len(every),
            tuple(
                Item(
                    case,
                    recorded.get(case.id),
                    tuple(each for each in actions if each.case_id == case.id),
                )
                for case in cases
            ),
        )

    async def file(self, case_id: UUID, caller: Caller, work: Work) -> File:
        """A case with everything that was recorded of it."""
        case = await store.case(work.connection, case_id)
        panel = await self._panel_of(case, caller, work)
        assert case is not None  # noqa: S101 - of none there is no panel
        self._record([case], "panel case", caller, work)
        return File(
            panel,
            case,
            tuple(await store.outcomes(work.connection, [case_id])),
            tuple(await store.ratings(work.connection, case_id)),
            await store.actions(work.connection, [case_id]),
        )

    async def list_by_hand(
        self, catalogue: str, panel_id: str, referral_id: UUID, caller: Caller, work: Work
    ) -> Case:
        """Put a referral on the agenda of the next meeting: a coordinator, or who has it on the
        panel's pathway.

        For what no rule lists: a route by hand, one that waited for the coordinator, a case that
        is to be heard again.
        """
        panel = await self._panel(catalogue, panel_id, caller, work)
        pathway = panel.on(london_day(work.now)).panel.pathway
        decided = await override_store.decided(work.connection, referral_id)
        theirs = "coordinator" in caller.roles or await store.holds(
            work.connection, caller.subject, referral_id, pathway
        )
        if decided is None or decided.decision["catalogue"]["name"] != catalogue or not theirs:
            raise NotAllowed("You have no referral of that number for this panel.")
        if panel.next_meeting(london_day(work.now)) is None:
            raise NotAllowed("The policy has no further meeting of this panel.")
        wanted = Wanted(
            catalogue=catalogue,
            panel=panel_id,
            pathway=pathway,
            kind=BY_HAND,
            triggers=tuple(decided.decision["marac_triggers"]),
            risk_level=decided.decision["risk_level"],
        )
        case = await list_case(panel, wanted, referral_id, work)
        if case is None:
            raise NotAllowed("The case is on the agenda already.")
        return case

    async def conclude(self, case_id: UUID, wish: OutcomeWish, caller: Caller, work: Work) -> Case:
        """Record what a meeting made of a case; a deferred one is listed for the next."""
        panel, case = await self._held(case_id, caller, work)
        today = london_day(work.now)
        after = agenda.concluded(
            case,
            wish.outcome,
            by=caller.subject,
            today=today,
            next_meeting=panel.next_meeting(max(today, case.meets_on)),
            keeps_in_view=panel.on(today).panel.rag,
        )
        recorded = Recorded(
            case.id, case.meets_on, wish.outcome, wish.note, caller.subject, work.now
        )
        await store.add_outcome(work.connection, recorded)
        await store.save_case(work.connection, after)
        tell_heard(case, recorded, work)
        if after.state == "listed":
            tell_listed(after, work)
        return after

    async def rate(self, case_id: UUID, wish: StatusWish, caller: Caller, work: Work) -> Case:
        """Give a case its status, with the reason."""
        panel, case = await self._held(case_id, caller, work)
        has_status = panel.on(london_day(work.now)).panel.rag
        after = agenda.rated(case, wish.rag, wish.reason, has_status=has_status)
        if (case.rag, case.rag_reason) == (after.rag, after.rag_reason):
            return case
        rating = Rating(wish.rag, wish.reason, caller.subject, work.now)
        await store.add_rating(work.connection, case.id, rating)
        told = CaseRated(
            panel=case.panel,
            case_id=case.id,
            referral_id=case.referral_id,
            rag=wish.rag,
            by=caller.subject,
        )
        work.emit(told, case.referral_id, about=str(case.id))
        return after

    async def give(
        self, case_id: UUID, wish: ActionWish, caller: Caller, work: Work
    ) -> tuple[Action, Case]:
        """Give somebody something to do. The same again, while it is open, is the same action."""
        panel, case = await self._held(case_id, caller, work)
        if case.state == "withdrawn":
            raise NotAllowed("The case has been withdrawn: nobody is given anything to do for it.")
        directory = await self.directories.current(work.connection)
        if directory.practitioner(wish.owner) is None:
            raise NotAllowed("Nobody in the directory has this id.")
        if await walled_off(work.connection, wish.owner, [case.referral_id]):
            raise NotAllowed("The owner may not work on this case: choose somebody else.")
        today = london_day(work.now)
        check_day(wish.due_on, today)
        for each in await store.actions(work.connection, [case.id]):
            same = (each.text, each.owner, each.due_on) == (wish.text, wish.owner, wish.due_on)
            if same and each.done_at is None:
                return each, case
        action = Action(
            id=derived_id(work.cause, ActionSet.TYPE, str(case.id)),
            case_id=case.id,
            text=wish.text,
            owner=wish.owner,
            due_on=wish.due_on,
            set_by=caller.subject,
            set_at=work.now,
            due_at=first_firing(wish.due_on, panel.on(today).office),
        )
        await store.add_action(work.connection, action)
        told = ActionSet(
            panel=case.panel,
            case_id=case.id,
            referral_id=case.referral_id,
            action_id=action.id,
            owner=action.owner,
            due_on=action.due_on,
        )
        work.emit(told, case.referral_id, about=str(action.id))
        return action, case

    async def done(self, action_id: UUID, caller: Caller, work: Work) -> tuple[Action, Case]:
        """An action is done: so says its owner, whom it went up to, or who sits on the panel. Once
        is enough."""
        action = await store.held_action(work.connection, action_id)
        case = await store.case(work.connection, action.case_id) if action else None
        if action is None or not sees_to(action, caller.subject):
            await self._panel_of(case, caller, work)
        assert action is not None  # noqa: S101 - nor has none a panel
        assert case is not None  # noqa: S101 - every action has its case
        after = done(action, caller.subject, work.now)
        if after != action:
            await store.save_actions(work.connection, [after])
            told = ActionDone(
                panel=case.panel,
                case_id=case.id,
                referral_id=case.referral_id,
                action_id=action.id,
                by=caller.subject,
            )
            work.emit(told, case.referral_id, about=str(action.id))
        return after, case

    async def has_to_do_with(self, case_id: UUID, caller: Caller, work: Work) -> bool:
        """Whether the caller has, or had, anything to do or to see to for a case."""
        return any(
            sees_to(each, caller.subject)
            for each in await store.actions(work.connection, [case_id])
        )

    async def own_actions(self, caller: Caller, work: Work) -> tuple[tuple[Action, Case], ...]:
        """What the caller has still to do, or to see to."""
        found = await store.actions_of(work.connection, caller.subject)
        self._record([case for _, case in found], "panel actions", caller, work)
        return found

    async def _panel(
        self, catalogue: str, panel_id: str, caller: Caller, work: Work
    ) -> StandingPanel:
        """A panel that the caller sits on; Refused (404) for others' as for none."""
        panel = self.panels.find(catalogue, panel_id)
        directory = await self.directories.current(work.connection)
        if panel is None or not _sits_on(caller, panel, directory, london_day(work.now)):
            raise Refused(404, "not-found", NOT_YOURS)
        return panel

    async def _panel_of(self, case: Case | None, caller: Caller, work: Work) -> StandingPanel:
        """The panel of a case that the caller may see; Refused (404) as for none."""
        if case is None or not await self._unwalled([case], caller, work):
            raise Refused(404, "not-found", NOT_YOURS)
        return await self._panel(case.catalogue, case.panel, caller, work)

    async def _held(self, case_id: UUID, caller: Caller, work: Work) -> tuple[StandingPanel, Case]:
        case = await store.held_case(work.connection, case_id)
        panel = await self._panel_of(case, caller, work)
        assert case is not None  # noqa: S101 - of none there is no panel
        return panel, case

    async def _unwalled(
        self, cases: Iterable[Case], caller: Caller, work: Work
    ) -> tuple[Case, ...]:
        """The cases that the caller is not walled off from; that there are others is not told."""
        cases = tuple(cases)
        if "coordinator" in caller.roles:
            return cases
        ids = [each.referral_id for each in cases]
        walled = await walled_off(work.connection, caller.subject, ids)
        return tuple(each for each in cases if each.referral_id not in walled)

    @staticmethod
    def _record(cases: Iterable[Case], what: str, caller: Caller, work: Work) -> None:
        """That each referral was read is told before the answer leaves."""
        read = AccessRecorded(
            reader=caller.subject, roles=caller.roles, what=what, why="panel meeting"
        )
        for referral_id in sorted({each.referral_id for each in cases}):
            work.emit(read, referral_id, about=str(referral_id))


NOT_YOURS: Final = "Nothing of that address is for you to see."


def _counted(cases: Iterable[Case]) -> tuple[tuple[date, int], ...]:
    """How many cases are listed for which days, the earliest first."""
    return tuple(sorted(Counter(each.meets_on for each in cases).items()))


def _sits_on(caller: Caller, panel: StandingPanel, directory: Directory, today: date) -> bool:
    """Coordinators sit on every panel; a practitioner on those of her pathway's team."""
    if "coordinator" in caller.roles:
        return True
    team = directory.team(panel.catalogue, panel.on(today).team)
    return "practitioner" in caller.roles and caller.subject in {each.id for each in team}
