"""What to ask for, of whom, and what is never asked."""

from collections.abc import Sequence
from typing import Literal

from services.triage.policy.criteria import Case
from services.triage.policy.decision import Ask, Considered
from shared.facts import Facts, History

# Of the victim and the children nothing is asked of somebody who refers himself as perpetrator.
_OF_OTHERS = frozenset(
    {"children", "lives_with_perpetrator", "perpetrator_right_of_entry", "other_party_consents"}
)


def asks_for(
    considered: Sequence[Considered], case: Case, history: History | None, may_come_to_marac: bool
) -> tuple[Ask, ...]:
    """The missing facts, those that alone would settle a verdict first.

    A fact settles a pathway's verdict alone where nothing else is missing for it. A fact that was
    presumed is asked for too, and so is the other party of a victim whose earlier MARAC referrals
    cannot be looked up without a name; neither holds anything up.
    """
    settles: dict[str, list[str]] = {}
    for each in considered:
        if each.pathway.row.kind == "offer" or each.standing == "ineligible":
            continue
        for fact in (*each.asks, *each.presumed):
            settles.setdefault(fact, [])
        if len(each.asks) == 1:
            settles[each.asks[0]].append(each.id)
    if may_come_to_marac and history is not None and not history.pair_known:
        settles.setdefault("other_party", [])
    asks = [
        Ask(fact, tuple(pathways))
        for fact, pathways in settles.items()
        if not _is_withheld(fact, case.facts)
    ]
    return tuple(sorted(asks, key=lambda ask: (-len(ask.would_settle), ask.fact)))


def asks_go_to(facts: Facts) -> Literal["sender", "coordinator"]:
    """The sender; whoever refers himself or herself only by a channel that is marked safe."""
    if facts.team == "self" and not facts.a_channel_is_safe:
        return "coordinator"
    return "sender"


def _is_withheld(fact: str, facts: Facts) -> bool:
    if facts.role != "perpetrator" or facts.team != "self":
        return False
    if fact == "other_party.relationship":
        return False
    return fact in _OF_OTHERS or fact.split(".")[0] == "other_party"
