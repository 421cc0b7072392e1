"""What every service tells: who read what, and how many events it told in an hour."""

from typing import ClassVar, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import AwareDatetime, Field

from shared.events.envelope import EventData
from shared.subjects import Service

_SERVICES: Final = uuid5(NAMESPACE_URL, "urn:fingerpost:services")


class AccessRecorded(EventData):
    """Somebody read personal data or the trail: recorded before the answer left."""

    TYPE: ClassVar[str] = "access.recorded"
    reader: str
    roles: tuple[str, ...]
    what: str
    why: str


class TallyStated(EventData):
    """How many events a service told in one hour, [since, until), so that none can go missing.

    `digest`: SHA-256 in hexadecimal over the ids of those events, each as 32 hexadecimal digits,
    sorted, with a line feed between two. Hours in which nothing was told are stated too.
    """

    TYPE: ClassVar[str] = "tally.stated"
    producer: Service
    since: AwareDatetime
    until: AwareDatetime
    events: int = Field(ge=0)
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")


def subject_of_service(service: Service) -> UUID:
    """What an event is about that is about a service itself, and no referral."""
    return uuid5(_SERVICES, service)
