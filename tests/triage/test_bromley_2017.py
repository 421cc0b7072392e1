"""Bromley from April 2017: what differs from the policy of October 2022."""

from typing import Any

import pytest

from tests.triage.cases import decided, library, standing

NOT_YET = {
    *("iris_advocate", "safebeds", "housing_duty", "nrpf_outreach", "sanctuary_scheme"),
    *("community_outreach", "never_too_late", "imatter", "safer_space_plus"),
    *("young_peoples_outreach", "japanese_outreach", "counselling", "stalking_advocacy"),
    *("mens_advice_line", "respect_phoneline", "fathers_to_fathers"),
    *("healthy_relationships", "womens_services"),
}

VICTIM: dict[str, Any] = {"age": 30, "district": "BR5", "consent_status": "given", "risk_score": 0}


def _pathways(version: int) -> set[str]:
    return {row.id for row in library().versions("bromley")[version].policy.pathways}


def test_the_pathways_are_those_of_2022_less_what_came_later() -> None:
    """Eighteen pathways are not there, and none is there that 2022 does not have."""
    assert _pathways(1) - _pathways(0) == NOT_YET
    assert not _pathways(0) - _pathways(1)


@pytest.mark.parametrize(
    ("pathway", "before", "first"),
    [
        ("idsva_hospital", "2019-03-31T23:30:00+01:00", "2019-04-01T00:10:00+01:00"),
        ("victim_service", "2019-03-31T12:00:00+01:00", "2019-04-01T12:00:00+01:00"),
        ("drive", "2021-09-30T12:00:00+01:00", "2021-10-01T12:00:00+01:00"),
        ("idsva_mash", "2021-09-30T12:00:00+01:00", "2021-10-01T12:00:00+01:00"),
    ],
)
def test_a_row_begins_on_its_day(pathway: str, before: str, first: str) -> None:
    """The day before its first, in London, a row is not considered at all."""
    assert standing(decided("bromley 2017", made_at=before), pathway) == "absent"
    assert standing(decided("bromley 2017", made_at=first), pathway) != "absent"


@pytest.mark.parametrize(
    ("pathway", "known"),
    [
        ("idsva_community_safety_unit", VICTIM),
        ("idsva_young_person", VICTIM | {"age": 24}),
        ("idsva_specialist_adult", VICTIM | {"age": 60}),
        ("idsva_hospital", VICTIM | {"team": "hospital", "made_at": "2020-01-08T10:00:00Z"}),
        ("idsva_mash", VICTIM | {"team": "mash", "made_at": "2022-01-12T10:00:00Z"}),
    ],
)
def test_the_idsvas_take_standard_risk(pathway: str, known: dict[str, Any]) -> None:
    """No pathway of the lead group asks for an open risk."""
    assert standing(decided("bromley 2017", **known), pathway) == "eligible"


def test_no_funding_ends() -> None:
    """No row says until when it is funded."""
    rows = library().versions("bromley")[0].policy.pathways

    assert [row.id for row in rows if row.funded_until] == []


def test_policy_changes_at_midnight_in_london() -> None:
    """On 1 October 2022 the policy of that day decides, though it is still September in UTC."""
    before = decided("bromley 2017", made_at="2022-09-30T22:59:00Z")
    after = decided("bromley 2017", made_at="2022-09-30T23:00:00Z")

    assert str(before.policy.in_force_from) == "2017-04-01"
    assert str(after.policy.in_force_from) == "2022-10-01"
