"""From a decision to who is asked: pure. What stands already is left alone where it still follows.

A referral that no rule could route, one whose route only a coordinator can make, and any task for
a coordinator bring an assignment to the coordinator on duty, so that no referral ends in silence.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.triage.policy.criteria import Verdict
from services.triage.policy.decision import Decision, Routed

COORDINATION: Final = "coordination"
"""The pathway of an assignment that asks a coordinator to look."""


BY_HAND: Final = "by_hand"
"""The kind of an assignment that a coordinator made: no rule withdraws it."""


@dataclass(frozen=True)
class Place:
    """One assignment to be made. `team` None: for the coordinator on duty."""

    pathway: str
    kind: str
    team: str | None


@dataclass(frozen=True)
class Standing:
    """An assignment that was offered for an earlier revision of the same referral."""

    assignment_id: UUID
    pathway: str
    kind: str
    practitioner_id: str


@dataclass(frozen=True)
class Plan:
    """What a decision asks for beside what stands: offers to make, and to withdraw with reasons."""

    offer: tuple[Place, ...]
    withdraw: tuple[tuple[Standing, str], ...]


def plan(
    decision: Decision, standing: Sequence[Standing] = (), closed: Collection[str] = ()
) -> Plan:
    """The plan for a decision, the first of a referral or of a later revision.

    A statutory route is never withdrawn by new information: the coordinator is asked instead.
    What a coordinator offered by hand stands; `closed`: what one withdrew is not offered again,
    but for the coordinator's own queue, or a later revision could end in silence.
    """
    wanted = {
        place.pathway: place
        for place in _places(decision)
        if place.pathway == COORDINATION or place.pathway not in closed
    }
    there = {each.pathway for each in standing}
    gone = [each for each in standing if each.pathway not in wanted and each.kind != BY_HAND]
    kept_by_law = [each for each in gone if each.kind == "statutory"]
    if kept_by_law:
        wanted.setdefault(COORDINATION, Place(COORDINATION, COORDINATION, None))
    return Plan(
        offer=tuple(place for name, place in wanted.items() if name not in there),
        withdraw=tuple(
            (each, _why_not(decision, each.pathway))
            for each in gone
            if each not in kept_by_law and each.pathway != COORDINATION
        ),
    )


def _places(decision: Decision) -> Iterable[Place]:
    for route in decision.routes:
        # Another borough's practitioners are no team of ours: the coordinator makes the transfer.
        by_hand = route.transfer_to is not None or route.waits_for_coordinator
        yield Place(route.pathway, route.kind, None if by_hand else route.team)
    tasks = any(task.for_ == "coordinator" for task in decision.tasks)
    if not isinstance(decision, Routed) or decision.stands_first or tasks:
        yield Place(COORDINATION, COORDINATION, None)


def _why_not(decision: Decision, pathway: str) -> str:
    """Why a pathway no longer follows, in the words of its criteria."""
    for each in decision.considered:
        if each.id != pathway:
            continue
        if each.blocked_by:
            return each.blocked_by
        if each.passed_over_for:
            return f"{each.passed_over_for} comes first"
        texts = [f.text for f in each.findings if f.verdict is not Verdict.MET]
        return "; ".join(texts) or "it no longer follows from what is known"
    return "the policy of the day has no such pathway"
