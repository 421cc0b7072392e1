"""Referrals of invented people, for tests of who is who: each test names people of its own."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import httpx2

from shared.events import DecidedBy, ReferralTriaged, RouteTaken
from tests.intake.ground import POLICE, Serving

Person = dict[str, Any]


def person(given: str, family: str, born: str | None = None, **more: Any) -> Person:
    """A person as a document has one."""
    said: Person = {"given_name": given, "family_name": family, "gender": "female"}
    if born:
        said["date_of_birth"] = born
    if "postcode" in more:
        said["address"] = {"postcode": more.pop("postcode")}
    contact = {name: more.pop(name) for name in ("phone", "email") if name in more}
    if contact:
        said["contact"] = contact
    if "nhs" in more:
        said["identifiers"] = [{"type": "nhs_number", "value": more.pop("nhs")}]
    return {**said, **more}


@dataclass
class Told:
    """A referral, and what intake told of it at its last revision."""

    referral: UUID
    events: list[dict[str, Any]]

    @property
    def data(self) -> dict[str, Any]:
        """Of the newest revision."""
        kinds = ("referral.received.v1", "referral.amended.v1")
        found: dict[str, Any] = [e for e in self.events if e["type"] in kinds][-1]["data"]
        return found

    @property
    def person(self) -> str:
        """The reference told for the person referred."""
        return str(self.data["person_ref"])

    @property
    def pair(self) -> str | None:
        """The reference told for the pair."""
        return self.data.get("pair_ref")

    @property
    def doubts(self) -> list[dict[str, Any]]:
        """What somebody is asked because of it."""
        return [e["data"] for e in self.events if e["type"] == "person.match_doubted.v1"]


@dataclass
class Desk:
    """A coordinator with a running intake, and senders who refer."""

    served: Serving
    _numbers: list[int] = field(default_factory=lambda: [0])

    async def refer(
        self,
        who: Person,
        other: Person | None = None,
        role: str = "victim",
        day: str = "2026-11-16",
        reference: str | None = None,
    ) -> Told:
        """A referral of `who` comes in, with the other party if there is one."""
        document = {
            **POLICE,
            "reference": reference or f"WW-{uuid4()}",
            "made_at": f"{day}T09:00:00+00:00",
            "role": role,
            "person": who,
        }
        document.pop("other_party", None)
        if other:
            document["other_party"] = other
        referral = await self.served.send(document)
        return Told(referral, await self.served.told(referral))

    async def post(self, path: str, body: Any = None) -> httpx2.Response:
        """A call of the coordinator's."""
        return await self.served.http.post(
            f"/intake/api/{path}",
            json=body,
            headers=self.served.signed_in("coordinator", who="c-1"),
        )

    async def get(self, path: str) -> httpx2.Response:
        """A reading of the coordinator's."""
        return await self.served.get(f"/intake/api/{path}", "coordinator", who="c-1")

    async def same(self, doubt: dict[str, Any]) -> str:
        """The coordinator answers that the two are one; the merge's id."""
        answer = await self.post(f"reviews/{doubt['review_id']}/same")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["merge_id"])

    async def merge(self, one: str, into: str) -> httpx2.Response:
        """The coordinator joins two without having been asked."""
        return await self.post(
            "merges", {"person_ref": one, "into_ref": into, "reason": "she said so herself"}
        )

    async def went_to_marac(self, told: Told, on: date) -> None:
        """Triage decided that a referral goes to MARAC."""
        event = ReferralTriaged(
            referral_id=told.referral,
            revision=1,
            decision_id=uuid4(),
            pair_ref=UUID(told.pair) if told.pair else None,
            made_on=on,
            catalogue=DecidedBy(name="bromley", in_force_from=date(2022, 10, 1), sha256="0" * 64),
            outcome="routed",
            urgent=True,
            risk_level="high",
            marac_triggers=("visible_high_risk",),
            routes=(RouteTaken(pathway="marac", kind="statutory", bases=("statutory",)),),
            suggestions=(),
            asks=(),
        )
        await self.served.hear(told.referral, event)
