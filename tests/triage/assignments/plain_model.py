"""The life of assignments as plainly as it can be said, read from nothing but what is told.

It knows none of the code that it watches: it takes the events one by one, in their order, and says
what must hold of each. What it comes to must be what the tables say.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.events import roles_reversed
from tests.triage.assignments.small_triage import COORDINATORS, ROOM, TEAMS

LEVELS = ("practitioner", "stand_in", "coordinator", "contact")


@dataclass
class Person:
    """Whom a referral is about."""

    person: Any
    pair: Any
    role: str


@dataclass
class Case:
    """One assignment."""

    referral: str
    state: str = "new"
    pathway: str = ""
    holder: str | None = None
    offers: int = 0
    passed: set[str] = field(default_factory=set)
    due: datetime | None = None
    """When the clock fires that is told in an event; None: none runs, or it runs on by itself."""
    runs: bool = False
    first_contact_by: datetime | None = None
    attempts: int = 0
    reached: bool = False
    went_up_to: str | None = None
    by_name: str | None = None


@dataclass
class Model:
    """Every assignment, and what was ever done."""

    people: dict[str, Person] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Who was ever asked for which referral."""
    conflicts: set[tuple[str, Any]] = field(default_factory=set)
    fired: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    closed: set[str] = field(default_factory=set)
    """Referrals that are closed."""

    def hear(self, event: dict[str, Any], now: datetime) -> None:
        """Take in one event."""
        about: Callable[..., None] | None = getattr(
            self, f"on_{event['type'].replace('.', '_')}", None
        )
        if about is not None:
            about(event, self._case(event), now)

    def _case(self, event: dict[str, Any]) -> Case:
        if "assignment_id" not in event:
            return Case("")
        case = self.cases.setdefault(event["assignment_id"], Case(event["referral_id"]))
        assert case.state not in ("closed", "withdrawn"), "nothing comes after the end"
        case.pathway = event["pathway"]
        return case

    def on_assignment_offered(self, event: dict[str, Any], case: Case, now: datetime) -> None:
        """Somebody is asked; nobody else is any more."""
        who = event["practitioner_id"]
        case.offers += 1
        assert event["offer"] == case.offers, "offers are counted without a gap"
        assert case.state != "accepted", "what is accepted is not offered to another"
        if event["because"] in ("declined", "overdue", "place_came_free"):
            assert who not in case.passed, "who passed it on is not asked again"
        if case.went_up_to is not None:
            assert case.went_up_to == who, "who it went up to is offered it"
        if case.by_name is not None:
            assert case.by_name == who, "it goes to whom it was handed"
        self._may_have(who, case)
        if case.holder not in (None, who):
            case.passed.add(case.holder or "")
        case.state, case.holder, case.runs = "asked", who, True
        case.went_up_to = case.by_name = None
        case.due = _moment(event["acknowledge_by"])
        assert case.due > now, "there is time to answer"
        case.first_contact_by = _moment(event["first_contact_by"])
        assert case.first_contact_by >= case.due
        self.asked.append((who, case.referral))
        self.closed.discard(case.referral)

    def _may_have(self, who: str, case: Case) -> None:
        """The wall, and conflicts of interest."""
        about = self.people[case.referral]
        assert (who, about.person) not in self.conflicts, "a conflict of interest holds"
        if who in COORDINATORS or about.pair is None:
            return
        for other, referral in self.asked:
            them = self.people[referral]
            crossed = them.pair == roles_reversed(about.pair) and them.role == about.role
            if crossed or (them.pair == about.pair and them.role != about.role):
                assert who not in _near(other), f"the wall holds: {who}, {other}"

    def on_assignment_waitlisted(self, _: dict[str, Any], case: Case, __: datetime) -> None:
        """Nobody is asked."""
        assert case.holder is None and case.state in ("new", "free")  # noqa: PT018 - one claim
        case.state = "waiting"

    def on_assignment_accepted(self, event: dict[str, Any], case: Case, _: datetime) -> None:
        """Whoever was asked has it."""
        assert (case.state, case.holder) == ("asked", event["practitioner_id"])
        case.state, case.runs = "accepted", not case.reached
        case.due = None if case.reached else case.first_contact_by

    def on_assignment_declined(self, event: dict[str, Any], case: Case, _: datetime) -> None:
        """Whoever was asked has it no longer."""
        assert (case.state, case.holder) == ("asked", event["practitioner_id"])
        case.passed.add(event["practitioner_id"])
        case.state, case.holder, case.due, case.runs = "free", None, None, False

    def on_assignment_overdue(self, event: dict[str, Any], case: Case, now: datetime) -> None:
        """A clock fired: one that ran, that was due, and that never fired before."""
        assert case.holder == event["practitioner_id"]
        awaited = {"asked": "acknowledgement", "accepted": "first_contact"}[case.state]
        assert event["awaited"] == awaited
        due = _moment(event["due_at"])
        assert due <= now, "no clock fires early"
        assert case.runs and case.due in (None, due), "the clock that ran is the one that fired"  # noqa: PT018 - one claim
        clock = (event["assignment_id"], awaited, event["due_at"])
        self.fired[clock] += 1
        assert self.fired[clock] == 1, "no clock fires twice"
        case.due = None  # it goes on, and the tables say until when

    def on_assignment_escalated(self, event: dict[str, Any], case: Case, _: datetime) -> None:
        """It goes up; of a late contact somebody is told."""
        if event["awaited"] == "acknowledgement":
            case.went_up_to = event["practitioner_id"]
            if case.holder:
                case.passed.add(case.holder)
        else:
            assert case.state == "accepted"
            assert event["practitioner_id"] != case.holder

    def on_assignment_contact_attempted(
        self, event: dict[str, Any], case: Case, _: datetime
    ) -> None:
        """The holder tried."""
        case.attempts += 1
        assert (case.state, case.holder) == ("accepted", event["practitioner_id"])
        assert event["attempt"] == case.attempts
        case.reached = case.reached or event["reached"]
        if case.reached or case.attempts >= 3:
            case.runs = False
        case.due = None

    def on_assignment_transferred(self, event: dict[str, Any], case: Case, _: datetime) -> None:
        """It is handed on."""
        assert case.holder == event.get("practitioner_id")
        if event["to_pathway"] != event["pathway"]:
            case.pathway, case.attempts, case.reached = event["to_pathway"], 0, False
            case.passed = set()
        case.by_name = event.get("to_practitioner_id")
        case.state, case.holder, case.due, case.runs = "free", None, None, False

    def on_assignment_closed(self, event: dict[str, Any], case: Case, _: datetime) -> None:
        """It has ended."""
        assert (case.state, case.holder) == ("accepted", event["practitioner_id"])
        assert event["outcome"] != "unable_to_contact" or case.attempts >= 3
        case.state, case.due, case.runs = "closed", None, False

    def on_assignment_withdrawn(self, event: dict[str, Any], case: Case, _: datetime) -> None:
        """It no longer stands."""
        assert case.holder == event.get("practitioner_id")
        case.state, case.due, case.runs = "withdrawn", None, False

    def on_referral_closed(self, event: dict[str, Any], _: Case, __: datetime) -> None:
        """Nothing of it is open, and that is told once."""
        referral = event["referral_id"]
        assert referral not in self.closed
        self.closed.add(referral)

    def on_conflict_declared(self, event: dict[str, Any], _: Case, __: datetime) -> None:
        """Somebody may not work with a person."""
        self.conflicts.add((event["practitioner_id"], event["person_ref"]))

    def held(self, who: str) -> int:
        """How many cases somebody has."""
        return sum(
            case.holder == who and case.state in ("asked", "accepted")
            for case in self.cases.values()
        )

    def holds(self) -> None:
        """What must hold whenever nothing is going on."""
        for who, room in ROOM.items():
            assert self.held(who) <= room, f"{who} has no more than there is room for"
        for case in self.cases.values():
            assert case.state in ("asked", "accepted", "waiting", "closed", "withdrawn"), (
                "nothing is left lying between two people"
            )
            assert case.holder or case.state not in ("asked", "accepted")
        for referral in self.people:
            open_ones = [
                case
                for case in self.cases.values()
                if case.referral == referral and case.state not in ("closed", "withdrawn")
            ]
            assert bool(open_ones) != (referral in self.closed), "no referral ends in silence"
            pathways = [case.pathway for case in open_ones]
            assert len(pathways) == len(set(pathways)), "one assignment a pathway"


def _near(who: str) -> set[str]:
    """Somebody with everybody of their teams; a coordinator alone."""
    if who in COORDINATORS:
        return {who}
    return {who}.union(*(members for members in TEAMS.values() if who in members))


def _moment(said: str) -> datetime:
    return datetime.fromisoformat(said)
