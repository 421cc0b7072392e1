"""Bromley from October 2022, statutory pathways: just inside and just outside each criterion."""

from typing import Any

import pytest

from tests.triage.bromley import ANY_DV, NOT_A_VICTIM, NOT_DV, PRESUMED_16, VICTIM
from tests.triage.edges import IN, OUT, UNKNOWN, Edge, rows, standing_of

STATUTORY = [
    Edge(
        "marac",
        VICTIM | {"risk_score": 14},
        [
            NOT_A_VICTIM,
            NOT_DV,
            *ANY_DV,
            *PRESUMED_16,
            ({"concerns": ("stalking",), "relationship": "other"}, OUT),
            ({"concerns": ("stalking", "sexual_violence"), "relationship": "other"}, OUT),
            ({"concerns": ("stalking", "domestic_abuse"), "relationship": "other"}, IN),
            ({"concerns": ("stalking",), "relationship": "family"}, IN),
            ({"concerns": ("stalking",), "relationship": None}, UNKNOWN),
            ({"relationship": None}, IN),
            ({"risk_score": 13}, OUT),
            ({"risk_score": 13, "risk_graded": "high"}, IN),
            ({"risk_score": 13, "professional_judgement_high": True}, IN),
            ({"risk_score": 13, "police_callouts_12m": 3}, IN),
            ({"risk_score": 13, "police_callouts_12m": 2}, OUT),
            ({"risk_score": None}, UNKNOWN),
            ({"risk_score": None, "police_callouts_12m": 3}, IN),
            ({"consent_status": "refused"}, IN),
        ],
    ),
    Edge(
        "childrens_mash",
        {"role": "child", "concerns": ("sexual_exploitation",)},
        [
            ({"concerns": ("noise", "envirocrime", "fly_tipping", "neighbour_dispute")}, OUT),
            ({"concerns": ("noise", "burglary")}, IN),
        ],
    ),
    Edge(
        "childrens_mash",
        {"role": "young_person", "concerns": ("serious_youth_violence",), "age": 17},
        [
            ({"age": 18}, OUT),
            ({"age": None}, UNKNOWN),
            ({"role": "resident"}, OUT),
            ({"role": "harmed_person"}, IN),
            ({"role": "offender"}, IN),
            ({"concerns": ("burglary",)}, OUT),
            ({"concerns": ("trafficking",)}, IN),
            ({"concerns": ("stalking",)}, IN),
        ],
    ),
    Edge(
        "childrens_mash",
        {"role": "offender", "concerns": ("burglary",), "age": 9},
        [({"age": 10}, OUT), ({"age": None}, UNKNOWN), ({"role": "young_person"}, OUT)],
    ),
    Edge(
        "childrens_mash",
        VICTIM | {"children": ({"age": 17},)},
        [
            ({"children": ({},)}, IN),
            ({"children": ()}, OUT),
            ({"children": None}, UNKNOWN),
            ({"concerns": ("hate_crime",)}, OUT),
            ({"role": "resident"}, IN),
            ({"role": "resident", "children": ()}, OUT),
        ],
    ),
    Edge(
        "childrens_mash",
        VICTIM | {"children": (), "needs": ("pregnancy",), "risk_score": 14},
        [
            ({"risk_score": 13}, OUT),
            ({"needs": ("housing",)}, OUT),
            ({"needs": None}, UNKNOWN),
            ({"role": "perpetrator"}, OUT),
        ],
    ),
    Edge(
        "adult_safeguarding",
        VICTIM | {"age": 18, "needs": ("care_and_support",)},
        [
            ({"age": 17}, OUT),
            ({"age": None}, UNKNOWN),
            ({"needs": ("mental_health",)}, OUT),
            ({"needs": None}, UNKNOWN),
            ({"role": "harmed_person", "concerns": ("hate_crime",)}, IN),
            ({"role": "resident"}, OUT),
            ({"concerns": ("burglary",)}, OUT),
            ({"concerns": ("trafficking",)}, IN),
            ({"concerns": ("sexual_exploitation",)}, IN),
        ],
    ),
    Edge(
        "prevent_channel",
        {"role": "resident", "concerns": ("radicalisation",)},
        [({"concerns": ("hate_crime",)}, OUT)],
    ),
]


@pytest.mark.parametrize(("pathway", "known", "expected"), rows(STATUTORY))
def test_a_criterion_holds_at_its_edge(pathway: str, known: dict[str, Any], expected: str) -> None:
    """A referral just inside is eligible, one just outside is not, a missing fact is unknown."""
    assert standing_of("bromley", pathway, known) == expected
