"""Who the people of a document are: by exact keys first, then by likeness, else somebody new.

Nothing is held up by a doubt: whom no machine may join is somebody new, and a person is asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.intake.candidates import LookedUp, Part, Search
from services.intake.likeness.choosing import MOST_DOUBTS, Candidate
from services.intake.likeness.record import Record
from services.intake.matching import became_another
from services.intake.people_store import Mention, PeopleStore, Refs
from services.intake.referral import Referral
from services.intake.store import Pair, pair_of
from shared.bus.work import Work
from shared.events import derived_id

_PARTS: Final = {False: "person", True: "other_party"}


@dataclass(frozen=True)
class Doubt:
    """Somebody of the document may be somebody known: a person must look."""

    is_other_party: bool
    person_ref: UUID
    person: UUID
    candidate: Candidate


@dataclass(frozen=True)
class People:
    """Who the people of a document are.

    Tables keep `person_ref` and `pair`, by which they were recognised, so that a merge can be
    undone; events tell `person` and `told_pair`, by which they go. `known_as`: every pair that
    these two were ever known as. `pair_known`: both would have been found again, so that a repeat
    would be seen.
    """

    person_ref: UUID
    person: UUID
    pair: Pair | None
    told_pair: Pair | None
    known_as: tuple[Pair, ...]
    pair_known: bool
    mentions: tuple[Mention, ...]
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True)
class Until:
    """What an amended referral said until now, and of whom."""

    document: Referral
    referral_id: UUID
    person_ref: UUID


@dataclass(frozen=True)
class _Found:
    person_ref: UUID
    refs: Refs
    is_known: bool
    doubts: tuple[Candidate, ...] = ()

    @property
    def person(self) -> UUID:
        return self.refs[0]


@dataclass(frozen=True)
class Recognition:
    """Finds the people of a document in the vault."""

    people: PeopleStore

    async def recognise(self, document: Referral, work: Work, until: Until | None = None) -> People:
        """Who they are. Exact keys that are new are remembered; the rest is for `remember`."""
        parts = [Part(Record.of(document, which), which, self.people) for which in _PARTS]
        if document.role not in ("victim", "perpetrator") or not all(p.can_be_found for p in parts):
            parts = parts[:1]
        looked_up = LookedUp()
        if any(part.can_be_found for part in parts):
            looked_up = LookedUp(
                *await self.people.look_up(
                    work.connection,
                    [key for part in parts for key in part.exact.values()],
                    list(dict.fromkeys(key for part in parts for key in part.sought)),
                )
            )
        search = Search(self.people, work.connection, looked_up)
        spoken = await self._spoken(work, until)
        found: list[_Found] = []
        for part in parts:
            beside = found[0].person if found else None
            if part.is_other_party in spoken and not (found and _is_another(part, until)):
                known = _Found(*spoken[part.is_other_party], is_known=True)
                found.append(await self._still(part, search, known, until, beside))
            else:
                found.append(await self._who(part, search, work, beside))
        await self._give_keys(parts, found, looked_up, work)
        return _together(document, parts, found, looked_up)

    async def remember(self, people: People, referral_id: UUID, work: Work) -> None:
        """Whom a referral speaks of, once it is stored."""
        await self.people.remember(work.connection, referral_id, people.mentions, work.now)

    async def _spoken(self, work: Work, until: Until | None) -> Mapping[bool, tuple[UUID, Refs]]:
        if until is None:
            return {}
        spoken = await self.people.spoken_of(work.connection, until.referral_id)
        # The person referred stays who the referral is about, whatever else is kept of them.
        return {False: (until.person_ref, (until.person_ref,)), **spoken}

    async def _who(self, part: Part, search: Search, work: Work, beside: UUID | None) -> _Found:
        choice = await search.choose(part, beside)
        if choice.known is None:
            new = derived_id(work.cause, _PARTS[part.is_other_party])
            return _Found(new, (new,), is_known=False, doubts=choice.doubts)
        known = choice.known
        return _Found(known.person_ref, known.refs, is_known=True, doubts=choice.doubts)

    async def _still(
        self, part: Part, search: Search, known: _Found, until: Until | None, beside: UUID | None
    ) -> _Found:
        """Somebody of an amended referral stays who they were; what is new may raise a doubt."""
        if until and Record.of(until.document, part.is_other_party).says_the_same_as(part.record):
            return known
        others = await search.owners(part, known.person)
        others += await search.alike(part, {known.person, beside, *(o.person for o in others)})
        others.sort(key=lambda each: (-each.judgement.score, each.person))
        return _Found(known.person_ref, known.refs, True, tuple(others[:MOST_DOUBTS]))

    async def _give_keys(
        self, parts: list[Part], found: list[_Found], looked_up: LookedUp, work: Work
    ) -> None:
        """Remember the exact keys that are new, each for whom it was found with."""
        missing = [[k for k in p.exact.values() if k not in looked_up.held] for p in parts]
        given = zip(missing, found, strict=True)
        taken = await self.people.give_keys(
            work.connection, [(key, each.person_ref) for keys, each in given for key in keys]
        )
        for at, part in enumerate(parts):
            is_new = not found[at].is_known and len(missing[at]) == len(part.exact)
            if is_new and not taken.isdisjoint(missing[at]):
                # Somebody else met the same person for the first time a moment earlier.
                held, _ = await self.people.look_up(work.connection, missing[at], ())
                earlier = next(held[key] for key in missing[at] if key in held)
                found[at] = _Found(earlier.person_ref, earlier.refs, is_known=True)


def _is_another(part: Part, until: Until | None) -> bool:
    """Whether the other party of an amended referral has become somebody else."""
    if until is None:
        return False
    before = Record.of(until.document, part.is_other_party)
    return became_another(before.person, part.record.person)


def _together(
    document: Referral, parts: list[Part], found: list[_Found], looked_up: LookedUp
) -> People:
    me, *others = found
    pair = told_pair = None
    known_as: tuple[Pair, ...] = ()
    if others and others[0].person != me.person:
        victim, accused = (me, others[0]) if document.role == "victim" else (others[0], me)
        pair = pair_of(victim.person_ref, accused.person_ref)
        told_pair = pair_of(victim.person, accused.person)
        known_as = tuple(pair_of(v, a) for v in victim.refs for a in accused.refs)
    return People(
        me.person_ref,
        me.person,
        pair,
        told_pair,
        known_as,
        all(part.exact or each.is_known for part, each in zip(parts, found, strict=True)),
        tuple(_mention(p, each, looked_up) for p, each in zip(parts, found, strict=True)),
        tuple(
            Doubt(part.is_other_party, each.person_ref, each.person, candidate)
            for part, each in zip(parts, found, strict=True)
            for candidate in each.doubts
        ),
    )


def _mention(part: Part, found: _Found, looked_up: LookedUp) -> Mention:
    theirs = {hit.key for hit in looked_up.hits if hit.place.person_ref == found.person_ref}
    new = [key for key in part.kept if key not in theirs]
    return Mention(part.is_other_party, found.person_ref, new)
