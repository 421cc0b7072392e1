"""An auditor looks: that is recorded first, and what is shown is under the latest checkpoint."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Self
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.audit.formats import Asked, EventContent, Trail, TrailEntry
from services.audit.log import checkpoints, log, store
from services.audit.log.checkpoints import Signed
from services.audit.log.store import Entry
from services.audit.tlog.checkpoint import Checkpoint
from services.audit.tlog.merkle import leaf_hash
from services.audit.tlog.witness_policy import Policy
from services.audit.trail.altered import altered
from services.audit.trail.asking import Question
from services.audit.trail.finding import DOCUMENTS
from services.audit.trail.people import Concerned, Whom, whom
from services.audit.trail.searching import NoWords, Search
from shared.bus.work import UnitOfWork
from shared.events import AccessRecorded, CloudEvent, Problem
from shared.problems import Refused
from shared.sign_in import Caller

# The proofs are what a page takes its time for: of entries that lie far apart each needs the hashes
# of its own tiles.
PAGE: Final = 50
COUNTED_AT_ONCE: Final = 1000
SEARCHES: Final = UUID("0b5c1f9e-6f0e-5d0c-9a53-5b3f0f6f9d11")
"""The subject of a look at the log that is about no one referral, person or pair."""


async def record(unit: UnitOfWork, caller: Caller, what: str, question: Question) -> None:
    """Tell who looks at what, and why. It stands before anything is read."""
    asked = question.asked
    read = AccessRecorded(
        reader=caller.subject,
        roles=caller.roles,
        what=f"{what}{_narrowed(asked)}",
        why=question.reason,
    )
    subject = asked.referral or asked.person_ref or asked.pair_ref or SEARCHES
    async with unit.work(uuid4()) as work:
        work.emit(read, subject)


def _narrowed(asked: Asked) -> str:
    """What is looked for, but for words: somebody might look for a name."""
    by = [
        f"{name} {value}"
        for name, value in (
            ("agency", asked.agency),
            ("practitioner", asked.practitioner),
            ("type", asked.type),
            ("since", asked.since and asked.since.isoformat()),
            ("until", asked.until and asked.until.isoformat()),
        )
        if value
    ]
    by += ["words"] if asked.text else []
    return f" by {', '.join(by)}" if by else ""


async def _nobody(_altered: Sequence[TrailEntry]) -> None:
    """Who looks in a test, and raises no alarm."""


@dataclass(frozen=True)
class View:
    """All that a question finds under one checkpoint. `unsigned`: how many entries wait for one.
    `tell` hears of entries that were altered, before they are shown as that."""

    engine: AsyncEngine
    search: Search
    signed: Signed | None
    unsigned: int
    tell: Callable[[Sequence[TrailEntry]], Awaitable[None]] = _nobody

    @classmethod
    async def of(
        cls,
        engine: AsyncEngine,
        asked: Asked,
        enough: Policy | None = None,
        tell: Callable[[Sequence[TrailEntry]], Awaitable[None]] = _nobody,
    ) -> Self:
        """Refused (422) if the words that are asked for are none that could be found. `enough`: the
        view is for somebody who asks for these witnesses' word, which takes them a moment."""
        async with engine.connect() as connection:
            if enough is None:
                signed = await checkpoints.latest(connection)
            else:
                signed = await checkpoints.to_take_away(connection, enough)
            below = signed.checkpoint.size if signed else 0
            unsigned = await store.size(connection) - below
            try:
                search = await Search.prepare(connection, asked, below)
            except NoWords:
                problem = 'Only words that every text has, as "the": give one that says more'
                raise Refused(
                    422,
                    "invalid-request",
                    "The request is not as it should be.",
                    [Problem(field="text", problem=problem)],
                ) from None
        return cls(engine, search, signed, max(0, unsigned), tell)

    @property
    def people(self) -> Concerned:
        """Whom and what the question is about, where it is a person or a pair."""
        return self.search.people

    async def page(
        self, first: int, limit: int = PAGE
    ) -> tuple[tuple[TrailEntry, ...], int | None]:
        """Entries from index `first` on, each with its proof, and where the next page begins."""
        async with self.engine.connect() as connection:
            found = await self.search.page(connection, first, limit)
            proved = await _proved(connection, found.entries, self.signed)
        if wrong := [entry for entry in proved if entry.altered]:
            await self.tell(wrong)
        return proved, found.next

    async def pages(self, first: int, limit: int) -> AsyncIterator[tuple[TrailEntry, ...]]:
        """Page by page to the end; between two of them no connection is held."""
        following: int | None = first
        while following is not None:
            entries, following = await self.page(following, limit)
            yield entries

    async def count(self, most: int) -> int:
        """How many entries there are, counted no further than just beyond `most`."""
        counted = 0
        following: int | None = 0
        async with self.engine.connect() as connection:
            while following is not None and counted <= most:
                found = await self.search.page(connection, following, COUNTED_AT_ONCE)
                counted, following = counted + len(found.entries), found.next
        return counted

    async def whom(self) -> Whom:
        """Whom the referral concerns that is asked for, by those of its documents' events that are
        as they were signed."""
        events = []
        for kind in DOCUMENTS if self.search.asked.referral else ():
            asked = Asked(referral=self.search.asked.referral, type=f"{kind}.v1")
            async with self.engine.connect() as connection:
                search = await Search.prepare(connection, asked, self.search.below)
                found = await search.page(connection, 0, PAGE)
                proved = await _proved(connection, found.entries, self.signed)
            intact = (entry.content for entry in proved if entry.altered is None)
            events += [CloudEvent.model_validate_json(each.bytes) for each in intact if each]
        return whom(events)

    async def trail(self, first: int) -> Trail:
        """One page as it is answered."""
        entries, following = await self.page(first)
        return self.answer(entries, following)

    def answer(self, entries: tuple[TrailEntry, ...], following: int | None) -> Trail:
        """Entries in the answer that they are part of."""
        return Trail(
            asked=self.search.asked,
            references=self.people.references,
            referrals=self.people.referrals,
            checkpoint=self.signed and self.signed.note.decode(),
            unsigned=self.unsigned,
            entries=entries,
            next=following,
        )


async def as_signed(connection: AsyncConnection, first: int, limit: int) -> tuple[TrailEntry, ...]:
    """At most `limit` entries from index `first` on that are signed by now, whatever they are
    about: for those who watch, not for those who read."""
    signed = await checkpoints.latest(connection)
    search = await Search.prepare(connection, Asked(), signed.checkpoint.size if signed else 0)
    found = await search.page(connection, first, limit)
    return await _proved(connection, found.entries, signed)


async def _proved(
    connection: AsyncConnection, entries: tuple[Entry, ...], signed: Signed | None
) -> tuple[TrailEntry, ...]:
    if signed is None:
        return ()
    tree = signed.checkpoint
    proved = await log.prove(connection, [entry.index for entry in entries], tree.size)
    return tuple(
        _shown(entry, inclusion, tree)
        for entry, inclusion in zip(entries, proved.proofs, strict=True)
    )


def _shown(entry: Entry, inclusion: tuple[bytes, ...], tree: Checkpoint) -> TrailEntry:
    """Words that are not the leaf's never leave here."""
    wrong = altered(entry, inclusion, tree)
    content = entry.content if wrong in (None, "columns") else None
    return TrailEntry(
        index=entry.index,
        event_id=entry.event_id,
        type=entry.type,
        time=entry.time,
        producer=entry.producer,
        referral=entry.referral,
        content=content
        and EventContent(text=content.body.decode(), bytes=content.body, salt=content.salt),
        altered=wrong,
        leaf_data=entry.leaf,
        leaf_hash=leaf_hash(entry.leaf),
        inclusion=inclusion,
    )
