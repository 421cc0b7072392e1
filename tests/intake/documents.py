"""Documents to try: a small one that stands, and one that uses every field."""

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

from services.intake.reading import UnreadableReferral, read_document
from services.intake.referral import Referral

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

SMALL: dict[str, Any] = {
    "version": 1,
    "reference": "T-1",
    "made_at": "2026-11-16T22:40:00+00:00",
    "source": {"agency": "met-police", "team": "police_csu", "route": "system"},
    "role": "victim",
    "concerns": ["domestic_abuse"],
}

_PERSON: dict[str, Any] = {
    "given_name": "Amara",
    "family_name": "Quill",
    "also_known_as": ["Amy Quill"],
    "date_of_birth": "1991-03-04",
    "gender": "female",
    "language": "pl",
    "interpreter": True,
    "address": {"lines": ["12 Example Road"], "postcode": "br5 3zz"},
    "borough": "bromley",
    "educated_in": "bexley",
    "contact": {"phone": "07700 900101", "email": "amara@example.org"},
    "safe_contact": {
        "call": True,
        "text": False,
        "voicemail": False,
        "email": False,
        "letter": False,
        "when": "weekdays",
        "note": "not on\nTuesdays",
    },
    "identifiers": [{"type": "pnc", "value": "2001/0171310W"}],
}

FULL: dict[str, Any] = {
    **SMALL,
    "source": {
        **SMALL["source"],
        "referrer": {
            "name": "Pat Hale",
            "role": "constable",
            "email": "pat@example.org",
            "phone": "07700 900102",
        },
    },
    "person": _PERSON,
    "other_party": {**_PERSON, "given_name": "Dorian", "relationship": "former_partner"},
    "lives_with_perpetrator": False,
    "perpetrator_right_of_entry": False,
    "other_party_consents": False,
    "crime_types": ["abh"],
    "risk": {
        "tool": "dash",
        "score": 2,
        "answers": {str(n): "yes" if n < 3 else "dont_know" for n in range(1, 25)},
        "level": "medium",
        "professional_judgement_high": False,
        "rationale": "first line\n\tsecond line",
        "police_callouts_12m": 2,
        "dvrim_scale": 1,
    },
    "needs": ["housing"],
    "circumstances": ["carer"],
    "wants": ["drop_in"],
    "children": [{"age": 6, "lives_in_household": True}],
    "offending": {
        "admits_responsibility": False,
        "serial": False,
        "coercive_control": True,
        "first_offence": True,
        "statutory": False,
        "arrested": False,
        "at_risk_of_arrest": False,
        "cohorts": [],
    },
    "consent": {
        "status": "refused",
        "recorded_at": "2026-11-16T22:30:00+00:00",
        "given_by": "person",
        "override": {"rationale": "A child is at risk.", "authorised_by_role": "team manager"},
    },
    "narrative": "Officers attended.",
    "linked_references": ["T-2"],
}


def with_(path: str, value: Any, base: dict[str, Any] = SMALL) -> dict[str, Any]:
    """`base` with one field, named by its dotted path, set to `value`."""
    document = deepcopy(base)
    *parents, name = path.split(".")
    part = document
    for parent in parents:
        part = part.setdefault(parent, {})
    part[name] = value
    return document


def without(path: str, base: dict[str, Any] = SMALL) -> dict[str, Any]:
    """`base` with one field taken out."""
    document = deepcopy(base)
    *parents, name = path.split(".")
    part = document
    for parent in parents:
        part = part[parent]
    del part[name]
    return document


def raw(document: object) -> bytes:
    return json.dumps(document).encode()


def read(document: object, now: datetime = NOW) -> Referral:
    return read_document(raw(document), now)


def problems(document: object, now: datetime = NOW) -> dict[str, str]:
    """What is wrong, by field; {} where nothing is. Bytes are read as they stand."""
    try:
        read_document(document if isinstance(document, bytes) else raw(document), now)
    except UnreadableReferral as refusal:
        return {problem.field: problem.problem for problem in refusal.problems}
    return {}


def later(**by: float) -> str:
    """A made_at so much after NOW."""
    return (NOW + timedelta(**by)).isoformat()
