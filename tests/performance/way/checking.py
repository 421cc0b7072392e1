"""Whether every acknowledged referral was decided once, told once a channel, and logged once.

Compares what our system holds with what was promised. The peers' tables are checked in `theirs`.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Books:
    """What the services hold of the referrals of one phase."""

    referrals: Mapping[str, UUID]
    """By the sender's reference."""
    decisions: Collection[UUID]
    """The referral of each decision."""
    assignments: Mapping[UUID, UUID]
    """The referral of each assignment."""
    urgent: Collection[UUID]
    """The assignments that are told by text as well as by email. Each practitioner of the local
    directory has both."""
    asked_back: Collection[UUID]
    """The referral of each message to an agency's mailbox, about what is missing."""
    sent: Collection[UUID]
    """The assignment of each message that is marked sent."""
    taken: Collection[UUID]
    """The assignment of each message that the provider has."""
    trail: Sequence[tuple[UUID, str]]
    """Referral and type of each entry of the log."""


def faults(promised: Iterable[str], books: Books) -> list[str]:
    """What is not there once, in words; none if every promise is kept."""
    found = [
        f"{ref} was promised and is not there" for ref in promised if ref not in books.referrals
    ]
    decided = Counter(books.decisions)
    told = Counter(books.trail)
    sent, taken = Counter(books.sent), Counter(books.taken)
    asked = Counter(books.assignments.values())
    due_to = asked + Counter(books.assignments[each] for each in books.urgent)
    due_to += Counter(books.asked_back)
    for reference, referral in books.referrals.items():
        offers, due = asked[referral], due_to[referral]
        counts = {
            "decisions": (decided[referral], 1),
            "received in the trail": (told[referral, "referral.received.v1"], 1),
            "triaged in the trail": (told[referral, "referral.triaged.v1"], 1),
            "offered in the trail": (told[referral, "assignment.offered.v1"], offers),
            "sent in the trail": (told[referral, "notification.sent.v1"], due),
        }
        found += _wrong(reference, counts)
        if not offers:
            found.append(f"{reference}: nobody was asked")
    for assignment in books.assignments:
        due = 2 if assignment in books.urgent else 1
        counts = {
            "messages marked sent": (sent[assignment], due),
            "messages at the provider": (taken[assignment], due),
        }
        found += _wrong(f"assignment {assignment}", counts)
    return found


def _wrong(about: str, counts: Mapping[str, tuple[int, int]]) -> list[str]:
    return [
        f"{about}: {what}: {there} instead of {due}"
        for what, (there, due) in counts.items()
        if there != due
    ]
