"""Is the trail whole? What the entries themselves say of those that are not there. Pure.

A producer numbers what it says of a referral from 1, and states each hour how many events it told;
so a missing, a doubled and a withheld event show, and a tail that was cut. What ought to have
happened to a referral by now is asked in `expected`.

A redelivered event may be logged a little after its successor. So nothing is judged by an entry
that has not settled: which has been in the log for less than SETTLED.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from itertools import groupby
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from services.audit.formats import TrailEntry
from services.audit.log.tiles import WIDTH
from shared.events import FindingKind, TallyStated

SETTLED: Final = timedelta(minutes=10)
TALLY_DUE: Final = timedelta(minutes=5)
"""After the end of its hour a tally is stated; SETTLED later it is missed."""
HOUR: Final = timedelta(hours=1)

_FINDINGS: Final = uuid5(NAMESPACE_URL, "urn:fingerpost:findings")


@dataclass(frozen=True, slots=True)
class Noted:
    """An entry as it is judged. `type` is without its version. `said`: the event's data; None where
    it is destroyed. `sequence`: None of what was logged before numbers were kept."""

    index: int
    event_id: UUID
    type: str
    producer: str
    subject: UUID
    sequence: int | None
    time: datetime
    logged_at: datetime
    said: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong. `about` names whom; `detail` says what, in words without a name."""

    kind: FindingKind
    about: str
    detail: str
    referral: UUID | None = None

    @property
    def id(self) -> UUID:
        """The same for the same finding, whenever it is made."""
        return uuid5(_FINDINGS, f"{self.kind}\n{self.about}\n{self.detail}")


def entry_altered(entry: TrailEntry) -> Finding:
    """That an entry is not as it was logged; of one that is `altered`."""
    match entry.altered:
        case "place":
            # One other leaf leaves no proof of its tile good: that is one thing that is wrong.
            first = entry.index // WIDTH * WIDTH
            about = f"entries {first} to {first + WIDTH - 1}"
            return Finding("entry_altered", about, "their proofs do not lead to the signed root")
        case "columns":
            detail = "what the database has beside its words is not what they say"
            return Finding("entry_altered", f"entry {entry.index}", detail)
        case _:
            detail = "its words in the database are not those that were logged"
            return Finding("entry_altered", f"entry {entry.index}", detail, entry.referral)


def content_lost(index: int, referral: UUID) -> Finding:
    """That an entry's content is gone, and neither the schedule nor an erasure says why."""
    detail = "its words are gone, and it is not noted that they were destroyed"
    return Finding("entry_altered", f"entry {index}", detail, referral)


def unwatched(day: date) -> Finding:
    """That something in the trail stops the watch: told anew each day on which it does."""
    detail = "rows of it cannot be read, so that it is not watched"
    return Finding("entry_altered", f"the whole trail, on {day.isoformat()}", detail)


def numbers(
    entries: Iterable[Noted], now: datetime, *, from_the_first: bool = True
) -> Iterator[Finding]:
    """What is wrong with the numbers that producers gave to their events on one subject.

    `entries`: of one subject, in the log's order; all, or all from some entry on, whose number is
    taken as it is.
    """
    by_producer = sorted(entries, key=lambda each: each.producer)  # stable: the log's order stays
    for producer, theirs in groupby(by_producer, key=lambda each: each.producer):
        yield from _numbers(producer, list(theirs), now, from_the_first)


def _numbers(
    producer: str, entries: Sequence[Noted], now: datetime, from_the_first: bool
) -> Iterator[Finding]:
    subject = entries[0].subject
    about = f"{producer} {subject}"
    seen: dict[int, Noted] = {}
    highest: Noted | None = None
    for entry in entries:
        if entry.sequence is None:
            continue
        if entry.sequence in seen:
            yield Finding(
                "number_twice", about, f"two events have the number {entry.sequence}", subject
            )
        seen.setdefault(entry.sequence, entry)
        if highest is None or (highest.sequence or 0) < entry.sequence:
            highest = entry
        elif entry.logged_at - highest.logged_at > SETTLED:
            detail = f"number {entry.sequence} was logged long after number {highest.sequence}"
            yield Finding("out_of_order", about, detail, subject)
    settled = [n for n, each in seen.items() if each.logged_at + SETTLED <= now]
    # Those from before numbers were kept had the first ones.
    first = 1 + sum(entry.sequence is None for entry in entries)
    if not from_the_first:
        first = min(seen, default=first)
    for gap in _gaps(seen, first, max(settled, default=0)):
        many = len(gap) > 1
        which = f"numbers {gap[0]} to {gap[-1]} are" if many else f"number {gap[0]} is"
        yield Finding("number_missing", about, f"{which} not in the log", subject)


def _gaps(seen: Iterable[int], first: int, last: int) -> Iterator[range]:
    """The runs of numbers from `first` to `last` that were not seen."""
    before = first - 1
    for number in sorted({n for n in seen if first <= n <= last} | {last + 1}):
        if number > before + 1:
            yield range(before + 1, number)
        before = number


@dataclass(frozen=True, slots=True)
class Held:
    """What the log holds of one producer's hour."""

    events: int
    digest: str


def digest(ids: Iterable[UUID]) -> str:
    """SHA-256 over ids, each as 32 hexadecimal digits, sorted, with a line feed between two."""
    return sha256("\n".join(sorted(each.hex for each in ids)).encode()).hexdigest()


def tally_differs(stated: TallyStated, held: Held) -> Finding | None:
    """What is wrong between what a producer says it told in an hour, and what the log holds."""
    if (stated.events, stated.digest) == (held.events, held.digest):
        return None
    other = "others" if stated.events == held.events else str(held.events)
    detail = f"{stated.events} events were told in this hour, and the log holds {other}"
    return Finding("tally_differs", _hour(stated.producer, stated.since), detail)


def tally_skips(before: TallyStated | None, stated: TallyStated) -> Finding | None:
    """Whether an hour is missing between two tallies of a producer."""
    if before is None or before.until == stated.since:
        return None
    return _missing(stated.producer, before.until)


def tally_late(
    producer: str, stated_until: datetime, now: datetime, up_since: datetime
) -> Finding | None:
    """Whether the tally of the hour that begins at `stated_until` ought to be here by now.

    `up_since`: when audit itself began to run. A service that was stopped with it has SETTLED to
    make up for the hours it missed.
    """
    due = max(stated_until + HOUR + TALLY_DUE, up_since) + SETTLED
    return _missing(producer, stated_until) if now >= due else None


def _missing(producer: str, since: datetime) -> Finding:
    return Finding(
        "tally_missing", _hour(producer, since), "it is not stated how many events were told"
    )


def _hour(producer: str, since: datetime) -> str:
    return f"{producer} {since:%Y-%m-%dT%H:%MZ}"
