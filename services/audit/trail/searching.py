"""Looking through the log: a page of the entries that meet what is asked, in the log's order.

Each thing that can be asked for is a list of indexes that is kept in order. Of several, the one is
followed whose next entries reach furthest, and the others are checked entry by entry. A page looks
through at most WINDOW entries: it costs the same in a log of ten thousand and of ten million, and
may be short, or empty, where what is asked for seldom comes together.
"""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.audit.formats import Asked
from services.audit.log.store import Content, Entry
from services.audit.trail import marking
from services.audit.trail.marking import SPAN
from services.audit.trail.ordered import EVERYTHING, Ordered, of_column, of_subjects, of_table
from services.audit.trail.people import Concerned, concerned
from shared.events import roles_reversed

WINDOW: Final = 5000


class NoWords(Exception):
    """A text to look for of which nothing is left but words that every text has."""


@dataclass(frozen=True)
class Found:
    """A page. `next`: where the following one begins; None if there is nothing beyond."""

    entries: tuple[Entry, ...]
    next: int | None


@dataclass(frozen=True)
class Search:
    """What is asked for, made ready once for all its pages: the references that count as one, and
    the stems of the words. `below`: the size of the tree that everything is shown under."""

    asked: Asked
    below: int
    people: Concerned
    _lists: tuple[Ordered, ...]

    @classmethod
    async def prepare(cls, connection: AsyncConnection, asked: Asked, below: int) -> "Search":
        """NoWords if the text says nothing that could be found."""
        people = Concerned()
        lists = []
        refs = _references(asked)
        if refs:
            people = await concerned(connection, refs, below)
        if asked.referral is not None:
            lists.append(of_subjects("referral", [asked.referral]))
        if refs:
            lists.append(of_subjects("concerned", people.subjects))
        if asked.practitioner is not None:
            lists.append(of_table("named", "name", "name", asked.practitioner))
        if asked.text is not None:
            stems = await marking.stems(connection, asked.text)
            if not stems:
                raise NoWords
            lists += [
                of_table("word", "word", f"word_{number}", stem)
                for number, stem in enumerate(stems)
            ]
        if asked.agency is not None:
            lists.append(of_column("agency", asked.agency))
        if asked.type is not None:
            lists.append(of_column("type", asked.type))
        return cls(asked, below, people, tuple(lists))

    async def page(self, connection: AsyncConnection, first: int, limit: int) -> Found:
        """At most `limit` entries from index `first` on."""
        first, below = await self._when(connection, first)
        if first >= below:
            return Found((), None)
        given = self._given(first, below)
        followed, horizon = (*self._lists, EVERYTHING)[0], below
        if self._is_checked:
            followed, horizon = await self._furthest(connection, given)
        rows = await connection.execute(
            text(
                _PAGE.format(listed=followed.listed, lists=self._others(followed), when=self._time)
            ),
            given
            # Where nothing is checked, a page is filled by as many as it shows.
            | {"window": WINDOW if self._is_checked else limit + 1, "limit": limit + 1}
            | ({"horizon": horizon} if len(self._lists) > 1 else {}),
        )
        entries = [_entry(row) for row in rows]
        if len(entries) > limit:
            return Found(tuple(entries[:limit]), entries[limit].index)
        return Found(tuple(entries), horizon if horizon < below else None)

    @property
    def _is_checked(self) -> bool:
        return len(self._lists) > 1 or bool(self.asked.since or self.asked.until)

    async def _furthest(
        self, connection: AsyncConnection, given: dict[str, Any]
    ) -> tuple[Ordered, int]:
        """The list to follow, and the index up to which a page along it has looked."""
        reach = []
        for each in self._lists or (EVERYTHING,):
            rows = await connection.execute(
                text(_REACH.format(listed=each.listed)), given | {"window": WINDOW}
            )
            row = rows.one()
            horizon = given["below"] if row.n < WINDOW else row.last + 1
            reach.append((horizon, -row.n, each))
        horizon, _, followed = max(reach, key=lambda one: one[:2])
        return followed, horizon

    def _others(self, followed: Ordered) -> str:
        return "".join(f" AND {each.check}" for each in self._lists if each is not followed)

    @property
    def _time(self) -> str:
        since = " AND e.time >= :since" if self.asked.since else ""
        return since + (" AND e.time < :until" if self.asked.until else "")

    def _given(self, first: int, below: int) -> dict[str, Any]:
        given: dict[str, Any] = {"first": first, "below": below}
        for each in self._lists:
            given |= each.given
        when = {"since": self.asked.since, "until": self.asked.until}
        return given | {name: moment for name, moment in when.items() if moment}

    async def _when(self, connection: AsyncConnection, first: int) -> tuple[int, int]:
        """Between which indexes entries of the time asked for can be."""
        if not (self.asked.since or self.asked.until):
            return first, self.below
        tail = self.below // SPAN
        row = (
            await connection.execute(
                _SPANS,
                {
                    "first": first // SPAN,
                    "below": self.below,
                    "tail": tail,
                    "tail_first": tail * SPAN,
                    "since": self.asked.since,
                    "until": self.asked.until,
                },
            )
        ).one()
        if row.first is None:
            return self.below, self.below
        return max(first, row.first * SPAN), min(self.below, (row.last + 1) * SPAN)


_REACH = "SELECT count(*) AS n, max(leaf_index) AS last FROM ({listed}) AS l"
_PAGE = (
    "SELECT p.*, c.salt, c.body FROM (SELECT e.* FROM"
    " (SELECT l.leaf_index FROM ({listed}) AS l WHERE true{lists} ORDER BY l.leaf_index) AS l,"
    # One by one, which OFFSET 0 makes PostgreSQL do: the page may be full after a few of them.
    " LATERAL (SELECT leaf_index, event_id, type, producer, referral, time, leaf, logged_at"
    " FROM entry e WHERE e.leaf_index = l.leaf_index{when} OFFSET 0) AS e"
    " ORDER BY l.leaf_index LIMIT :limit) AS p"
    # The moment as well as the index: it tells the month, and so the one partition.
    " LEFT JOIN content c USING (leaf_index, logged_at) ORDER BY p.leaf_index"
)


def _references(asked: Asked) -> tuple[UUID, ...]:
    if asked.pair_ref is not None:
        # The same two, whoever of them is the victim.
        return asked.pair_ref, roles_reversed(asked.pair_ref)
    return () if asked.person_ref is None else (asked.person_ref,)


# The last entries fill no span yet, and are asked for their own times.
_SPANS = text(
    "SELECT min(number) AS first, max(number) AS last FROM ("
    " SELECT number, earliest, latest FROM span WHERE number >= :first"
    " UNION ALL SELECT CAST(:tail AS bigint), min(time), max(time) FROM entry"
    " WHERE leaf_index >= :tail_first AND leaf_index < :below) AS s"
    " WHERE (CAST(:since AS timestamptz) IS NULL OR latest >= :since)"
    " AND (CAST(:until AS timestamptz) IS NULL OR earliest < :until)"
)


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        index=row.leaf_index,
        event_id=row.event_id,
        type=row.type,
        producer=row.producer,
        referral=row.referral,
        time=row.time,
        leaf=row.leaf,
        content=None if row.salt is None else Content(row.salt, row.body),
    )
