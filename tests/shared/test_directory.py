"""Who takes referrals, and that nobody named there is missing."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from shared.directory import Directory
from shared.register_file import RegisterRefused

ROOT = Path(__file__).parents[2]
HERE = ROOT / "deploy" / "local" / "directory.yaml"
CATALOGUES = sorted((ROOT / "services" / "triage" / "catalogues").glob("*.yaml"))

PRIYA = {"id": "p-priya1", "name": "Priya", "email": "priya@example.org", "phone": "07700 900001"}
OWEN = {"id": "p-owen11", "name": "Owen", "email": "owen@example.org", "capacity": 60}
SMALL: dict[str, Any] = {
    "practitioners": [PRIYA, OWEN],
    "teams": [
        {"team": "iom", "catalogue": "bromley", "lead": "p-priya1", "members": ["p-owen11"]},
        {"team": "iom", "catalogue": "barnet", "members": ["p-priya1"]},
    ],
    "coordinators": {"bromley": ["p-priya1"], "barnet": ["p-owen11", "p-priya1"]},
}


@pytest.fixture
def directory() -> Directory:
    """Two practitioners and a team of the same name in two boroughs."""
    return Directory.model_validate(SMALL)


def _ids(practitioners: tuple[Any, ...]) -> list[str]:
    return [each.id for each in practitioners]


def test_team_is_its_catalogues_own(directory: Directory) -> None:
    """A team of the same name in another borough is another team."""
    assert _ids(directory.team("bromley", "iom")) == ["p-owen11"]
    assert _ids(directory.team("barnet", "iom")) == ["p-priya1"]
    assert directory.team("barnet", "mentoring") == ()


def test_lead_is_told_where_there_is_one(directory: Directory) -> None:
    """A team may have a lead, who need not be a member."""
    lead = directory.lead("bromley", "iom")
    assert lead is not None
    assert lead.id == "p-priya1"
    assert directory.lead("barnet", "iom") is None
    assert directory.lead("barnet", "mentoring") is None


def test_coordinators_are_everybody_where_no_catalogue_is_settled(directory: Directory) -> None:
    """Without a catalogue every coordinator is on duty, each once."""
    assert _ids(directory.coordinators("bromley")) == ["p-priya1"]
    assert _ids(directory.coordinators(None)) == ["p-priya1", "p-owen11"]
    assert directory.coordinators("camden") == ()


def test_practitioner_is_found_by_id(directory: Directory) -> None:
    """An id finds its practitioner, with 70 cases a year unless said; one who left is None."""
    found = [directory.practitioner(each) for each in ("p-priya1", "p-owen11", "p-gone11")]
    assert [each and each.capacity for each in found] == [70, 60, None]


@pytest.mark.parametrize(
    ("part", "value", "words"),
    [
        ("practitioners", [PRIYA], "p-owen11 is no practitioner here"),
        ("practitioners", [PRIYA, OWEN, OWEN], "p-owen11 is given twice"),
        ("practitioners", [PRIYA, {**OWEN, "email": "owen"}], "practitioners.1.email"),
        ("practitioners", [PRIYA, {**OWEN, "phone": "ask"}], "practitioners.1.phone"),
        ("practitioners", [PRIYA, {**OWEN, "capacity": 0}], "practitioners.1.capacity"),
        ("practitioners", [PRIYA, {**OWEN, "id": "Owen"}], "practitioners.1.id"),
        ("teams", [{**SMALL["teams"][0], "members": []}], "teams.0.members"),
        ("teams", [*SMALL["teams"], SMALL["teams"][0]], "iom of bromley is given twice"),
        ("teams", [{**SMALL["teams"][1], "members": ["p-priya1"] * 2}], "stands twice in iom"),
        ("coordinators", {"bromley": ["p-priya1"]}, "barnet has teams and no coordinators"),
        ("coordinators", {**SMALL["coordinators"], "camden": []}, "coordinators.camden"),
    ],
)
def test_faulty_directory_is_refused_by_file_and_field(
    tmp_path: Path, part: str, value: Any, words: str
) -> None:
    """A fault is told with the file and what is wrong."""
    path = tmp_path / "directory.yaml"
    path.write_text(yaml.safe_dump({**SMALL, part: value}))
    with pytest.raises(RegisterRefused) as refusal:
        Directory.load(path)
    assert "directory.yaml: " in str(refusal.value)
    assert words in str(refusal.value)


def test_directory_does_not_change(directory: Directory) -> None:
    """What was loaded stays as it was."""
    with pytest.raises(ValidationError):
        directory.teams = ()  # type: ignore[misc]  # the point of the test


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.stem)
def test_every_pathway_has_a_team_here(catalogue: Path) -> None:
    """No pathway of a shipped catalogue leads to a team without members."""
    policy = yaml.safe_load(catalogue.read_text(encoding="utf-8"))
    directory = Directory.load(HERE)
    teams = {pathway["team"] for pathway in policy["pathways"]}
    assert sorted(team for team in teams if not directory.team(policy["name"], team)) == []


def test_people_here_are_invented() -> None:
    """Addresses are of example.org and numbers of the range reserved for drama."""
    for practitioner in Directory.load(HERE).practitioners:
        assert practitioner.email.endswith("@example.org")
        assert re.fullmatch(r"07700 900[0-9]{3}", practitioner.phone or "")
