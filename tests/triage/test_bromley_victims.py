"""Bromley from October 2022, statutory and victims' pathways: just inside and just outside."""

from typing import Any

import pytest

from tests.triage.edges import IN, OUT, UNKNOWN, Change, Edge, rows, standing_of

VICTIM: dict[str, Any] = {
    "role": "victim",
    "concerns": ("domestic_abuse",),
    "age": 30,
    "gender": "female",
    "district": "BR5",
    "risk_score": 10,
    "consent_status": "given",
    "relationship": "intimate_partner",
}

NOT_A_VICTIM: tuple[Change, str] = ({"role": "resident"}, OUT)
NOT_DV: tuple[Change, str] = ({"concerns": ("noise",)}, OUT)
ANY_DV: list[tuple[Change, str]] = [
    ({"concerns": (each,)}, IN)
    for each in (
        "sexual_violence",
        "stalking",
        "forced_marriage",
        "honour_based_abuse",
        "fgm",
    )
]
FROM_16: list[tuple[Change, str]] = [
    ({"age": 15}, OUT),
    ({"age": 16}, IN),
    ({"age": None}, UNKNOWN),
]
PRESUMED_16: list[tuple[Change, str]] = [
    ({"age": 15}, OUT),
    ({"age": 16}, IN),
    ({"age": None}, IN),
    ({"age": None, "team": "school"}, UNKNOWN),
    ({"age": None, "team": "childrens_project"}, UNKNOWN),
    ({"age": None, "risk_tool": "young_person_dash"}, UNKNOWN),
    ({"age": None, "risk_tool": "dash"}, IN),
]
IN_BROMLEY: list[tuple[Change, str]] = [
    ({"district": "BR1"}, IN),
    ({"district": "SE20"}, IN),
    ({"district": "BR8"}, UNKNOWN),
    ({"district": "CR6"}, UNKNOWN),
    ({"district": "BR9"}, OUT),
    ({"district": "ZZ99"}, UNKNOWN),
    ({"district": None}, UNKNOWN),
    ({"borough": "croydon"}, OUT),
    ({"borough": "bromley", "district": "DA1"}, IN),
]
RISK_OPEN: list[tuple[Change, str]] = [
    ({"risk_score": 9}, OUT),
    ({"risk_score": 10}, IN),
    ({"risk_score": None}, IN),
    ({"risk_score": 9, "risk_graded": "medium"}, IN),
    ({"risk_score": 9, "police_callouts_12m": 3}, IN),
    ({"risk_score": 9, "police_callouts_12m": 2}, OUT),
]
LAWFUL: list[tuple[Change, str]] = [
    ({"consent_status": "refused"}, OUT),
    ({"consent_status": "not_sought"}, UNKNOWN),
    ({"consent_status": "not_possible"}, UNKNOWN),
    ({"consent_status": None}, UNKNOWN),
    ({"consent_status": "refused", "consent_override": True}, IN),
    ({"consent_status": "refused", "police_callouts_12m": 3}, IN),
]
HIGH_IS_LAWFUL: tuple[Change, str] = ({"consent_status": "refused", "risk_score": 14}, IN)
AGREED: list[tuple[Change, str]] = [
    ({"consent_status": "refused"}, OUT),
    ({"consent_status": "not_sought"}, UNKNOWN),
    ({"consent_status": None}, UNKNOWN),
    ({"consent_status": "refused", "consent_override": True}, IN),
    ({"consent_status": "refused", "risk_score": 14}, OUT),
]
CONSENT: list[tuple[Change, str]] = [
    ({"consent_status": "refused"}, OUT),
    ({"consent_status": "not_possible"}, UNKNOWN),
    ({"consent_status": "refused", "consent_override": True}, OUT),
]
FEMALE: list[tuple[Change, str]] = [({"gender": "male"}, OUT), ({"gender": None}, UNKNOWN)]
SHELTER: list[tuple[Change, str]] = [
    ({"wants": ("drop_in",)}, OUT),
    ({"wants": ()}, OUT),
    ({"wants": None}, UNKNOWN),
]

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


@pytest.mark.parametrize(("pathway", "known", "expected"), rows([*STATUTORY, *LEAD, *ADDITIONAL]))
def test_a_criterion_holds_at_its_edge(pathway: str, known: dict[str, Any], expected: str) -> None:
    """A referral just inside is eligible, one just outside is not, a missing fact is unknown."""
    assert standing_of("bromley", pathway, known) == expected
