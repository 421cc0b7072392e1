"""Who may be the same person and waits for somebody to look; what was decided, and undone.

What was seen between two people lies sealed: it says something of both.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.likeness.choosing import Place
from services.intake.likeness.judging import Judgement
from services.intake.recognising import Doubt
from services.intake.vault import Vault
from shared.bus.work import Work
from shared.events import MatchDoubted, derived_id

State = Literal["open", "same", "different"]

_COLUMNS = (
    "review_id, referral_id, is_other_party, person_ref, known_referral_id, known_is_other_party,"
    " other_ref, score, lines, opened_at, state, settled_by, settled_at, merge_id"
)


@dataclass(frozen=True)
class Line:
    """One thing that was seen: the field, in words without its values, and its weight."""

    field: str
    seen: str
    weight: float


@dataclass(frozen=True)
class Review:
    """Two records of whom a person must say whether they are one: the newer, and the known."""

    review_id: UUID
    new: Place
    known: Place
    score: float
    lines: tuple[Line, ...]
    doubts: tuple[str, ...]
    opened_at: datetime
    state: State
    settled_by: str | None
    settled_at: datetime | None
    merge_id: UUID | None


@dataclass(frozen=True)
class Waiting:
    """A review that is open, with nothing of what the records say."""

    review_id: UUID
    referral_id: UUID
    known_referral_id: UUID
    opened_at: datetime


@dataclass(frozen=True)
class ReviewsStore:
    """Reads and writes on the connection of whoever asks; commits nothing."""

    vault: Vault

    async def ask(self, doubts: Sequence[Doubt], referral_id: UUID, work: Work) -> None:
        """Open a review of each doubt, and tell of it, unless the two were asked about before."""
        for doubt in doubts:
            known = doubt.candidate
            if known.place is None:
                continue  # nothing is kept of them that somebody could look at
            about = f"{doubt.person_ref}/{known.person_ref}"
            review_id = derived_id(work.cause, MatchDoubted.TYPE, about)
            new = Place(referral_id, doubt.is_other_party, doubt.person_ref)
            if await self._open(work, review_id, new, known.place, known.judgement):
                event = MatchDoubted(
                    review_id=review_id,
                    referral_id=referral_id,
                    person_ref=doubt.person,
                    other_ref=known.person,
                )
                work.emit(event, referral_id, about=str(review_id))

    async def _open(
        self, work: Work, review_id: UUID, new: Place, known: Place, judgement: Judgement
    ) -> bool:
        rows = await work.connection.execute(
            text(
                "WITH two AS (SELECT refs_of(:person) AS one, refs_of(:other) AS another)"
                " INSERT INTO match_review (review_id, referral_id, is_other_party, person_ref,"
                " known_referral_id, known_is_other_party, other_ref, score, lines, opened_at)"
                " SELECT :id, :referral, :part, :person, :known_referral, :known_part, :other,"
                " :score, :lines, :now FROM two WHERE NOT EXISTS (SELECT FROM"
                " (SELECT person_ref, other_ref FROM match_review"
                " UNION ALL SELECT person_ref, other_ref FROM told_apart) asked"
                " WHERE person_ref = ANY(one) AND other_ref = ANY(another)"
                " OR person_ref = ANY(another) AND other_ref = ANY(one)) RETURNING review_id"
            ),
            {
                "id": review_id,
                "referral": new.referral_id,
                "part": new.is_other_party,
                "person": new.person_ref,
                "known_referral": known.referral_id,
                "known_part": known.is_other_party,
                "other": known.person_ref,
                "score": judgement.score,
                "lines": self.vault.seal(_written(judgement), _place(review_id)),
                "now": work.now,
            },
        )
        return rows.first() is not None

    async def waiting(self, connection: AsyncConnection, most: int) -> list[Waiting]:
        """The reviews that are open, the oldest first, so many at most."""
        rows = await connection.execute(
            text(
                "SELECT review_id, referral_id, known_referral_id, opened_at FROM match_review"
                " WHERE state = 'open' ORDER BY opened_at, review_id LIMIT :most"
            ),
            {"most": most},
        )
        return [Waiting(*row) for row in rows]

    async def review(
        self, connection: AsyncConnection, review_id: UUID, *, hold: bool = False
    ) -> Review | None:
        """One review; None if there is none. `hold`: against others until the commit."""
        query = f"SELECT {_COLUMNS} FROM match_review WHERE review_id = :id"  # noqa: S608 - our own
        rows = await connection.execute(
            text(f"{query} FOR UPDATE" if hold else query), {"id": review_id}
        )
        row = rows.one_or_none()
        return None if row is None else self._read(row)

    async def settle(
        self,
        connection: AsyncConnection,
        review_id: UUID,
        state: State,
        *,
        by: str,
        at: datetime,
        merge_id: UUID | None = None,
    ) -> None:
        """What a person said of a review that `review` holds."""
        await connection.execute(
            text(
                "UPDATE match_review SET state = :state, settled_by = :by, settled_at = :at,"
                " merge_id = :merge WHERE review_id = :id"
            ),
            {"id": review_id, "state": state, "by": by, "at": at, "merge": merge_id},
        )

    async def settle_what_follows(
        self, connection: AsyncConnection, person: UUID, *, by: str, at: datetime, merge_id: UUID
    ) -> None:
        """After a merge, close the reviews of that person whose answer is known by it.

        Of two who are one person now, the same. Of one of whom the other was told apart under
        another reference, different.
        """
        await connection.execute(
            text(
                "WITH touched AS (SELECT review_id, refs_of(person_ref) AS one,"
                " refs_of(other_ref) AS another FROM match_review WHERE state = 'open'"
                " AND (person_ref = ANY(refs_of(:person)) OR other_ref = ANY(refs_of(:person))))"
                " UPDATE match_review r SET settled_by = :by, settled_at = :at,"
                " state = CASE WHEN r.other_ref = ANY(one) THEN 'same' ELSE 'different' END,"
                " merge_id = CASE WHEN r.other_ref = ANY(one) THEN CAST(:merge AS uuid) END"
                " FROM touched t WHERE r.review_id = t.review_id AND (r.other_ref = ANY(one)"
                " OR EXISTS (SELECT FROM told_apart a"
                " WHERE a.person_ref = ANY(one) AND a.other_ref = ANY(another)"
                " OR a.person_ref = ANY(another) AND a.other_ref = ANY(one)))"
            ),
            {"person": person, "by": by, "at": at, "merge": merge_id},
        )

    async def unsettle(
        self, connection: AsyncConnection, merge_id: UUID, *, by: str, at: datetime
    ) -> None:
        """A merge was undone: who was the same by it is different."""
        await connection.execute(
            text(
                "UPDATE match_review SET state = 'different', settled_by = :by, settled_at = :at"
                " WHERE merge_id = :merge"
            ),
            {"merge": merge_id, "by": by, "at": at},
        )

    def _read(self, row: Any) -> Review:
        told = json.loads(self.vault.open(row.lines, _place(row.review_id)))
        return Review(
            row.review_id,
            Place(row.referral_id, row.is_other_party, row.person_ref),
            Place(row.known_referral_id, row.known_is_other_party, row.other_ref),
            row.score,
            tuple(Line(*line) for line in told["lines"]),
            tuple(told["doubts"]),
            row.opened_at,
            row.state,
            row.settled_by,
            row.settled_at,
            row.merge_id,
        )


def _written(judgement: Judgement) -> bytes:
    lines = [(each.field, each.words, each.weight) for each in judgement.seen]
    return json.dumps({"lines": lines, "doubts": judgement.doubts}).encode()


def _place(review_id: UUID) -> str:
    return f"match_review/{review_id}"
