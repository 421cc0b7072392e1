"""What a log holds: invented referrals' lives, many at once, event after event.

Some sorts of lives are made of the real events; the others are told after them with references,
people and moments of their own, so that a million events take seconds. The same in every run.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final
from uuid import UUID

from services.audit.handlers import read
from services.audit.log.store import Heard
from shared.bus.consumer import Received
from shared.events import (
    AccessRecorded,
    AssignmentAccepted,
    AssignmentClosed,
    AssignmentContactAttempted,
    AssignmentDeclined,
    AssignmentEscalated,
    AssignmentOffered,
    AssignmentOverdue,
    AssignmentWithdrawn,
    EventData,
    NotificationDelivered,
    NotificationSent,
    ReferralClosed,
    ReferralReceived,
    ReferralTriaged,
    envelope,
)
from shared.events.triage import DecidedBy, Ended, RouteTaken
from shared.facts import Facts, History
from shared.subjects import EVENTS, Service, event
from tests.performance.engine.referrals import referrals

SEED: Final = 20261123
BEGUN: Final = datetime(2026, 1, 1, tzinfo=UTC)
PACE: Final = timedelta(minutes=8)
"""From one event to the next: a borough's 5,000 referrals a year."""
AT_ONCE: Final = 300
"""Lives that go on at the same time."""
SORTS: Final = 48
KNOWN: Final = 0.125
"""How often a referral is about somebody who is known."""
PRACTITIONERS: Final = 40
AGENCIES: Final = tuple(f"agency-{number:02}" for number in range(15))
CASES: Final = 500
WITHDRAWN: Final = (
    "the referral was amended",
    "the person moved out of the borough",
    "another agency works with the family already",
    "the sender withdrew consent",
    "referred twice by two teams of one hospital",
    "risk was graded lower after the review by the panel",
)

# What stands in the model of a life where each life has its own.
_REFERRAL, _EVENT, _PERSON, _ASSIGNMENT = (UUID(int=0xF0F0 << 64 | n) for n in range(1, 5))
_FIRST, _SECOND, _AGENCY, _CASE = "first-holder", "second-holder", "the-sender", "DHR-0000-0000"


@dataclass(frozen=True)
class Told:
    """An event of a life, and the person whom the life is about."""

    heard: Heard
    person: UUID


@dataclass(frozen=True)
class _Form:
    """An event as it goes before its life's own values stand in it."""

    type: str
    body: bytes


def tell() -> Iterator[Told]:
    """For ever."""
    chance = random.Random(SEED)  # noqa: S311 - invented lives, no secret
    sorts = _sorts(chance)
    people: list[UUID] = []
    numbers = count()
    open_lives: list[Iterator[Told]] = []
    while True:
        while len(open_lives) < AT_ONCE:
            if not people or chance.random() > KNOWN:
                people.append(_uuid(chance))
            person = people[-1] if chance.random() > KNOWN else chance.choice(people)
            open_lives.append(_life(chance, chance.choice(sorts), person, numbers))
        place = chance.randrange(AT_ONCE)
        told = next(open_lives[place], None)
        if told is None:
            open_lives[place] = open_lives[-1]
            open_lives.pop()
        else:
            yield told


def _life(
    chance: random.Random, sort: list[_Form], person: UUID, numbers: Iterator[int]
) -> Iterator[Told]:
    referral = _uuid(chance)
    own = {
        b"referral": _text(referral),
        b"trace": referral.hex.encode(),
        b"person": _text(person),
        b"assignment": _text(_uuid(chance)),
        b"first": b"practitioner-%03d" % _seldom(chance, PRACTITIONERS),
        b"second": b"practitioner-%03d" % _seldom(chance, PRACTITIONERS),
        b"agency": AGENCIES[_seldom(chance, len(AGENCIES))].encode(),
        b"case": b"DHR-2026-%04d" % chance.randrange(CASES),
    }
    for form in sort:
        event_id = _uuid(chance)
        # It comes into the log up to an hour after it happened.
        moment = BEGUN + next(numbers) * PACE - timedelta(minutes=chance.randrange(60))
        body = form.body % {
            **own,
            b"event": _text(event_id),
            b"span": event_id.hex[:16].encode(),
            b"moment": moment.isoformat().encode(),
        }
        yield Told(read(Received(event_id, EVENTS, event(form.type), body)), person)


def _uuid(chance: random.Random) -> UUID:
    return UUID(int=chance.getrandbits(128), version=4)


def _text(value: UUID) -> bytes:
    return str(value).encode()


def _seldom(chance: random.Random, below: int) -> int:
    """A number below, the larger the seldomer: some have much to do, and many have little."""
    return int(below * chance.random() ** 2)


def _sorts(chance: random.Random) -> list[list[_Form]]:
    """Sorts of lives, one for each of some referrals that have hardly a fact in common."""
    sorts: list[list[_Form]] = []
    for facts in referrals(SORTS):
        told: Counter[Service] = Counter()
        sorts.append([])
        for producer, data in _story(chance, facts):
            told[producer] += 1
            sorts[-1].append(_form(data, producer, told[producer]))
    return sorts


def _form(data: EventData, producer: Service, sequence: int) -> _Form:
    made = envelope(
        data, event_id=_EVENT, producer=producer, subject=_REFERRAL, time=BEGUN, sequence=sequence
    )
    body = made.model_dump_json(exclude_none=True).encode().replace(b"%", b"%%")
    own = {
        b'"%s"' % BEGUN.isoformat().replace("+00:00", "Z").encode(): b'"%(moment)s"',
        _text(_REFERRAL): b"%(referral)s",
        _REFERRAL.hex.encode(): b"%(trace)s",
        _text(_EVENT): b"%(event)s",
        _EVENT.hex[:16].encode(): b"%(span)s",
        _text(_PERSON): b"%(person)s",
        _text(_ASSIGNMENT): b"%(assignment)s",
        _FIRST.encode(): b"%(first)s",
        _SECOND.encode(): b"%(second)s",
        _AGENCY.encode(): b"%(agency)s",
        _CASE.encode(): b"%(case)s",
    }
    for stands, named in own.items():
        body = body.replace(stands, named)
    return _Form(data.TYPE, body)


def _story(chance: random.Random, facts: Facts) -> Iterator[tuple[Service, EventData]]:
    """What happens to one referral, from its arrival to its end."""
    it = {"referral_id": _REFERRAL, "assignment_id": _ASSIGNMENT, "pathway": "idsva"}
    due = {"acknowledge_by": BEGUN, "first_contact_by": BEGUN}
    urgent = chance.random() < 0.4
    yield (
        "intake",
        ReferralReceived(
            referral_id=_REFERRAL,
            revision=1,
            person_ref=_PERSON,
            catalogues=("bromley",),
            facts=facts.model_copy(update={"agency": _AGENCY}),
            history=History(pair_known=True),
        ),
    )
    yield "triage", _triaged(urgent)
    holder = _FIRST
    yield "triage", AssignmentOffered(**it, **due, practitioner_id=holder, urgent=urgent)
    yield from _message(holder, urgent)
    match chance.randrange(4):
        case 0:
            reason = chance.choice(("no_room", "conflict_of_interest", "away"))
            yield "triage", AssignmentDeclined(**it, practitioner_id=holder, reason=reason)
            holder = _SECOND
        case 1:
            late = {"practitioner_id": holder, "awaited": "acknowledgement"}
            yield "triage", AssignmentOverdue(**it, **late, due_at=BEGUN)
            holder = _SECOND
            up = {"practitioner_id": holder, "awaited": "acknowledgement"}
            yield "triage", AssignmentEscalated(**it, **up, level="stand_in")
    if holder == _SECOND:
        yield (
            "triage",
            AssignmentOffered(
                **it, **due, practitioner_id=holder, urgent=urgent, offer=2, because="declined"
            ),
        )
        yield from _message(holder, urgent)
    if chance.random() < 0.2:
        reason = chance.choice(WITHDRAWN)
        yield "triage", AssignmentWithdrawn(**it, practitioner_id=holder, reason=reason)
        return
    yield "triage", AssignmentAccepted(**it, practitioner_id=holder)
    yield (
        "intake",
        AccessRecorded(
            reader=holder, roles=("practitioner",), what="case", why="holds the assignment"
        ),
    )
    for attempt in range(1, chance.randint(2, 4)):
        yield (
            "triage",
            AssignmentContactAttempted(
                **it, practitioner_id=holder, how="call", reached=attempt > 1, attempt=attempt
            ),
        )
    outcome = chance.choice(("engaged", "engaged", "declined_by_person", "unable_to_contact"))
    yield "triage", AssignmentClosed(**it, practitioner_id=holder, outcome=outcome)
    yield (
        "triage",
        ReferralClosed(referral_id=_REFERRAL, ended=(Ended(pathway="idsva", outcome=outcome),)),
    )
    if chance.random() < 0.1:
        why = f"domestic_homicide_review {_CASE}"
        yield "audit", AccessRecorded(reader="auditor-1", roles=("auditor",), what="trail", why=why)


def _triaged(urgent: bool) -> ReferralTriaged:
    return ReferralTriaged(
        referral_id=_REFERRAL,
        revision=1,
        decision_id=_ASSIGNMENT,
        made_on=BEGUN.date(),
        catalogue=DecidedBy(name="bromley", in_force_from=BEGUN.date(), sha256="5c" * 32),
        outcome="routed",
        urgent=urgent,
        risk_level="high" if urgent else "medium",
        marac_triggers=("visible_high_risk",) if urgent else (),
        routes=(RouteTaken(pathway="idsva", kind="lead", bases=("risk",)),),
        suggestions=("one_stop_shop",),
        asks=("other_party.relationship",),
    )


def _message(holder: str, urgent: bool) -> Iterator[tuple[Service, EventData]]:
    for channel in ("email", "sms") if urgent else ("email",):
        told = {
            "notification_id": _EVENT,
            "assignment_id": _ASSIGNMENT,
            "practitioner_id": holder,
            "channel": channel,
            "purpose": "offered",
        }
        yield "notify", NotificationSent(**told)
        yield "notify", NotificationDelivered(**told)
