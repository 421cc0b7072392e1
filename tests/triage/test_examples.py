"""The example referrals come to what their catalogue must make of them."""

import pytest

from services.triage.policy.decide import decide
from services.triage.policy.decision import Decision
from tests.triage.cases import EXAMPLES, asked, example, facts_of, in_force, routed

NAMES = sorted(path.stem for path in EXAMPLES.glob("*.json"))


def _decided(name: str) -> Decision:
    document, expect = example(name)
    facts = facts_of(document)
    return decide(facts, in_force(expect["catalogue"], facts.made_at))


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_routed_as_expected(name: str) -> None:
    """Outcome, risk level, triggers, routes and suggestions are those that the example expects."""
    _, expect = example(name)

    decision = _decided(name)

    assert decision.outcome == expect["outcome"]
    assert decision.risk_level == expect["risk_level"]
    assert sorted(decision.marac_triggers) == expect["marac_triggers"]
    assert routed(decision) == expect["routes"]
    assert sorted(decision.suggestions) == expect["suggestions"]


@pytest.mark.parametrize("name", NAMES)
def test_an_example_asks_and_flags_as_expected(name: str) -> None:
    """What an example expects of asks, funding and bases holds, where it expects something."""
    _, expect = example(name)

    decision = _decided(name)

    to_confirm = [route.pathway for route in decision.routes if route.funding_to_confirm]
    bases = {route.pathway: list(route.bases) for route in decision.routes}
    assert set(expect.get("asks_include", [])) <= set(asked(decision))
    assert to_confirm == expect.get("funding_to_confirm", [])
    assert bases | expect.get("bases", {}) == bases


def test_there_are_twelve_examples() -> None:
    """No example is left out."""
    assert len(NAMES) == 12
