"""Looks whether the trail is whole: as it comes, when something is due, and again and again.

Every minute: the entries that have settled since the last look; the referrals to which something
ought to have happened; the tallies that ought to be there; and a slice of all that was looked at
before, so that what is taken away or altered later is missed as well, word by word and hash by
hash. Of any number of processes one looks.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from services.audit.trail import looking
from services.audit.whole import completeness, expected
from services.audit.whole import completeness_store as store
from services.audit.whole.completeness import HOUR, SETTLED, Finding, Noted
from services.audit.whole.completeness_store import Slice
from shared.bus.errors import describe, is_outage
from shared.bus.work import Transaction, UnitOfWork, Work
from shared.events import TallyStated, TrailAlarmed, subject_of_service
from shared.subjects import SERVICES

log = structlog.get_logger()

LOOK_SECONDS: Final = 60.0
AT_ONCE: Final = 500
AGAIN: Final = 500
"""So many entries of those seen before are looked at each minute: 700,000 a day."""

_SUBJECTS: Final = frozenset(map(subject_of_service, SERVICES))


@dataclass(frozen=True)
class Watching:
    """Watches the trail. `up_since`: when this process began; what others ought to have told while
    it was down they have SETTLED to make up for."""

    unit: UnitOfWork
    up_since: datetime = field(init=False)

    def __post_init__(self) -> None:
        """It begins now."""
        object.__setattr__(self, "up_since", self.unit.clock())

    async def run(self) -> None:
        """Every minute, for ever."""
        while True:
            try:
                while await self.look():
                    pass
            except Exception as error:  # an outage of the database, mostly: look again
                log.warning("watching.failed", error=describe(error))
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> bool:
        """One look; whether there is more to be looked at now.

        Raises what stops it. Rows that no service wrote would stop every look from here on, which
        is itself a finding.
        """
        try:
            return await self._look()
        except Exception as error:
            if not is_outage(error):
                async with self.unit.transaction() as transaction:
                    now = self.unit.clock()
                    await record(completeness.unwatched(now.date()), transaction, now)
            raise

    async def _look(self) -> bool:
        async with self.unit.transaction() as transaction:
            connection, now = transaction.connection, self.unit.clock()
            if not await store.take_turn(connection):
                return False
            before = await store.watch(connection, now)
            new = await store.settled(connection, before.upto, now - SETTLED, AT_ONCE)
            old = await store.settled(connection, before.again, now - SETTLED, AGAIN)
            due = await store.due(connection, now, AT_ONCE) if self._is_settled(now) else set()
            findings = await self._tallies_late(connection, before.since, now)
            for each in (new, old):
                for service in _SUBJECTS & each.subjects:
                    trail = await store.entries_from(connection, service, each.first, each.after)
                    findings += await _of_service(connection, trail, now)
            findings += await of_slice(connection, old)
            subjects = (new.subjects | old.subjects | due) - _SUBJECTS
            findings += await self._of_referrals(connection, subjects, now)
            for finding in findings:
                await record(finding, transaction, now)
            again = old.after if old.after < new.after else 0
            await store.move(connection, new.after, again)
            return new.after - before.upto == AT_ONCE

    def _is_settled(self, now: datetime) -> bool:
        """Whether this process is up for long enough to miss what is not there."""
        return now >= self.up_since + SETTLED

    async def _tallies_late(
        self, connection: AsyncConnection, since: datetime, now: datetime
    ) -> list[Finding]:
        first = since.replace(minute=0, second=0, microsecond=0) + HOUR
        found = []
        for service in SERVICES:
            last = await store.last_tally(connection, subject_of_service(service))
            until = last.until if last else first
            found.append(completeness.tally_late(service, until, now, self.up_since))
        return [each for each in found if each]

    async def _of_referrals(
        self, connection: AsyncConnection, subjects: frozenset[UUID], now: datetime
    ) -> list[Finding]:
        found: list[Finding] = []
        due_at: dict[UUID, datetime | None] = {}
        for subject, trail in (await store.entries_of(connection, subjects)).items():
            wrong = list(completeness.numbers(trail, now))
            found += wrong
            due_at[subject] = None
            if wrong:
                continue  # what follows from a gap is not told as well
            try:
                waiting, unexpected = expected.awaited(trail)
            except (LookupError, ValueError, TypeError):  # the others are looked at all the same
                unreadable = "an event of it cannot be read"
                found.append(Finding("step_unexpected", f"{subject}", unreadable, subject))
                continue
            found += unexpected
            if self._is_settled(now):
                found += expected.late(waiting, subject, now)
            due_at[subject] = min((each.due for each in waiting if each.due > now), default=None)
        await store.wait_for(connection, due_at)
        return found


async def of_slice(connection: AsyncConnection, old: Slice) -> list[Finding]:
    """What is no longer as it was signed, and what is gone without a note."""
    gone = await store.lost(connection, old.first, old.after)
    found = [completeness.content_lost(index, referral) for index, referral in gone.items()]
    try:
        entries = await looking.as_signed(connection, old.first, old.after - old.first)
    except (LookupError, ValueError, TypeError):  # rows are missing, or say what none can
        about = f"entries {old.first} to {old.after - 1}"
        return [*found, Finding("entry_altered", about, "they cannot be read and proved")]
    return found + [completeness.entry_altered(each) for each in entries if each.altered]


async def _of_service(
    connection: AsyncConnection, trail: Sequence[Noted], now: datetime
) -> list[Finding]:
    """What is wrong with what a service told of itself, each tally with the one before it."""
    found = list(completeness.numbers(trail, now, from_the_first=False))
    tallies: dict[int, TallyStated] = {}
    for entry in trail:
        if entry.type != TallyStated.TYPE or entry.said is None or not entry.sequence:
            continue
        if tally := store.tally_in(entry.said):
            tallies[entry.sequence] = tally
        else:
            unreadable = f"tally number {entry.sequence} cannot be read"
            found.append(Finding("tally_missing", entry.producer, unreadable))
    for number, tally in sorted(tallies.items()):
        held = await store.held(connection, tally)
        skipped = completeness.tally_skips(tallies.get(number - 1), tally)
        found += [each for each in (skipped, completeness.tally_differs(tally, held)) if each]
    return found


async def record(finding: Finding, transaction: Transaction, now: datetime) -> None:
    """Keep a finding, log it and tell it, unless it was found before."""
    if not await store.add(transaction.connection, finding, now):
        return
    found: dict[str, str] = {"finding_id": str(finding.id), "kind": finding.kind}
    if finding.kind == "entry_altered":
        log.error("trail.altered", **found, about=finding.about)
    else:
        log.error("trail.incomplete", **found, about=finding.about)
    told = TrailAlarmed(finding_id=finding.id, kind=finding.kind, about=finding.about)
    subject = finding.referral or subject_of_service("audit")
    Work(transaction, finding.id, now).emit(told, subject)
