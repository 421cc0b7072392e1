"""What every service tells."""

from typing import ClassVar

from shared.events.envelope import EventData


class AccessRecorded(EventData):
    """Somebody read personal data or the trail: recorded before the answer left."""

    TYPE: ClassVar[str] = "access.recorded"
    reader: str
    roles: tuple[str, ...]
    what: str
    why: str
