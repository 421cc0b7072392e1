"""From a decision to who is asked: pure. What stands already is left alone where it still follows.

A referral that no rule could route, one whose route only a coordinator can make, and any task for
a coordinator bring an assignment to the coordinator on duty, so that no referral ends in silence.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.triage.assignments.life import State
from services.triage.policy.criteria import Verdict
from services.triage.policy.decision import Decision, Routed

COORDINATION: Final = "coordination"
"""The pathway of an assignment that asks a coordinator to look."""


BY_HAND: Final = "by_hand"
"""The kind of an assignment that a coordinator made: no rule withdraws it."""


@dataclass(frozen=True)
class Place:
    """One assignment to be made. `team` None: for the coordinator on duty. `group`: a lead
    pathway's; `alternatives`: what is eligible too and was passed over for it, in its order."""

    pathway: str
    kind: str
    team: str | None
    group: str | None = None
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True)
class Standing:
    """An open assignment that was made for an earlier revision of the same referral.

    `left`: the pathways from which somebody handed it on.
    """

    assignment_id: UUID
    pathway: str
    kind: str
    state: State
    left: frozenset[str] = frozenset()

    def answers(self, place: Place) -> bool:
        """Whether nobody else need be asked for a place, since this one stands."""
        if place.pathway == self.pathway:
            return True
        if place.pathway in self.left and place.pathway != COORDINATION:
            return True
        return self.kind == "lead" and self.pathway in place.alternatives


@dataclass(frozen=True)
class Plan:
    """What a decision asks for beside what stands: offers to make, and to withdraw with reasons.

    `hasten`: nobody has taken these yet, and the referral has become urgent since.
    """

    offer: tuple[Place, ...]
    withdraw: tuple[tuple[Standing, str], ...]
    hasten: tuple[Standing, ...] = ()


def plan(
    decision: Decision,
    standing: Sequence[Standing] = (),
    closed: Collection[str] = (),
    was_urgent: bool = False,
) -> Plan:
    """The plan for a decision, the first of a referral or of a later revision.

    A statutory route, and a lead route that somebody has accepted, are never withdrawn by new
    information: the coordinator is asked instead; and so where what somebody has accepted has
    become urgent since. What a coordinator offered by hand stands; `closed`: what one withdrew is
    not offered again, but for the coordinator's own queue, or a later revision could end in
    silence.
    """
    wanted = [
        place
        for place in _places(decision)
        if place.pathway == COORDINATION or place.pathway not in closed
    ]
    kept = [one for one in standing if any(one.answers(place) for place in wanted)]
    gone = [one for one in standing if one not in kept and one.kind != BY_HAND]
    protected = [one for one in gone if _is_protected(one)]
    groups = {_group(decision, one.pathway) for one in protected if one.kind == "lead"} - {None}
    hurried = [one for one in standing if decision.urgent and not was_urgent and one not in gone]
    taken_up = [one for one in hurried if one.state is State.ACCEPTED]
    if protected or taken_up:
        wanted.append(Place(COORDINATION, COORDINATION, None))
    offer = {
        place.pathway: place
        for place in wanted
        if not any(one.answers(place) for one in standing) and place.group not in groups
    }
    return Plan(
        offer=tuple(offer.values()),
        withdraw=tuple(
            (one, _why_not(decision, one.pathway))
            for one in gone
            if one not in protected and one.pathway != COORDINATION
        ),
        hasten=tuple(one for one in hurried if one not in taken_up),
    )


def groups(decision: Decision) -> dict[str, tuple[str, ...]]:
    """For a lead route and each eligible pathway that was passed over for it, all the others of
    them, in their order: where nobody of one has room, somebody of another is asked."""
    found: dict[str, tuple[str, ...]] = {}
    for route in decision.routes:
        if others := decision.next_of_group(route.pathway):
            eligible = (route.pathway, *others)
            found |= {each: tuple(p for p in eligible if p != each) for each in eligible}
    return found


def _places(decision: Decision) -> Iterable[Place]:
    for route in decision.routes:
        # Another borough's practitioners are no team of ours: the coordinator makes the transfer.
        if route.transfer_to is not None or route.waits_for_coordinator:
            yield Place(route.pathway, route.kind, None)
        else:
            group = _group(decision, route.pathway)
            others = decision.next_of_group(route.pathway)
            yield Place(route.pathway, route.kind, route.team, group, others)
    tasks = any(task.for_ == "coordinator" for task in decision.tasks)
    if not isinstance(decision, Routed) or decision.stands_first or tasks:
        yield Place(COORDINATION, COORDINATION, None)


def _is_protected(one: Standing) -> bool:
    return one.kind == "statutory" or (one.kind == "lead" and one.state is State.ACCEPTED)


def _group(decision: Decision, pathway: str) -> str | None:
    rows = (each.pathway.row for each in decision.considered)
    return next((row.group for row in rows if row.id == pathway), None)


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
