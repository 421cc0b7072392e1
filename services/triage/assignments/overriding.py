"""A coordinator overrules the rules: routes by hand, or withdraws a route. Pure.

The decision stays as it was made; the override stands beside it, with who, when and why.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from services.triage.assignments.life import Assignment
from services.triage.assignments.planning import BY_HAND, Place
from services.triage.policy.catalogue import Policy

Action = Literal["route", "withdraw"]


Obstacle = Literal["unknown-pathway", "already-offered", "not-offered", "safety-block"]


class CannotOverride(Exception):
    """What is asked for cannot be done; `reason` in words, `kind` for programs."""

    def __init__(self, kind: Obstacle, reason: str) -> None:
        super().__init__(kind)
        self.kind = kind
        self.reason = reason


def route_by_hand(
    pathway: str, policy: Policy, blocked: Mapping[str, str], there: Collection[str]
) -> Place:
    """The place to be filled. `blocked`: the pathways that a safety block closes, with its reason;
    `there`: those on which the referral has an assignment.

    CannotOverride where the policy has no such pathway, where somebody is asked already, and where
    a safety block closed it: these protect somebody, and no single person overrules them here.
    """
    row = next((each for each in policy.pathways if each.id == pathway), None)
    if row is None:
        raise CannotOverride(
            "unknown-pathway", f"The policy that decided has no pathway {pathway}."
        )
    if pathway in there:
        raise CannotOverride("already-offered", f"Somebody is asked for {pathway} already.")
    if blocked_by := blocked.get(pathway):
        raise CannotOverride("safety-block", f"A safety block closes {pathway}: {blocked_by}.")
    return Place(pathway, BY_HAND, row.team)


def withdrawn_by_hand(pathway: str, ones: Sequence[Assignment]) -> Assignment:
    """What is to be withdrawn; CannotOverride where nobody is asked for the pathway."""
    for one in ones:
        if one.pathway == pathway and one.is_open:
            return one
    raise CannotOverride("not-offered", f"Nobody is asked for {pathway}.")


def closed_by_hand(actions: Sequence[tuple[Action, str]]) -> Collection[str]:
    """The pathways whose last word by hand was to withdraw. `actions`: in the order of time."""
    last = {pathway: action for action, pathway in actions}
    return frozenset(pathway for pathway, action in last.items() if action == "withdraw")
