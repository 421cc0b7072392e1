"""A decision written out."""

import json

import pytest

from services.triage.policy.decide import decide
from tests.triage.cases import EXAMPLES, example, facts_of, in_force


@pytest.mark.parametrize("name", sorted(file.stem for file in EXAMPLES.glob("*.json")))
def test_the_text_is_that_of_the_json(name: str) -> None:
    """What is put together from pieces says exactly what the whole says."""
    document, expected = example(name)
    facts = facts_of(document)
    decision = decide(facts, in_force(expected["catalogue"], facts.made_at))
    assert json.loads(decision.as_route_text()) == decision.as_route_json()


def test_the_text_of_none_in_force() -> None:
    """A decision that considered nothing is written out too."""
    document, _ = example("12-policy-of-its-day")
    facts = facts_of(document | {"made_at": "2010-01-01T10:00:00+00:00"})
    decision = decide(facts, in_force("bromley", facts.made_at))
    assert json.loads(decision.as_route_text()) == decision.as_route_json()
