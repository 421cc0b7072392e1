"""The local inbox: a table in place of the outside world, for both channels.

For trials, training and tests. A message is kept once, however often it is handed in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notify.messages import Outgoing
from services.notify.providers import Fate, OutcomeUnknown
from services.notify.together import Together, WriteFailed
from shared.bus.work import Clock, utc_now


@dataclass
class LocalInbox:
    """Keeps messages in `local_inbox`; those handed in together share a transaction."""

    engine: AsyncEngine
    clock: Clock = utc_now
    longest_call: timedelta = timedelta(seconds=2)
    name: ClassVar[str] = "local_inbox"
    # What it keeps has arrived: there is nothing to wait for.
    reports_delivery: ClassVar[bool] = False
    _writing: Together[Outgoing] = field(init=False)

    def __post_init__(self) -> None:
        self._writing = Together(self._keep)

    async def send(self, message: Outgoing) -> None:
        """Keep it. OutcomeUnknown if the database went away meanwhile."""
        try:
            await self._writing.add(message)
        except WriteFailed:
            raise OutcomeUnknown("the local inbox did not answer") from None

    async def find(self, message_id: UUID) -> Fate | None:
        """Delivered if it is there."""
        async with self.engine.connect() as connection:
            found = await connection.execute(
                text("SELECT 1 FROM local_inbox WHERE message_id = :id"), {"id": message_id}
            )
            return "absent" if found.first() is None else "delivered"

    async def _keep(self, messages: Sequence[Outgoing]) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO local_inbox"
                    " (message_id, channel, recipient, subject, body, taken_at)"
                    " SELECT *, CAST(:now AS timestamptz) FROM unnest(CAST(:ids AS uuid[]),"
                    " CAST(:channels AS text[]), CAST(:recipients AS text[]),"
                    " CAST(:subjects AS text[]), CAST(:bodies AS text[]))"
                    " ON CONFLICT DO NOTHING"
                ),
                {
                    "ids": [m.message_id for m in messages],
                    "channels": [m.channel for m in messages],
                    "recipients": [m.recipient for m in messages],
                    "subjects": [m.subject for m in messages],
                    "bodies": [m.body for m in messages],
                    "now": self.clock(),
                },
            )
