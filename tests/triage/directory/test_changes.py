"""What differs between two directories, and how it is said."""

from services.triage.directory.changes import Change, differences, entries_of
from services.triage.directory.entries import Practitioner
from shared.events import DirectoryChange
from tests.triage.directory.staff import directory, practitioner

ANN, BEA = practitioner("p-anna"), practitioner("p-beaa")
AWAY = practitioner(
    "p-anna", leave=[{"from": "2026-12-21", "until": "2026-12-24"}], max_caseload=20
)


def turns(before: tuple[Practitioner, ...], after: tuple[Practitioner, ...]) -> list[str]:
    """In words, what turns a directory of some people into one of others."""
    found = differences(entries_of(directory(*before)), entries_of(directory(*after)))
    return [each.words for each in found]


def test_the_same_differs_in_nothing() -> None:
    """However often it is loaded."""
    assert turns((ANN, BEA), (ANN, BEA)) == []


def test_what_is_assumed_is_the_same_whether_it_is_said() -> None:
    """Seventy cases a year are assumed; to say so changes nothing."""
    assert turns((ANN,), (practitioner("p-anna", capacity=70, languages=["en"]),)) == []


def test_a_change_names_its_fields() -> None:
    """As people ask for it: who, and which fields; never the values."""
    assert turns((ANN, BEA), (AWAY, BEA)) == ["p-anna: leave, max_caseload change"]


def test_a_field_that_is_no_longer_said_changes() -> None:
    """What is left out is assumed again."""
    assert turns((AWAY,), (ANN,)) == ["p-anna: leave, max_caseload change"]


def test_who_comes_and_who_goes() -> None:
    """With the team and the duty that name them."""
    assert turns((ANN,), (BEA,)) == [
        "p-anna is removed",
        "bromley/idsva: members change",
        "bromley: coordinators change",
        "p-beaa is added",
    ]


def test_what_is_told_of_a_change() -> None:
    """Kind, key, action and fields."""
    before = {"id": "p-anna", "name": "Anna Keld", "email": "anna.keld@example.org"}
    change = Change("practitioner", "p-anna", before, before | {"phone": "07700 900301"})

    assert change.told() == DirectoryChange(
        kind="practitioner", key="p-anna", action="changed", fields=("phone",)
    )


def test_what_comes_and_goes_is_told_without_fields() -> None:
    """All of them do."""
    whole = {"id": "p-anna", "name": "Anna Keld", "email": "anna.keld@example.org"}

    added = Change("practitioner", "p-anna", None, whole).told()
    removed = Change("practitioner", "p-anna", whole, None).told()

    assert [(each.action, each.fields) for each in (added, removed)] == [
        ("added", ()),
        ("removed", ()),
    ]
