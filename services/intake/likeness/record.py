"""A person as one document speaks of them, in the form in which two are compared."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final, NamedTuple

from services.intake.matching import normalised, own_number
from services.intake.referral import Person, Referral
from shared.facts import Gender
from shared.london import london_day

MOST_NAMES: Final = 6
"""So many names of one person are compared: an invented document may hold hundreds."""

# Letters that Unicode does not take apart into a letter and its mark.
_LETTERS: Final = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ə": "e"}
)
_BETWEEN_PARTS: Final = re.compile(r"[\s\-\u2010-\u2015,/]+")
# fmt: off
_PARTICLES: Final = frozenset((
    "al", "el", "ul", "ur", "ibn", "bin", "bint", "ben", "ap", "van", "von", "der", "den", "de",
    "del", "della", "di", "da", "dos", "das", "do", "la", "le", "les", "du", "y", "e", "mc", "mac",
    "o", "st",
))
# fmt: on
_NO_FIXED_ABODE: Final = "ZZ99"
_INWARD: Final = 3


class Name(NamedTuple):
    """Given names and family names, each normalised, in the order in which they were written."""

    given: tuple[str, ...]
    family: tuple[str, ...]
    is_alias: bool = False

    @property
    def swapped(self) -> "Name":
        """The same with the family name first, as many peoples write theirs."""
        return Name(self.family, self.given, self.is_alias)


class Years(NamedTuple):
    """The years in which somebody of a known age may have been born, both included."""

    first: int
    last: int


@dataclass(frozen=True)
class Record:
    """One person, with what a document says of them and nothing that it does not say."""

    person: Person
    made_on: date
    agency: str

    @classmethod
    def of(cls, document: Referral, is_other_party: bool) -> "Record":
        """The person referred, or the other party; nothing is known of one who is not named."""
        person = document.other_party if is_other_party else document.person
        return cls(person or Person(), london_day(document.made_at), document.source.agency)

    @cached_property
    def names(self) -> tuple[Name, ...]:
        """The name, then what else they are known as; () where nothing is known."""
        found = dict.fromkeys(self._names())
        return tuple(found)[:MOST_NAMES]

    @property
    def name(self) -> Name:
        """The name; its parts are empty where they are not known."""
        return self.names[0] if self.names else Name((), ())

    @property
    def born(self) -> date | None:
        """The date of birth."""
        return self.person.date_of_birth

    @cached_property
    def years(self) -> Years | None:
        """When they were born, as far as that is known."""
        if self.born is not None:
            return Years(self.born.year, self.born.year)
        if self.person.age is None:
            return None
        latest = self.made_on.year - self.person.age
        return Years(latest - 1, latest)

    @property
    def gender(self) -> Gender | None:
        """Female or male; whoever is neither may be recorded as either elsewhere."""
        return self.person.gender if self.person.gender != "other" else None

    @cached_property
    def postcode(self) -> str | None:
        """In capitals without a space; None for no fixed abode."""
        written = self.person.address.postcode if self.person.address else None
        postcode = "".join((written or "").split()).upper()
        return None if not postcode or postcode.startswith(_NO_FIXED_ABODE) else postcode

    @property
    def district(self) -> str | None:
        """The outward part of the postcode."""
        return self.postcode[:-_INWARD] if self.postcode else None

    @cached_property
    def phone(self) -> str | None:
        """The last ten digits, whatever stands before them for the country."""
        written = self.person.contact.phone if self.person.contact else None
        digits = "".join(sign for sign in written or "" if sign.isascii() and sign.isdigit())
        return digits[-10:] if len(digits) >= 10 else None

    @cached_property
    def email(self) -> str | None:
        """As it is compared: in small letters."""
        written = self.person.contact.email if self.person.contact else None
        return (written or "").strip().casefold() or None

    @cached_property
    def numbers(self) -> dict[str, frozenset[str]]:
        """What is theirs alone, by kind (`nhs_number`, `pnc`), where its check is right."""
        keys = [key for each in self.person.identifiers or () if (key := own_number(each))]
        kinds = {key.partition(":")[0] for key in keys}
        return {
            kind: frozenset(k for k in keys if k.startswith(f"{kind}:")) for kind in sorted(kinds)
        }

    @cached_property
    def cases(self) -> frozenset[str]:
        """Case numbers with the agency that gave them: perhaps a whole household's."""
        return frozenset(
            f"{self.agency}|{number}"
            for each in self.person.identifiers or ()
            if each.type == "local_case" and (number := normalised(each.value))
        )

    def says_the_same_as(self, other: "Record") -> bool:
        """Whether both know the same things and say the same of each."""
        return self._known == other._known

    @property
    def _known(self) -> tuple[object, ...]:
        return (
            frozenset(self.names),
            self.years,
            self.born,
            self.gender,
            self.postcode,
            self.phone,
            self.email,
            self.numbers,
            self.cases,
        )

    def _names(self) -> Iterator[Name]:
        given, family = _parts(self.person.given_name), _parts(self.person.family_name)
        if not family and len(given) > 1:
            given, family = given[:-1], given[-1:]  # all in one field
        if given or family:
            yield Name(given, family)
        for alias in self.person.also_known_as or ():
            parts = _parts(alias)
            if len(parts) > 1:
                yield Name(parts[:-1], parts[-1:], is_alias=True)
            elif parts:
                # One word may be another first name, or the name before a marriage.
                yield Name(parts, family, is_alias=True)
                yield Name(given, parts, is_alias=True)


def whole(parts: tuple[str, ...]) -> str:
    """All parts run together: hyphens and spaces make no other name."""
    return "".join(parts)


def core(parts: tuple[str, ...]) -> tuple[str, ...]:
    """The parts without particles such as al, van and de; all of them where nothing else is."""
    return tuple(part for part in parts if part not in _PARTICLES) or parts


def _parts(name: str | None) -> tuple[str, ...]:
    words = _BETWEEN_PARTS.split(name or "")
    return tuple(part for word in words if (part := normalised(word).translate(_LETTERS)))
