"""Reading the local inbox, newest first."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import Channel, Purpose
from shared.london import LONDON

_LINK: Final = re.compile(r"(https?://\S+)")


@dataclass(frozen=True)
class Part:
    """A piece of a letter's words."""

    text: str
    is_link: bool


@dataclass(frozen=True)
class Letter:
    """A message as the local inbox took it."""

    message_id: UUID
    purpose: Purpose
    assignment_id: UUID | None
    action_id: UUID | None
    channel: Channel
    recipient: str
    subject: str
    body: str
    taken_at: datetime

    @property
    def when(self) -> str:
        """The moment in London, as one writes it: Sunday 22 November 2026, 14:05."""
        local = self.taken_at.astimezone(LONDON)
        return f"{local:%A} {local.day} {local:%B %Y, %H:%M}"

    @property
    def parts(self) -> Sequence[Part]:
        """The words, cut where a link begins and ends."""
        pieces = _LINK.split(self.body)
        return [Part(p, is_link=n % 2 == 1) for n, p in enumerate(pieces) if p]


async def newest(
    connection: AsyncConnection, *, limit: int, assignment: UUID | None, before: UUID | None
) -> Sequence[Letter]:
    """At most `limit` letters, newest first; of one assignment; older than the letter `before`."""
    rows = await connection.execute(
        text(
            "SELECT l.*, m.purpose, m.assignment_id, m.action_id"
            " FROM local_inbox l JOIN message m ON m.id = l.message_id"
            " WHERE (CAST(:assignment AS uuid) IS NULL OR m.assignment_id = :assignment)"
            " AND (CAST(:before AS uuid) IS NULL OR (l.taken_at, l.message_id) <"
            " (SELECT b.taken_at, b.message_id FROM local_inbox b WHERE b.message_id = :before))"
            " ORDER BY l.taken_at DESC, l.message_id DESC LIMIT :limit"
        ),
        {"assignment": assignment, "before": before, "limit": limit},
    )
    return [_letter(row) for row in rows]


def _letter(row: Row[Any]) -> Letter:
    return Letter(
        message_id=row.message_id,
        purpose=row.purpose,
        assignment_id=row.assignment_id,
        action_id=row.action_id,
        channel=row.channel,
        recipient=row.recipient,
        subject=row.subject,
        body=row.body,
        taken_at=row.taken_at,
    )
