"""Bromley from October 2022, the victims' pathways: just inside and just outside."""

from typing import Any

import pytest

from tests.triage.bromley import (
    AGREED,
    ANY_DV,
    CONSENT,
    FEMALE,
    FROM_16,
    HIGH_IS_LAWFUL,
    IN_BROMLEY,
    LAWFUL,
    NOT_A_VICTIM,
    NOT_DV,
    PRESUMED_16,
    RISK_OPEN,
    SHELTER,
    VICTIM,
)
from tests.triage.edges import IN, OUT, UNKNOWN, Edge, rows, standing_of

LEAD = [
    Edge(
        "idsva_hospital",
        VICTIM | {"team": "hospital"},
        [
            NOT_A_VICTIM,
            NOT_DV,
            *FROM_16,
            ({"team": "maternity"}, IN),
            ({"team": "gp"}, OUT),
            *RISK_OPEN,
            *LAWFUL,
            HIGH_IS_LAWFUL,
            ({"borough": "croydon"}, IN),
        ],
    ),
    Edge(
        "iris_advocate",
        VICTIM | {"team": "gp"},
        [NOT_A_VICTIM, NOT_DV, *FROM_16, ({"team": "pharmacy"}, OUT), *RISK_OPEN, *LAWFUL],
    ),
    Edge(
        "idsva_mash",
        VICTIM | {"team": "mash"},
        [
            NOT_A_VICTIM,
            NOT_DV,
            *FROM_16,
            ({"team": "childrens_social_care"}, IN),
            ({"team": "adult_social_care"}, OUT),
            *RISK_OPEN,
            *LAWFUL,
        ],
    ),
    Edge(
        "idsva_young_person",
        VICTIM | {"age": 24},
        [
            NOT_A_VICTIM,
            NOT_DV,
            ({"age": 25}, OUT),
            ({"age": 13, "consent_given_by": "person"}, IN),
            ({"age": 12, "consent_given_by": "person"}, OUT),
            ({"age": 15}, UNKNOWN),
            ({"age": 15, "consent_given_by": "deputy"}, OUT),
            ({"age": None}, UNKNOWN),
            *IN_BROMLEY,
            *RISK_OPEN,
            *LAWFUL,
            HIGH_IS_LAWFUL,
        ],
    ),
    Edge(
        "idsva_specialist_adult",
        VICTIM | {"age": 60, "needs": ()},
        [
            NOT_A_VICTIM,
            NOT_DV,
            ({"age": 59}, OUT),
            ({"age": 59, "needs": None}, UNKNOWN),
            ({"age": 59, "needs": ("substance_misuse",)}, IN),
            ({"age": 59, "needs": ("physical_disability",)}, IN),
            ({"age": 59, "needs": ("housing",)}, OUT),
            ({"age": 59, "team": "adult_social_care"}, IN),
            ({"age": 59, "team": "mental_health"}, OUT),
            ({"age": 18, "needs": ("learning_disability",)}, IN),
            ({"age": 17, "needs": ("learning_disability",)}, OUT),
            ({"age": None}, UNKNOWN),
            *IN_BROMLEY,
            *RISK_OPEN,
            *LAWFUL,
        ],
    ),
    Edge(
        "idsva_community_safety_unit",
        VICTIM,
        [NOT_A_VICTIM, NOT_DV, *ANY_DV, *PRESUMED_16, *IN_BROMLEY, *RISK_OPEN, *LAWFUL],
    ),
    Edge(
        "community_outreach",
        VICTIM | {"risk_score": 9},
        [
            NOT_A_VICTIM,
            NOT_DV,
            *FROM_16,
            *IN_BROMLEY,
            ({"risk_score": 13}, IN),
            ({"risk_score": 14}, OUT),
            ({"risk_score": None}, OUT),
            *LAWFUL,
        ],
    ),
]

ADDITIONAL = [
    Edge(
        "one_stop_shop",
        VICTIM | {"risk_score": 9, "needs": (), "wants": ()},
        [
            NOT_A_VICTIM,
            NOT_DV,
            *FROM_16,
            *[each for each in AGREED if "risk_score" not in each[0]],
            ({"risk_score": 10}, OUT),
            ({"risk_score": 10, "needs": ("legal_advice",)}, IN),
            ({"risk_score": 10, "needs": None}, UNKNOWN),
            ({"risk_score": 10, "wants": ("drop_in",)}, IN),
            ({"risk_score": 10, "wants": ("counselling",)}, OUT),
            ({"risk_score": 10, "team": "self"}, IN),
        ],
    ),
    Edge(
        "refuge",
        VICTIM | {"wants": ("safe_accommodation",)},
        [NOT_A_VICTIM, NOT_DV, *FEMALE, *FROM_16, *SHELTER, *AGREED],
    ),
    Edge(
        "safebeds",
        VICTIM | {"wants": ("safe_accommodation",), "team": "adult_social_care"},
        [*FEMALE, *FROM_16, *SHELTER, *AGREED, ({"team": "housing"}, OUT), ({"team": "mash"}, IN)],
    ),
    Edge(
        "housing_duty",
        VICTIM | {"wants": ("safe_accommodation",), "gender": "male"},
        [NOT_A_VICTIM, NOT_DV, *FROM_16, *SHELTER, *AGREED],
    ),
    Edge(
        "nrpf_outreach",
        VICTIM | {"needs": ("nrpf",)},
        [
            NOT_A_VICTIM,
            NOT_DV,
            *FROM_16,
            *AGREED,
            ({"needs": ("immigration",)}, IN),
            ({"needs": ("housing",)}, OUT),
            ({"needs": None}, UNKNOWN),
        ],
    ),
    Edge(
        "sanctuary_scheme",
        VICTIM
        | {
            "wants": ("stay_in_home",),
            "lives_with_perpetrator": False,
            "perpetrator_right_of_entry": False,
        },
        [
            NOT_A_VICTIM,
            NOT_DV,
            *IN_BROMLEY,
            *SHELTER,
            *AGREED,
            ({"lives_with_perpetrator": True}, OUT),
            ({"lives_with_perpetrator": None}, UNKNOWN),
            ({"perpetrator_right_of_entry": True}, OUT),
            ({"perpetrator_right_of_entry": None}, UNKNOWN),
        ],
    ),
    Edge(
        "rape_support",
        VICTIM | {"concerns": ("sexual_violence",), "age": 13, "consent_given_by": "person"},
        [
            NOT_A_VICTIM,
            ({"concerns": ("domestic_abuse",)}, OUT),
            ({"age": 12}, OUT),
            ({"age": None}, UNKNOWN),
            ({"consent_given_by": None}, UNKNOWN),
            ({"consent_given_by": "deputy"}, OUT),
            *CONSENT,
        ],
    ),
    Edge(
        "victim_service",
        {"role": "harmed_person", "concerns": ("burglary",), "age": 18, "consent_status": "given"},
        [
            ({"age": 17}, OUT),
            ({"age": None}, UNKNOWN),
            ({"role": "resident"}, OUT),
            ({"consent_status": "not_sought"}, UNKNOWN),
        ],
    ),
    Edge(
        "victim_service",
        VICTIM | {"age": 16, "borough": "croydon"},
        [
            ({"age": 15, "consent_given_by": "person"}, OUT),
            ({"borough": "bromley"}, OUT),
            ({"borough": None, "district": None}, UNKNOWN),
            *AGREED,
        ],
    ),
    Edge(
        "coda",
        {
            "role": "child",
            "concerns": ("domestic_abuse",),
            "age": 4,
            "circumstances": ("witnessed_abuse_of_female_carer",),
            "lives_with_perpetrator": False,
            "consent_status": "given",
            "consent_given_by": "parental_responsibility",
        },
        [
            ({"age": 3}, OUT),
            ({"age": 16}, IN),
            ({"age": 17}, OUT),
            ({"age": None}, UNKNOWN),
            ({"role": "young_person"}, OUT),
            ({"concerns": ("stalking",)}, OUT),
            ({"circumstances": ("carer",)}, OUT),
            ({"circumstances": None}, UNKNOWN),
            ({"lives_with_perpetrator": True}, OUT),
            ({"lives_with_perpetrator": None}, UNKNOWN),
            ({"consent_given_by": None}, UNKNOWN),
            *CONSENT,
        ],
    ),
]


@pytest.mark.parametrize(("pathway", "known", "expected"), rows([*LEAD, *ADDITIONAL]))
def test_a_criterion_holds_at_its_edge(pathway: str, known: dict[str, Any], expected: str) -> None:
    """A referral just inside is eligible, one just outside is not, a missing fact is unknown."""
    assert standing_of("bromley", pathway, known) == expected
