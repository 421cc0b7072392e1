"""A victim whom Bromley takes, and the changes around the criteria that many pathways share."""

from typing import Any

from tests.triage.edges import IN, OUT, UNKNOWN, Change

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
