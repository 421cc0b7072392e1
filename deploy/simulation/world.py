"""Transactions without a database: what they tell is heard at once."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.triage.directory.entries import Directory
from shared.bus.work import Clock, Transaction, UnitOfWork
from shared.events import EventData

Hear = Callable[[EventData, UUID], None]


@dataclass(frozen=True)
class FixedDirectory:
    """A directory that nobody changes."""

    directory: Directory

    async def current(self, connection: AsyncConnection) -> Directory:  # noqa: ARG002 - as stored
        """The same at any time."""
        return self.directory


@dataclass(frozen=True)
class SimulatedUnit(UnitOfWork):
    """Opens transactions that nothing writes down but a book in memory."""

    hear: Hear = field(kw_only=True)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Then everything that was told is heard, in its order."""
        transaction = Transaction(self.service, cast(AsyncConnection, None), self.seal)
        yield transaction
        for said in transaction.said:
            if said.event is not None:
                self.hear(said.event, said.message_id)


def simulated_unit(clock: Clock, hear: Hear) -> SimulatedUnit:
    """Triage's."""
    nowhere = cast(AsyncEngine, None)
    return SimulatedUnit(nowhere, "triage", committed=lambda: None, clock=clock, hear=hear)
