"""Panels in triage's tables: cases, what meetings made of them, statuses, actions.

What people wrote (notes, reasons, what an action is) stays here: it is told in no event.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.triage.panels.actions import Action
from services.triage.panels.agenda import Case
from shared.events import PanelOutcome, Rag

_CASE: Final = (
    "SELECT c.id, c.catalogue, c.panel, c.pathway, c.kind, c.referral_id, c.meets_on, c.triggers,"
    " c.risk_level, c.state, c.listed_at, c.settled_by, r.rag, r.reason AS rag_reason"
    " FROM panel_case c LEFT JOIN LATERAL (SELECT rag, reason FROM panel_rating"
    " WHERE case_id = c.id ORDER BY number DESC LIMIT 1) r ON true"
)
_ACTION: Final = (
    "SELECT a.id, a.case_id, a.text, a.owner, a.due_on, a.set_by, a.set_at, a.due_at, a.level,"
    " a.told, a.done_at, a.done_by FROM panel_action a"
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one meeting made of a case. `by` None: the rules took it off, and `note` says why."""

    case_id: UUID
    meets_on: date
    outcome: PanelOutcome
    note: str | None
    by: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Rating:
    """A status that a case was given."""

    rag: Rag
    reason: str
    by: str
    at: datetime


async def cases_of(connection: AsyncConnection, referral_id: UUID) -> tuple[Case, ...]:
    """A referral's cases at all panels, the earliest first, held until the commit."""
    return await _cases(
        connection,
        " WHERE c.referral_id = :id ORDER BY c.listed_at, c.id FOR UPDATE OF c",
        id=referral_id,
    )


async def case(connection: AsyncConnection, case_id: UUID) -> Case | None:
    """A case; None if there is none of that id."""
    found = await _cases(connection, " WHERE c.id = :id", id=case_id)
    return found[0] if found else None


async def held_case(connection: AsyncConnection, case_id: UUID) -> Case | None:
    """The same, held against others until the commit."""
    found = await _cases(connection, " WHERE c.id = :id FOR UPDATE OF c", id=case_id)
    return found[0] if found else None


async def on_agenda(
    connection: AsyncConnection, catalogue: str, panel: str, meets_on: date
) -> tuple[Case, ...]:
    """The cases that a meeting has before it, or had."""
    return await _cases(
        connection,
        " WHERE c.catalogue = :catalogue AND c.panel = :panel"
        " AND ((c.state = 'listed' AND c.meets_on = :day) OR EXISTS (SELECT FROM panel_outcome o"
        " WHERE o.case_id = c.id AND o.meets_on = :day))",
        catalogue=catalogue,
        panel=panel,
        day=meets_on,
    )


async def _cases(connection: AsyncConnection, where: str, **values: Any) -> tuple[Case, ...]:
    rows = await connection.execute(text(_CASE + where), values)
    return tuple(Case(**{**row._mapping, "triggers": tuple(row.triggers)}) for row in rows)


async def listed(connection: AsyncConnection) -> tuple[Case, ...]:
    """Every case that waits for a meeting."""
    return await _cases(connection, " WHERE c.state = 'listed'")


async def add_case(connection: AsyncConnection, one: Case) -> bool:
    """Keep a new case; False where its referral is listed there already."""
    added = await connection.execute(
        text(
            "INSERT INTO panel_case (id, catalogue, panel, pathway, kind, referral_id, meets_on,"
            " triggers, risk_level, state, listed_at) VALUES (:id, :catalogue, :panel, :pathway,"
            " :kind, :referral, :meets_on, :triggers, :risk, :state, :listed_at)"
            " ON CONFLICT (referral_id, catalogue, panel) WHERE state = 'listed' DO NOTHING"
        ),
        {
            "id": one.id,
            "catalogue": one.catalogue,
            "panel": one.panel,
            "pathway": one.pathway,
            "kind": one.kind,
            "referral": one.referral_id,
            "meets_on": one.meets_on,
            "triggers": list(one.triggers),
            "risk": one.risk_level,
            "state": one.state,
            "listed_at": one.listed_at,
        },
    )
    return bool(added.rowcount)


async def save_case(connection: AsyncConnection, one: Case) -> None:
    """Keep what has changed of a case; a status is kept by `add_rating`."""
    await connection.execute(
        text(
            "UPDATE panel_case SET meets_on = :meets_on, triggers = :triggers, risk_level = :risk,"
            " state = :state, settled_by = :by WHERE id = :id"
        ),
        {
            "id": one.id,
            "meets_on": one.meets_on,
            "triggers": list(one.triggers),
            "risk": one.risk_level,
            "state": one.state,
            "by": one.settled_by,
        },
    )


async def holds(
    connection: AsyncConnection, practitioner_id: str, referral_id: UUID, pathway: str
) -> bool:
    """Whether somebody is asked for a referral on a pathway, or has accepted it."""
    found = await connection.scalar(
        text(
            "SELECT 1 FROM assignment WHERE referral_id = :referral AND pathway = :pathway"
            " AND holder = :who AND state NOT IN ('closed', 'withdrawn')"
        ),
        {"referral": referral_id, "pathway": pathway, "who": practitioner_id},
    )
    return found is not None


async def add_outcome(connection: AsyncConnection, one: Recorded) -> None:
    """Keep what a meeting made of a case."""
    await connection.execute(
        text(
            "INSERT INTO panel_outcome (case_id, meets_on, outcome, note, by, at)"
            " VALUES (:case, :meets_on, :outcome, :note, :by, :at)"
        ),
        {
            "case": one.case_id,
            "meets_on": one.meets_on,
            "outcome": one.outcome,
            "note": one.note,
            "by": one.by,
            "at": one.at,
        },
    )


async def outcomes(connection: AsyncConnection, case_ids: Sequence[UUID]) -> list[Recorded]:
    """What was made of some cases, the earliest first."""
    rows = await connection.execute(
        text(
            "SELECT case_id, meets_on, outcome, note, by, at FROM panel_outcome"
            " WHERE case_id = ANY(CAST(:ids AS uuid[])) ORDER BY meets_on"
        ),
        {"ids": list(case_ids)},
    )
    return [Recorded(*row) for row in rows]


async def add_rating(connection: AsyncConnection, case_id: UUID, one: Rating) -> None:
    """Keep another status beside those before it. The case is held."""
    await connection.execute(
        text(
            "INSERT INTO panel_rating (case_id, number, rag, reason, by, at) SELECT :case,"
            " count(*) + 1, :rag, :reason, :by, :at FROM panel_rating WHERE case_id = :case"
        ),
        {"case": case_id, "rag": one.rag, "reason": one.reason, "by": one.by, "at": one.at},
    )


async def ratings(connection: AsyncConnection, case_id: UUID) -> list[Rating]:
    """Every status of a case, the earliest first."""
    rows = await connection.execute(
        text("SELECT rag, reason, by, at FROM panel_rating WHERE case_id = :id ORDER BY number"),
        {"id": case_id},
    )
    return [Rating(*row) for row in rows]


async def add_action(connection: AsyncConnection, one: Action) -> None:
    """Keep what somebody is given to do."""
    await connection.execute(
        text(
            "INSERT INTO panel_action (id, case_id, text, owner, due_on, set_by, set_at, due_at)"
            " VALUES (:id, :case, :text, :owner, :due_on, :set_by, :set_at, :due_at)"
        ),
        {
            "id": one.id,
            "case": one.case_id,
            "text": one.text,
            "owner": one.owner,
            "due_on": one.due_on,
            "set_by": one.set_by,
            "set_at": one.set_at,
            "due_at": one.due_at,
        },
    )


async def save_actions(connection: AsyncConnection, changed: Iterable[Action]) -> None:
    """Keep how far up actions have gone, or that they are done."""
    await connection.execute(
        text(
            "UPDATE panel_action SET due_at = :due_at, level = :level, told = :told,"
            " done_at = :done_at, done_by = :done_by WHERE id = :id"
        ),
        [
            {
                "id": one.id,
                "due_at": one.due_at,
                "level": one.level,
                "told": one.told,
                "done_at": one.done_at,
                "done_by": one.done_by,
            }
            for one in changed
        ],
    )


async def held_action(connection: AsyncConnection, action_id: UUID) -> Action | None:
    """An action, held against others until the commit; None if there is none of that id."""
    found = await _actions(connection, " WHERE a.id = :id FOR UPDATE", id=action_id)
    return found[0] if found else None


async def actions(connection: AsyncConnection, case_ids: Sequence[UUID]) -> tuple[Action, ...]:
    """What is to be done, and was done, for some cases; what is due first comes first."""
    return await _actions(
        connection,
        " WHERE a.case_id = ANY(CAST(:ids AS uuid[])) ORDER BY a.due_on, a.set_at, a.id",
        ids=list(case_ids),
    )


async def actions_of(
    connection: AsyncConnection, practitioner_id: str
) -> tuple[tuple[Action, Case], ...]:
    """What somebody has still to do, or was told of last, what is due first at the top; each with
    its case."""
    open_ = await _actions(
        connection,
        " WHERE (a.owner = :who OR a.told = :who) AND a.done_at IS NULL"
        " ORDER BY a.due_on, a.set_at, a.id",
        who=practitioner_id,
    )
    cases = await _cases(
        connection, " WHERE c.id = ANY(CAST(:ids AS uuid[]))", ids=[each.case_id for each in open_]
    )
    by_id = {each.id: each for each in cases}
    return tuple((each, by_id[each.case_id]) for each in open_)


async def claim_overdue(
    connection: AsyncConnection, now: datetime, most: int
) -> tuple[tuple[Action, Case], ...]:
    """Actions whose clock fires, each with its case, this transaction's alone until it ends.

    What another transaction has claimed is passed over, not waited for.
    """
    due = await _actions(
        connection,
        " WHERE a.due_at <= :now ORDER BY a.due_at, a.id LIMIT :most FOR UPDATE SKIP LOCKED",
        now=now,
        most=most,
    )
    if not due:
        return ()
    cases = await _cases(
        connection, " WHERE c.id = ANY(CAST(:ids AS uuid[]))", ids=[each.case_id for each in due]
    )
    by_id = {each.id: each for each in cases}
    return tuple((each, by_id[each.case_id]) for each in due)


async def _actions(connection: AsyncConnection, where: str, **values: Any) -> tuple[Action, ...]:
    rows = await connection.execute(text(_ACTION + where), values)
    return tuple(Action(**row._mapping) for row in rows)
