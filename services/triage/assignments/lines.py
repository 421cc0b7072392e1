"""An assignment as a list shows it: what it is, how urgent, what is to be done by when."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.triage.assignments.life import ASKED, Assignment, State
from services.triage.assignments.moments import at, by, lasting, left
from services.triage.assignments.planning import COORDINATION
from services.triage.assignments.telling import OUTCOMES
from services.triage.assignments.views import Seen
from services.triage.directory.entries import Directory
from services.triage.policy.catalogue import Pathway, Policy
from services.triage.policy.library import Library, NoneInForce
from services.triage.policy.risk import RiskLevel
from services.triage.policy.wording import place_name

FOR_A_COORDINATOR: Final = "A referral for the coordinator"
RISKS: Final[Mapping[RiskLevel, str]] = {
    "high": "High risk",
    "medium": "Medium risk",
    "standard": "Standard risk",
    "not_completed": "Risk not assessed",
}


@dataclass(frozen=True, slots=True)
class Deadline:
    """Something that is due: until when in words, how much time is left, whether it is late."""

    by: str
    left: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One assignment. `place`: the borough; `answer` and `contact`: what is due, None where
    nothing is any more; `waits`: how long it has been on the waiting list; `ended`: how, and
    `ended_at` when."""

    seen: Seen
    programme: str
    place: str
    risk: str
    answer: Deadline | None
    contact: Deadline | None
    waits: str | None
    ended: str | None
    ended_at: str | None

    @property
    def what_contact(self) -> str:
        """What is due by `contact`."""
        again = self.seen.one.attempts and self.seen.one.late is None
        return "Try again" if again else "First contact"

    @property
    def tried(self) -> str:
        """What came of trying to reach the person; empty where nobody tried."""
        one = self.seen.one
        if one.reached:
            return "The person has been reached."
        times = "once" if one.attempts == 1 else f"{one.attempts} times"
        return f"Tried {times}, not reached." if one.attempts else ""

    @property
    def path(self) -> str:
        """Where its page is."""
        return f"/triage/assignments/{self.seen.one.id}"


@dataclass(frozen=True, slots=True)
class Choice:
    """Somebody to whom it can be handed. `passed`: who was asked before and did not take it."""

    id: str
    name: str
    passed: bool


def line(seen: Seen, library: Library, now: datetime) -> Line:
    """An assignment as it stands at `now`."""
    one = seen.one
    asked = one.state in ASKED
    return Line(
        seen,
        programme(seen, library),
        place_name(seen.one.catalogue) if seen.one.catalogue else "Borough not settled",
        RISKS[seen.risk_level],
        deadline(one.due_at if one.awaited == "acknowledgement" else one.acknowledge_by, now)
        if asked
        else None,
        deadline(_contact_by(one), now),
        lasting(now - one.waiting_since) if one.waiting_since else None,
        OUTCOMES[one.outcome] if one.outcome else None,
        at(one.closed_at, now) if one.closed_at else None,
    )


def _contact_by(one: Assignment) -> datetime | None:
    """By when the person is to be contacted, or tried again; None where nobody waits for it."""
    if one.state in ASKED:
        return one.first_contact_by
    if one.state is not State.ACCEPTED or one.awaited != "first_contact":
        return None
    # Of a late one, what the clock shows is when it is told again.
    return one.due_at if one.attempts and one.late is None else one.first_contact_by


def deadline(until: datetime | None, now: datetime) -> Deadline | None:
    """A moment that is waited for, in words; None where there is none."""
    return Deadline(by(until, now), left(until, now), until <= now) if until else None


def programme(seen: Seen, library: Library) -> str:
    """The name of the pathway, as the policy of the referral's day has it."""
    if seen.one.pathway == COORDINATION:
        return FOR_A_COORDINATOR
    row = pathway(seen, library, seen.one.pathway)
    return row.programme if row else FOR_A_COORDINATOR


def policy(seen: Seen, library: Library) -> Policy | None:
    """The policy by which an assignment is handled; None where no catalogue is settled on."""
    if seen.one.catalogue not in library.names:
        return None
    found = library.in_force(seen.one.catalogue, seen.made_on)
    return (found.first if isinstance(found, NoneInForce) else found).policy


def pathway(seen: Seen, library: Library, name: str) -> Pathway | None:
    """A pathway of that policy."""
    rules = policy(seen, library)
    return next((row for row in rules.pathways if row.id == name), None) if rules else None


def services(seen: Seen, library: Library, there: Collection[str]) -> tuple[Pathway, ...]:
    """The pathways of that policy that could be asked too: those which are not `there` yet."""
    rules = policy(seen, library)
    return tuple(row for row in rules.pathways if row.id not in there) if rules else ()


def attempts_needed(seen: Seen, library: Library) -> int:
    """After how many attempts in vain it may be closed as unable to contact."""
    rules = policy(seen, library)
    if rules is None:
        return 1
    row = pathway(seen, library, seen.one.pathway)
    return (row and row.contact_attempts) or rules.response.contact_attempts


def who_may_take(
    seen: Seen, directory: Directory, *, by_right: bool
) -> tuple[tuple[str, tuple[Choice, ...]], ...]:
    """To whom it can be handed, group by group, but for who holds it.

    `by_right`: by a coordinator, who may also choose another coordinator, and whoever did not take
    it before; the practitioner who holds it may do neither.
    """
    one = seen.one
    team = directory.team(one.catalogue, one.team) if one.team else ()
    coordinators = directory.coordinators(one.catalogue) if by_right or not one.team else ()
    groups = {"The team": team, "Coordinators": coordinators}
    choices = {
        name: tuple(
            Choice(each.id, each.name, each.id in one.passed)
            for each in people
            if each.id != one.holder and (by_right or each.id not in one.passed)
        )
        for name, people in groups.items()
    }
    return tuple((name, those) for name, those in choices.items() if those)
