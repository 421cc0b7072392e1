"""Facts and decisions for the tests of triage, and the example referrals."""

import json
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from services.intake.deriving import derive_facts
from services.intake.reading import read_document
from services.triage.policy.decide import decide
from services.triage.policy.decision import Considered, Decision, Route
from services.triage.policy.library import Catalogue, Library, NoneInForce, load_library
from shared.facts import Facts, History
from shared.london import london_day

EXAMPLES = Path(__file__).parents[2] / "examples"
NOW = datetime(2026, 12, 1, tzinfo=UTC)

DAY = {
    "bromley": "2026-11-18T10:00:00+00:00",
    "bromley 2017": "2017-06-07T10:00:00+00:00",
    "barnet": "2013-11-20T10:00:00+00:00",
}
"""A Wednesday morning in the time of each catalogue."""


VICTIM: dict[str, Any] = {
    "age": 30,
    "gender": "female",
    "district": "BR5",
    "risk_score": 10,
    "consent_status": "given",
    "relationship": "intimate_partner",
    "children": (),
    "needs": (),
    "wants": (),
}
"""A victim in Bromley of whom enough is known: an IDSVA takes her."""


@cache
def library() -> Library:
    """The catalogues that ship."""
    return load_library()


def example(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """An example's document and what is expected of it."""
    read = json.loads((EXAMPLES / f"{name}.json").read_bytes())
    return read["document"], read["expect"]


def facts_of(document: dict[str, Any]) -> Facts:
    """The facts that intake derives from a document."""
    return derive_facts(read_document(json.dumps(document).encode(), NOW))


def in_force(catalogue: str, made_at: datetime) -> Catalogue | NoneInForce:
    """The catalogue of a borough on London's day of a referral."""
    return library().in_force(catalogue.split()[0], london_day(made_at))


def facts(catalogue: str = "bromley", **known: Any) -> Facts:
    """Facts by their names in `Facts`: those given, and the few that no referral lacks."""
    least: dict[str, Any] = {
        "made_at": DAY[catalogue],
        "agency": "met-police",
        "team": "police_response",
        "route": "system",
        "role": "victim",
        "concerns": ("domestic_abuse",),
    }
    return Facts.model_validate(least | known)


def decided(
    catalogue: str = "bromley",
    history: History | None = None,
    on: date | None = None,
    **known: Any,
) -> Decision:
    """The decision on `facts(...)` by the catalogue of its day."""
    given = facts(catalogue, **known)
    return decide(given, in_force(catalogue, given.made_at), history, on=on)


def considered(decision: Decision, pathway: str) -> Considered:
    """What was made of one pathway."""
    return next(each for each in decision.considered if each.id == pathway)


def standing(decision: Decision, pathway: str) -> str:
    """A pathway's verdict, or "absent" where its row is not in force."""
    return next((each.standing for each in decision.considered if each.id == pathway), "absent")


def routed(decision: Decision) -> list[str]:
    """The pathways of a decision's routes, in alphabetical order."""
    return sorted(route.pathway for route in decision.routes)


def asked(decision: Decision) -> list[str]:
    """The facts that a decision asks for, in their order."""
    return [ask.fact for ask in decision.asks]


def route_of(pathway: str, catalogue: str = "bromley", **known: Any) -> Route:
    """The route to a pathway that a decision on these facts makes."""
    decision = decided(catalogue, **known)
    return next(route for route in decision.routes if route.pathway == pathway)
