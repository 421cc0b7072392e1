"""Barnet from April 2013: just inside and just outside each criterion, and each row's first day."""

from typing import Any

import pytest

from tests.triage.edges import IN, OUT, UNKNOWN, Change, Edge, rows, standing_of

VICTIM: dict[str, Any] = {
    "role": "victim",
    "concerns": ("domestic_abuse",),
    "age": 30,
    "gender": "female",
    "district": "NW4",
    "risk_score": 9,
    "consent_status": "given",
}
CHILD: dict[str, Any] = {"role": "child", "concerns": ("domestic_abuse",), "age": 11}
OFFENDER: dict[str, Any] = {
    "role": "offender",
    "concerns": ("anti_social_behaviour",),
    "age": 18,
    "team": "asb_unit",
    "admits_responsibility": True,
    "arrested": True,
    "other_party_consents": True,
    "consent_status": "given",
}
PERPETRATOR: dict[str, Any] = {
    "role": "perpetrator",
    "concerns": ("domestic_abuse",),
    "age": 18,
    "consent_status": "given",
}

FROM_16: list[tuple[Change, str]] = [
    ({"age": 15}, OUT),
    ({"age": 16}, IN),
    ({"age": None}, UNKNOWN),
]
CONSENT: list[tuple[Change, str]] = [
    ({"consent_status": "refused"}, OUT),
    ({"consent_status": None}, UNKNOWN),
    ({"consent_status": "refused", "consent_override": True}, OUT),
]
AGREED: list[tuple[Change, str]] = [
    ({"consent_status": "refused"}, OUT),
    ({"consent_status": None}, UNKNOWN),
    ({"consent_status": "refused", "consent_override": True}, IN),
]
IN_BARNET: list[tuple[Change, str]] = [
    ({"district": "EN4"}, IN),
    ({"district": "N2"}, UNKNOWN),
    ({"district": "HA8"}, UNKNOWN),
    ({"district": "N1"}, OUT),
    ({"borough": "camden"}, OUT),
    ({"borough": "barnet", "district": "BR1"}, IN),
]
# Harm by a partner or within the family.
H: list[tuple[Change, str]] = [
    ({"concerns": ("anti_social_behaviour", "domestic_abuse")}, OUT),
    ({"relationship": "intimate_partner"}, OUT),
    ({"relationship": "other"}, IN),
    ({"crime_types": ("stalking",)}, OUT),
    ({"crime_types": ("theft",)}, IN),
]

EDGES = [
    Edge("marac", VICTIM | {"risk_score": 14}, [({"risk_score": 13}, OUT), ({"age": None}, IN)]),
    Edge(
        "childrens_mash",
        CHILD,
        [
            ({"dvrim_scale": 3}, IN),
            ({"dvrim_scale": 2}, OUT),
            ({"dvrim_scale": 1}, OUT),
            ({"concerns": ("noise",)}, OUT),
            ({"role": "young_person", "dvrim_scale": 1}, IN),
        ],
    ),
    Edge(
        "marac_idva",
        VICTIM | {"risk_score": 14},
        [
            *FROM_16,
            ({"risk_score": 13}, OUT),
            ({"risk_score": None}, UNKNOWN),
            ({"consent_status": "refused"}, IN),
            ({"borough": "camden"}, IN),
        ],
    ),
    Edge(
        "sdvc_idva",
        VICTIM | {"team": "court"},
        [
            *FROM_16,
            ({"team": "gp"}, UNKNOWN),
            ({"team": "gp", "circumstances": ()}, OUT),
            ({"team": "gp", "circumstances": ("court_case",)}, IN),
            *AGREED,
        ],
    ),
    Edge(
        "dv_advocacy",
        VICTIM,
        [({"age": 15}, OUT), ({"age": None}, IN), *IN_BARNET, *AGREED, ({"risk_score": None}, IN)],
    ),
    Edge(
        "rape_crisis",
        VICTIM | {"concerns": ("sexual_violence",), "age": 14, "consent_given_by": "person"},
        [
            ({"age": 13}, OUT),
            ({"gender": "male"}, OUT),
            ({"concerns": ("stalking",)}, OUT),
            *CONSENT,
        ],
    ),
    Edge(
        "refuge",
        VICTIM | {"wants": ("safe_accommodation",)},
        [*FROM_16, ({"gender": "male"}, OUT), ({"wants": ()}, OUT), *AGREED],
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
            *IN_BARNET,
            *AGREED,
            ({"lives_with_perpetrator": True}, OUT),
            ({"perpetrator_right_of_entry": None}, UNKNOWN),
        ],
    ),
    Edge(
        "safer_families",
        CHILD | {"dvrim_scale": 2},
        [
            ({"age": 12}, OUT),
            ({"dvrim_scale": 1}, IN),
            ({"dvrim_scale": 3}, OUT),
            ({"dvrim_scale": None}, UNKNOWN),
            ({"role": "young_person"}, OUT),
            ({"concerns": ("stalking",)}, OUT),
        ],
    ),
    Edge(
        "social_care_dv_worker",
        CHILD | {"dvrim_scale": 3},
        [({"dvrim_scale": 2}, OUT), ({"dvrim_scale": 4}, IN), ({"dvrim_scale": None}, UNKNOWN)],
    ),
    Edge(
        "youth_support_service",
        CHILD | {"age": 12},
        [
            ({"age": 11}, OUT),
            ({"age": 17}, IN),
            ({"age": 18}, OUT),
            ({"role": "perpetrator"}, IN),
            ({"role": "offender"}, OUT),
        ],
    ),
    Edge(
        "youth_offending_service",
        OFFENDER | {"age": 17},
        [({"age": 18}, OUT), ({"age": 10}, IN), ({"age": 9}, OUT)],
    ),
    Edge(
        "perpetrator_programme",
        PERPETRATOR,
        [
            ({"age": 17}, OUT),
            ({"role": "offender"}, OUT),
            ({"concerns": ("stalking",)}, OUT),
            *CONSENT,
        ],
    ),
    Edge(
        "yuva",
        PERPETRATOR | {"age": 17},
        [
            ({"age": 18}, OUT),
            ({"age": 11, "consent_given_by": "parental_responsibility"}, IN),
            ({"age": 10, "consent_given_by": "parental_responsibility"}, OUT),
            *CONSENT,
        ],
    ),
    Edge(
        "neighbourhood_justice_panel",
        OFFENDER,
        [
            ({"role": "young_person"}, OUT),
            ({"concerns": ("low_level_offending",)}, IN),
            ({"concerns": ("burglary",)}, OUT),
            ({"team": "housing"}, IN),
            ({"team": "police_response"}, IN),
            ({"team": "probation"}, OUT),
            ({"admits_responsibility": False}, OUT),
            ({"other_party_consents": False}, OUT),
            ({"other_party_consents": None}, UNKNOWN),
            *CONSENT,
            *H,
            ({"concerns": ("anti_social_behaviour", "hate_crime")}, OUT),
            ({"made_at": "2013-09-30T12:00:00+01:00"}, "absent"),
            ({"made_at": "2013-10-01T00:00:00+01:00"}, IN),
        ],
    ),
    Edge(
        "community_coaches",
        OFFENDER | {"at_risk_of_arrest": True, "circumstances": ("not_accessing_support",)},
        [
            ({"at_risk_of_arrest": False}, OUT),
            ({"at_risk_of_arrest": None}, UNKNOWN),
            ({"circumstances": ()}, OUT),
            ({"circumstances": (), "concerns": ("gang_involvement",)}, IN),
            ({"circumstances": (), "concerns": ("at_risk_of_offending",)}, IN),
            ({"role": "perpetrator"}, OUT),
            *CONSENT,
            ({"made_at": "2013-09-30T12:00:00+01:00"}, "absent"),
        ],
    ),
    Edge(
        "conditional_caution",
        OFFENDER,
        [
            ({"age": 17}, OUT),
            ({"arrested": False}, OUT),
            ({"arrested": None}, UNKNOWN),
            ({"admits_responsibility": False}, OUT),
            ({"concerns": ("alcohol_related_offending",)}, IN),
            ({"concerns": ("low_level_offending",)}, OUT),
            *CONSENT,
            *H,
            ({"made_at": "2013-08-31T12:00:00+01:00"}, "absent"),
        ],
    ),
    Edge(
        "iom",
        OFFENDER | {"cohorts": ("burglary",)},
        [
            ({"age": 17}, OUT),
            ({"cohorts": ("persistent_offender",)}, OUT),
            ({"cohorts": ("gang_member",)}, IN),
            ({"cohorts": ("gang_member",), "made_at": "2013-05-31T12:00:00+01:00"}, OUT),
            ({"cohorts": ("gang_member",), "made_at": "2013-06-01T00:30:00+01:00"}, IN),
            ({"cohorts": None}, UNKNOWN),
        ],
    ),
    Edge(
        "asb_action_group",
        VICTIM | {"concerns": ("anti_social_behaviour",)},
        [
            *IN_BARNET,
            *AGREED,
            ({"role": "harmed_person"}, IN),
            ({"role": "offender"}, OUT),
            ({"role": "resident", "consent_status": "refused"}, IN),
            ({"concerns": ("noise",)}, OUT),
        ],
    ),
    Edge(
        "adult_safeguarding",
        VICTIM | {"needs": ("care_and_support",), "made_at": "2015-04-01T09:00:00+01:00"},
        [({"made_at": "2015-03-31T09:00:00+01:00"}, "absent")],
    ),
    Edge(
        "prevent_channel",
        {
            "role": "resident",
            "concerns": ("radicalisation",),
            "made_at": "2015-07-01T09:00:00+01:00",
        },
        [({"made_at": "2015-06-30T09:00:00+01:00"}, "absent")],
    ),
]


@pytest.mark.parametrize(("pathway", "known", "expected"), rows(EDGES))
def test_a_criterion_holds_at_its_edge(pathway: str, known: dict[str, Any], expected: str) -> None:
    """Just inside is eligible, just outside is not, before its day a row is absent."""
    assert standing_of("barnet", pathway, known) == expected
