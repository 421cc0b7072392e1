"""Messages in words: what is put into them, and that nothing else ever varies."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify import gsm, links, replies
from services.notify.delivery import Message
from services.notify.examples import CODE, LONGEST_BY, NOTHING, SOME, link_of
from services.notify.messages import (
    DESK,
    PURPOSES,
    SAID_OF_THE_TRAIL,
    TO_BE_ANSWERED,
    Outgoing,
    answer_by,
    channels_of,
    compose,
    path,
)
from services.notify.notices import TO_AUDITORS
from services.notify.wording_files import shipped
from shared.events import Channel, Purpose
from tests.notify.ground import NOON, PUBLIC_URL

ASSIGNMENT = UUID("6b1f6d1e-58d2-4d0c-9a3e-5f8c1d2e3f40")
REFERRAL = UUID("8a54d2f1-0c3b-47a9-b6de-2f9c7e1a5d40")
HALF_PAST_TWO = NOON + timedelta(hours=2, minutes=30)
CASE = UUID("4f1d9c52-3e0b-4c55-8f6e-1d7a6a1f0b11")
EVERY = [(purpose, channel) for purpose in PURPOSES for channel in channels_of(purpose)]
LONGEST_URL = "https://" + "a" * 43
OF_NO_ASSIGNMENT = ("action_overdue", "information_asked", "digest", *TO_AUDITORS)
MOMENTS = st.integers(0, 10 * 365 * 24 * 60).map(lambda minutes: NOON + timedelta(minutes=minutes))


def message(purpose: Purpose, channel: Channel, **changes: Any) -> Message:
    """A message of noon, to be answered by half past two where it is to be answered."""
    about: dict[str, Any] = {
        "id": uuid4(),
        "notice": uuid4(),
        "sent_as": uuid4(),
        "purpose": purpose,
        "channel": channel,
        "assignment_id": None if purpose in OF_NO_ASSIGNMENT else ASSIGNMENT,
        "case_id": CASE if purpose == "action_overdue" else None,
        "referral_id": REFERRAL,
        "practitioner_id": "p-k4wz7m",
        "urgent": False,
        "acknowledge_by": HALF_PAST_TWO if purpose in TO_BE_ANSWERED else None,
        "due_at": NOON,
        "give_up_at": NOON,
    }
    return Message(**about | changes)


def link(of: Message, url: str = PUBLIC_URL) -> str:
    """A link as it is sent: of one's own where it leads to an assignment."""
    one_time = links.PATH + links.new_code(lambda alphabet: alphabet[-1])
    return url + (one_time if of.assignment_id else path(of))


def words(one: Message, *, code: str = "") -> Outgoing:
    """A message in our own words."""
    said = dict.fromkeys(SAID_OF_THE_TRAIL.get(one.purpose, ()), "said")
    return compose(one, "", NOON, link(one), shipped(), code=code, desk=SOME, said=said)


def test_an_email_in_full() -> None:
    """What a practitioner reads, word for word."""
    email = words(message("offered", "email", urgent=True))
    assert email.subject == "Fingerpost: something is waiting for you (urgent)"
    assert email.body == (
        "Something is waiting for you in Fingerpost.\n"
        "\n"
        "First: open it and answer today, by 14:30. You can take it, or pass it on.\n"
        "\n"
        "Sign in to see it:\n"
        "https://fp.example.gov.uk/notify/l/zzzzzzzzzzzzz\n"
        "\n"
        "If you ring somebody about it, this is its reference: 6b1f6d1e\n"
        "\n"
        "This message says nothing about it, to keep people safe. Please do not reply to it.\n"
    )


def test_a_text_in_full() -> None:
    """What a practitioner reads on a locked screen, word for word; with a code, how to take it."""
    text = words(message("offered", "sms", urgent=True))
    taken = words(message("offered", "sms"), code="K7MP")
    there = "https://fp.example.gov.uk/notify/l/zzzzzzzzzzzzz"
    assert text.body == f"Fingerpost. Urgent: please answer today, by 14:30. {there}"
    assert taken.body == f"Fingerpost. Please answer today, by 14:30. {there} or text YES K7MP"


def test_the_days_digest_in_full() -> None:
    """What a coordinator reads at eight: four numbers, what to do first, and the desk."""
    email = words(message("digest", "email"))
    assert email.subject == "Fingerpost: your desk this morning"
    assert email.body == (
        "For a coordinator now: 3\n"
        "Late: 1\n"
        "Waiting for a place: 12\n"
        "Could not be told: 1\n"
        "\n"
        "First: ring those who could not be told.\n"
        "\n"
        "Sign in to see your desk:\n"
        f"{PUBLIC_URL}{DESK}\n"
        "\n"
        "This message says nothing about anybody, to keep people safe. Please do not reply to it.\n"
    )


def test_a_morning_with_nothing_to_do_says_so() -> None:
    """A digest that comes is also the sign that the system runs."""
    one = message("digest", "email")
    email = compose(one, "", NOON, PUBLIC_URL + DESK, shipped(), desk=NOTHING)
    assert "First: nothing needs you now.\n" in email.body


@pytest.mark.parametrize(
    ("purpose", "leads_to"),
    [
        ("offered", f"/triage/assignments/{ASSIGNMENT}"),
        ("withdrawn", f"/triage/assignments/{ASSIGNMENT}"),
        ("action_overdue", f"/triage/panels/cases/{CASE}"),
        ("digest", "/triage/desk"),
    ],
)
def test_where_a_link_leads(purpose: Purpose, leads_to: str) -> None:
    """To the page of what the message is about."""
    assert path(message(purpose, "email")) == leads_to


def test_a_sender_is_led_to_the_status_of_what_it_sent() -> None:
    """By the id that its receipt gave it; its own reference is not known here."""
    one = message("information_asked", "email")
    email = words(one)
    assert f"{PUBLIC_URL}/intake/api/referrals/{one.referral_id}\n" in email.body
    assert f"Its number is {one.referral_id}." in email.body


@pytest.mark.parametrize(("purpose", "channel"), EVERY)
def test_messages_differ_in_link_reference_and_time_alone(
    purpose: Purpose, channel: Channel
) -> None:
    """Whatever else is put into a message about somebody else, for somebody else, reads alike."""
    one = message(purpose, channel)
    other = message(
        purpose,
        channel,
        id=uuid4(),
        assignment_id=uuid4() if one.assignment_id else None,
        case_id=uuid4() if one.case_id else None,
        action_id=uuid4(),
        referral_id=uuid4(),
        practitioner_id="p-canary",
        agency="canary",
        offer=7,
        tries=3,
    )
    assert _bare(words(one), one) == _bare(words(other), other)


def test_an_escalation_names_nobody() -> None:
    """Who did not answer is not told to the next by a message."""
    for channel in channels_of("escalated"):
        said = words(message("escalated", channel, practitioner_id="p-canary"))
        assert "canary" not in f"{said.subject}{said.body}"


@given(
    now=MOMENTS,
    minutes=st.integers(-10_000, 20_000),
    urgent=st.booleans(),
    which=st.sampled_from([each for each in EVERY if each[1] == "sms"]),
)
def test_a_text_is_never_cut_in_two(
    now: datetime, minutes: int, urgent: bool, which: tuple[Purpose, Channel]
) -> None:
    """At any time of any day, with the longest address that is accepted, in GSM-7."""
    by = now + timedelta(minutes=minutes) if which[0] in TO_BE_ANSWERED else None
    one = message(*which, urgent=urgent, acknowledge_by=by)
    code = replies.new_code(lambda alphabet: alphabet[-1], ())
    body = compose(one, "", now, link(one, LONGEST_URL), shipped(), code=code).body
    assert gsm.length(body) <= gsm.ONE_PART
    assert gsm.parts(body) == 1


@given(now=MOMENTS, minutes=st.integers(-10_000, 50_000))
def test_no_time_is_longer_than_the_one_that_files_are_tried_with(
    now: datetime, minutes: int
) -> None:
    """So that what fits when it is checked fits when it is sent."""
    assert len(answer_by(now + timedelta(minutes=minutes), now)) <= len(LONGEST_BY)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_the_example_links_are_as_long_as_real_ones(purpose: Purpose) -> None:
    """So that what fits when it is checked fits when it is sent."""
    assert len(link_of(purpose, PUBLIC_URL)) == len(link(message(purpose, "email")))


def test_the_example_code_is_as_long_as_real_ones() -> None:
    """And what the words ask to be sent back is what is understood."""
    assert len(CODE) == len(replies.new_code(lambda alphabet: alphabet[0], ()))
    text = words(message("offered", "sms"), code=CODE).body
    assert replies.accepted(text.partition(" or text ")[2]) == CODE


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (datetime(2026, 11, 24, 14, 30, tzinfo=UTC), "today, by 14:30"),
        (datetime(2026, 11, 25, 9, 0, tzinfo=UTC), "tomorrow, by 09:00"),
        (datetime(2026, 11, 27, 17, 0, tzinfo=UTC), "by 17:00 on Fri 27 Nov"),
        (NOON, "as soon as you can"),
    ],
)
def test_the_time_to_answer_by(when: datetime, said: str) -> None:
    """The time as one says it; one that is over is not named."""
    assert answer_by(when, NOON) == said


@pytest.mark.parametrize(("days", "said"), [(1, "today"), (2, "tomorrow"), (4, "Wed 25 Nov")])
def test_midnight_ends_the_day_before(days: int, said: str) -> None:
    """A working day's last moment is told by that day, not by the next one's first minute."""
    sunday = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
    midnight = datetime(2026, 11, 22, tzinfo=UTC) + timedelta(days=days)
    assert answer_by(midnight, sunday) == f"by the end of {said}"


def test_the_time_is_londons() -> None:
    """In summer London is an hour ahead: 23:30 UTC is half past midnight, tomorrow."""
    evening = datetime(2026, 7, 1, 20, 0, tzinfo=UTC)
    assert answer_by(evening + timedelta(hours=3, minutes=30), evening) == "tomorrow, by 00:30"


@pytest.mark.parametrize(("text", "length", "parts"), [("a[b", 4, 1), ("x" * 161, 161, 2)])
def test_a_text_is_counted_as_the_network_counts(text: str, length: int, parts: int) -> None:
    """A bracket takes two characters; a character outside the alphabet is an error."""
    assert (gsm.length(text), gsm.parts(text)) == (length, parts)
    with pytest.raises(ValueError, match="GSM"):
        gsm.length("an em dash —")


def _bare(said: Outgoing, of: Message) -> tuple[str, str]:
    """A message without what may differ: link, reference."""
    body = said.body.replace(link(of), "LINK").replace(str(of.referral_id), "REFERENCE")
    for about in (of.assignment_id, of.case_id):
        body = body.replace(str(about)[:8], "REFERENCE")
    return said.subject, body
