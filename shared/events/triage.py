"""What triage tells of a referral as a whole, and of the directory."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from shared.events.assignments import Outcome
from shared.events.envelope import EventData
from shared.facts import Frozen


class DecidedBy(Frozen):
    """The dated policy that decided: enough to run the decision again."""

    name: str
    in_force_from: date | None = None
    sha256: str | None = None


class RouteTaken(Frozen):
    """One pathway that the referral was routed to."""

    pathway: str
    kind: str
    bases: tuple[str, ...]
    transfer_to: str | None = None
    funding_to_confirm: bool = False


class ReferralTriaged(EventData):
    """Triage decided on one revision. The full explanation is kept by triage under the same id."""

    TYPE: ClassVar[str] = "referral.triaged"
    referral_id: UUID
    revision: int
    decision_id: UUID
    pair_ref: UUID | None = None
    made_on: date
    catalogue: DecidedBy
    outcome: Literal["routed", "needs_information", "unrouted"]
    urgent: bool
    risk_level: str
    marac_triggers: tuple[str, ...]
    routes: tuple[RouteTaken, ...]
    suggestions: tuple[str, ...]
    asks: tuple[str, ...]


class ReferralOverridden(EventData):
    """A coordinator routed by hand or withdrew a route. The reason is kept with the decision."""

    TYPE: ClassVar[str] = "referral.overridden"
    referral_id: UUID
    override_id: UUID
    decision_id: UUID
    action: Literal["route", "withdraw"]
    pathway: str
    coordinator: str


class ReferralInformationRequested(EventData):
    """Facts are missing that the sender may give, by their path in the document."""

    TYPE: ClassVar[str] = "referral.information_requested"
    referral_id: UUID
    revision: int
    agency: str | None = None
    asks: tuple[str, ...]


class Ended(Frozen):
    """One assignment of a referral that is closed."""

    pathway: str
    outcome: Outcome


class ReferralClosed(EventData):
    """The last assignment of a referral is closed. A later revision may open it again."""

    TYPE: ClassVar[str] = "referral.closed"
    referral_id: UUID
    ended: tuple[Ended, ...]


class DirectoryChange(Frozen):
    """One entry that changed, and which of its fields; never their values."""

    kind: Literal["practitioner", "team", "duty"]
    key: str
    action: Literal["added", "changed", "removed"]
    fields: tuple[str, ...] = ()


class DirectoryChanged(EventData):
    """The directory has a new version."""

    TYPE: ClassVar[str] = "directory.changed"
    version: int
    by: str
    changes: tuple[DirectoryChange, ...]


class RotaGapFound(EventData):
    """Within the coming week there are hours at which no coordinator is on call."""

    TYPE: ClassVar[str] = "rota.gap_found"
    catalogue: str
    since: AwareDatetime
    until: AwareDatetime
