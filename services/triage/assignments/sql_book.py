"""The book in triage's tables. Every moment comes from the caller; nothing is committed here."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.triage.assignments import queries
from services.triage.assignments.allocation import Load
from services.triage.assignments.book import Places, Referral, Served, Situation
from services.triage.assignments.life import Assignment, State, Step
from services.triage.assignments.same import Links, joined
from services.triage.assignments.steps import Change
from services.triage.assignments.tally import Tally
from services.triage.assignments.waiting import place
from shared.events import PairMoved, roles_reversed


@dataclass
class SqlBook:
    """Reads and writes on one connection, in one transaction.

    What may be written later is written with the next question, or by `finish`.
    """

    connection: AsyncConnection
    _unsaved: list[Change] = field(default_factory=list)
    _referrals: dict[UUID, Referral] = field(default_factory=dict)
    _seen: dict[UUID, Assignment] = field(default_factory=dict)
    _tally: Tally | None = None
    _joins: dict[str, Links] = field(default_factory=dict)

    async def lock(self) -> None:
        """As Book."""
        # Any number will do, so long as everybody who changes assignments asks for the same one.
        await self.connection.execute(
            text("SELECT pg_advisory_xact_lock(hashtext('allocation of ' || current_schema()))")
        )

    async def referral(self, referral_id: UUID) -> Referral | None:
        """As Book."""
        rows = await self._rows("SELECT {r} FROM referral r WHERE id = :id", id=referral_id)
        return _referral(rows[0]) if rows else None

    async def assignment(self, assignment_id: UUID) -> Assignment | None:
        """As Book."""
        rows = await self._rows("SELECT {a} FROM assignment a WHERE id = :id", id=assignment_id)
        return self._one(rows[0]) if rows else None

    async def of_referral(self, referral_id: UUID) -> tuple[Assignment, ...]:
        """As Book."""
        rows = await self._rows(
            "SELECT {a} FROM assignment a WHERE referral_id = :id ORDER BY pathway, id",
            id=referral_id,
        )
        return tuple(self._one(row) for row in rows)

    async def steps(self, assignment_id: UUID) -> tuple[Step, ...]:
        """As Book."""
        rows = await self._rows(
            "SELECT {step} FROM step WHERE assignment_id = :id ORDER BY number",
            id=assignment_id,
        )
        return tuple(Step(**{**row, "state": State(row["state"])}) for row in rows)

    async def left_by_hand(self, referral_id: UUID) -> Mapping[UUID, frozenset[str]]:
        """As Book."""
        rows = await self._rows(
            "SELECT assignment_id, array_agg(left_from) AS left_from FROM ("
            " SELECT assignment_id, act, pathway, lag(pathway) OVER"
            " (PARTITION BY assignment_id ORDER BY number) AS left_from"
            " FROM step WHERE referral_id = :id) AS moves"
            " WHERE act = 'transfer' AND left_from <> pathway GROUP BY assignment_id",
            id=referral_id,
        )
        return {row["assignment_id"]: frozenset(row["left_from"]) for row in rows}

    async def save(
        self, changes: Sequence[Change], referral: Referral | None = None, *, later: bool = False
    ) -> None:
        """As Book."""
        for change in changes:
            if self._tally:
                self._tally.moved(self._seen.get(change.one.id), change.one)
            self._seen[change.one.id] = change.one
        self._unsaved += changes
        if referral:
            self._referrals[referral.id] = referral
        if not later:
            await self.finish()

    async def finish(self) -> None:
        """As Book."""
        changes, self._unsaved = self._unsaved, []
        referrals, self._referrals = self._referrals, {}
        if not changes and not referrals:
            return
        newest = {each.one.id: each.one for each in changes}
        steps = [{**asdict(c.step), "referral_id": c.one.referral_id} for c in changes]
        await self.connection.execute(
            queries.query(queries.SAVE),
            {
                "referral": _json([asdict(each) for each in referrals.values()]),
                "ones": _json([asdict(one) for one in newest.values()]),
                "steps": _json(steps),
            },
        )

    async def situation(
        self,
        referral: Referral,
        catalogue: str | None,
        practitioner_ids: Collection[str],
        pathways: Collection[str],
        year_began: datetime,
    ) -> Situation:
        """As Book."""
        if self._tally is None or self._tally.year_began != year_began:
            self._tally = Tally(year_began)
        await self._count(self._tally, catalogue, practitioner_ids, pathways)
        other_side, conflicts = await self._kept_away(referral)
        return Situation(
            self._tally.loads_of(practitioner_ids),
            self._tally.places_of(catalogue, pathways),
            other_side,
            conflicts,
        )

    async def _count(
        self,
        tally: Tally,
        catalogue: str | None,
        people: Collection[str],
        pathways: Collection[str],
    ) -> None:
        """Count what is not counted yet."""
        year = tally.year_began
        if ids := tally.unknown(people):
            tally.loads |= dict.fromkeys(ids, Load())
            for row in await self._rows(queries.LOADS, ids=ids, year=year):
                tally.loads[row["who"]] = Load(row["held"], row["this_year"])
        if lists := tally.unknown_lists(catalogue, pathways):
            found = {each: Places() for each in lists}
            for row in await self._rows(
                queries.PLACES, catalogue=catalogue, pathways=lists, year=year
            ):
                places = found[row["pathway"]]
                places.held += row["held"]
                places.this_year += row["this_year"]
                places.waiting += row["waiting"]
            tally.places |= {(catalogue, each): places for each, places in found.items()}

    async def _kept_away(self, referral: Referral) -> tuple[frozenset[Served], frozenset[str]]:
        """Who serves the other side, or served it, and who has a conflict of interest."""
        people = joined(referral.person_ref, await self._links("person"))
        query, values = queries.KEPT_AWAY, {"people": people}
        if pair := referral.pair_ref:
            links = await self._links("pair")
            same, crossed = joined(pair, links), joined(roles_reversed(pair), links)
            query = queries.KEPT_AWAY_OF_A_PAIR
            values |= {"same": same, "crossed": crossed}
        # What is not written yet is looked through here, rather than written for each question.
        rows = await self._ask(query, values | {"role": referral.role} if pair else values)
        conflicts = frozenset(row["who"] for row in rows if row["what"] == "conflict")
        served = {Served(row["who"], row["what"]) for row in rows if row["what"] != "conflict"}
        if pair:
            served |= set(self._serving_unsaved(referral, same, crossed))
        return frozenset(served), conflicts

    def _serving_unsaved(
        self, referral: Referral, same: Collection[UUID], crossed: Collection[UUID]
    ) -> Iterator[Served]:
        for change in self._unsaved:
            other, who = self._referrals.get(change.one.referral_id), change.step.holder
            if (
                other
                and who
                and other.pair_ref in (crossed if other.role == referral.role else same)
            ):
                yield Served(who, change.step.level)

    async def _links(self, kind: Literal["person", "pair"]) -> Links:
        """Which references are one another's. Few enough to be read once in a transaction: each was
        found by a coordinator."""
        if kind not in self._joins:
            query = queries.PERSON_LINKS if kind == "person" else queries.PAIR_LINKS
            found = await self._ask(query, {})
            self._joins[kind] = [(row["one"], row["other"]) for row in found]
        return self._joins[kind]

    async def ahead(self, one: Assignment, referral: Referral) -> int:
        """As Book."""
        values = {
            "catalogue": one.catalogue,
            "pathway": one.pathway,
            "id": one.id,
            "risk": referral.risk_level,
            "since": one.waiting_since,
        }
        (row,) = await self._ask(queries.AHEAD, values)
        unsaved = (
            (each.one, self._referrals[each.one.referral_id])
            for each in self._unsaved
            if each.step.act == "wait"
            and (each.one.catalogue, each.one.pathway) == (one.catalogue, one.pathway)
            and each.one.referral_id in self._referrals
        )
        before = sum(place(*each) < place(one, referral) for each in unsaved)
        return int(row["number"]) + before

    async def due(self, now: datetime, but_not: Collection[UUID]) -> Assignment | None:
        """As Book."""
        rows = await self._rows(
            "SELECT {a} FROM assignment a WHERE due_at <= :now"
            " AND id <> ALL(CAST(:but_not AS uuid[])) ORDER BY due_at, id LIMIT 1"
            " FOR UPDATE SKIP LOCKED",
            now=now,
            but_not=list(but_not),
        )
        return self._one(rows[0]) if rows else None

    async def waiting_lists(self) -> tuple[tuple[str | None, str], ...]:
        """As Book."""
        rows = await self._rows(
            "SELECT DISTINCT catalogue, pathway FROM assignment WHERE state = 'waitlisted'"
            " ORDER BY catalogue, pathway"
        )
        return tuple((row["catalogue"], row["pathway"]) for row in rows)

    async def waiting(
        self, catalogue: str | None, pathway: str
    ) -> tuple[tuple[Assignment, Referral], ...]:
        """As Book."""
        rows = await self._rows(
            "SELECT {a}, {r} FROM {both} WHERE a.state = 'waitlisted'"
            " AND a.catalogue IS NOT DISTINCT FROM CAST(:catalogue AS text)"
            " AND a.pathway = :pathway ORDER BY {risk}, a.waiting_since, a.id",
            catalogue=catalogue,
            pathway=pathway,
        )
        return tuple((self._one(row), _referral(row)) for row in rows)

    async def blocked(self, referral_id: UUID) -> Mapping[str, str]:
        """As Book."""
        rows = await self._rows(
            "SELECT c ->> 'pathway' AS pathway, c ->> 'blocked_by' AS reason FROM"
            " (SELECT decision FROM decision WHERE referral_id = :id"
            " ORDER BY revision DESC LIMIT 1) AS newest,"
            " json_array_elements(newest.decision -> 'considered') AS c"
            " WHERE c ->> 'blocked_by' IS NOT NULL",
            id=referral_id,
        )
        return {row["pathway"]: row["reason"] for row in rows}

    async def add_conflict(self, practitioner_id: str, person_ref: UUID, now: datetime) -> bool:
        """As Book."""
        rows = await self._rows(
            "INSERT INTO conflict (practitioner_id, person_ref, declared_at)"
            " VALUES (:who, :person, :now) ON CONFLICT DO NOTHING RETURNING person_ref",
            who=practitioner_id,
            person=person_ref,
            now=now,
        )
        return bool(rows)

    async def concerning(
        self, person_ref: UUID, pairs: Collection[UUID]
    ) -> tuple[tuple[Assignment, Referral], ...]:
        """As Book."""
        people = joined(person_ref, await self._links("person"))
        rows = await self._rows(
            "SELECT {a}, {r} FROM {both} WHERE a.state IN {held}"
            " AND (r.person_ref = ANY(CAST(:people AS uuid[]))"
            " OR r.pair_ref = ANY(CAST(:pairs AS uuid[]))) ORDER BY a.offered_at DESC, a.id",
            people=people,
            pairs=list(pairs),
        )
        return tuple((self._one(row), _referral(row)) for row in rows)

    async def add_merge(
        self, merge_id: UUID, person_ref: UUID, into_ref: UUID, pairs: Sequence[PairMoved]
    ) -> None:
        """As Book."""
        self._joins.clear()
        await self.connection.execute(
            text("INSERT INTO person_alias (merge_id, person_ref, into_ref) VALUES (:id, :a, :b)"),
            {"id": merge_id, "a": person_ref, "b": into_ref},
        )
        both = {
            turn(each.pair_ref): turn(each.into_ref)
            for each in pairs
            for turn in (lambda ref: ref, roles_reversed)
        }
        if both:
            await self.connection.execute(
                text("INSERT INTO pair_alias (merge_id, pair_ref, into_ref) VALUES (:id, :a, :b)"),
                [{"id": merge_id, "a": pair, "b": into} for pair, into in both.items()],
            )

    async def end_merge(self, merge_id: UUID) -> None:
        """As Book."""
        self._joins.clear()
        for table in ("person_alias", "pair_alias"):
            await self.connection.execute(
                text(f"DELETE FROM {table} WHERE merge_id = :id"),  # noqa: S608 - our own two names
                {"id": merge_id},
            )

    async def _rows(self, query: str, **values: object) -> list[dict[str, Any]]:
        """The answer, of which what was to be written later is part."""
        await self.finish()
        return await self._ask(query, values)

    async def _ask(self, query: str, values: Mapping[str, object]) -> list[dict[str, Any]]:
        rows = await self.connection.execute(queries.query(query), values)
        return [dict(row._mapping) for row in rows]

    def _one(self, row: Mapping[str, Any]) -> Assignment:
        one = _assignment(row)
        self._seen[one.id] = one
        return one


def _assignment(row: Mapping[str, Any]) -> Assignment:
    own = {name: row[name] for name in queries.ONE}
    return Assignment(**{**own, "state": State(row["state"]), "passed": tuple(row["passed"])})


def _referral(row: Mapping[str, Any]) -> Referral:
    own = {name: row[f"r_{name}"] for name in queries.REFERRAL}
    groups = {pathway: tuple(others) for pathway, others in own["next_in_group"].items()}
    return Referral(**{**own, "next_in_group": groups})


def _json(rows: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps(rows, default=_plain)


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
