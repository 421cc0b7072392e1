"""Lawful to share, agreed, given: every status, and consent for the young."""

from typing import Any

import pytest

from services.triage.policy.consent import ConsentRule, OwnConsent, consent_judge
from services.triage.policy.decide import open_case
from services.triage.policy.library import Catalogue
from tests.triage.cases import facts, in_force

Y, N, U = "met", "not_met", "unknown"
RULES: tuple[ConsentRule, ...] = ("lawful_to_share", "agreed", "given")


def _found(rule: ConsentRule, known: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    given = facts(**known)
    catalogue = in_force("bromley", given.made_at)
    assert isinstance(catalogue, Catalogue)
    found = consent_judge(rule, OwnConsent(from_age=16))(open_case(given, catalogue))
    return found.verdict.value, found.asks


ADULT: dict[str, Any] = {"age": 30, "risk_score": 10}
YOUNG: dict[str, Any] = {"age": 15, "risk_score": 10}
HIGH: dict[str, Any] = {"risk_score": 14}
OVERRIDE: dict[str, Any] = {"consent_override": True}


def _status(status: str, giver: str | None = None) -> dict[str, Any]:
    return {"consent_status": status} | ({"consent_given_by": giver} if giver else {})


@pytest.mark.parametrize(
    ("known", "verdicts"),
    [
        (ADULT | _status("given"), (Y, Y, Y)),
        (ADULT | _status("refused"), (N, N, N)),
        (ADULT | _status("not_sought"), (U, U, U)),
        (ADULT | _status("not_possible"), (U, U, U)),
        (ADULT, (U, U, U)),
        (ADULT | OVERRIDE, (Y, Y, U)),
        (ADULT | OVERRIDE | _status("refused"), (Y, Y, N)),
        (ADULT | HIGH | _status("refused"), (Y, N, N)),
        (ADULT | HIGH | _status("not_possible"), (Y, U, U)),
        (ADULT | HIGH, (Y, U, U)),
        (ADULT | _status("refused") | {"police_callouts_12m": 3}, (Y, N, N)),
        (ADULT | _status("given", "deputy"), (Y, Y, Y)),
        (YOUNG | _status("given"), (U, U, U)),
        (YOUNG | _status("given", "person"), (Y, Y, Y)),
        (YOUNG | _status("given", "parental_responsibility"), (Y, Y, Y)),
        (YOUNG | _status("given", "deputy"), (N, N, N)),
        (YOUNG | _status("given", "deputy") | OVERRIDE, (Y, Y, N)),
        (YOUNG | _status("given", "deputy") | HIGH, (Y, N, N)),
        (YOUNG | {"age": 16} | _status("given"), (Y, Y, Y)),
        ({"role": "child", "risk_score": 10} | _status("given"), (U, U, U)),
        ({"role": "child", "risk_score": 10} | _status("given", "person"), (Y, Y, Y)),
        ({"role": "child", "age": 17, "risk_score": 10} | _status("given"), (Y, Y, Y)),
        ({"role": "young_person", "risk_score": 10} | _status("given"), (Y, Y, Y)),
    ],
)
def test_the_three_rules(known: dict[str, Any], verdicts: tuple[str, str, str]) -> None:
    """Lawful to share, agreed and given, in this order."""
    assert tuple(_found(rule, known)[0] for rule in RULES) == verdicts


@pytest.mark.parametrize(
    ("known", "asks"),
    [
        (ADULT, ("consent.status",) * 3),
        (ADULT | _status("not_sought"), ("consent.status",) * 3),
        (
            ADULT | _status("not_possible"),
            ("consent.override", "consent.override", "consent.status"),
        ),
        (YOUNG | _status("given"), ("consent.given_by",) * 3),
    ],
)
def test_what_each_rule_asks_for(known: dict[str, Any], asks: tuple[str, str, str]) -> None:
    """An override where consent is not possible, who gave it where that is not said."""
    assert tuple(_found(rule, known)[1] for rule in RULES) == tuple((each,) for each in asks)
