"""The life of one assignment: a referral on a pathway, from the first offer to the outcome. Pure.

    waitlisted -> offered -> accepted -> closed
                  offered -> escalated -> accepted         nobody answered in time: it goes up
    withdrawn: from any but closed, where a revision or a coordinator takes it back

An assignment begins on the waiting list, and comes back to it for as long as nobody is asked: when
its holder passed it on, and the next is found in the same transaction. It keeps its id through
every offer, transfer and escalation, and has one holder at most: who is asked, or who has accepted.
`TRANSITIONS` is the one table of what may follow what.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from shared.events import Awaited, Level, Outcome


class State(StrEnum):
    """Where an assignment is. `escalated` is an offer that has gone up at least one level."""

    WAITLISTED = "waitlisted"
    OFFERED = "offered"
    ESCALATED = "escalated"
    ACCEPTED = "accepted"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


Act = Literal[
    "wait",
    "offer",
    "escalate",
    "accept",
    "decline",
    "contact",
    "fall_late",
    "transfer",
    "close",
    "withdraw",
]

ASKED: Final = frozenset({State.OFFERED, State.ESCALATED})
OPEN: Final = ASKED | {State.WAITLISTED, State.ACCEPTED}
HELD: Final = ASKED | {State.ACCEPTED}
"""The states in which it has a holder, in whose caseload it counts."""

TRANSITIONS: Final[dict[Act, dict[State, frozenset[State]]]] = {
    # Whom nobody has room for waits.
    "wait": {State.WAITLISTED: frozenset({State.WAITLISTED})},
    "offer": dict.fromkeys(ASKED | {State.WAITLISTED}, frozenset({State.OFFERED})),
    "escalate": dict.fromkeys(ASKED | {State.WAITLISTED}, frozenset({State.ESCALATED})),
    "accept": dict.fromkeys(ASKED, frozenset({State.ACCEPTED})),
    "decline": dict.fromkeys(ASKED, frozenset({State.WAITLISTED})),
    "contact": {State.ACCEPTED: frozenset({State.ACCEPTED})},
    # The clock fired, and the holder stays: of a late contact, and where nobody is left to ask.
    "fall_late": {state: frozenset({state}) for state in HELD},
    "transfer": dict.fromkeys(OPEN, frozenset({State.WAITLISTED})),
    "close": {State.ACCEPTED: frozenset({State.CLOSED})},
    "withdraw": dict.fromkeys(OPEN, frozenset({State.WITHDRAWN})),
}
"""For each act, the states it may be done in, and what may follow."""

LEVELS: Final[tuple[Level, ...]] = ("practitioner", "stand_in", "coordinator", "contact")


class NotAllowed(Exception):
    """What is asked for cannot be done now; `reason` in words for the one who asked."""

    def __init__(self, reason: str) -> None:
        super().__init__("not allowed")
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One assignment as it stands. All times are UTC.

    `catalogue` and `team`: who takes it; no team: the coordinator. `holder`: a practitioner's id.
    `because`: why this holder, in words. `offer` counts the offers. `passed`: who declined it or
    let it pass, and is not asked again. `awaited` and `due_at`: the one clock that runs, and when
    it fires. `late`: how far up a late first contact has been told. `attempts`: to reach the
    person. `steps` counts all that was ever done with it.
    """

    id: UUID
    referral_id: UUID
    pathway: str
    kind: str
    catalogue: str | None = None
    team: str | None
    urgent: bool
    state: State
    level: Level = "practitioner"
    holder: str | None = None
    because: str = ""
    offer: int = 0
    passed: tuple[str, ...] = ()
    waiting_since: datetime | None = None
    offered_at: datetime | None = None
    acknowledge_by: datetime | None = None
    first_contact_by: datetime | None = None
    awaited: Awaited | None = None
    due_at: datetime | None = None
    late: Level | None = None
    accepted_at: datetime | None = None
    attempts: int = 0
    reached: bool = False
    closed_at: datetime | None = None
    outcome: Outcome | None = None
    withdrawn_because: str | None = None
    steps: int = 0

    @property
    def is_open(self) -> bool:
        """Whether anybody still waits for it, is asked, or works on it."""
        return self.state in OPEN

    @property
    def cannot_wait(self) -> bool:
        """Whether it goes on to others, or to the coordinator, where nobody of its team is free."""
        return self.urgent or self.kind == "statutory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One act in an assignment's history, and what it made of it.

    `by`: who did it; None: the rules or the clock. `reason`: a code or our own words. `reached`: of
    a contact. `note`: somebody's words, which stay here.
    """

    assignment_id: UUID
    number: int
    at: datetime
    act: Act
    state: State
    level: Level
    pathway: str
    holder: str | None
    by: str | None = None
    reason: str | None = None
    reached: bool | None = None
    note: str | None = None


def moved(one: Assignment, act: Act, to: State, **changes: object) -> Assignment:
    """`one` after an act; NotAllowed where the table has no such transition."""
    if to not in TRANSITIONS[act].get(one.state, frozenset()):
        raise NotAllowed(f"{_ACT_IN_WORDS[act]} is not possible: {IN_WORDS[one.state]}.")
    return replace(one, state=to, steps=one.steps + 1, **changes)  # type: ignore[arg-type]  # named by our own callers


IN_WORDS: Final[dict[State, str]] = {
    State.WAITLISTED: "it is on the waiting list, and nobody is asked yet",
    State.OFFERED: "somebody is asked, and has not answered yet",
    State.ESCALATED: "nobody answered in time, and it has gone up",
    State.ACCEPTED: "it has been accepted",
    State.CLOSED: "it is closed",
    State.WITHDRAWN: "it has been withdrawn",
}

_ACT_IN_WORDS: Final[dict[Act, str]] = {
    "wait": "Putting it on the waiting list",
    "offer": "Offering it",
    "escalate": "Taking it up a level",
    "accept": "Accepting",
    "decline": "Passing it on",
    "contact": "Recording a contact",
    "fall_late": "Telling that it is late",
    "transfer": "Handing it on",
    "close": "Closing",
    "withdraw": "Withdrawing",
}
