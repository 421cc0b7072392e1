"""What somebody may do with an assignment, as HTTP takes it: by the API and by forms alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from services.triage.assignments import views
from services.triage.assignments.assigning import Assigning, NotYours
from services.triage.assignments.life import NotAllowed
from services.triage.assignments.override_api import Wish, overrule
from services.triage.assignments.overriding import CannotOverride
from services.triage.directory.entries import PractitionerId
from shared.bus.work import UnitOfWork, Work
from shared.events import ContactBy, Declined, Outcome
from shared.problems import Refused
from shared.sign_in import Caller

Note = Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]
"""A few words that stay with the assignment. They name nobody."""
PathwayId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,59}$")]


NOT_YOURS: Final = "Nothing of that address waits for you."
"""Said of what is another's, and of what is not there."""


class Act(BaseModel):
    """Something that is done with one assignment."""

    model_config = ConfigDict(extra="forbid")

    async def do(self, assigning: Assigning, one: UUID, by: Caller, work: Work) -> None:
        """Do it; NotYours, NotAllowed."""
        raise NotImplementedError


class Accept(Act):
    """Take it. A second time changes nothing."""

    async def do(self, assigning: Assigning, one: UUID, by: Caller, work: Work) -> None:
        """As Act."""
        await assigning.accept(one, by, work)


class Decline(Act):
    """Pass it on; a conflict of interest also keeps the person away from then on."""

    reason: Declined
    note: Note | None = None

    async def do(self, assigning: Assigning, one: UUID, by: Caller, work: Work) -> None:
        """As Act."""
        await assigning.decline(one, by, self.reason, self.note, work)


class Contact(Act):
    """Record that the person was contacted, or that it was tried.

    `attempt`: which one it is, from 1. One that is recorded already is not recorded again, so that
    a second tap on a slow telephone counts nothing twice.
    """

    how: ContactBy
    reached: bool
    note: Note | None = None
    attempt: int | None = Field(default=None, ge=1)

    async def do(self, assigning: Assigning, one: UUID, by: Caller, work: Work) -> None:
        """As Act."""
        await assigning.contact(one, by, self.how, self.reached, self.note, work, self.attempt)


class Close(Act):
    """The work is at its end."""

    outcome: Outcome
    note: Note | None = None

    async def do(self, assigning: Assigning, one: UUID, by: Caller, work: Work) -> None:
        """As Act."""
        await assigning.close(one, by, self.outcome, self.note, work)


class HandOn(Act):
    """Give it to a colleague, or to another pathway."""

    pathway: PathwayId | None = None
    to: PractitionerId | None = Field(default=None, validate_default=True)
    note: Note

    @field_validator("to")
    @classmethod
    def _one_way(cls, to: str | None, others: ValidationInfo) -> str | None:
        if (to is None) == (others.data.get("pathway") is None):
            raise ValueError("either a colleague or a pathway is named")
        return to

    async def do(self, assigning: Assigning, one: UUID, by: Caller, work: Work) -> None:
        """As Act."""
        await assigning.reassign(one, by, work, to=self.to, pathway=self.pathway, note=self.note)


class KnowSomebody(Act):
    """The caller may not work with the person, and it goes to somebody else."""

    async def do(self, assigning: Assigning, one: UUID, by: Caller, work: Work) -> None:
        """As Act."""
        seen = await views.one(work.connection, one)
        if seen is None:
            raise NotYours
        await assigning.declare_conflict(seen.one.referral_id, by, work)


class RouteByHand(Act):
    """Ask another service too, though no rule did: for coordinators."""

    pathway: PathwayId
    reason: Note

    async def do(self, assigning: Assigning, one: UUID, by: Caller, work: Work) -> None:
        """As Act."""
        seen = await views.one(work.connection, one)
        if seen is None or "coordinator" not in by.roles:
            raise NotYours
        wish = Wish(action="route", pathway=self.pathway, reason=self.reason)
        await overrule(assigning, seen.one.referral_id, wish, by, work)


class Withdraw(Act):
    """Take it back, though the rules ask for it: for coordinators."""

    reason: Note

    async def do(self, assigning: Assigning, one: UUID, by: Caller, work: Work) -> None:
        """As Act."""
        seen = await views.one(work.connection, one)
        if seen is None or "coordinator" not in by.roles:
            raise NotYours
        if not seen.one.is_open:
            # On its pathway there may be another one since.
            raise NotAllowed("It has ended already.")
        wish = Wish(action="withdraw", pathway=seen.one.pathway, reason=self.reason)
        await overrule(assigning, seen.one.referral_id, wish, by, work)


ACTS: Final[dict[str, type[Act]]] = {
    "accept": Accept,
    "decline": Decline,
    "contact": Contact,
    "close": Close,
    "reassign": HandOn,
    "conflict": KnowSomebody,
    "route": RouteByHand,
    "withdraw": Withdraw,
}


@dataclass(frozen=True)
class Acting:
    """Acts in a transaction of their own, and refusals as HTTP tells them: 404 for what is not the
    caller's, 409 `not-now` with the reason in words."""

    unit: UnitOfWork
    assigning: Assigning

    async def on(self, one: UUID, by: Caller, act: Act) -> None:
        """Do something with an assignment; Refused."""
        with _refusals():
            async with self.unit.work(uuid4()) as work:
                await act.do(self.assigning, one, by, work)

    async def declare_conflict(self, referral_id: UUID, by: Caller) -> None:
        """The caller may not work with the person of a referral; Refused."""
        with _refusals():
            async with self.unit.work(uuid4()) as work:
                await self.assigning.declare_conflict(referral_id, by, work)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except NotAllowed as error:
        raise Refused(409, "not-now", error.reason) from None
    except CannotOverride as error:
        raise Refused(409, error.kind, error.reason) from None
    except NotYours:
        raise Refused(404, "not-found", NOT_YOURS) from None
