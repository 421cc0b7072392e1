"""Events as the services tell them, numbered and tallied, and a log that hears all or some."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from services.audit.whole.completeness import HOUR, Noted, digest
from shared.bus.consumer import Received
from shared.bus.work import UnitOfWork
from shared.events import CloudEvent, TallyStated, subject_of_service
from shared.subjects import EVENTS, SERVICES, Service, event
from tests.audit.heard import take

TEN = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - 3 * HOUR


@dataclass
class Told:
    """What the services told, in order."""

    events: list[CloudEvent] = field(default_factory=list)
    _numbers: defaultdict[tuple[str, UUID], int] = field(default_factory=lambda: defaultdict(int))

    def tell(
        self, kind: str, said: dict[str, Any], producer: Service, subject: UUID, at: datetime
    ) -> CloudEvent:
        """An event of a service, with its next number on the subject."""
        self._numbers[producer, subject] += 1
        event_id = uuid4()
        told = CloudEvent(
            id=event_id,
            source=f"/fingerpost/{producer}",
            type=f"{kind}.v1",
            subject=subject,
            time=at,
            traceparent=f"00-{subject.hex}-{event_id.hex[:16]}-01",
            sequence=self._numbers[producer, subject],
            data=said,
        )
        self.events.append(told)
        return told

    def live(self, trail: Sequence[Noted], since: datetime) -> UUID:
        """What happens to a referral, from some time on; its id."""
        first = trail[0].time
        for each in trail:
            producer: Service = "intake" if each.producer == "intake" else "triage"
            at = since + (each.time - first)
            self.tell(each.type, dict(each.said or {}), producer, each.subject, at)
        return trail[0].subject

    def tally(self, since: datetime, services: Iterable[Service] = SERVICES) -> None:
        """Each service states the hour that begins at `since`."""
        for service in services:
            of_hour = [
                each.id
                for each in self.events
                if each.producer == service and since <= each.time < since + HOUR
            ]
            tally = TallyStated(
                producer=service,
                since=since,
                until=since + HOUR,
                events=len(of_hour),
                digest=digest(of_hour),
            )
            said = tally.model_dump(mode="json")
            at = since + HOUR + HOUR / 12
            self.tell(TallyStated.TYPE, said, service, subject_of_service(service), at)


def message(said: CloudEvent) -> Received:
    """An event as the broker brings it."""
    body = said.model_dump_json(exclude_none=True).encode()
    return Received(said.id, EVENTS, event(said.event_type), body)


async def hear(unit: UnitOfWork, said: Iterable[CloudEvent]) -> None:
    """Audit logs these, in this order."""
    await take(unit, [message(each) for each in said])
