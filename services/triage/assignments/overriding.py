"""A coordinator overrules the rules: routes by hand, or withdraws a route. Pure.

The decision stays as it was made; the override stands beside it, with who, when and why.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

from services.triage.assignments.planning import BY_HAND, Place, Standing
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
    pathway: str, policy: Policy, decision: Mapping[str, Any], standing: Sequence[Standing]
) -> Place:
    """The place to be filled. `decision`: as `route --json` has it.

    CannotOverride where the policy has no such pathway, where somebody is asked already, and where
    a safety block closed it: these protect somebody, and no single person overrules them here.
    """
    row = next((each for each in policy.pathways if each.id == pathway), None)
    if row is None:
        raise CannotOverride(
            "unknown-pathway", f"The policy that decided has no pathway {pathway}."
        )
    if any(each.pathway == pathway for each in standing):
        raise CannotOverride("already-offered", f"Somebody is asked for {pathway} already.")
    blocks = (c["blocked_by"] for c in decision["considered"] if c["pathway"] == pathway)
    if blocked_by := next(blocks, None):
        raise CannotOverride("safety-block", f"A safety block closes {pathway}: {blocked_by}.")
    return Place(pathway, BY_HAND, row.team)


def withdrawn_by_hand(pathway: str, standing: Sequence[Standing]) -> Standing:
    """The offer to be withdrawn; CannotOverride where nobody is asked for the pathway."""
    for each in standing:
        if each.pathway == pathway:
            return each
    raise CannotOverride("not-offered", f"Nobody is asked for {pathway}.")


def closed_by_hand(actions: Sequence[tuple[Action, str]]) -> Collection[str]:
    """The pathways whose last word by hand was to withdraw. `actions`: in the order of time."""
    last = {pathway: action for action, pathway in actions}
    return frozenset(pathway for pathway, action in last.items() if action == "withdraw")
