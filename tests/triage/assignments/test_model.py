"""No sequence of events, duplicates, answers, waits and restarts leads to two holders, to a lost
assignment, to a clock that fires twice or never, past anybody's room, or across the wall.

The real parts on a real database, against the plain model.
"""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any
from uuid import UUID

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.ext.asyncio import create_async_engine

from services.triage.assignments.assigning import NotYours
from services.triage.assignments.life import TRANSITIONS, Assignment, NotAllowed, State
from services.triage.assignments.sql_book import SqlBook
from shared.bus.consumer import Received
from tests.servers import Database
from tests.triage.assignments.plain_model import Model, Person
from tests.triage.assignments.small_triage import (
    COORDINATORS,
    HIGH,
    MENTORED,
    PERPETRATOR,
    ROOM,
    STANDARD,
    YOUNG,
    Triage,
    empty,
    received,
)
from tests.triage.cases import VICTIM

KINDS = (VICTIM, HIGH, YOUNG, STANDARD, MENTORED, PERPETRATOR)
PAIRS = (None, UUID(int=0x10), UUID(int=0x11), UUID(int=0x20))
WHO = (*ROOM, *COORDINATORS)
ANY = st.integers(0, 10_000)
PATHWAYS = ("refuge", "mentoring", "community_outreach", "dvpp", "restorative_justice")

STATES = {
    State.WAITLISTED: "waiting",
    State.OFFERED: "asked",
    State.ESCALATED: "asked",
    State.ACCEPTED: "accepted",
    State.CLOSED: "closed",
    State.WITHDRAWN: "withdrawn",
}


class Life(RuleBasedStateMachine):
    """What may happen, in any order."""

    database: Database

    def __init__(self) -> None:
        """Nothing has happened yet."""
        super().__init__()
        self.runner = asyncio.Runner()
        self.triage = Triage(create_async_engine(self.database.url("triage")))
        self.model = Model()
        self.heard = 0
        self.messages: list[Received] = []
        self.revisions: dict[UUID, int] = {}
        self.pairs: dict[UUID, UUID | None] = {}
        self.ones: dict[UUID, Assignment] = {}
        self._run(empty(self.database))

    def teardown(self) -> None:
        """Leave no connection behind."""
        self._run(self.triage.engine.dispose())
        self.runner.close()

    def _run(self, coming: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(coming)

    @rule(
        which=st.lists(
            st.tuples(st.sampled_from(KINDS), st.sampled_from(PAIRS), st.integers(0, 2)),
            min_size=1,
            max_size=3,
        )
    )
    def refer(self, which: list[tuple[dict[str, Any], UUID | None, int]]) -> None:
        """Referrals come, in one transaction."""
        for kind, pair, person in which:
            referral, about = UUID(int=1000 + len(self.revisions)), UUID(int=person)
            self.revisions[referral], self.pairs[referral] = 1, pair
            self.messages.append(
                received(referral, kind, pair=pair, person=about, event_id=self._next_id())
            )
            role = kind.get("role", "victim")
            self.model.people[str(referral)] = Person(str(about), pair, role)
        self._run(self.triage.hear(*self.messages[-len(which) :]))

    @precondition(lambda self: self.revisions)
    @rule(which=ANY, kind=st.sampled_from(KINDS))
    def amend(self, which: int, kind: dict[str, Any]) -> None:
        """Its sender says something else; what sort of person it is stays."""
        referral = _pick(list(self.revisions), which)
        about = self.model.people[str(referral)]
        if kind.get("role", "victim") != about.role:
            return
        self.revisions[referral] += 1
        revision = self.revisions[referral]
        pair, person = self.pairs[referral], UUID(about.person)
        message = received(
            referral, kind, revision=revision, pair=pair, person=person, event_id=self._next_id()
        )
        self.messages.append(message)
        self._run(self.triage.hear(message))

    def _next_id(self) -> UUID:
        """The same in every run of one example, since what is chosen goes by ids in the end."""
        return UUID(int=2000 + len(self.messages))

    @precondition(lambda self: self.messages)
    @rule(which=ANY)
    def again(self, which: int) -> None:
        """A message is delivered once more, and nothing happens."""
        self._catch_up()
        self._run(self.triage.hear(_pick(self.messages, which)))
        assert not self._new_events()

    @precondition(lambda self: self.ones)
    @rule(which=ANY, who=st.sampled_from(("holder", "holder", *WHO)))
    def accept(self, which: int, who: str) -> None:
        """Somebody takes it, rightly or not."""
        one = self._one(which)
        self._try(self.triage.accept(one, one.holder if who == "holder" else who), one, who)

    @precondition(lambda self: self.ones)
    @rule(
        which=ANY,
        who=st.sampled_from(("holder", "holder", *WHO)),
        reason=st.sampled_from(("no_room", "away", "conflict_of_interest")),
    )
    def decline(self, which: int, who: str, reason: str) -> None:
        """Somebody passes it on."""
        one = self._one(which)
        if reason == "conflict_of_interest" and one.holder in COORDINATORS:
            return  # of two coordinators somebody must be left
        by = (one.holder or "") if who == "holder" else who
        self._try(self.triage.decline(one, reason, by), one, who)

    @precondition(lambda self: self.ones)
    @rule(which=ANY, reached=st.booleans())
    def contact(self, which: int, reached: bool) -> None:
        """The holder tries to reach the person."""
        one = self._one(which)
        self._try(self.triage.contact(one, reached), one)

    @precondition(lambda self: self.ones)
    @rule(
        which=ANY,
        who=st.sampled_from(("holder", "holder", *WHO)),
        outcome=st.sampled_from(("engaged", "unable_to_contact")),
    )
    def close(self, which: int, who: str, outcome: str) -> None:
        """Somebody ends it."""
        one = self._one(which)
        by = (one.holder or "") if who == "holder" else who
        self._try(self.triage.close(one, outcome, by), one, who)

    @precondition(lambda self: self.ones)
    @rule(
        which=ANY,
        by=st.sampled_from(("holder", *COORDINATORS)),
        to=st.sampled_from(WHO),
        pathway=st.none() | st.sampled_from(PATHWAYS),
    )
    def reassign(self, which: int, by: str, to: str, pathway: str | None) -> None:
        """Somebody hands it on, to whomever or to another pathway."""
        one = self._one(which)
        who = (one.holder or "") if by == "holder" else by
        there = None if pathway else to
        self._try(self.triage.reassign(one, who, to=there, pathway=pathway), one)

    @precondition(lambda self: self.ones)
    @rule(which=ANY)
    def declare(self, which: int) -> None:
        """A practitioner may not work with a person they have a case of."""
        one = self._one(which)
        if one.holder and one.holder not in COORDINATORS:
            self._try(self.triage.declare(one.referral_id, one.holder), one)

    @rule(hours=st.sampled_from((1, 3, 30, 200)), swept=st.sampled_from((True, True, False)))
    def time_passes(self, hours: int, swept: bool) -> None:
        """Clocks fire, each once, though two processes look; or nobody looks for a while."""
        self._catch_up()
        self.triage.now += timedelta(hours=hours)
        if not swept:
            return
        due = {one.id for one in self.ones.values() if one.due_at and self.triage.now >= one.due_at}
        self._run(_both(self.triage.sweeper().sweep(), self.triage.sweeper().sweep()))
        fired = [e for e in self._new_events() if e["type"] == "assignment.overdue"]
        assert {UUID(e["assignment_id"]) for e in fired} == due, "each that was due, and no other"
        assert len(fired) == len(due)

    def _try(self, act: Coroutine[Any, Any, Any], one: Assignment, who: str = "holder") -> None:
        """What is refused changes nothing; a stranger gets at nothing."""
        self._catch_up()
        stranger = who not in ("holder", one.holder, *COORDINATORS)
        try:
            self._run(act)
        except (NotAllowed, NotYours):
            assert not self._new_events()
        else:
            assert not stranger

    def _one(self, which: int) -> Assignment:
        return self.ones[_pick(sorted(self.ones), which)]

    def _new_events(self) -> list[dict[str, Any]]:
        return list(self._run(self.triage.told()))[self.heard :]

    def _catch_up(self) -> None:
        new = self._new_events()
        for event in new:
            self.model.hear(event, self.triage.now)
        self.heard += len(new)

    @invariant()
    def all_is_well(self) -> None:
        """The tables say what the events said, and everything holds."""
        self._catch_up()
        self.model.holds()
        self.ones = {one.id: one for one in self._run(self._everything())}
        assert {str(each) for each in self.ones} == self.model.cases.keys()
        for one in self.ones.values():
            case = self.model.cases[str(one.id)]
            assert (STATES[one.state], one.pathway) == (case.state, case.pathway)
            assert one.holder == case.holder
            assert (one.due_at is not None) == case.runs, "a clock runs, or none does"
            assert case.due in (None, one.due_at)
        assert self._places("refuge", at_once=True) <= 2
        assert self._places("mentoring", at_once=False) <= 2

    def _places(self, pathway: str, *, at_once: bool) -> int:
        """The places of a programme that are taken."""
        over = (State.WAITLISTED, State.WITHDRAWN, *((State.CLOSED,) if at_once else ()))
        return sum(
            one.pathway == pathway
            and one.state not in over
            and one.level in ("practitioner", "stand_in")
            and (at_once or (one.offered_at is not None and _year(one.offered_at) == self._now))
            for one in self.ones.values()
        )

    @property
    def _now(self) -> int:
        return _year(self.triage.now)

    async def _everything(self) -> list[Assignment]:
        """All assignments, each with a history that leads to where it is."""
        found = []
        async with self.triage.engine.connect() as connection:
            book = SqlBook(connection)
            for referral in self.revisions:
                for one in await book.of_referral(referral):
                    await _replays(one, book)
                    found.append(one)
        return found


async def _replays(one: Assignment, book: SqlBook) -> None:
    """Step by step through the table of transitions, to the present."""
    history = await book.steps(one.id)
    assert [step.number for step in history] == list(range(1, one.steps + 1))
    state = State.WAITLISTED
    for step in history:
        assert step.state in TRANSITIONS[step.act].get(state, ()), "the table allows each step"
        state = step.state
    last = history[-1]
    assert (last.state, last.pathway, last.level) == (one.state, one.pathway, one.level)
    assert last.holder == one.holder
    assert sum(step.act in ("offer", "escalate") for step in history) == one.offer


async def _both(one: Coroutine[Any, Any, int], other: Coroutine[Any, Any, int]) -> None:
    await asyncio.gather(one, other)


def _pick(them: list[Any], which: int) -> Any:
    return them[which % len(them)]


def _year(when: Any) -> int:
    """The year in which places are counted; near enough to London's midnight."""
    return int(when.year) if when.month >= 4 else int(when.year) - 1


# Eleven seconds on a quiet machine; a busy one is no failure.
@pytest.mark.timeout(600)
def test_the_life_of_assignments_against_a_plain_model(triage_tables: Database) -> None:
    """Whatever happens in whatever order, what must hold holds."""

    class OnTables(Life):
        database = triage_tables

    run_state_machine_as_test(
        OnTables,
        settings=settings(
            max_examples=12,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
