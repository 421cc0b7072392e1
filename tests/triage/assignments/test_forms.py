"""What a form says becomes an act, or is told by field what to mend."""

import pytest

from services.triage.assignments.acts import Accept, Act, Close, Contact, Decline, HandOn
from services.triage.assignments.forms import Unreadable, entered, read


@pytest.mark.parametrize(
    ("name", "form", "act"),
    [
        ("accept", {}, Accept()),
        ("accept", {"back": ["desk"]}, Accept()),
        ("decline", {"reason": ["no_room"]}, Decline(reason="no_room")),
        ("decline", {"reason": ["away"], "note": [" "]}, Decline(reason="away")),
        (
            "contact",
            {"how": ["call"], "reached": ["no"], "attempt": ["2"], "note": ["one\r\ntwo"]},
            Contact(how="call", reached=False, attempt=2, note="one\ntwo"),
        ),
        ("close", {"outcome": ["engaged"]}, Close(outcome="engaged")),
        (
            "reassign",
            {"whom": ["to:p-abcd"], "note": ["she knows him"]},
            HandOn(to="p-abcd", note="she knows him"),
        ),
        (
            "reassign",
            {"whom": ["pathway:outreach"], "note": ["better"]},
            HandOn(pathway="outreach", note="better"),
        ),
    ],
)
def test_a_form_is_an_act(name: str, form: dict[str, list[str]], act: Act) -> None:
    """Blank fields are none, and where to go back to is nobody's concern."""
    assert read(name, entered(form)) == act


@pytest.mark.parametrize(
    ("name", "form", "faults"),
    [
        ("decline", {}, {"reason": "Tap a reason."}),
        ("decline", {"reason": ["bored"]}, {"reason": "Tap a reason."}),
        (
            "decline",
            {"reason": ["away"], "note": ["x" * 501]},
            {"note": "Use 500 characters or fewer."},
        ),
        (
            "contact",
            {},
            {
                "how": "Choose how you tried.",
                "reached": "Say whether you reached the person.",
            },
        ),
        ("close", {}, {"outcome": "Choose how it ended."}),
        (
            "reassign",
            {},
            {"to": "Choose who is to take it.", "note": "Write why, in a few words."},
        ),
    ],
)
def test_a_fault_is_told_by_field(
    name: str, form: dict[str, list[str]], faults: dict[str, str]
) -> None:
    """All at once, and never with the value."""
    with pytest.raises(Unreadable) as told:
        read(name, entered(form))
    assert told.value.faults == faults
