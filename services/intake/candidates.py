"""Who of all that the vault knows may be a person of a document, and which of them it is."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.likeness.blocking import Blocks, blocks
from services.intake.likeness.choosing import Candidate, Choice, Place, best, choose
from services.intake.likeness.judging import Answer, Judgement, is_told_by_keys, judge
from services.intake.likeness.record import Record
from services.intake.matching import match_keys
from services.intake.people_store import Held, Hit, PeopleStore, Refs, Said

MOST_CANDIDATES: Final = 8
"""So many who share a blocking key are compared: those who share most keys, then the newest."""

MOST_PLACES: Final = 2
"""By so many of their records each."""

_NOT_LATELY: Final = "a key is theirs, and what was said of them lately does not fit"


@dataclass(frozen=True)
class Part:
    """One person of a document, with all by which they may be found."""

    record: Record
    is_other_party: bool
    people: PeopleStore

    @cached_property
    def exact(self) -> dict[str, bytes]:
        """The fingerprint of each exact key, the strongest first."""
        keys = match_keys(self.record.person, self.record.agency)
        return {key: self.people.key(key) for key in keys}

    @cached_property
    def blocks(self) -> Blocks:
        """The blocking keys."""
        return blocks(self.record)

    @cached_property
    def kept(self) -> dict[bytes, None]:
        """The fingerprints of the blocking keys that are kept."""
        return dict.fromkeys(self.people.block(key) for key in self.blocks.kept)

    @cached_property
    def sought(self) -> dict[bytes, None]:
        """The fingerprints of the blocking keys that are looked for."""
        return dict.fromkeys(self.people.block(key) for key in self.blocks.sought)

    @property
    def can_be_found(self) -> bool:
        """Whether anything is known by which somebody would be found again."""
        return bool(self.exact or self.blocks.kept)


@dataclass
class LookedUp:
    """What the vault has of the keys of a document."""

    held: dict[bytes, Held] = field(default_factory=dict)
    hits: list[Hit] = field(default_factory=list)


@dataclass(frozen=True)
class Search:
    """Compares a person of a document with those who share a key; reads only."""

    people: PeopleStore
    connection: AsyncConnection
    looked_up: LookedUp

    async def choose(self, part: Part, beside: UUID | None) -> Choice:
        """Who it is, or whom somebody must look at.

        `beside` is the person on the other side of the document: by likeness never the same.
        """
        owners = {
            key: self.looked_up.held[sealed]
            for key, sealed in part.exact.items()
            if sealed in self.looked_up.held
        }
        if not owners:
            return choose(await self.alike(part, {beside}))
        first, *_ = owners.values()
        people = {key: held.refs[0] for key, held in owners.items()}
        if not first.is_doubted and is_told_by_keys(part.record, people):
            return Choice(_by_key(first), ())
        return await self._by_keys(part, list(dict.fromkeys(people.values())), first, beside)

    async def alike(self, part: Part, without: Collection[UUID | None]) -> list[Candidate]:
        """Whoever shares a blocking key and is not called different, each by their best record."""
        places = _most_shared([hit for hit in self.looked_up.hits if hit.key in part.sought])
        if not places:
            return []
        said = await self.people.said_of(self.connection, places=places)
        return [
            each
            for each in _judged(part.record, said)
            if each.person not in without and not each.is_different
        ]

    async def owners(self, part: Part, without: UUID) -> list[Candidate]:
        """Whoever else has an exact key of the person, and is not called different."""
        held = (self.looked_up.held.get(sealed) for sealed in part.exact.values())
        others = dict.fromkeys(h.refs[0] for h in held if h and h.refs[0] != without)
        if not others:
            return []
        said = await self.people.said_of(self.connection, people=others)
        return [each for each in _judged(part.record, said) if not each.is_different]

    async def _by_keys(
        self, part: Part, owners: Sequence[UUID], first: Held, beside: UUID | None
    ) -> Choice:
        """Who it is where exact keys find somebody, and something may stand against them."""
        rivals = await self.people.asked_about_with(self.connection, owners)
        said = await self.people.said_of(self.connection, people=dict.fromkeys([*owners, *rivals]))
        candidates = {each.person: each for each in _judged(part.record, said)}
        for owner in owners:
            found = candidates.get(owner)
            if found and found.is_different:
                doubted = replace(found.judgement, answer=Answer.DOUBTFUL, doubts=(_NOT_LATELY,))
                candidates[owner] = replace(found, judgement=doubted)
        # Of whom nothing is kept any more, nothing speaks against the key.
        mine = candidates.get(first.refs[0]) or _by_key(first)
        if not mine.is_same:
            candidates |= {
                each.person: each for each in await self.alike(part, {beside, *candidates})
            }
            return choose([each for each in candidates.values() if not each.is_different])
        if any(each.is_same for each in candidates.values() if each.person not in owners):
            return choose([mine, *(c for c in candidates.values() if c.person != mine.person)])
        also = (candidates[each] for each in owners if each in candidates and each != mine.person)
        return Choice(mine, tuple(each for each in also if not each.is_different))


def _by_key(held: Held) -> Candidate:
    return Candidate(held.refs, held.person_ref, None, Judgement(Answer.SAME, (), ()))


def _judged(record: Record, said: Iterable[Said]) -> list[Candidate]:
    by_person: dict[Refs, list[tuple[Place, Judgement]]] = {}
    for each in said:
        by_person.setdefault(each.refs, []).append((each.place, judge(record, each.record)))
    return [best(refs, judged) for refs, judged in by_person.items()]


def _most_shared(hits: Sequence[Hit]) -> list[Place]:
    """The places of those who share most keys; of as many keys, the newest."""
    people: dict[UUID, list[Hit]] = {}
    for hit in hits:
        people.setdefault(hit.place.person_ref, []).append(hit)
    ranked = sorted(
        people.values(),
        key=lambda theirs: (len({hit.key for hit in theirs}), max(hit.seen_at for hit in theirs)),
        reverse=True,
    )
    return [
        place
        for theirs in ranked[:MOST_CANDIDATES]
        for place in list(dict.fromkeys(hit.place for hit in theirs))[:MOST_PLACES]
    ]
