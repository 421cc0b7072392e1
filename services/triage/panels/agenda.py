"""What stands on a panel's agenda, and what a meeting makes of it. Pure.

    listed -> listed       deferred; or heard, where the panel keeps its people in view
    listed -> heard
    listed -> withdrawn    by the panel, or because it no longer follows from what is known

A case is one referral at one panel. While it is listed an amendment changes it; it is never listed
twice. What was heard, or taken off by a person, comes back for a new MARAC trigger alone.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID

from services.triage.assignments.life import NotAllowed
from services.triage.policy.risk import RiskLevel
from shared.events import PanelOutcome, Rag

CaseState = Literal["listed", "heard", "withdrawn"]

REPEAT: Final = "repeat"
BY_HAND: Final = "by_hand"
"""The kind of a case that a coordinator listed: no rule takes it off."""
NO_LONGER_FOLLOWS: Final = "it no longer follows from what is known"

_STAYS: Final = frozenset({"statutory", BY_HAND})
_RISK: Final[dict[str, int]] = {"high": 0, "medium": 1, "not_completed": 2, "standard": 3}
_RAG: Final[dict[Rag | None, int]] = {"red": 0, None: 1, "amber": 2, "green": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A referral on a panel's agenda.

    `kind`: that of the route that brought it here. `meets_on`: the meeting that it is listed for,
    or was last. `settled_by`: who recorded its last outcome; None where the rules did, or nobody.
    `rag`, `rag_reason`: its newest status, where the panel gives one.
    """

    id: UUID
    catalogue: str
    panel: str
    pathway: str
    kind: str
    referral_id: UUID
    meets_on: date
    triggers: tuple[str, ...]
    risk_level: RiskLevel
    state: CaseState
    listed_at: datetime
    settled_by: str | None = None
    rag: Rag | None = None
    rag_reason: str | None = None

    @property
    def repeat(self) -> bool:
        """Whether the same two were referred to a MARAC within the year before."""
        return REPEAT in self.triggers


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a decision asks of one panel."""

    catalogue: str
    panel: str
    pathway: str
    kind: str
    triggers: tuple[str, ...]
    risk_level: RiskLevel


@dataclass(frozen=True, slots=True)
class Listings:
    """What becomes of the agendas: cases to list, cases that changed, cases to take off."""

    new: tuple[Wanted, ...]
    changed: tuple[Case, ...]
    gone: tuple[Case, ...]


def listings(
    wanted: Sequence[Wanted], there: Sequence[Case], standing: Collection[str] = ()
) -> Listings:
    """What a decision, the first of a referral or a later one, makes of its cases.

    `there`: the referral's cases, the earliest first. `standing`: the pathways of assignments that
    stand whatever was decided (accepted, or made by hand): their cases stay, as statutory ones do.
    """
    newest = {(each.catalogue, each.panel): each for each in there}
    new, changed = [], []
    for one in wanted:
        case = newest.get((one.catalogue, one.panel))
        if case is not None and case.state == "listed":
            if (case.triggers, case.risk_level) != (one.triggers, one.risk_level):
                changed.append(replace(case, triggers=one.triggers, risk_level=one.risk_level))
        elif case is None or _comes_back(case, one):
            new.append(one)
    panels = {(one.catalogue, one.panel) for one in wanted}
    return Listings(
        tuple(new),
        tuple(changed),
        tuple(
            each
            for each in there
            if each.state == "listed"
            and (each.catalogue, each.panel) not in panels
            and each.kind not in _STAYS
            and each.pathway not in standing
        ),
    )


def _comes_back(case: Case, wanted: Wanted) -> bool:
    by_the_rules = case.state == "withdrawn" and case.settled_by is None
    return by_the_rules or not set(wanted.triggers) <= set(case.triggers)


def concluded(
    case: Case,
    outcome: PanelOutcome,
    *,
    by: str,
    today: date,
    next_meeting: date | None,
    keeps_in_view: bool,
) -> Case:
    """The case after a meeting dealt with it, or put it off; NotAllowed with the reason.

    `next_meeting`: the one after today and after that of the case. `keeps_in_view`: the panel
    looks at its people at every meeting until they are withdrawn, as one with a status does.
    """
    if case.state != "listed":
        raise NotAllowed(f"The case is on no agenda: {STATE_IN_WORDS[case.state]}.")
    if outcome == "heard" and today < case.meets_on:
        raise NotAllowed("The meeting has not been held yet.")
    case = replace(case, settled_by=by)
    if outcome == "withdrawn":
        return replace(case, state="withdrawn")
    if outcome == "heard" and not keeps_in_view:
        return replace(case, state="heard")
    if next_meeting is None:
        if outcome == "heard":
            return replace(case, state="heard")
        raise NotAllowed("The policy has no further meeting of this panel.")
    return replace(case, meets_on=next_meeting)


def rated(case: Case, rag: Rag, reason: str, *, has_status: bool) -> Case:
    """The case with another status. `has_status`: whether the panel gives one."""
    if not has_status:
        raise NotAllowed("The cases of this panel carry no status.")
    if case.state == "withdrawn":
        raise NotAllowed(f"The case is on no agenda: {STATE_IN_WORDS['withdrawn']}.")
    return replace(case, rag=rag, rag_reason=reason)


def in_order(cases: Iterable[Case]) -> tuple[Case, ...]:
    """As the meeting takes them: red first where there is a status, then by risk, repeats first.

    Who has no status yet comes after red: nobody has looked.
    """
    return tuple(
        sorted(
            cases,
            key=lambda each: (
                _RAG[each.rag],
                _RISK[each.risk_level],
                not each.repeat,
                each.listed_at,
                each.id,
            ),
        )
    )


STATE_IN_WORDS: Final[dict[CaseState, str]] = {
    "listed": "it is listed for a meeting",
    "heard": "it has been heard",
    "withdrawn": "it has been withdrawn",
}
