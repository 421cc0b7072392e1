"""What ought to happen to a referral: audit's own table holds against what triage really tells."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest

from deploy.simulation.quarter import SINCE, UNTIL, Quarter, staffed
from deploy.simulation.referrals import Referrals
from services.audit.whole.completeness import Finding, Noted
from services.audit.whole.expected import Awaited, awaited, late
from shared.bus.work import Work
from shared.events import (
    AssignmentAccepted,
    AssignmentClosed,
    AssignmentOffered,
    Ended,
    EventData,
    ReferralClosed,
    ReferralReceived,
)
from tests.triage.cases import library

REFERRALS = 500
NINE = datetime(2026, 11, 16, 9, tzinfo=UTC)


def noted(referral: UUID, number: int, what: str, said: dict[str, Any], at: datetime) -> Noted:
    """An entry of intake's (of a revision) or of triage's."""
    producer = "intake" if what in ("referral.received", "referral.amended") else "triage"
    return Noted(number, uuid4(), what, producer, referral, number, at, at, said)


class Recorded(Quarter):
    """A simulated quarter that keeps the trail of each referral."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.trails: defaultdict[UUID, list[Noted]] = defaultdict(list)

    def note(self, referral: UUID, what: str, said: dict[str, Any]) -> None:
        trail = self.trails[referral]
        trail.append(noted(referral, len(trail) + 1, what, said, self.now))

    async def _triage(self, referral: ReferralReceived, work: Work) -> None:
        kind = "referral.amended" if referral.revision > 1 else "referral.received"
        for what in (kind, "referral.triaged"):
            self.note(referral.referral_id, what, {"revision": referral.revision})
        await super()._triage(referral, work)

    def _hear(self, event: EventData, event_id: UUID) -> None:
        if referral := getattr(event, "referral_id", None):
            self.note(referral, event.TYPE, event.model_dump(mode="json", exclude_none=True))
        super()._hear(event, event_id)


async def test_nothing_is_found_on_what_triage_tells() -> None:
    """At no moment of a simulated quarter: accepted, passed on, late, handed on, amended, waiting,
    closed; and what was waited for came before it was late."""
    random = Random(6)  # noqa: S311 - made up
    coming = tuple(Referrals(random).between(SINCE, UNTIL, REFERRALS))
    quarter = Recorded(library(), staffed(coming, library(), random), random)
    await quarter.run(coming)

    kinds = {each.type for trail in quarter.trails.values() for each in trail}
    assert len(quarter.trails) > REFERRALS * 0.9
    assert kinds >= {"assignment.transferred", "assignment.overdue", "assignment.declined"}
    assert kinds >= {"referral.amended", "assignment.waitlisted", "referral.closed"}
    for trail in quarter.trails.values():
        for end in range(1, len(trail) + 1):
            until = trail[end].time if end < len(trail) else UNTIL
            assert _found(trail[:end], until) == []


def _found(trail: Sequence[Noted], now: datetime) -> list[Finding]:
    waiting, wrong = awaited(trail)
    return wrong + late(waiting, trail[0].subject, now)


def life() -> list[Noted]:
    """A referral from its first event to the last, an hour apart."""
    referral, one = uuid4(), uuid4()
    of = {"assignment_id": one, "referral_id": referral, "pathway": "idsva"}
    by = {"practitioner_id": "p-1"}
    offered = AssignmentOffered(
        **of,
        **by,
        urgent=True,
        acknowledge_by=NINE + timedelta(hours=4),
        first_contact_by=NINE + timedelta(hours=8),
    )
    told: list[EventData] = [
        offered,
        AssignmentAccepted(**of, **by),
        AssignmentClosed(**of, **by, outcome="engaged"),
        ReferralClosed(referral_id=referral, ended=(Ended(pathway="idsva", outcome="engaged"),)),
    ]
    decided = [("referral.received", {"revision": 1}), ("referral.triaged", {"revision": 1})]
    said = [*decided, *((each.TYPE, each.model_dump(mode="json")) for each in told)]
    return [
        noted(referral, at + 1, what, data, NINE + timedelta(minutes=10 * at))
        for at, (what, data) in enumerate(said)
    ]


def test_a_whole_life_waits_for_nothing() -> None:
    """Once it is closed."""
    assert awaited(life()) == ([], [])


@pytest.mark.parametrize("kept", range(1, 6))
def test_a_tail_that_was_cut_is_missed(kept: int) -> None:
    """Wherever the trail of a referral ends before its end, something is waited for."""
    assert _found(life()[:kept], NINE + timedelta(days=1)) != []


@pytest.mark.parametrize(
    ("gone", "what"),
    [
        (0, "that revision 1 came"),
        (1, "the decision on revision 1"),
        (2, "came while it was new"),
        (3, "came while it was asked"),
        (4, "closed while work on it was open"),
    ],
)
def test_a_step_that_is_left_out_is_noticed(gone: int, what: str) -> None:
    """Even by somebody who numbers the rest anew."""
    trail = life()
    del trail[gone]

    found = _found(trail, NINE + timedelta(days=1))

    assert any(what in each.detail for each in found)


@pytest.mark.parametrize(
    "lack",
    [
        lambda each: Noted(*(*_fields(each)[:8], None)),
        lambda each: Noted(*(*_fields(each)[:5], None, *_fields(each)[6:])),
    ],
)
def test_what_cannot_be_judged_is_let_be(lack: Callable[[Noted], Noted]) -> None:
    """Where content is destroyed, or an event came before numbers were kept."""
    trail = life()[:3]
    trail[1] = lack(trail[1])
    assert awaited(trail) == ([], [])


def _fields(each: Noted) -> tuple[Any, ...]:
    return tuple(getattr(each, name) for name in Noted.__slots__)


def test_what_is_due_is_told_in_words() -> None:
    """With the assignment, where it is about one."""
    waiting, _ = awaited(life()[:3])
    (one,) = waiting
    assert isinstance(one, Awaited)
    assert one.what.startswith("an answer to offer 1 (")
    assert one.due == NINE + timedelta(hours=5)
