"""Bromley from October 2022, all other pathways: just inside and just outside each criterion."""

from typing import Any

import pytest

from tests.triage.edges import IN, OUT, UNKNOWN, Change, Edge, rows, standing_of

PERPETRATOR: dict[str, Any] = {
    "role": "perpetrator",
    "concerns": ("domestic_abuse",),
    "age": 30,
    "gender": "male",
    "relationship": "former_partner",
    "team": "police_csu",
    "risk_graded": "high",
    "admits_responsibility": True,
    "consent_status": "given",
}
OFFENDER: dict[str, Any] = {
    "role": "offender",
    "concerns": ("burglary",),
    "age": 30,
    "consent_status": "given",
}
RESIDENT: dict[str, Any] = {"role": "resident", "concerns": ("noise",), "district": "BR1"}
VICTIM: dict[str, Any] = {
    "role": "victim",
    "concerns": ("domestic_abuse",),
    "age": 30,
    "gender": "female",
    "district": "BR5",
}

CONSENT: list[tuple[Change, str]] = [
    ({"consent_status": "refused"}, OUT),
    ({"consent_status": "not_sought"}, UNKNOWN),
    ({"consent_status": None}, UNKNOWN),
    ({"consent_status": "refused", "consent_override": True}, OUT),
]
FROM_18: list[tuple[Change, str]] = [
    ({"age": 17}, OUT),
    ({"age": 18}, IN),
    ({"age": None}, UNKNOWN),
]
FROM_10_TO_17: list[tuple[Change, str]] = [
    ({"age": 9}, OUT),
    ({"age": 10}, IN),
    ({"age": 17}, IN),
    ({"age": 18}, OUT),
    ({"age": None}, UNKNOWN),
]
IN_BROMLEY: list[tuple[Change, str]] = [
    ({"district": "BR8"}, UNKNOWN),
    ({"district": "BR9"}, OUT),
    ({"district": None}, UNKNOWN),
    ({"borough": "lewisham"}, OUT),
]
FRIDAY_NIGHT = "2026-11-21T02:15:00+00:00"

PERPETRATORS = [
    Edge(
        "drive",
        PERPETRATOR,
        [
            ({"role": "offender"}, OUT),
            ({"concerns": ("stalking",)}, IN),
            ({"concerns": ("sexual_violence",)}, OUT),
            *FROM_18,
            ({"relationship": "family"}, IN),
            ({"relationship": "other"}, OUT),
            ({"relationship": None}, UNKNOWN),
            ({"team": "police_other"}, IN),
            ({"team": "probation"}, IN),
            ({"team": "marac"}, IN),
            ({"team": "mash"}, OUT),
            ({"risk_graded": "medium"}, UNKNOWN),
            ({"risk_graded": "medium", "serial": False}, OUT),
            ({"risk_graded": "medium", "serial": True}, IN),
            ({"consent_status": "refused"}, IN),
        ],
    ),
    Edge(
        "dvpp",
        PERPETRATOR,
        [
            ({"role": "offender"}, OUT),
            ({"gender": "female"}, OUT),
            ({"gender": None}, UNKNOWN),
            *FROM_18,
            ({"concerns": ("stalking",)}, OUT),
            ({"relationship": "intimate_partner"}, IN),
            ({"relationship": "family"}, OUT),
            ({"relationship": None}, UNKNOWN),
            ({"admits_responsibility": False}, OUT),
            ({"admits_responsibility": None}, UNKNOWN),
            *CONSENT,
        ],
    ),
    Edge(
        "healthy_relationships",
        PERPETRATOR | {"age": 16},
        [*FROM_10_TO_17[2:], ({"concerns": ("stalking",)}, OUT), *CONSENT],
    ),
]

YOUNG_AND_OFFENDING = [
    Edge(
        "mentoring",
        {
            "role": "young_person",
            "concerns": ("other",),
            "age": 25,
            "circumstances": ("neet",),
            "team": "school",
            "consent_status": "given",
        },
        [
            ({"role": "offender"}, IN),
            ({"role": "child"}, IN),
            ({"role": "victim"}, IN),
            ({"role": "perpetrator"}, OUT),
            ({"age": 26}, OUT),
            ({"age": 10, "consent_given_by": "person"}, IN),
            ({"age": 9, "consent_given_by": "person"}, OUT),
            ({"age": 10}, UNKNOWN),
            ({"age": None}, UNKNOWN),
            ({"circumstances": ("carer",)}, OUT),
            ({"circumstances": ("is_father",)}, OUT),
            ({"circumstances": ("yos_triage",)}, IN),
            ({"circumstances": None}, UNKNOWN),
            ({"circumstances": None, "concerns": ("gang_involvement",)}, IN),
            ({"team": "asb_unit"}, IN),
            ({"team": "college"}, IN),
            ({"team": "police_csu"}, OUT),
            *CONSENT,
        ],
    ),
    Edge(
        "youth_offending_service",
        OFFENDER | {"age": 10, "consent_status": "refused"},
        [*FROM_10_TO_17, ({"role": "young_person"}, OUT)],
    ),
    Edge(
        "fire_service_life_course",
        OFFENDER | {"age": 17, "concerns": ("fire_setting",)},
        [
            *FROM_10_TO_17[2:],
            ({"role": "young_person"}, IN),
            ({"role": "child"}, OUT),
            ({"concerns": ("burglary",)}, OUT),
            *CONSENT,
        ],
    ),
    Edge(
        "iom",
        OFFENDER | {"cohorts": ("high_volume",), "consent_status": "refused"},
        [
            *FROM_18,
            ({"role": "perpetrator"}, OUT),
            ({"cohorts": ("persistent_offender",)}, IN),
            ({"cohorts": ("prolific_priority_offender",)}, IN),
            ({"cohorts": ("burglary",)}, OUT),
            ({"cohorts": ()}, OUT),
            ({"cohorts": None}, UNKNOWN),
        ],
    ),
    Edge(
        "womens_services",
        OFFENDER | {"gender": "female", "team": "probation"},
        [
            *FROM_18,
            ({"gender": "male"}, OUT),
            ({"gender": None}, UNKNOWN),
            ({"team": "police_csu"}, OUT),
            ({"role": "perpetrator"}, OUT),
            *CONSENT,
        ],
    ),
    Edge(
        "restorative_justice",
        {
            "role": "harmed_person",
            "concerns": ("burglary",),
            "age": 30,
            "admits_responsibility": True,
            "consent_status": "given",
        },
        [
            ({"role": "victim"}, OUT),
            ({"admits_responsibility": False}, OUT),
            ({"admits_responsibility": None}, UNKNOWN),
            *CONSENT,
            ({"concerns": ("burglary", "stalking")}, OUT),
            ({"relationship": "family"}, OUT),
            ({"relationship": "former_partner"}, OUT),
            ({"relationship": "other"}, IN),
            ({"crime_types": ("rape",)}, OUT),
            ({"crime_types": ("coercive_control",)}, OUT),
            ({"crime_types": ("harassment",)}, IN),
        ],
    ),
]

NEIGHBOURHOODS = [
    Edge(
        "community_marac",
        {
            "role": "victim",
            "concerns": ("anti_social_behaviour",),
            "age": 30,
            "risk_graded": "high",
            "consent_status": "given",
        },
        [
            ({"role": "harmed_person"}, IN),
            ({"role": "resident"}, OUT),
            ({"concerns": ("hate_crime",)}, IN),
            ({"concerns": ("noise",)}, OUT),
            ({"risk_graded": "medium"}, OUT),
            ({"risk_graded": None}, OUT),
            ({"consent_status": "refused"}, OUT),
            ({"consent_status": "not_possible"}, UNKNOWN),
            ({"consent_status": "not_possible", "consent_override": True}, IN),
        ],
    ),
    Edge(
        "out_of_hours_noise",
        RESIDENT | {"made_at": FRIDAY_NIGHT},
        [*IN_BROMLEY, ({"role": "victim"}, OUT), ({"concerns": ("fly_tipping",)}, OUT)],
    ),
    Edge(
        "daytime_noise",
        RESIDENT,
        [*IN_BROMLEY, ({"made_at": FRIDAY_NIGHT}, OUT), ({"concerns": ("envirocrime",)}, OUT)],
    ),
    Edge(
        "community_impact_days",
        RESIDENT | {"concerns": ("fly_tipping",)},
        [
            *IN_BROMLEY,
            ({"concerns": ("envirocrime",)}, IN),
            ({"concerns": ("anti_social_behaviour",)}, IN),
            ({"concerns": ("noise",)}, OUT),
            ({"role": "victim"}, OUT),
        ],
    ),
]

OFFERS = [
    Edge(
        "freedom_programme",
        VICTIM,
        [*FROM_18, ({"gender": "other"}, OUT), ({"concerns": ("stalking",)}, OUT)],
    ),
    Edge(
        "never_too_late",
        VICTIM | {"age": 50},
        [
            ({"age": 49}, OUT),
            ({"gender": "male"}, OUT),
            *IN_BROMLEY,
            ({"concerns": ("noise",)}, OUT),
        ],
    ),
    Edge(
        "imatter",
        VICTIM | {"risk_score": 13, "age": 16},
        [
            ({"age": 15}, OUT),
            ({"gender": None}, UNKNOWN),
            ({"risk_score": 14}, OUT),
            ({"risk_score": None}, UNKNOWN),
            ({"police_callouts_12m": 3}, OUT),
            ({"language": "ur"}, IN),
            ({"language": "cy"}, IN),
            ({"language": "fr"}, OUT),
        ],
    ),
    Edge(
        "safer_space_plus",
        {"role": "child", "concerns": ("domestic_abuse",), "age": 5, "district": "BR5"},
        [
            ({"age": 4}, OUT),
            ({"age": 18}, IN),
            ({"age": 19}, OUT),
            ({"role": "young_person"}, IN),
            ({"role": "offender"}, OUT),
            ({"borough": "lewisham"}, UNKNOWN),
            ({"borough": "lewisham", "educated_in": "bromley"}, IN),
            ({"borough": "lewisham", "educated_in": "lewisham"}, OUT),
            ({"concerns": ("stalking",)}, OUT),
        ],
    ),
    Edge(
        "young_peoples_outreach",
        {"role": "young_person", "concerns": ("domestic_abuse",), "age": 11},
        [({"age": 10}, OUT), ({"age": 18}, IN), ({"age": 19}, OUT), ({"role": "offender"}, OUT)],
    ),
    Edge(
        "japanese_outreach",
        VICTIM | {"language": "ja"},
        [({"language": "en"}, OUT), ({"language": None}, UNKNOWN), ({"concerns": ("noise",)}, OUT)],
    ),
    Edge(
        "counselling",
        VICTIM | {"wants": ("counselling",), "age": 16},
        [({"age": 15}, OUT), ({"wants": ("drop_in",)}, OUT), ({"wants": None}, UNKNOWN)],
    ),
    Edge(
        "stalking_advocacy",
        VICTIM | {"concerns": ("stalking",), "age": 16},
        [({"age": 15}, OUT), ({"concerns": ("domestic_abuse",)}, OUT), ({"role": "child"}, OUT)],
    ),
    Edge(
        "mens_advice_line",
        VICTIM | {"gender": "male", "age": 16},
        [({"age": 15}, OUT), ({"gender": "female"}, OUT), ({"concerns": ("stalking",)}, OUT)],
    ),
    Edge(
        "respect_phoneline",
        PERPETRATOR,
        [*FROM_18, ({"role": "offender"}, OUT), ({"concerns": ("stalking",)}, OUT)],
    ),
    Edge(
        "fathers_to_fathers",
        PERPETRATOR | {"circumstances": ("is_father",)},
        [
            ({"circumstances": ()}, OUT),
            ({"circumstances": None}, UNKNOWN),
            ({"gender": "female"}, OUT),
            ({"role": "victim"}, OUT),
        ],
    ),
]


@pytest.mark.parametrize(
    ("pathway", "known", "expected"),
    rows([*PERPETRATORS, *YOUNG_AND_OFFENDING, *NEIGHBOURHOODS, *OFFERS]),
)
def test_a_criterion_holds_at_its_edge(pathway: str, known: dict[str, Any], expected: str) -> None:
    """A referral just inside is eligible, one just outside is not, a missing fact is unknown."""
    assert standing_of("bromley", pathway, known) == expected
