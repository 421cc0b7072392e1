"""Who may send, for which team, under whose policy."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.register_file import RegisterRefused
from shared.registry import Registry

ROOT = Path(__file__).parents[2]
HERE = ROOT / "deploy" / "local" / "agencies.yaml"

MET: dict[str, Any] = {
    "slug": "met-police",
    "name": "Met",
    "teams": {"police_csu": ["bromley", "barnet"], "police_other": ["bromley"]},
}


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a register's file."""

    def write(content: str) -> Path:
        path = tmp_path / "agencies.yaml"
        path.write_text(content, encoding="utf-8")
        return path

    return write


def test_agency_speaks_for_its_teams_alone() -> None:
    """A registered team is an agency's own; others, and other agencies, may not speak for it."""
    registry = Registry.model_validate({"agencies": [MET]})
    assert registry.may_speak_for("met-police", "police_csu")
    assert not registry.may_speak_for("met-police", "school")
    assert not registry.may_speak_for("nobody", "police_csu")


def test_team_has_the_catalogues_of_its_registration() -> None:
    """One catalogue or several, as registered; none for a team of nobody's."""
    registry = Registry.model_validate({"agencies": [MET]})
    assert registry.catalogues_for("met-police", "police_csu") == ("bromley", "barnet")
    assert registry.catalogues_for("met-police", "police_other") == ("bromley",)
    assert registry.catalogues_for("met-police", "school") == ()


def test_an_agency_may_have_a_mailbox() -> None:
    """Where a team reads what is missing; without one nobody is written to."""
    other = MET | {"slug": "bdas", "mailbox": "referrals@bdas.example.org"}
    agencies = Registry.model_validate({"agencies": [MET, other]}).agencies
    assert [each.mailbox for each in agencies] == [None, "referrals@bdas.example.org"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "the whole: "),
        ("agencies: []", "agencies: "),
        ("agencies: [{slug: Met, name: M, teams: {self: [bromley]}}]", "agencies.0.slug: "),
        ("agencies: [{slug: met, name: no, teams: {self: [bromley]}}]", "agencies.0.name: "),
        ("agencies: [{slug: met, name: M, mailbox: desk, teams: {}}]", "agencies.0.mailbox: "),
        ("agencies: [{slug: met, name: M, teams: {cid: [bromley]}}]", "agencies.0.teams.cid"),
        ("agencies: [{slug: met, name: M, teams: {self: []}}]", "self names no catalogue"),
        ("agencies: [{slug: met, name: M, teams: {self: [b1, b1]}}]", "one of them twice"),
        ("agencies: [{slug: met, name: M, team: {}}]", "agencies.0.team: "),
        ("agencies: 1\nagencies: 2", "line 2: agencies is given twice"),
        ("agencies: [", "line 1: "),
        ("agencies: \x07", "is not YAML"),
        (json.dumps({"agencies": [MET, MET]}), "given twice: met-police"),
    ],
)
def test_faulty_registry_is_refused_by_file_and_field(
    written: Callable[[str], Path], content: str, words: str
) -> None:
    """A fault is told with the file and the field where it lies."""
    with pytest.raises(RegisterRefused) as refusal:
        Registry.load(written(content))
    assert "agencies.yaml: " in str(refusal.value)
    assert words in str(refusal.value)


def test_missing_registry_is_named(tmp_path: Path) -> None:
    """A file that is not there is told by its path."""
    with pytest.raises(RegisterRefused, match=r"absent\.yaml: cannot be read"):
        Registry.load(tmp_path / "absent.yaml")


@pytest.mark.parametrize(
    "example", sorted((ROOT / "examples").glob("*.json")), ids=lambda path: path.stem
)
def test_every_example_may_be_sent_here(example: Path) -> None:
    """The local registry lets each example's agency speak, under the catalogue expected of it."""
    told = json.loads(example.read_text(encoding="utf-8"))
    source = told["document"]["source"]
    catalogues = Registry.load(HERE).catalogues_for(source["agency"], source["team"])
    assert told["expect"]["catalogue"] in catalogues
