"""Which catalogue is in force, and which of several decides."""

import hashlib
import shutil
from datetime import date
from pathlib import Path

import pytest

from services.triage.policy.library import SHIPPED, NoneInForce, UnknownCatalogue, load_library
from services.triage.policy.policy_file import CatalogueRefused
from tests.triage import (
    test_barnet,
    test_bromley_others,
    test_bromley_statutory,
    test_bromley_victims,
)
from tests.triage.cases import library

TODAY = date(2026, 11, 18)


@pytest.mark.parametrize(
    ("name", "day", "begins"),
    [
        ("bromley", date(2017, 4, 1), date(2017, 4, 1)),
        ("bromley", date(2022, 9, 30), date(2017, 4, 1)),
        ("bromley", date(2022, 10, 1), date(2022, 10, 1)),
        ("bromley", TODAY, date(2022, 10, 1)),
        ("barnet", TODAY, date(2013, 4, 19)),
    ],
)
def test_the_version_of_the_day_decides(name: str, day: date, begins: date) -> None:
    """From its first day until the next version's."""
    found = library().in_force(name, day)

    assert not isinstance(found, NoneInForce)
    assert found.in_force_from == begins


def test_before_the_first_none_is_in_force() -> None:
    """The first to come is named, so that risk can be told by it."""
    found = library().in_force("bromley", date(2017, 3, 31))

    assert isinstance(found, NoneInForce)
    assert (found.name, found.first.in_force_from) == ("bromley", date(2017, 4, 1))


def test_an_unknown_name_is_refused() -> None:
    """It is not the same as a day without policy."""
    with pytest.raises(UnknownCatalogue, match="no catalogue is called camden"):
        library().in_force("camden", TODAY)


def test_the_hash_is_that_of_the_files_bytes() -> None:
    """Anybody can compute it."""
    content = (SHIPPED / "barnet-2013-04-19.yaml").read_bytes()

    assert library().versions("barnet")[0].sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("names", "borough", "district", "decides"),
    [
        (["bromley"], "barnet", None, "bromley"),
        (["bromley", "barnet"], "barnet", "BR5", "barnet"),
        (["bromley", "barnet"], None, "BR5", "bromley"),
        (["bromley", "barnet"], None, "BR8", None),
        (["bromley", "barnet"], "camden", "BR5", None),
        (["bromley", "barnet"], None, None, None),
        ([], "bromley", None, None),
    ],
)
def test_which_of_a_senders_catalogues_decides(
    names: list[str], borough: str | None, district: str | None, decides: str | None
) -> None:
    """The only one; else the borough; else a district of one's own; else the coordinator."""
    found = library().deciding(names, borough, district, TODAY)

    assert (found.name if found else None) == decides


def test_two_files_may_not_be_one_version(tmp_path: Path) -> None:
    """The second is refused with the name of the first."""
    for copy in ("a.yaml", "b.yaml"):
        shutil.copy(SHIPPED / "barnet-2013-04-19.yaml", tmp_path / copy)

    with pytest.raises(CatalogueRefused, match=r"b\.yaml:1: a\.yaml is also the barnet catalogue"):
        load_library(tmp_path)


def test_no_pathway_is_without_its_edges() -> None:
    """Every pathway of the two newest policies is tried just inside and just outside."""
    edges = {
        "bromley": [
            *test_bromley_statutory.STATUTORY,
            *test_bromley_victims.LEAD,
            *test_bromley_victims.ADDITIONAL,
            *test_bromley_others.PERPETRATORS,
            *test_bromley_others.YOUNG_AND_OFFENDING,
            *test_bromley_others.NEIGHBOURHOODS,
            *test_bromley_others.OFFERS,
        ],
        "barnet": test_barnet.EDGES,
    }

    for name, tried in edges.items():
        rows = library().versions(name)[-1].policy.pathways
        assert {edge.pathway for edge in tried} == {row.id for row in rows}


def test_what_is_assumed_is_marked_down_to_the_criterion() -> None:
    """The districts, the presumption and the ages that no paper gives."""
    rules = library().versions("bromley")[-1].rules
    row = next(each for each in rules.pathways if each.row.id == "idsva_young_person")

    named = dict(zip(("victim", "DV", "age", "borough", "risk", "L"), row.lines, strict=True))
    assert [name for name, line in named.items() if line.assumed] == [
        "DV",
        "age",
        "borough",
        "risk",
    ]
    assert named["borough"].source == "001, 2.7 Victim postcodes"
