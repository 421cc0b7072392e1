"""Two records beside each other, for whoever must say whether they are one person.

Of each referral no more than the one person is shown: not the story, and nobody else of it.
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from pydantic import AwareDatetime

from services.intake import case_words
from services.intake.referral import Address, Contact, Person, Referral
from services.intake.reviews_store import Line, Review, State
from shared.facts import Frozen, Role

# Which row tells what was seen of a field, where they are not named alike.
_ROW_OF: Final = {"postcode": "address", "both names": "also known as"}


class Side(Frozen):
    """Where a record comes from. `is_other_party`: of somebody referred as `role`."""

    referral_id: UUID
    agency: str
    made_at: AwareDatetime
    role: Role
    is_other_party: bool


class Row(Frozen):
    """One field of both records as it was told; `seen` says what the comparison made of it."""

    field: str
    new: str | None = None
    known: str | None = None
    seen: str | None = None


class Weighed(Frozen):
    """One thing that was seen, and what it is worth in powers of two."""

    field: str
    seen: str
    weight: float


class Compared(Frozen):
    """A review with its two records. `lines` is what was seen when it was opened, `score` their
    sum, `doubts` why no machine may join the two."""

    review_id: UUID
    opened_at: AwareDatetime
    state: State
    settled_by: str | None = None
    settled_at: AwareDatetime | None = None
    merge_id: UUID | None = None
    score: float
    lines: tuple[Weighed, ...]
    doubts: tuple[str, ...]
    new: Side
    known: Side
    rows: tuple[Row, ...]


def compared(review: Review, new: Referral, known: Referral, agencies: tuple[str, str]) -> Compared:
    """What is shown of a review. `agencies`: the names of who sent the newer and the known one."""
    sides = ((review.new, new), (review.known, known))
    mine, theirs = (
        (document.other_party if place.is_other_party else document.person) or Person()
        for place, document in sides
    )
    return Compared(
        review_id=review.review_id,
        opened_at=review.opened_at,
        state=review.state,
        settled_by=review.settled_by,
        settled_at=review.settled_at,
        merge_id=review.merge_id,
        score=review.score,
        lines=tuple(Weighed(field=x.field, seen=x.seen, weight=x.weight) for x in review.lines),
        doubts=review.doubts,
        new=_side(review.new.referral_id, new, agencies[0], review.new.is_other_party),
        known=_side(review.known.referral_id, known, agencies[1], review.known.is_other_party),
        rows=tuple(_rows(mine, theirs, review.lines)),
    )


def _side(referral_id: UUID, document: Referral, agency: str, is_other_party: bool) -> Side:
    return Side(
        referral_id=referral_id,
        agency=agency,
        made_at=document.made_at,
        role=document.role,
        is_other_party=is_other_party,
    )


def _rows(new: Person, known: Person, lines: Iterable[Line]) -> Iterable[Row]:
    seen = {_ROW_OF.get(line.field, line.field): line for line in lines}
    mine, theirs = _told(new), _told(known)
    for field in mine:
        line = seen.get(field)
        if mine[field] or theirs[field]:
            yield Row(
                field=field,
                new=mine[field],
                known=theirs[field],
                seen=line.seen if line else None,
            )


def _told(person: Person) -> dict[str, str | None]:
    address, contact = person.address or Address(), person.contact or Contact()
    where = (*(address.lines or ()), *((address.postcode,) if address.postcode else ()))
    born = person.date_of_birth
    return {
        "given name": person.given_name,
        "family name": person.family_name,
        "also known as": ", ".join(person.also_known_as or ()) or None,
        "date of birth": case_words.day(born) if born else _age(person.age),
        "gender": person.gender,
        "address": ", ".join(where) or None,
        "telephone": contact.phone,
        "email": contact.email,
        "NHS or PNC number": _numbers(person, ("nhs_number", "pnc")),
        "case number": _numbers(person, ("local_case",)),
    }


def _age(age: int | None) -> str | None:
    return None if age is None else f"age {age}"


def _numbers(person: Person, kinds: tuple[str, ...]) -> str | None:
    found = [each.value for each in person.identifiers or () if each.type in kinds and each.value]
    return ", ".join(found) or None
