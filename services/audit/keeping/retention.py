"""Content is destroyed: by the schedule, each type in its time; and of people who were erased.

Each step stands by itself, so that a process that dies leaves the next one to the next look: the
rows are deleted and noted, their pages are cleaned, and last it is told. What is told is counted
from the notes.
"""

import asyncio
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import text

from services.audit.keeping.schedule import Schedule
from shared.bus.errors import describe
from shared.bus.work import UnitOfWork
from shared.events import (
    EVENT_TYPES,
    ContentDestroyed,
    PersonErased,
    derived_id,
    subject_of_service,
)

log = structlog.get_logger()

LOOK_SECONDS: Final = 60.0
_VERSION: Final = ".v1"
_TYPES: Final = frozenset(EVENT_TYPES)
_MONTHS: Final = (
    "SELECT DISTINCT m.name FROM destruction d JOIN entry e USING (leaf_index), LATERAL"
    " (SELECT to_char(e.logged_at AT TIME ZONE 'UTC', '\"content_\"YYYY_MM') AS name) m"
    " WHERE to_regclass(m.name) IS NOT NULL AND "
)


@dataclass
class Retention:
    """Destroys what is not to be kept, for any number of processes at once."""

    unit: UnitOfWork
    schedule: Schedule
    _kept_on: date | None = None

    async def run(self) -> None:
        """Erasures every minute, the schedule every day, for ever."""
        while True:
            try:
                await self.erase()
                if self._kept_on != (today := self.unit.clock().date()):
                    await self.keep()
                    self._kept_on = today
            except Exception as error:  # the months are open a year ahead: look again
                log.warning("retention.failed", error=describe(error))
            await asyncio.sleep(LOOK_SECONDS)

    async def keep(self) -> int:
        """Open the coming months; destroy what is older than its type is kept, and whole months
        that are older than anything. Returns how many entries lost their content."""
        destroyed: int = 0
        async with self.unit.engine.begin() as connection:
            await connection.execute(text("SELECT open_content_months()"))
        async with self.unit.work(self._cause("schedule")) as work:
            for days, types in self.schedule.by_days(_TYPES).items():
                rows = await work.connection.execute(
                    text(
                        "SELECT destroy_content_of_types(CAST(:types AS text[]),"
                        " now() - make_interval(days => :days))"
                    ),
                    {"types": _versioned(types), "days": days},
                )
                destroyed += int(rows.scalar_one())
            rows = await work.connection.execute(
                text("SELECT destroy_content(now() - make_interval(days => :days))"),
                {"days": self.schedule.longest_days},
            )
            destroyed += int(rows.scalar_one())
            if destroyed:
                told = ContentDestroyed(because="schedule", entries=destroyed)
                work.emit(told, subject_of_service("audit"))
        if destroyed:
            log.info("content.destroyed", because="schedule", entries=destroyed)
        # A process that died the last time has left it to this one.
        await self._clean("d.because = 'schedule' AND d.at > now() - interval '2 days'")
        return destroyed

    async def erase(self) -> int:
        """Destroy what the log has about the referrals of people who were erased. Returns how many
        erasures were carried out."""
        pending = await self._pending()
        for erasure in pending:
            await self._destroy(erasure)
        if pending:
            await self._clean("d.erasure = ANY(CAST(:of AS uuid[]))", of=pending)
        for erasure in pending:
            await self._tell(erasure)
        return len(pending)

    async def _pending(self) -> list[UUID]:
        async with self.unit.engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT event_id FROM entry WHERE type = :type AND NOT EXISTS"
                    " (SELECT FROM carried_out WHERE erasure = event_id) ORDER BY leaf_index"
                ),
                {"type": f"{PersonErased.TYPE}{_VERSION}"},
            )
            return list(rows.scalars())

    async def _destroy(self, erasure: UUID) -> None:
        async with self.unit.engine.begin() as connection:
            await connection.execute(
                text("SELECT destroy_content_of_erased(:erasure, CAST(:types AS text[]))"),
                {"erasure": erasure, "types": _versioned(self.schedule.erased(_TYPES))},
            )

    async def _clean(self, which: str, **given: object) -> None:
        """Write anew the months in which content was destroyed, as `which` says.

        The bytes of a deleted row stay in the page's free room after a plain vacuum. Whoever logs
        waits for as long as the present month is written; whoever keeps it waiting for two seconds
        puts it off.
        """
        async with self.unit.engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            months = await connection.execute(text(_MONTHS + which), given)
            found = sorted(months.scalars())
            if not found:
                return
            await connection.execute(text("SET lock_timeout = '2s'"))
            try:
                for month in found:
                    await connection.execute(text(f"VACUUM (FULL) {month}"))
                await connection.execute(text("VACUUM word"))
            finally:
                await connection.execute(text("RESET lock_timeout"))

    async def _tell(self, erasure: UUID) -> None:
        async with self.unit.work(derived_id(erasure, ContentDestroyed.TYPE)) as work:
            noted = await work.connection.execute(
                text(
                    "INSERT INTO carried_out (erasure, entries, at) SELECT :erasure, count(*), :now"
                    " FROM destruction WHERE erasure = :erasure"
                    " ON CONFLICT DO NOTHING RETURNING entries"
                ),
                {"erasure": erasure, "now": work.now},
            )
            entries = noted.scalar_one_or_none()
            if entries is None:
                return  # another process was as far a moment earlier
            told = ContentDestroyed(because="erasure", erasure=erasure, entries=entries)
            work.emit(told, subject_of_service("audit"))
        log.info("content.destroyed", because="erasure", erasure=str(erasure), entries=entries)

    def _cause(self, what: str) -> UUID:
        now = self.unit.clock()
        return derived_id(subject_of_service("audit"), what, now.isoformat())


def _versioned(types: tuple[str, ...]) -> list[str]:
    return [f"{each}{_VERSION}" for each in types]
