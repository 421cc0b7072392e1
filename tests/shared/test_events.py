"""Every event is read back as it was told: what is not known is left out of an envelope."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, get_args
from uuid import uuid4

import pytest
from pydantic import BaseModel

from shared.events import EVENT_TYPES, CloudEvent, DecidedBy, EventData, ReferralTriaged, envelope
from shared.subjects import EVERYBODY, PUBLISHES

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_a_decision_without_a_policy_in_force_is_read_back() -> None:
    """A day before the first policy has neither date nor hash."""
    told = ReferralTriaged(
        referral_id=uuid4(),
        revision=1,
        decision_id=uuid4(),
        made_on=date(2010, 1, 4),
        catalogue=DecidedBy(name="bromley"),
        outcome="unrouted",
        urgent=False,
        risk_level="standard",
        marac_triggers=(),
        routes=(),
        suggestions=(),
        asks=(),
    )
    assert _read_back(told) == told


@pytest.mark.parametrize("kind", EVENT_TYPES.values(), ids=EVENT_TYPES)
def test_what_may_be_unknown_may_be_left_out(kind: type[EventData]) -> None:
    """The envelope leaves out what is None: no field that may be None is demanded on reading."""
    demanded = [
        f"{model.__name__}.{name}"
        for model in _models(kind)
        for name, field in model.model_fields.items()
        if field.is_required() and type(None) in get_args(field.annotation)
    ]
    assert demanded == []


def test_every_event_is_published_by_somebody() -> None:
    """And nobody publishes what is no event."""
    published = {each for types in PUBLISHES.values() for each in types} | set(EVERYBODY)
    assert published == set(EVENT_TYPES)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """A model, and all those within it."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from _models(field.annotation)
    for part in get_args(annotation):
        yield from _models(part)


def _read_back(told: EventData) -> EventData:
    event = envelope(
        told,
        event_id=uuid4(),
        producer="triage",
        subject=uuid4(),
        time=NOW,
        sequence=1,
    )
    sent = CloudEvent.model_validate_json(event.model_dump_json(exclude_none=True))
    return EVENT_TYPES[sent.event_type].model_validate(sent.data)
