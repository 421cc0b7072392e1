"""The words of messages."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.notify import delivery, messages
from services.notify.messages import Outgoing, TooLong, answer_by, compose, gsm_length
from shared.events import Channel
from tests.notify.ground import NOON, PUBLIC_URL, gone_up, late_action, late_contact, offer

ASSIGNMENT = UUID("6b1f6d1e-58d2-4d0c-9a3e-5f8c1d2e3f40")


def words(channel: Channel, *, urgent: bool = False, url: str = PUBLIC_URL) -> Outgoing:
    """An offer at noon to be answered by half past two, in words."""
    [message] = delivery.offered(offer(ASSIGNMENT, urgent=urgent), [channel], NOON)
    return compose(message, "ada@team.example", url, NOON)


def test_an_email_in_full() -> None:
    """What a practitioner reads, word for word."""
    email = words("email", urgent=True)
    assert email.subject == "Fingerpost: something is waiting for you (urgent)"
    assert email.body == (
        "Something is waiting for you in Fingerpost.\n"
        "\n"
        "Please answer today, by 14:30.\n"
        "\n"
        "Sign in to see it:\n"
        "https://fp.example.gov.uk/triage/assignments/6b1f6d1e-58d2-4d0c-9a3e-5f8c1d2e3f40\n"
        "\n"
        "This message says nothing about it, to keep people safe. Please do not reply to it.\n"
    )


def test_a_text_in_full() -> None:
    """What a practitioner reads on a locked screen, word for word."""
    assert words("sms", urgent=True).body == (
        "Fingerpost. Urgent: Please answer today, by 14:30. "
        "https://fp.example.gov.uk/triage/assignments/6b1f6d1e-58d2-4d0c-9a3e-5f8c1d2e3f40"
    )


def test_a_reminder_in_full() -> None:
    """What is overdue, word for word; by text and by email, and about an action too."""
    late, action = late_contact(offer(ASSIGNMENT)), late_action()
    [sms, email] = [
        compose(each, "", PUBLIC_URL, NOON)
        for each in delivery.first_contact_overdue(late, 1, ["sms", "email"], NOON)
    ]
    [case] = [
        compose(each, "", PUBLIC_URL, NOON)
        for each in delivery.action_overdue(action, ["sms"], NOON)
    ]
    assert sms.body == (
        "Fingerpost. Something is overdue: please see to it. "
        "https://fp.example.gov.uk/triage/assignments/6b1f6d1e-58d2-4d0c-9a3e-5f8c1d2e3f40"
    )
    assert email.subject == "Fingerpost: something is overdue"
    assert email.body == (
        "Something is overdue in Fingerpost.\n"
        "\n"
        "Please see to it, or find somebody who can.\n"
        "\n"
        "Sign in to see it:\n"
        "https://fp.example.gov.uk/triage/assignments/6b1f6d1e-58d2-4d0c-9a3e-5f8c1d2e3f40\n"
        "\n"
        "This message says nothing about it, to keep people safe. Please do not reply to it.\n"
    )
    assert case.body == (
        "Fingerpost. Something is overdue: please see to it. "
        f"https://fp.example.gov.uk/triage/panels/cases/{action.case_id}"
    )


def test_a_reminder_says_nothing_of_level_or_pathway() -> None:
    """The holder and the one it went up to read the same words."""
    held = offer(ASSIGNMENT)
    for channel in ("email", "sms"):
        said = [
            compose(message, "", PUBLIC_URL, NOON)
            for event in (late_contact(held), gone_up(held, held.practitioner_id))
            for message in delivery.first_contact_overdue(event, 1, [channel], NOON)
        ]
        assert said[0] == said[1]


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_messages_differ_in_link_time_and_urgency_alone(channel: Channel) -> None:
    """Two offers on different pathways read alike: nothing says what it is about."""
    about = [
        compose(m, "ada@team.example", PUBLIC_URL, NOON)
        for pathway in ("idsva_mash", "drive")
        for m in delivery.offered(offer(ASSIGNMENT, pathway=pathway), [channel], NOON)
    ]
    assert about[0] == about[1]


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


def test_no_text_message_is_ever_too_long() -> None:
    """With the longest address that the settings accept, at any hour of any day of two years."""
    url = "https://" + "a" * 36
    messages.check_public_url(url)
    with pytest.raises(TooLong):
        messages.check_public_url(url + "a")
    for hours in range(0, 2 * 365 * 24, 7):
        now = NOON + timedelta(hours=hours)
        for until in (timedelta(0), timedelta(hours=2), timedelta(days=1), timedelta(days=6)):
            event = offer(urgent=True, acknowledge_by=now + until)
            [message] = delivery.offered(event, ["sms"], now)
            assert gsm_length(compose(message, "", url, now).body) <= 160
    [reminder] = delivery.action_overdue(late_action(), ["sms"], NOON)
    assert gsm_length(compose(reminder, "", url, NOON).body) <= 160


def test_an_address_that_is_too_long_is_refused() -> None:
    """Better no start than a text in two halves."""
    with pytest.raises(TooLong, match="shorten PUBLIC_URL"):
        messages.check_public_url("https://" + "a" * 60)


def test_the_length_of_a_text_is_counted_as_the_network_counts() -> None:
    """A bracket takes two characters; a character outside the alphabet is an error."""
    assert gsm_length("a[b") == 4
    with pytest.raises(ValueError, match="GSM"):
        gsm_length("an em dash —")
