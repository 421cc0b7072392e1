"""Three months of referrals through the code that decides, offers, counts and escalates.

Nothing waits: the time is an argument, and goes on from one thing that happens to the next. What is
random follows from the seed, so that the same seed always makes the same quarter.
"""

import heapq
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from random import Random
from typing import Any, Final
from uuid import UUID

from deploy.simulation.figures import report
from deploy.simulation.ledger import Ledger
from deploy.simulation.people import People
from deploy.simulation.referrals import Referrals
from deploy.simulation.staff import invented
from deploy.simulation.world import FixedDirectory, simulated_unit
from services.triage.assignments.assigning import Assigning, NotYours
from services.triage.assignments.book import Referral
from services.triage.assignments.clocks import Clocks
from services.triage.assignments.life import NotAllowed
from services.triage.assignments.memory_book import MemoryBook
from services.triage.assignments.planning import groups, plan
from services.triage.directory.entries import Directory
from services.triage.policy.decide import decide
from services.triage.policy.decision import Decision
from services.triage.policy.library import Catalogue, Library, load_library
from services.triage.sweeping import DueClocks, FreePlaces, Sweeper
from shared import events as told
from shared.bus.work import Work
from shared.events import EventData, Outcome, ReferralReceived
from shared.london import LONDON, london_day
from shared.sign_in import Caller

SINCE: Final = datetime(2026, 10, 1, tzinfo=LONDON).astimezone(UTC)
UNTIL: Final = datetime(2027, 1, 1, tzinfo=LONDON).astimezone(UTC)
"""The clocks go back in it, and Christmas falls in it."""

_CLOCKS: Final = timedelta(minutes=15)
"""How often clocks are looked at; triage itself looks every second."""
_PLACES: Final = timedelta(hours=1)
_NOON: Final = 12
_AMENDED: Final = 0.03

Act = Callable[[Work], Awaitable[object]]
Happening = Callable[[], Awaitable[object]]


async def simulated(number: int, seed: int, directory: Directory | None = None) -> dict[str, Any]:
    """The figures of a quarter with so many referrals. `directory`: None for an invented one."""
    library = load_library()
    random = Random(seed)  # noqa: S311 - made up, and to be made up again
    coming = tuple(Referrals(random).between(SINCE, UNTIL, number))
    staff = directory or staffed(coming, library, random)
    quarter = Quarter(library, staff, random)
    await quarter.run(coming)
    return {"seed": seed, "referrals": number} | report(quarter.ledger, UNTIL)


def staffed(coming: Sequence[ReferralReceived], library: Library, random: Random) -> Directory:
    """A directory whose teams are about as large as what comes to them asks for."""
    demand: Counter[tuple[str, str]] = Counter()
    for referral in coming:
        policy = policy_of(referral, library)
        for place in plan(decide(referral.facts, policy, referral.history)).offer:
            if place.team:
                demand[policy.name, place.team] += 1
    return invented(random, demand, london_day(SINCE), (UNTIL - SINCE).days)


def policy_of(referral: ReferralReceived, library: Library) -> Catalogue:
    """Which policy decides: every invented person lives in one of the boroughs."""
    facts = referral.facts
    day = london_day(facts.made_at)
    found = library.deciding(referral.catalogues, facts.borough, facts.district, day)
    match found:
        case Catalogue():
            return found
        case _:
            raise LookupError("no policy is in force for an invented referral")


class Quarter:
    """A quarter as it goes by: what is to happen, in its order, and what people do about it."""

    def __init__(self, library: Library, directory: Directory, random: Random) -> None:
        """Before the first referral."""
        self.now = SINCE
        self.random = random
        self.library = library
        self.people = People(random, directory)
        rows = [
            (name, row)
            for name in library.names
            for row in library.versions(name)[-1].policy.pathways
        ]
        self.ledger = Ledger(
            directory,
            {(name, row.id): row.team for name, row in rows},
            {(name, row.id): row.capacity for name, row in rows if row.capacity},
        )
        self.book = MemoryBook()
        self.unit = simulated_unit(lambda: self.now, self._hear)
        self.assigning = Assigning(library, FixedDirectory(directory), lambda _: self.book)
        clocks = Clocks(library, FixedDirectory(directory), lambda _: self.book)
        self.clocks = Sweeper([DueClocks(self.unit, clocks).step])
        self.places = Sweeper([FreePlaces(self.unit, clocks).step])
        self._agenda: list[tuple[datetime, int, Happening]] = []
        self._numbers = count()
        self._planned: dict[UUID, datetime] = {}

    async def run(self, coming: Iterable[ReferralReceived]) -> None:
        """From the first moment to the last."""
        for referral in coming:
            late = timedelta(hours=3) * self.random.random() ** 3
            self._at(referral.facts.made_at + late, partial(self._receive, referral))
        self._at(SINCE, self._sweep_clocks)
        self._at(SINCE, self._sweep_places)
        while self._agenda and self._agenda[0][0] < UNTIL:
            self.now, _, happen = heapq.heappop(self._agenda)
            await happen()
        self.now = UNTIL
        await self.clocks.sweep()
        await self.places.sweep()
        self.ledger.close(UNTIL)
        if await self.book.due(UNTIL, ()):
            self.ledger.breaches.append("a clock did not fire")

    def _at(self, when: datetime, happen: Happening) -> None:
        heapq.heappush(self._agenda, (when, next(self._numbers), happen))

    async def _sweep_clocks(self) -> None:
        await self.clocks.sweep()
        self._at(self.now + _CLOCKS, self._sweep_clocks)

    async def _sweep_places(self) -> None:
        await self.places.sweep()
        if self.now.hour == _NOON:
            self.ledger.look(self.now)
        self._at(self.now + _PLACES, self._sweep_places)

    async def _do(self, act: Act) -> bool:
        """An act in a transaction of its own; False where it is refused."""
        try:
            async with self.unit.work(UUID(int=self.random.getrandbits(128))) as work:
                await act(work)
        except (NotAllowed, NotYours):
            return False
        return True

    async def _receive(self, referral: ReferralReceived) -> None:
        self.ledger.receive(referral)
        await self._do(partial(self._triage, referral))
        if self.random.random() < _AMENDED:
            # The sender says more: consent was given, and how high the risk is.
            score = referral.facts.risk_score or 16
            more = {"consent_status": "given", "risk_score": score}
            facts = referral.facts.model_copy(update=more)
            amended = referral.model_copy(update={"facts": facts, "revision": 2})
            later = self.now + timedelta(days=4) * self.random.random()
            self._at(later, partial(self._do, partial(self._triage, amended)))

    async def _triage(self, referral: ReferralReceived, work: Work) -> None:
        """What triage does when it hears of a referral, without keeping the decision."""
        policy = policy_of(referral, self.library)
        decision = decide(referral.facts, policy, referral.history)
        self.ledger.decide(referral.referral_id, policy.name, urgent=decision.urgent)
        kept = _kept(referral, decision, policy.name)
        wanted = plan(decision)
        if referral.revision > 1:
            before, standing = await self.assigning.before(referral.referral_id, work)
            wanted = plan(decision, standing, was_urgent=before.urgent)
            kept = replace(kept, closed_at=before.closed_at)
        await self.assigning.follow(kept, wanted, work)

    def _hear(self, event: EventData, event_id: UUID) -> None:
        """What people do about what happens."""
        self.ledger.hear(event, event_id, self.now)
        match event:
            case told.AssignmentOffered(assignment_id=one, practitioner_id=who):
                self._asked(one, who, event.acknowledge_by)
            case told.AssignmentOverdue(assignment_id=one, practitioner_id=who):
                # Where nobody else is asked, it reminds her.
                if event.awaited == "acknowledgement":
                    self._asked(one, who, self.now)
                elif self.people.minds():
                    self._try(one, who, self.now)
            case told.AssignmentAccepted():
                self._accepted(event)
            case told.AssignmentContactAttempted():
                self._attempted(event)

    def _asked(self, one: UUID, who: str, by_then: datetime) -> None:
        if answer := self.people.answer(who, by_then, self.now):
            by, declines = _caller(who), answer.declines

            async def say() -> None:
                if declines is None:
                    await self._do(lambda work: self.assigning.accept(one, by, work))
                else:
                    await self._do(
                        lambda work: self.assigning.decline(one, by, declines, None, work)
                    )

            self._at(answer.at, say)

    def _accepted(self, event: told.AssignmentAccepted) -> None:
        """Whoever takes it tries to reach the person; now and then, a colleague does."""
        one, who = event.assignment_id, event.practitioner_id
        colleague = self.people.colleague(who) if self.people.hands_on() else None
        if colleague is None:
            self._try(one, who)
            return
        hand_on = partial(self.assigning.reassign, to=colleague, pathway=None, note=None)

        async def to_colleague() -> None:
            if not await self._do(lambda work: hand_on(one, _caller(who), work)):
                self._try(one, who)

        self._at(self.now + timedelta(hours=1), to_colleague)

    def _try(self, one: UUID, who: str, by_then: datetime | None = None) -> None:
        """The next attempt to reach the person, instead of a later one that was planned before."""
        due = by_then or self.ledger.cases[one].first_contact_by or self.now
        attempt = self.people.attempt(who, due, self.now)
        planned = self._planned.get(one)
        if attempt is None or (planned and self.now < planned < attempt.at):
            return
        self._planned[one] = attempt.at

        async def contact() -> None:
            if self._planned.get(one) == attempt.at:
                by, how, reached = _caller(who), attempt.how, attempt.reached
                await self._do(
                    lambda work: self.assigning.contact(one, by, how, reached, None, work)
                )

        self._at(attempt.at, contact)

    def _attempted(self, event: told.AssignmentContactAttempted) -> None:
        """The work ends some time after the person was reached, or once it is given up."""
        one, who = event.assignment_id, event.practitioner_id
        if event.reached:
            if end := self.people.end(who, self.now):
                at, outcome = end
                self._at(at, partial(self._close, one, who, outcome))
        elif self.people.gives_up():
            self._at(self.now, partial(self._close, one, who, "unable_to_contact"))
        else:
            self._try(one, who)

    async def _close(self, one: UUID, who: str, outcome: Outcome) -> None:
        """Where it is too early to give up, it is tried again."""
        closed = await self._do(
            lambda work: self.assigning.close(one, _caller(who), outcome, None, work)
        )
        if not closed and outcome == "unable_to_contact":
            self._try(one, who)


def _kept(referral: ReferralReceived, decision: Decision, catalogue: str) -> Referral:
    return Referral(
        id=referral.referral_id,
        revision=referral.revision,
        person_ref=referral.person_ref,
        pair_ref=referral.pair_ref,
        catalogue=catalogue,
        measure=catalogue,
        made_on=london_day(referral.facts.made_at),
        role=referral.facts.role,
        team=referral.facts.team,
        language=referral.facts.language,
        urgent=decision.urgent,
        risk_level=decision.risk_level,
        next_in_group=groups(decision),
    )


def _caller(who: str) -> Caller:
    """As a practitioner: a coordinator who answers late answers for nobody else."""
    return Caller(who, ("practitioner",), None)
