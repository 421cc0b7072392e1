"""What a practitioner is shown of a referral: who it is about, and by which way it is safe.

Of the other party no more is shown than keeps people safe. To whoever works for a victim: the
name and the date of birth, by which partners know whom they speak of. To anybody else: the name
alone. Nothing else about the other party is read from the document at all: no address, no safe
contact, no number, no other name.

The children and the narrative of a referral that is about an accused person (a perpetrator or an
offender) are not shown either, though they stand in the practitioner's own document: they are the
family's, and may tell where the other party lives, works or sends a child to school. Who needs
more asks the referrer. That they are withheld is said whether or not there are any.
"""

from datetime import date
from typing import Final, Literal
from uuid import UUID

from pydantic import AwareDatetime

from services.intake.days import years_between
from services.intake.languages import Language
from services.intake.referral import (
    Address,
    Contact,
    OtherParty,
    Part,
    Person,
    Referral,
    SafeContact,
    Source,
)
from shared.facts import Child, Gender, Need, Relationship, Role, Team

Channel = Literal["call", "text", "voicemail", "email", "letter"]
CHANNELS: Final[tuple[Channel, ...]] = ("call", "text", "voicemail", "email", "letter")

NO_SAFE_WAY: Final = "No safe way is recorded: do not call, text or write."

Withheld = Literal["children", "narrative"]

_ACCUSED: Final[frozenset[Role]] = frozenset({"perpetrator", "offender"})


class Way(Part):
    """One way of reaching somebody. `to`: the number or address, of a safe one alone."""

    way: Channel
    safe: bool
    to: str | None = None


class Reaching(Part):
    """How the person may be reached, what is safe first. What is not marked safe is not safe."""

    in_words: str
    ways: tuple[Way, ...]
    when: str | None = None
    note: str | None = None


class AddressShown(Part):
    """Where the person lives."""

    lines: tuple[str, ...] = ()
    postcode: str | None = None


class PersonShown(Part):
    """The person referred. `age`: today's where the date of birth is known, else as it was told."""

    given_name: str | None = None
    family_name: str | None = None
    also_known_as: tuple[str, ...] = ()
    date_of_birth: date | None = None
    age: int | None = None
    gender: Gender | None = None
    language: Language | None = None
    interpreter: bool | None = None
    address: AddressShown | None = None
    phone: str | None = None
    email: str | None = None


class OtherPartyShown(Part):
    """As much of the other party as may be known on this side."""

    given_name: str | None = None
    family_name: str | None = None
    date_of_birth: date | None = None
    relationship: Relationship | None = None


class ReferrerShown(Part):
    """Whom to ask: the agency and team that sent it, and who it was there."""

    agency: str
    team: Team
    name: str | None = None
    role: str | None = None
    email: str | None = None
    phone: str | None = None


class Case(Part):
    """One referral as whoever works on it sees it. `withheld` is not shown on this side."""

    referral_id: UUID
    revision: int
    made_at: AwareDatetime
    role: Role
    reaching: Reaching
    person: PersonShown
    other_party: OtherPartyShown | None = None
    needs: tuple[Need, ...] | None = None
    children: tuple[Child, ...] | None = None
    narrative: str | None = None
    withheld: tuple[Withheld, ...] = ()
    referrer: ReferrerShown


def case_of(
    document: Referral, *, referral_id: UUID, revision: int, agency: str, today: date
) -> Case:
    """The case of a referral's newest document. `agency`: the sender's name; `today`: London's."""
    person = document.person or Person()
    accused = document.role in _ACCUSED
    return Case(
        referral_id=referral_id,
        revision=revision,
        made_at=document.made_at,
        role=document.role,
        reaching=_reaching(person),
        person=_person(person, today),
        other_party=_other_party(document),
        needs=document.needs,
        children=None if accused else _children(document),
        narrative=None if accused else document.narrative,
        withheld=("children", "narrative") if accused else (),
        referrer=_referrer(document.source, agency),
    )


def _reaching(person: Person) -> Reaching:
    safe = person.safe_contact or SafeContact()
    to = _addresses(person)
    ways = tuple(
        Way(way=each, safe=True, to=to[each]) if getattr(safe, each) else Way(way=each, safe=False)
        for each in CHANNELS
    )
    good = [way.way for way in ways if way.safe]
    bad = [way.way for way in ways if not way.safe]
    in_words = f"Safe: {', '.join(good)}." if good else NO_SAFE_WAY
    if good and bad:
        in_words += f" Not safe: {', '.join(bad)}."
    return Reaching(
        in_words=in_words,
        ways=tuple(sorted(ways, key=lambda way: not way.safe)),
        when=safe.when,
        note=safe.note,
    )


def _addresses(person: Person) -> dict[Channel, str | None]:
    contact, address = person.contact or Contact(), person.address or Address()
    where = ", ".join((*(address.lines or ()), *((address.postcode,) if address.postcode else ())))
    phone = contact.phone
    return {
        "call": phone,
        "text": phone,
        "voicemail": phone,
        "email": contact.email,
        "letter": where or None,
    }


def _person(person: Person, today: date) -> PersonShown:
    contact, address = person.contact or Contact(), person.address
    born = person.date_of_birth
    return PersonShown(
        given_name=person.given_name,
        family_name=person.family_name,
        also_known_as=person.also_known_as or (),
        date_of_birth=born,
        age=years_between(born, today) if born else person.age,
        gender=person.gender,
        language=person.language,
        interpreter=person.interpreter,
        address=AddressShown(lines=address.lines or (), postcode=address.postcode)
        if address
        else None,
        phone=contact.phone,
        email=contact.email,
    )


def _other_party(document: Referral) -> OtherPartyShown | None:
    if document.other_party is None:
        return None
    other: OtherParty = document.other_party
    return OtherPartyShown(
        given_name=other.given_name,
        family_name=other.family_name,
        date_of_birth=other.date_of_birth if document.role == "victim" else None,
        relationship=other.relationship,
    )


def _children(document: Referral) -> tuple[Child, ...] | None:
    if document.children is None:
        return None
    return tuple(
        Child(age=child.age, lives_in_household=child.lives_in_household)
        for child in document.children
    )


def _referrer(source: Source, agency: str) -> ReferrerShown:
    who = source.referrer
    if who is None:
        return ReferrerShown(agency=agency, team=source.team)
    return ReferrerShown(
        agency=agency,
        team=source.team,
        name=who.name,
        role=who.role,
        email=who.email,
        phone=who.phone,
    )
