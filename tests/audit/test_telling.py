"""Entries in words, and what they are found by."""

from uuid import uuid4

import pytest

from services.audit.trail.finding import LONGEST_REASON, found_by
from services.audit.trail.telling import NAMES, tell
from shared.events import (
    EVENT_TYPES,
    AssignmentDeclined,
    AssignmentOffered,
    AssignmentTransferred,
    AssignmentWithdrawn,
    CloudEvent,
    EventData,
)
from tests.audit.heard import MOMENT, received
from tests.audit.test_people import referred


def event(data: EventData) -> CloudEvent:
    """The event that carries `data`."""
    return CloudEvent.model_validate_json(received(data, uuid4()).body)


def withdrawn(reason: str) -> AssignmentWithdrawn:
    """An assignment that nobody held."""
    return AssignmentWithdrawn(
        assignment_id=uuid4(), referral_id=uuid4(), pathway="refuge", reason=reason
    )


def test_every_type_has_a_name() -> None:
    """A type that is new is named, or it would stand on a page as it is spelled."""
    assert set(NAMES) == set(EVENT_TYPES)


def test_an_offer_is_told_with_its_times_of_the_clock_on_the_wall() -> None:
    """London's, and codes as words."""
    offered = AssignmentOffered(
        assignment_id=uuid4(),
        referral_id=uuid4(),
        pathway="one_stop_shop",
        practitioner_id="idsva-1",
        urgent=True,
        acknowledge_by=MOMENT.replace(month=7),
        first_contact_by=MOMENT,
    )

    told = tell("assignment.offered.v1", "triage", received(offered, uuid4()).body)

    assert (told.what, told.who, told.why) == ("Offered to a practitioner", "idsva-1", "")
    assert "for one stop shop" in told.more
    assert "to be answered by 3 July 2026, 10:30" in told.more


def test_a_referral_is_told_by_who_sent_it_and_which_policies_may_decide() -> None:
    """The agency, its team, the person's part, the concerns."""
    told = tell("referral.received.v1", "intake", referred(uuid4(), uuid4()).body)

    assert (told.who, told.rule) == ("met-police", "catalogue bromley")
    assert told.more == "from: police csu; about a victim; concerns: domestic abuse"


@pytest.mark.parametrize(
    ("event_type", "body", "more"),
    [
        ("assignment.offered.v1", None, "its content was destroyed"),
        ("assignment.offered.v1", b"{}", "its content cannot be read"),
    ],
)
def test_what_cannot_be_read_is_told_by_its_type(
    event_type: str, body: bytes | None, more: str
) -> None:
    """Whatever the reason, somebody sees that there was an entry."""
    told = tell(event_type, "triage", body)

    assert (told.what, told.more, told.who) == (
        "Offered to a practitioner",
        more,
        "triage, by its rules",
    )


def test_everybody_who_is_named_is_found() -> None:
    """Who gave it, who took it, who decided; each once."""
    transferred = AssignmentTransferred(
        assignment_id=uuid4(),
        referral_id=uuid4(),
        pathway="refuge",
        to_pathway="refuge",
        practitioner_id="idsva-1",
        to_practitioner_id="idsva-2",
        by="idsva-1",
    )

    assert found_by(event(transferred)).names == ("idsva-1", "idsva-2")


def test_a_reason_is_found_by_its_words() -> None:
    """A code's as well; what PostgreSQL would not take is left out, and no reason is too long."""
    declined = AssignmentDeclined(
        assignment_id=uuid4(),
        referral_id=uuid4(),
        pathway="refuge",
        practitioner_id="idsva-1",
        reason="conflict_of_interest",
    )

    assert found_by(event(declined)).reason == "conflict of interest"
    assert found_by(event(withdrawn("a\x00b"))).reason == "a b"
    assert len(found_by(event(withdrawn("word " * 5000))).reason) == LONGEST_REASON
