"""Who is who, for coordinators: what waits for a person's judgement, merges, and their undoing.

Two records beside each other are personal data of two referrals: that they are read is recorded for
both before anything of them leaves.
"""

from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from services.intake.likeness.choosing import Place
from services.intake.merging import CannotMerge, Merging, Why
from services.intake.reading import read_stored
from services.intake.referral import PROSE, Referral
from services.intake.reviews_store import ReviewsStore, Waiting
from services.intake.side_by_side import Compared, compared
from services.intake.store import IntakeStore
from shared.bus.work import UnitOfWork, Work
from shared.events import AccessRecorded
from shared.problems import Refused
from shared.registry import Registry
from shared.sign_in import Caller, Doorkeeper

MOST_WAITING: Final = 100
"""So many reviews a page shows, the oldest first; the rest waits behind them."""

_STATUS: Final[dict[Why, tuple[int, str]]] = {
    "unknown": (404, "not-found"),
    "already-one": (409, "already-one"),
    "each-others-other-party": (409, "each-others-other-party"),
    "already-settled": (409, "already-settled"),
}


class WaitingReviews(BaseModel):
    """The reviews that are open, with nothing of whom they are about."""

    reviews: list[Waiting]


class Merge(BaseModel):
    """Two references that are one person's, who goes by `into_ref` from now on."""

    model_config = ConfigDict(extra="forbid")

    person_ref: UUID
    into_ref: UUID
    reason: str = Field(min_length=1, max_length=500, pattern=PROSE)


class Merged(BaseModel):
    """What was done, by which it is undone."""

    merge_id: UUID


@dataclass(frozen=True)
class Reviewing:
    """What the calls and the pages do, each in a unit of work of its own. Raises Refused."""

    unit: UnitOfWork
    store: IntakeStore
    registry: Registry

    @property
    def merging(self) -> Merging:
        """The merges."""
        return Merging(ReviewsStore(self.store.vault))

    async def waiting(self) -> list[Waiting]:
        """What waits to be looked at."""
        async with self.unit.work(uuid4()) as work:
            return await self.merging.reviews.waiting(work.connection, MOST_WAITING)

    async def look(self, review_id: UUID, caller: Caller) -> Compared:
        """A review with both records, once it is recorded who reads them."""
        async with self.unit.work(uuid4()) as work:
            review = await self.merging.reviews.review(work.connection, review_id)
            if review is None:
                raise Refused(404, "not-found", "There is no such review.")
            new, sender = await self._read(review.new, caller, work)
            known, known_sender = await self._read(review.known, caller, work)
            return compared(review, new, known, (sender, known_sender))

    async def same(self, review_id: UUID, caller: Caller) -> UUID:
        """The two are one person."""
        try:
            async with self.unit.work(uuid4()) as work:
                return await self.merging.same(review_id, caller.subject, work)
        except CannotMerge as error:
            raise _refused(error) from None

    async def different(self, review_id: UUID, caller: Caller) -> None:
        """The two are two people."""
        try:
            async with self.unit.work(uuid4()) as work:
                await self.merging.different(review_id, caller.subject, work)
        except CannotMerge as error:
            raise _refused(error) from None

    async def merge(self, merge: Merge, caller: Caller) -> UUID:
        """A coordinator knows, without a review, that two are one."""
        try:
            async with self.unit.work(uuid4()) as work:
                return await self.merging.merge(
                    merge.person_ref, merge.into_ref, merge.reason, caller.subject, work
                )
        except CannotMerge as error:
            raise _refused(error) from None

    async def undo(self, merge_id: UUID, caller: Caller) -> None:
        """They are two after all."""
        try:
            async with self.unit.work(uuid4()) as work:
                await self.merging.undo(merge_id, caller.subject, work)
        except CannotMerge as error:
            raise _refused(error) from None

    async def _read(self, place: Place, caller: Caller, work: Work) -> tuple[Referral, str]:
        found = await self.store.of_id(work.connection, place.referral_id)
        assert found is not None  # noqa: S101 - a review refers to referrals that are there
        slug, known = found
        document = read_stored(await self.store.document(work.connection, known))
        agency = self.registry.agency(slug)
        work.emit(
            AccessRecorded(
                reader=caller.subject, roles=caller.roles, what="identity", why="who is who"
            ),
            place.referral_id,
            about=str(place.referral_id),
        )
        return document, agency.name if agency else slug


def reviews_router(reviewing: Reviewing, doorkeeper: Doorkeeper) -> APIRouter:
    """`/intake/api/reviews` and `/intake/api/merges`."""
    router = APIRouter(prefix="/intake/api")
    coordinator = Depends(doorkeeper.require("coordinator"))

    @router.get("/reviews")
    async def waiting(_caller: Annotated[Caller, coordinator]) -> WaitingReviews:
        """The reviews that are open, the oldest first, 100 at most."""
        return WaitingReviews(reviews=await reviewing.waiting())

    @router.get("/reviews/{review_id}", response_model_exclude_none=True)
    async def look(
        review_id: UUID, caller: Annotated[Caller, coordinator], response: Response
    ) -> Compared:
        """Two records beside each other, with what was seen. The reading is recorded first."""
        response.headers["Cache-Control"] = "no-store"
        return await reviewing.look(review_id, caller)

    @router.post("/reviews/{review_id}/same")
    async def same(review_id: UUID, caller: Annotated[Caller, coordinator]) -> Merged:
        """The two are one person, who goes by the reference of the known one from now on."""
        return Merged(merge_id=await reviewing.same(review_id, caller))

    @router.post("/reviews/{review_id}/different", status_code=204)
    async def different(review_id: UUID, caller: Annotated[Caller, coordinator]) -> None:
        """The two are two people. Nobody is asked of them again."""
        await reviewing.different(review_id, caller)

    @router.post("/merges", status_code=201)
    async def merge(merge: Merge, caller: Annotated[Caller, coordinator]) -> Merged:
        """Two references are one person, though nobody was asked."""
        return Merged(merge_id=await reviewing.merge(merge, caller))

    @router.post("/merges/{merge_id}/undo", status_code=204)
    async def undo(merge_id: UUID, caller: Annotated[Caller, coordinator]) -> None:
        """They are two people after all. Nobody is asked of them again."""
        await reviewing.undo(merge_id, caller)

    return router


def _refused(error: CannotMerge) -> Refused:
    status, kind = _STATUS[error.why]
    return Refused(status, kind, error.words)
