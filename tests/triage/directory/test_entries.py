"""What a directory answers."""

import pytest
from pydantic import ValidationError

from services.triage.directory.entries import Directory, Practitioner

PRIYA = {"id": "p-priya1", "name": "Priya", "email": "priya@example.org", "phone": "07700 900001"}
OWEN = {"id": "p-owen11", "name": "Owen", "email": "owen@example.org", "capacity": 60}
DIRECTORY = Directory.model_validate(
    {
        "practitioners": [PRIYA, OWEN],
        "teams": [
            {"team": "iom", "catalogue": "bromley", "lead": "p-priya1", "members": ["p-owen11"]},
            {"team": "iom", "catalogue": "barnet", "members": ["p-priya1"]},
            {"team": "dvip", "catalogue": "barnet", "members": ["p-priya1", "p-owen11"]},
        ],
        "duty": [
            {"catalogue": "bromley", "coordinators": ["p-priya1"]},
            {"catalogue": "barnet", "coordinators": ["p-owen11", "p-priya1"]},
        ],
    }
)


def _ids(practitioners: tuple[Practitioner, ...]) -> list[str]:
    return [each.id for each in practitioners]


def test_a_team_is_its_catalogues_own() -> None:
    """A team of the same name in another borough is another team."""
    assert _ids(DIRECTORY.team("bromley", "iom")) == ["p-owen11"]
    assert _ids(DIRECTORY.team("barnet", "iom")) == ["p-priya1"]
    assert DIRECTORY.team("barnet", "mentoring") == ()


def test_coordinators_are_everybodys_where_no_catalogue_is_settled() -> None:
    """Without a catalogue every coordinator will do, each once."""
    assert _ids(DIRECTORY.coordinators("bromley")) == ["p-priya1"]
    assert _ids(DIRECTORY.coordinators(None)) == ["p-priya1", "p-owen11"]
    assert DIRECTORY.coordinators("camden") == ()


def test_a_practitioner_is_found_by_id() -> None:
    """With 70 cases a year unless said; one who left is None."""
    found = [DIRECTORY.practitioner(each) for each in ("p-priya1", "p-owen11", "p-gone11")]

    assert [each and each.capacity for each in found] == [70, 60, None]


def test_colleagues_share_a_team() -> None:
    """Any team, of any catalogue; and oneself is one of them."""
    assert DIRECTORY.colleagues("p-owen11") == {"p-owen11", "p-priya1"}
    assert DIRECTORY.colleagues("p-gone11") == {"p-gone11"}


def test_a_directory_does_not_change() -> None:
    """What was read stays as it was."""
    with pytest.raises(ValidationError):
        DIRECTORY.teams = ()  # type: ignore[misc]  # the point of the test
