"""What the life of assignments needs kept: who is asked for what, and who may not be.

`sql_book` keeps it in triage's tables, `memory_book` in memory, for as long as a process lives;
one suite of tests holds for both. A book is one transaction's; `lock` comes first.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from services.triage.assignments.allocation import Load
from services.triage.assignments.life import Assignment, Step
from services.triage.assignments.steps import Change
from services.triage.policy.risk import RiskLevel
from shared.events import Level, PairMoved
from shared.facts import Role, Team


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """What is needed of a referral to offer it, again and again, as of its newest revision.

    `catalogue`: whose teams take it; None where no policy has been settled on. `measure`: the
    catalogue whose times hold for it. `made_on`: London's day of the referral. `team`: the
    sender's. `next_in_group`: for a lead pathway that was chosen, those that were passed over.
    """

    id: UUID
    revision: int
    person_ref: UUID
    pair_ref: UUID | None
    catalogue: str | None
    measure: str
    made_on: date
    role: Role
    team: Team
    language: str | None
    urgent: bool
    risk_level: RiskLevel
    next_in_group: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    closed_at: datetime | None = None


@dataclass(slots=True)
class Places:
    """Of one pathway: places held now and taken since the year began, and how many wait."""

    held: int = 0
    this_year: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Served:
    """Somebody who has, or had, a case of the other side, and at which level."""

    practitioner_id: str
    level: Level


@dataclass(slots=True)
class Situation:
    """Who carries what, which places are taken, who may not be asked; one referral's question."""

    loads: dict[str, Load] = field(default_factory=dict)
    places: dict[str, Places] = field(default_factory=dict)
    other_side: frozenset[Served] = frozenset()
    conflicts: frozenset[str] = frozenset()


class Book(Protocol):
    """One transaction's view of all assignments."""

    async def lock(self) -> None:
        """Wait until nobody else changes assignments; held to the end of the transaction."""

    async def referral(self, referral_id: UUID) -> Referral | None:
        """A referral as it was last kept."""

    async def assignment(self, assignment_id: UUID) -> Assignment | None:
        """One assignment."""

    async def of_referral(self, referral_id: UUID) -> tuple[Assignment, ...]:
        """All assignments of a referral, in the order of their pathways and ids."""

    async def steps(self, assignment_id: UUID) -> tuple[Step, ...]:
        """Everything that was done with an assignment, the earliest first."""

    async def left_by_hand(self, referral_id: UUID) -> Mapping[UUID, frozenset[str]]:
        """Of a referral's assignments, the pathways from which somebody handed them on."""

    async def save(
        self, changes: Sequence[Change], referral: Referral | None = None, *, later: bool = False
    ) -> None:
        """Keep what was done, and the referral where it is new or has become another.

        `later`: it need not be written before the transaction ends, for nobody but the book asks.
        """

    async def finish(self) -> None:
        """Write what was to be written later."""

    async def situation(
        self,
        referral: Referral,
        catalogue: str | None,
        practitioner_ids: Collection[str],
        pathways: Collection[str],
        year_began: datetime,
    ) -> Situation:
        """What must be known to ask one of these people for a referral on these pathways."""

    async def ahead(self, one: Assignment, referral: Referral) -> int:
        """How many wait for the same pathway and come before `one`, which may not wait yet."""

    async def due(self, now: datetime, but_not: Collection[UUID]) -> Assignment | None:
        """The one whose clock fired first, if any has, and nobody else sees to it."""

    async def waiting_lists(self) -> tuple[tuple[str | None, str], ...]:
        """The catalogues and pathways for which somebody waits."""

    async def waiting(
        self, catalogue: str | None, pathway: str
    ) -> tuple[tuple[Assignment, Referral], ...]:
        """Who waits for a pathway: those at risk first, then the earliest."""

    async def blocked(self, referral_id: UUID) -> Mapping[str, str]:
        """The pathways that a safety block closes to a referral, with the reason."""

    async def add_conflict(self, practitioner_id: str, person_ref: UUID, now: datetime) -> bool:
        """Somebody may not work with a person; False where that was known."""

    async def concerning(
        self, person_ref: UUID, pairs: Collection[UUID]
    ) -> tuple[tuple[Assignment, Referral], ...]:
        """The held assignments of a person, or of any of these pairs, the latest offered first."""

    async def add_merge(
        self, merge_id: UUID, person_ref: UUID, into_ref: UUID, pairs: Sequence[PairMoved]
    ) -> None:
        """Two references are one person; and their pairs, whichever of the two is the victim."""

    async def end_merge(self, merge_id: UUID) -> None:
        """They are two people after all."""
