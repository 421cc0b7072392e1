"""Whom no message reached: kept for a coordinator, until somebody told them or acted on it."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import NotificationFellBack, Purpose


@dataclass(frozen=True, slots=True)
class Untold:
    """Somebody who is to be told something by other means: a practitioner, or an agency.

    About an assignment, an action of a panel, or neither. `offer`: the assignment's, as it was to
    be told. `at`: since when it is known.
    """

    notification_id: UUID
    purpose: Purpose
    assignment_id: UUID | None
    action_id: UUID | None
    offer: int
    practitioner_id: str | None
    agency: str | None
    at: datetime


_UNTOLD: Final = ", ".join(f"u.{each.name}" for each in fields(Untold))
# A clock that fires again is nobody's act: they still have not been told.
_STANDS: Final = """u.told_at IS NULL AND NOT EXISTS (SELECT FROM step s
    WHERE s.assignment_id = u.assignment_id AND s.number > u.steps AND s.act <> 'fall_late')"""


async def keep(
    connection: AsyncConnection, event: NotificationFellBack, steps: int, at: datetime
) -> None:
    """Somebody could not be told; `steps`: how many the assignment had by then.

    Of one assignment or action once, however many messages of it failed. What is about neither
    comes back with each day's failure, whoever was told of the one before.
    """
    await connection.execute(
        text(
            "INSERT INTO untold (notification_id, purpose, assignment_id, action_id, offer, steps,"
            " practitioner_id, agency, at) VALUES (:notification_id, :purpose, :assignment_id,"
            " :action_id, :offer, :steps, :practitioner_id, :agency, :at)"
            " ON CONFLICT (assignment_id, action_id, purpose, offer, practitioner_id, agency)"
            " DO UPDATE SET at = excluded.at, told_by = NULL, told_at = NULL"
            " WHERE untold.assignment_id IS NULL AND untold.action_id IS NULL"
        ),
        {**event.model_dump(exclude={"channel", "to"}), "steps": steps, "at": at},
    )


async def standing(connection: AsyncConnection, catalogue: str | None) -> tuple[Untold, ...]:
    """Who still is to be told, the urgent first, then the longest known.

    `catalogue`: only of this one, and what belongs to none.
    """
    rows = await connection.execute(
        text(
            f"SELECT {_UNTOLD} FROM untold u"  # noqa: S608 - our own names
            " LEFT JOIN assignment a ON a.id = u.assignment_id"
            " LEFT JOIN panel_action x ON x.id = u.action_id"
            " LEFT JOIN panel_case c ON c.id = x.case_id"
            f" WHERE {_STANDS} AND x.done_at IS NULL AND (CAST(:catalogue AS text) IS NULL"
            " OR coalesce(a.catalogue, c.catalogue, :catalogue) = :catalogue)"
            " ORDER BY coalesce(a.urgent, false) DESC, u.at, u.notification_id"
        ),
        {"catalogue": catalogue},
    )
    return tuple(Untold(**row._mapping) for row in rows)


async def of_assignment(connection: AsyncConnection, assignment_id: UUID) -> tuple[str, ...]:
    """Who still is to be told of one assignment, by their ids."""
    rows = await connection.execute(
        text(
            "SELECT DISTINCT u.practitioner_id FROM untold u"  # noqa: S608 - our own words
            f" WHERE u.assignment_id = :id AND u.practitioner_id IS NOT NULL AND {_STANDS}"
            " ORDER BY u.practitioner_id"
        ),
        {"id": assignment_id},
    )
    return tuple(row.practitioner_id for row in rows)


async def settle(connection: AsyncConnection, notification_id: UUID, by: str, at: datetime) -> None:
    """A coordinator told them. A second time changes nothing, nor does what is not there."""
    await connection.execute(
        text(
            "UPDATE untold SET told_by = :by, told_at = :at"
            " WHERE notification_id = :id AND told_at IS NULL"
        ),
        {"id": notification_id, "by": by, "at": at},
    )
