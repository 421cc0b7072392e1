"""A history in words, and what of it stays from other practitioners."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.triage.assignments.life import State, Step
from services.triage.assignments.telling import Names, discreet, told
from services.triage.directory.entries import Directory

NOW = datetime(2026, 11, 20, 12, 50, tzinfo=UTC)
BETH, YUSUF, CALLUM = "p-beth", "p-yusuf", "p-callum"
DIRECTORY = Directory.model_validate(
    {
        "practitioners": [
            {"id": BETH, "name": "Beth Ingleby", "email": "beth@example.org"},
            {"id": YUSUF, "name": "Yusuf Lythgoe", "email": "yusuf@example.org"},
            {"id": CALLUM, "name": "Callum Varley", "email": "callum@example.org"},
        ],
        "teams": [{"team": "idsva", "catalogue": "bromley", "members": [BETH, YUSUF]}],
        "duty": [{"catalogue": "bromley", "coordinators": [CALLUM]}],
    }
)


def step(act: Any, **more: Any) -> Step:
    """An act half an hour ago."""
    about: dict[str, Any] = {
        "assignment_id": UUID(int=1),
        "number": 1,
        "at": NOW - timedelta(minutes=30),
        "state": State.OFFERED,
        "level": "practitioner",
        "pathway": "idsva",
        "holder": None,
    }
    return Step(act=act, **(about | more))


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (step("offer", holder=BETH, reason="new"), "It was offered to you."),
        (
            step("offer", holder=YUSUF, reason="place_came_free"),
            "There was room. It was offered to Yusuf Lythgoe.",
        ),
        (
            step("wait", reason="pathway_full"),
            "The service is full: it went on the waiting list.",
        ),
        (
            step("escalate", holder=CALLUM, level="coordinator", reason="overdue"),
            "Nobody answered in time. It went up to Callum Varley, as coordinator.",
        ),
        (
            step("escalate", holder=CALLUM, level="coordinator", reason="could_not_be_told"),
            "No message reached somebody. It went up to Callum Varley, as coordinator.",
        ),
        (
            step("escalate", holder=BETH, level="coordinator", reason="new"),
            "Nobody else was free. It went up to you, as coordinator.",
        ),
        (
            step("fall_late", state=State.ACCEPTED, holder=BETH, reason=CALLUM),
            "The first contact was late. It was told to Callum Varley.",
        ),
        (step("fall_late", holder=BETH), "No answer yet."),
        (step("accept", by=BETH, holder=BETH), "You accepted it."),
        (step("decline", by=YUSUF, reason="no_room"), "Yusuf Lythgoe passed it on: no room."),
        (
            step("contact", by=BETH, reason="through_professional", reached=True),
            "You reached the person: through another professional.",
        ),
        (
            step("contact", by="p-gone", reason="call", reached=False),
            "Somebody tried to reach the person: call.",
        ),
        (step("transfer", by=BETH), "You handed it on."),
        (
            step("close", by=BETH, reason="declined_by_person"),
            "You closed it: the person does not want it.",
        ),
        (step("withdraw", reason="age 30 is over 25"), "It was withdrawn: age 30 is over 25."),
    ],
)
def test_every_act_is_a_sentence(one: Step, said: str) -> None:
    """To Beth; somebody who has left goes by no name."""
    (line,) = told([one], Names(DIRECTORY, BETH), NOW)
    assert (line.moment, line.text) == ("today, 12:20", said)


def test_handing_on_to_another_service_says_so() -> None:
    """What was another pathway before."""
    history = [step("accept", by=BETH), step("transfer", by=BETH, pathway="outreach")]
    *_, last = told(history, Names(DIRECTORY, BETH), NOW)
    assert last.text == "You handed it on to another service."


def test_why_another_passed_it_on_is_not_told() -> None:
    """Neither who, nor the reason, nor the note: it may speak of the other side."""
    passed = step("decline", by=YUSUF, reason="conflict_of_interest", note="I know his mother")
    (line,) = told(discreet([passed], BETH), Names(DIRECTORY, BETH), NOW)
    assert (line.text, line.note) == ("Whoever was asked passed it on.", None)


def test_ones_own_reason_and_the_notes_of_contacts_are_told() -> None:
    """Whoever takes a case over knows how the person was tried."""
    mine = step("decline", by=BETH, reason="away")
    tried = step("contact", by=YUSUF, reason="call", reached=False, note="no answer")
    assert discreet([mine, tried], BETH) == (mine, tried)
