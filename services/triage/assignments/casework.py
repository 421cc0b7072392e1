"""One transaction's work on assignments: ask for what is known, keep and tell what was done."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from services.triage.assignments import steps
from services.triage.assignments.allocation import year_start
from services.triage.assignments.book import Book, Referral, Situation
from services.triage.assignments.life import Assignment, NotAllowed
from services.triage.assignments.placing import Case, Waits, placed
from services.triage.assignments.sql_book import SqlBook
from services.triage.assignments.steps import Change
from services.triage.directory.entries import Directory
from services.triage.policy.catalogue import Policy
from services.triage.policy.library import Library, NoneInForce
from shared.bus.work import Work
from shared.events import Ended, OfferedBecause, ReferralClosed
from shared.london import LONDON, london_day


class CurrentDirectory(Protocol):
    """Where the directory is found."""

    async def current(self, connection: AsyncConnection) -> Directory:
        """As it stands in this transaction."""


@dataclass
class Casework:
    """What a transaction knows, and what it has done and not kept yet."""

    work: Work
    book: Book
    directory: Directory
    library: Library
    done: list[Change] = field(default_factory=list)

    def quiet_case(self, referral: Referral, one: Assignment) -> Case:
        """What an act needs that asks nobody: the rules and their times."""
        return Case(
            referral=referral,
            catalogue=one.catalogue,
            policy=rules(self.library, one.catalogue or referral.measure, referral),
            directory=self.directory,
            situation=Situation(),
            now=self.work.now,
        )

    async def case(self, referral: Referral, *ones: Assignment, also: Collection[str] = ()) -> Case:
        """All that bears on whom to ask. `ones`: assignments of one catalogue; `also`: people who
        may be asked beside their teams and the teams' contacts."""
        quiet = self.quiet_case(referral, ones[0])
        wanted = [
            pair for one in ones for pair in ((one.pathway, one.team), *quiet.alternatives(one))
        ]
        people = set(also)
        for _, team in wanted:
            if entry := self.directory.entry(quiet.catalogue, team):
                people |= {*entry.members, *([entry.contact] if entry.contact else ())}
        situation = await self.book.situation(
            referral,
            quiet.catalogue,
            people,
            {pathway for pathway, _ in wanted},
            _year_began(self.work.now),
        )
        return replace(quiet, situation=situation)

    async def place(
        self, one: Assignment, case: Case, why: OfferedBecause, taken: Collection[str] = ()
    ) -> Assignment:
        """Ask the next, or put it on the list; NotAllowed where nobody is left who could be asked.

        `taken`: pathways on which the referral has an assignment already.
        """
        found = placed(one, case, why, taken)
        if found is None:
            raise NotAllowed("Nobody is left who could be asked: hand it to somebody by name.")
        if isinstance(found, Waits):
            since = one.waiting_since or one.offered_at or self.work.now
            waiting = replace(one, waiting_since=since)
            ahead = await self.book.ahead(waiting, case.referral)
            return self.did(steps.wait(waiting, found.because, ahead + 1, self.work.now))
        moved = replace(one, pathway=found.pathway, team=found.team)
        if found.up:
            return self.did(steps.escalate(moved, found.asked, why, self.work.now))
        case.took(found.asked.holder, found.pathway)
        return self.did(steps.offer(moved, found.asked, why, self.work.now))

    def did(self, change: Change) -> Assignment:
        """Remember what was done, to be kept and told with the rest; returns what came of it."""
        self.done.append(change)
        return change.one

    async def keep(
        self, referral: Referral | None = None, work: Work | None = None, *, later: bool = False
    ) -> None:
        """Keep and tell what was done. `work`: whose cause it is, if not the transaction's;
        `later`: it may be written with the rest of the transaction."""
        if self.done or referral:
            await self.book.save(self.done, referral, later=later)
        for change in self.done:
            for event in change.events:
                about = f"{change.one.id}/{change.step.number}"
                (work or self.work).emit(event, change.one.referral_id, about)
        self.done.clear()

    async def close_referral(self, referral: Referral) -> None:
        """Once nothing of a referral is open any more, it is closed, and told so once."""
        of_it = await self.book.of_referral(referral.id)
        if referral.closed_at or any(one.is_open for one in of_it):
            return
        await self.book.save((), replace(referral, closed_at=self.work.now))
        ended = tuple(
            Ended(pathway=one.pathway, outcome=one.outcome) for one in of_it if one.outcome
        )
        self.work.emit(ReferralClosed(referral_id=referral.id, ended=ended), referral.id)


@dataclass(frozen=True)
class Workplace:
    """Where work on assignments begins, one transaction at a time."""

    library: Library
    directories: CurrentDirectory
    book_on: Callable[[AsyncConnection], Book] = SqlBook

    async def casework(self, work: Work) -> Casework:
        """Once nobody else changes assignments."""
        book = await work.transaction.once(self._book)
        work.transaction.collect(_finish, book)
        directory = await work.transaction.once(self.directories.current)
        return Casework(work, book, directory, self.library)

    async def _book(self, connection: AsyncConnection) -> Book:
        book = self.book_on(connection)
        await book.lock()
        return book


async def _finish(_connection: AsyncConnection, books: list[Book]) -> None:
    """What was left to be written is written, at the end of a transaction with one book."""
    await books[0].finish()


def rules(library: Library, catalogue: str, referral: Referral) -> Policy:
    """The policy of a catalogue on the referral's day, or its first."""
    found = library.in_force(catalogue, referral.made_on)
    return found.first.policy if isinstance(found, NoneInForce) else found.policy


def open_pathways(ones: Sequence[Assignment]) -> frozenset[str]:
    """The pathways on which a referral has an open assignment."""
    return frozenset(one.pathway for one in ones if one.is_open)


def _year_began(now: datetime) -> datetime:
    return datetime.combine(year_start(london_day(now)), time(), LONDON).astimezone(UTC)
