"""The book in triage's tables. Every moment comes from the caller; nothing is committed here."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.triage.assignments.allocation import Load
from services.triage.assignments.book import Places, Referral, Served, Situation
from services.triage.assignments.life import Assignment, State, Step
from services.triage.assignments.steps import Change
from services.triage.assignments.waiting import RISK_ORDER
from shared.events import PairMoved, roles_reversed

_ONE: Final = tuple(Assignment.__dataclass_fields__)
_REFERRAL: Final = tuple(Referral.__dataclass_fields__)
_STEP: Final = tuple(Step.__dataclass_fields__)


_RISK: Final = f"array_position(CAST(ARRAY{list(RISK_ORDER)} AS text[]), {{}})"
"""A level of risk's place among those who wait."""

# References that were found to be one another's, in either direction.
_SAME: Final = """
    {name}(ref) AS (
        SELECT CAST(:{name} AS uuid)
        UNION
        SELECT CASE WHEN m.{column} = s.ref THEN m.into_ref ELSE m.{column} END
        FROM {name} s JOIN {table} m ON s.ref IN (m.{column}, m.into_ref))"""


def _set(names: Sequence[str]) -> str:
    return ", ".join(f"{name} = excluded.{name}" for name in names if name != "id")


_PIECES: Final = {
    "a": ", ".join(f"a.{name}" for name in _ONE),
    "r": ", ".join(f"r.{name} AS r_{name}" for name in _REFERRAL),
    "both": "assignment a JOIN referral r ON r.id = a.referral_id",
    "held": "('offered', 'escalated', 'accepted')",
    "risk": _RISK.format("r.risk_level"),
    "own_risk": _RISK.format("CAST(:risk AS text)"),
    "one": ", ".join(_ONE),
    "set_one": _set(_ONE),
    "referral": ", ".join(_REFERRAL),
    "set_referral": _set(_REFERRAL),
    "step": ", ".join(_STEP),
    "same_person": _SAME.format(name="same_person", table="person_alias", column="person_ref"),
    "same_pair": _SAME.format(name="same_pair", table="pair_alias", column="pair_ref"),
    "crossed_pair": _SAME.format(name="crossed_pair", table="pair_alias", column="pair_ref"),
}
"""What the queries below are put together from; all of it our own words."""


@cache
def _query(template: str) -> TextClause:
    return text(template.format_map(_PIECES))


# One statement, however much is kept: each costs a way to the server and back.
_SAVE: Final = """
    WITH r AS (
        INSERT INTO referral ({referral})
        SELECT {referral}
        FROM jsonb_populate_recordset(CAST(NULL AS referral), CAST(:referral AS jsonb))
        ON CONFLICT (id) DO UPDATE SET {set_referral}
    ), a AS (
        INSERT INTO assignment ({one})
        SELECT {one}
        FROM jsonb_populate_recordset(CAST(NULL AS assignment), CAST(:ones AS jsonb))
        ON CONFLICT (id) DO UPDATE SET {set_one}
    )
    INSERT INTO step ({step}, referral_id)
    SELECT {step}, referral_id
    FROM jsonb_populate_recordset(CAST(NULL AS step), CAST(:steps AS jsonb))"""

_CARRIED: Final = """
    SELECT 'load' AS what, holder AS who, count(*) FILTER (WHERE state IN {held}) AS one,
        count(*) FILTER (WHERE offered_at >= :year) AS two
    FROM assignment WHERE holder = ANY(CAST(:ids AS text[])) AND state <> 'withdrawn'
        AND (state IN {held} OR offered_at >= :year)
    GROUP BY holder
    UNION ALL
    -- A place is taken while somebody of its team has it.
    SELECT 'place', pathway, count(*) FILTER (WHERE state IN {held}),
        count(*) FILTER (WHERE offered_at >= :year)
    FROM assignment WHERE catalogue = :catalogue AND pathway = ANY(CAST(:pathways AS text[]))
        AND state NOT IN ('waitlisted', 'withdrawn') AND level IN ('practitioner', 'stand_in')
        AND (state IN {held} OR offered_at >= :year)
    GROUP BY pathway
    UNION ALL
    SELECT 'waiting', pathway, count(*), 0
    FROM assignment WHERE catalogue = :catalogue AND pathway = ANY(CAST(:pathways AS text[]))
        AND state = 'waitlisted'
    GROUP BY pathway
    UNION ALL
    SELECT 'conflict', practitioner_id, 0, 0
    FROM conflict WHERE person_ref IN (SELECT ref FROM same_person)"""
_OTHER_SIDE: Final = """
    UNION ALL
    -- Another role in the same pair, or the same role in the pair with the roles reversed.
    SELECT DISTINCT 'other ' || s.level, s.holder, 0, 0
    FROM referral r JOIN step s ON s.referral_id = r.id AND s.holder IS NOT NULL
    WHERE (r.pair_ref IN (SELECT ref FROM same_pair) AND r.role <> :role)
        OR (r.pair_ref IN (SELECT ref FROM crossed_pair) AND r.role = :role)"""
_SITUATION: Final = "WITH RECURSIVE {same_person} " + _CARRIED
_SITUATION_OF_A_PAIR: Final = (
    "WITH RECURSIVE {same_person}, {same_pair}, {crossed_pair} " + _CARRIED + _OTHER_SIDE
)


@dataclass(frozen=True)
class SqlBook:
    """Reads and writes on one connection."""

    connection: AsyncConnection

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
        return _assignment(rows[0]) if rows else None

    async def of_referral(self, referral_id: UUID) -> tuple[Assignment, ...]:
        """As Book."""
        rows = await self._rows(
            "SELECT {a} FROM assignment a WHERE referral_id = :id ORDER BY pathway, id",
            id=referral_id,
        )
        return tuple(_assignment(row) for row in rows)

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

    async def save(self, changes: Sequence[Change], referral: Referral | None = None) -> None:
        """As Book."""
        newest = {each.one.id: each.one for each in changes}
        steps = [{**asdict(c.step), "referral_id": c.one.referral_id} for c in changes]
        await self.connection.execute(
            _query(_SAVE),
            {
                "referral": _json([asdict(referral)] if referral else []),
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
        values: dict[str, object] = {
            "ids": list(practitioner_ids),
            "catalogue": catalogue,
            "pathways": list(pathways),
            "year": year_began,
            "same_person": referral.person_ref,
        }
        query = _SITUATION
        if pair := referral.pair_ref:
            query = _SITUATION_OF_A_PAIR
            values |= {
                "same_pair": pair,
                "crossed_pair": roles_reversed(pair),
                "role": referral.role,
            }
        return _situation(await self._rows(query, **values))

    async def ahead(self, one: Assignment, referral: Referral) -> int:
        """As Book."""
        rows = await self._rows(
            "SELECT count(*) AS number FROM {both} WHERE a.state = 'waitlisted'"
            " AND a.catalogue IS NOT DISTINCT FROM CAST(:catalogue AS text)"
            " AND a.pathway = :pathway AND ({risk}, a.waiting_since, a.id)"
            " < ({own_risk}, CAST(:since AS timestamptz), CAST(:id AS uuid))",
            catalogue=one.catalogue,
            pathway=one.pathway,
            id=one.id,
            risk=referral.risk_level,
            since=one.waiting_since,
        )
        return int(rows[0]["number"])

    async def due(self, now: datetime, but_not: Collection[UUID]) -> Assignment | None:
        """As Book."""
        rows = await self._rows(
            "SELECT {a} FROM assignment a WHERE due_at <= :now"
            " AND id <> ALL(CAST(:but_not AS uuid[])) ORDER BY due_at, id LIMIT 1"
            " FOR UPDATE SKIP LOCKED",
            now=now,
            but_not=list(but_not),
        )
        return _assignment(rows[0]) if rows else None

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
        return tuple((_assignment(row), _referral(row)) for row in rows)

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
        rows = await self._rows(
            "WITH RECURSIVE {same_person} SELECT {a}, {r} FROM {both} WHERE a.state IN {held}"
            " AND (r.person_ref IN (SELECT ref FROM same_person)"
            " OR r.pair_ref = ANY(CAST(:pairs AS uuid[]))) ORDER BY a.offered_at DESC, a.id",
            same_person=person_ref,
            pairs=list(pairs),
        )
        return tuple((_assignment(row), _referral(row)) for row in rows)

    async def add_merge(
        self, merge_id: UUID, person_ref: UUID, into_ref: UUID, pairs: Sequence[PairMoved]
    ) -> None:
        """As Book."""
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
        for table in ("person_alias", "pair_alias"):
            await self.connection.execute(
                text(f"DELETE FROM {table} WHERE merge_id = :id"),  # noqa: S608 - our own two names
                {"id": merge_id},
            )

    async def _rows(self, query: str, **values: object) -> list[dict[str, Any]]:
        rows = await self.connection.execute(_query(query), values)
        return [dict(row._mapping) for row in rows]


def _situation(rows: Sequence[Mapping[str, Any]]) -> Situation:
    found = Situation()
    served, conflicts = set(), set()
    for row in rows:
        who = row["who"]
        match row["what"].split():
            case ["load"]:
                found.loads[who] = Load(row["one"], row["two"])
            case ["place"]:
                places = found.places.setdefault(who, Places())
                places.held, places.this_year = row["one"], row["two"]
            case ["waiting"]:
                found.places.setdefault(who, Places()).waiting = row["one"]
            case ["conflict"]:
                conflicts.add(who)
            case [_, level]:
                served.add(Served(who, level))
    found.conflicts, found.other_side = frozenset(conflicts), frozenset(served)
    return found


def _assignment(row: Mapping[str, Any]) -> Assignment:
    own = {name: row[name] for name in _ONE}
    return Assignment(**{**own, "state": State(row["state"]), "passed": tuple(row["passed"])})


def _referral(row: Mapping[str, Any]) -> Referral:
    own = {name: row[f"r_{name}"] for name in _REFERRAL}
    groups = {pathway: tuple(others) for pathway, others in own["next_in_group"].items()}
    return Referral(**{**own, "next_in_group": groups})


def _json(rows: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps(rows, default=_plain)


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
