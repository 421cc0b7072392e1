"""The engine benchmark's own parts: the peers are given the same rules, and unlike referrals."""

import pytest

from services.triage.policy.library import Catalogue, load_library
from tests.performance.engine.measuring import ON
from tests.performance.engine.referrals import referrals
from tests.performance.engine.translating import Language, Translation


def bromley() -> Catalogue:
    """The catalogue that is measured."""
    found = load_library().in_force("bromley", ON)
    assert isinstance(found, Catalogue)
    return found


@pytest.mark.parametrize("language", ["zen", "cel"])
def test_every_criterion_is_translated(language: Language) -> None:
    """Each criterion of each pathway has an expression, which stands after its parts."""
    catalogue = bromley()
    translated = Translation(catalogue.policy, language)
    assert {row.id: len(row.criteria) for row in catalogue.policy.pathways} == {
        row: len(names) for row, names in translated.rows.items()
    }
    names = list(translated.expressions)
    for place, expression in enumerate(translated.expressions.values()):
        assert not [later for later in names[place:] if f"({later})" in expression]


@pytest.mark.parametrize(
    ("language", "expected"),
    [("zen", "age != null and age >= 16"), ("cel", "age != null && age >= 16")],
)
def test_a_missing_fact_is_asked_for_first(language: Language, expected: str) -> None:
    """A peer's expression on a missing fact is false, not an error."""
    translated = Translation(bromley().policy, language)
    assert any(expected in each for each in translated.expressions.values())


def test_the_referrals_are_unlike_each_other() -> None:
    """They are the same in every run, and hardly two of them alike."""
    first, again = referrals(300), referrals(300)
    assert first == again
    assert len({facts.model_dump_json(exclude={"made_at"}) for facts in first}) > 295
