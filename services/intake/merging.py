"""A coordinator says that two references are one person, or that they are two after all.

A merge changes no row of anybody: it is a row of its own, and undone by another word in it. What
came meanwhile keeps the reference by which it was recognised, so an undone merge leaves nothing
behind in intake.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import text

from services.intake.reviews_store import Review, ReviewsStore
from services.intake.store import pair_of
from shared.bus.work import Work
from shared.events import PairMoved, PersonsMerged, PersonsSplit, derived_id, roles_reversed

Why = Literal["unknown", "already-one", "each-others-other-party", "already-settled"]

_IN_WORDS: Final[dict[Why, str]] = {
    "unknown": "No such person, review or merge is known.",
    "already-one": "These two are one person already.",
    "each-others-other-party": "One of these two was referred with the other as the other party.",
    "already-settled": "Somebody has settled this already.",
}


class CannotMerge(Exception):
    """What was asked cannot be done; `why` is stable, `words` are for a person."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why
        self.words = _IN_WORDS[why]


class _Person(NamedTuple):
    """Somebody by the reference that they go by, and by all that they were known as."""

    ref: UUID
    refs: list[UUID]


@dataclass(frozen=True)
class Merging:
    """Merges and splits, each with its event; all in the unit of work that it is given."""

    reviews: ReviewsStore

    async def same(self, review_id: UUID, by: str, work: Work) -> UUID:
        """The two of a review are one: the newer goes by the reference of the known from now on.

        Returns the merge's id. Raises CannotMerge.
        """
        await self._one_at_a_time(work)
        review = await self._open_review(review_id, work)
        merge_id = await self._merge(
            review.new.person_ref, review.known.person_ref, f"review {review_id}", by, work
        )
        await self.reviews.settle(
            work.connection, review_id, "same", by=by, at=work.now, merge_id=merge_id
        )
        return merge_id

    async def different(self, review_id: UUID, by: str, work: Work) -> None:
        """The two of a review are two, and nobody is asked again. Raises CannotMerge."""
        await self._one_at_a_time(work)
        await self._open_review(review_id, work)
        await self.reviews.settle(work.connection, review_id, "different", by=by, at=work.now)

    async def merge(
        self, person_ref: UUID, into_ref: UUID, reason: str, by: str, work: Work
    ) -> UUID:
        """Two references are one person, who goes by `into_ref` from now on, whatever else was
        merged into either of them. Returns the merge's id. Raises CannotMerge."""
        await self._one_at_a_time(work)
        return await self._merge(person_ref, into_ref, reason, by, work)

    async def undo(self, merge_id: UUID, by: str, work: Work) -> None:
        """They are two people after all, and nobody is asked again. Raises CannotMerge."""
        await self._one_at_a_time(work)
        rows = await work.connection.execute(
            text(
                "SELECT person_ref, into_ref, undone_at FROM person_merge WHERE merge_id = :merge"
            ),
            {"merge": merge_id},
        )
        merged = rows.one_or_none()
        if merged is None:
            raise CannotMerge("unknown")
        if merged.undone_at is not None:
            raise CannotMerge("already-settled")
        await work.connection.execute(
            text(
                "UPDATE person_merge SET undone_by = :by, undone_at = :now WHERE merge_id = :merge"
            ),
            {"merge": merge_id, "by": by, "now": work.now},
        )
        await self.reviews.unsettle(work.connection, merge_id, by=by, at=work.now)
        work.emit(
            PersonsSplit(
                merge_id=merge_id, person_ref=merged.person_ref, from_ref=merged.into_ref, by=by
            ),
            merge_id,
        )

    async def _merge(
        self, person_ref: UUID, into_ref: UUID, reason: str, by: str, work: Work
    ) -> UUID:
        one, into = await self._person(person_ref, work), await self._person(into_ref, work)
        if one.ref == into.ref:
            raise CannotMerge("already-one")
        if await self._accuse_each_other(one.refs, into.refs, work):
            raise CannotMerge("each-others-other-party")
        merge_id = derived_id(work.cause, PersonsMerged.TYPE, f"{one.ref}/{into.ref}")
        pairs = await self._pairs(one, into, work)
        await work.connection.execute(
            text(
                "INSERT INTO person_merge"
                " (merge_id, person_ref, into_ref, merged_by, merged_at, reason)"
                " VALUES (:merge, :person, :into, :by, :now, :reason)"
            ),
            {
                "merge": merge_id,
                "person": one.ref,
                "into": into.ref,
                "by": by,
                "now": work.now,
                "reason": self.reviews.vault.seal(reason.encode(), f"person_merge/{merge_id}"),
            },
        )
        await self.reviews.settle_what_follows(
            work.connection, into.ref, by=by, at=work.now, merge_id=merge_id
        )
        event = PersonsMerged(
            merge_id=merge_id, person_ref=one.ref, into_ref=into.ref, pairs=pairs, by=by
        )
        work.emit(event, merge_id)
        return merge_id

    async def _one_at_a_time(self, work: Work) -> None:
        # Two merges at once could each be fine, and together make a circle.
        await work.connection.execute(
            text("SELECT pg_advisory_xact_lock(hashtext('intake: who is who'))")
        )

    async def _open_review(self, review_id: UUID, work: Work) -> Review:
        review = await self.reviews.review(work.connection, review_id, hold=True)
        if review is None:
            raise CannotMerge("unknown")
        if review.state != "open":
            raise CannotMerge("already-settled")
        return review

    async def _person(self, ref: UUID, work: Work) -> _Person:
        rows = await work.connection.execute(
            text(
                "SELECT person_of(:ref) AS ref, refs_of(:ref) AS refs WHERE EXISTS"
                " (SELECT FROM vault_record WHERE person_ref = ANY(refs_of(:ref)))"
            ),
            {"ref": ref},
        )
        row = rows.one_or_none()
        if row is None:
            raise CannotMerge("unknown")
        return _Person(row.ref, row.refs)

    async def _accuse_each_other(
        self, one: Collection[UUID], another: Collection[UUID], work: Work
    ) -> bool:
        rows = await work.connection.execute(
            text(
                "SELECT EXISTS (SELECT FROM vault_record a JOIN vault_record b USING (referral_id)"
                " WHERE a.person_ref = ANY(:one) AND b.person_ref = ANY(:another)"
                " AND a.is_other_party <> b.is_other_party) OR EXISTS (SELECT FROM pair"
                " WHERE victim_ref = ANY(:one) AND perpetrator_ref = ANY(:another)"
                " OR victim_ref = ANY(:another) AND perpetrator_ref = ANY(:one))"
            ),
            {"one": list(one), "another": list(another)},
        )
        return bool(rows.scalar_one())

    async def _pairs(self, one: _Person, into: _Person, work: Work) -> tuple[PairMoved, ...]:
        """What each pair of a person is called from now on, whoever of the two is the victim."""
        rows = await work.connection.execute(
            text(
                "SELECT DISTINCT person_of(other) AS person, ref FROM (SELECT CASE WHEN victim_ref"
                " = ANY(:refs) THEN perpetrator_ref ELSE victim_ref END AS other FROM pair"
                " WHERE victim_ref = ANY(:refs) OR perpetrator_ref = ANY(:refs)) known,"
                " unnest(refs_of(other)) AS ref ORDER BY person, ref"
            ),
            {"refs": one.refs},
        )
        moved: dict[UUID, UUID] = {}
        for row in rows:
            to = pair_of(into.ref, row.person).pair_ref
            for ref in one.refs:
                was = pair_of(ref, row.ref).pair_ref
                moved[was] = to
                moved[roles_reversed(was)] = roles_reversed(to)
        return tuple(_in_order(moved.items()))


def _in_order(moved: Iterable[tuple[UUID, UUID]]) -> Iterable[PairMoved]:
    return (PairMoved(pair_ref=was, into_ref=to) for was, to in sorted(moved) if was != to)
