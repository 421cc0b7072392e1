"""A referral with two sides, of each of which everything is told that could be; and who asks."""

from typing import Any
from uuid import UUID, uuid4

import httpx2

from shared.sign_in import COOKIE, Role
from tests.intake import triage_says as says
from tests.intake.ground import Serving, document

HOLDER = says.WHO
OTHER = "p-other1"

PERSON: dict[str, Any] = {
    "given_name": "Amara",
    "family_name": "Quill",
    "also_known_as": ["Amy Quill"],
    "date_of_birth": "1991-03-04",
    "gender": "female",
    "language": "pl",
    "interpreter": True,
    "address": {"lines": ["12 Example Road"], "postcode": "BR5 3ZZ"},
    "contact": {"phone": "07700 900101", "email": "amara@example.org"},
    "safe_contact": {"text": True, "call": False, "when": "weekdays", "note": "not on\nTuesdays"},
}
OTHER_PARTY: dict[str, Any] = {
    "given_name": "Dorian",
    "family_name": "Vale",
    "also_known_as": ["Dee Vale"],
    "date_of_birth": "1988-01-19",
    "gender": "male",
    "language": "fr",
    "address": {"lines": ["98 Hidden Lane"], "postcode": "SE6 1XX"},
    "contact": {"phone": "07700 900777", "email": "dorian@example.org"},
    "safe_contact": {"letter": True, "note": "only at his mother's"},
    "identifiers": [{"type": "local_case", "value": "HID-1"}],
    "relationship": "former_partner",
}
ACROSS = (
    "Dee Vale",
    "Hidden Lane",
    "SE6",
    "900777",
    "dorian@",
    "his mother's",
    "HID-1",
    "fr",
    "male",
)
"""What is told of the other party, and of nobody else, in the document below."""


def referral_of(role: str) -> dict[str, Any]:
    """A referral about Amara, in one role, with everything that could be told."""
    return document(
        role=role,
        person=PERSON,
        other_party=OTHER_PARTY,
        needs=["nrpf", "housing"],
        children=[{"age": 6, "lives_in_household": True}],
        narrative="She told\nthat the school is in Orpington.",
        source={
            "agency": "met-police",
            "team": "police_csu",
            "route": "system",
            "referrer": {"name": "Pat Hale", "role": "constable", "phone": "07700 900102"},
        },
    )


async def held(served: Serving, sent: dict[str, Any]) -> UUID:
    """The referral, accepted by HOLDER."""
    referral = await served.send(sent)
    await served.hear(referral, says.accepted(referral, uuid4()))
    return referral


async def ask(
    served: Serving, referral: UUID, *roles: Role, who: str = HOLDER, **more: Any
) -> httpx2.Response:
    """The case, as somebody."""
    return await served.get(f"/intake/api/cases/{referral}", *roles, who=who, **more)


async def page(served: Serving, referral: UUID, *roles: Role, who: str = HOLDER) -> httpx2.Response:
    """The page, as a signed-in browser asks for it."""
    token = served.signed_in(*roles, who=who)["Authorization"].removeprefix("Bearer ")
    return await served.http.get(
        f"/intake/cases/{referral}",
        headers={"Accept": "text/html", "Cookie": f"{COOKIE}={token}"},
    )
