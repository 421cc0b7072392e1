"""Tells that the log cannot be signed, or that a witness will not have it, once a day each."""

from dataclasses import dataclass
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from shared.bus.work import UnitOfWork
from shared.events import TrailAlarmed
from shared.events.everybody import subject_of_service

_ALARMS: Final = uuid5(NAMESPACE_URL, "urn:fingerpost:alarms")


@dataclass(frozen=True)
class Alarm:
    """The alarms about one log's checkpoints."""

    unit: UnitOfWork
    origin: str

    async def refused(self, reason: str) -> None:
        """A checkpoint was refused. The reason is in the service's own log, and makes the alarm's
        id: two processes that find the same thing raise one alarm."""
        day = self.unit.clock().date()
        finding = uuid5(_ALARMS, f"{self.origin} {day} {reason}")
        async with self.unit.work(finding) as work:
            alarmed = TrailAlarmed(finding_id=finding, kind="checkpoint_refused", about="audit")
            work.emit(alarmed, subject_of_service("audit"))
