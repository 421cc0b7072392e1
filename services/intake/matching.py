"""Is it the same person, the same document? Exactly, never by likeness.

A person is found again by keys: plain text, kept nowhere but as keyed fingerprints in the vault.
Two people with one key are taken to be the same, so a key is made only of what hardly two people
share. Wrongly joined, a victim and the one accused could end up as one person; wrongly kept
apart, a repeat goes unseen and a practitioner can still tell. So what is doubtful makes no key.
"""

import json
import re
import unicodedata
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from services.intake.referral import Identifier, Person, Referral

# Marks that Latin, Greek and Cyrillic letters carry. Vowel signs of other scripts are letters.
_ACCENTS = re.compile("[\u0300-\u036f]")
# White space, hyphens and dashes, apostrophes and what is typed for them, full stops, and what
# takes no room.
_JOINTS = re.compile(r"[\s.'`\-\u00ad\u02b9-\u02bf\u200b-\u2019\u2032\u2043\u2060\u2212\ufeff]+")

_NHS_NUMBER = re.compile(r"(?!(.)\1+$)[0-9]{10}")  # of one digit ten times over the check is right
_PNC = re.compile(r"(?:19|20)?([0-9]{2})(?:/([0-9]{1,7})|([0-9]{7}))([A-HJ-NP-RT-Z])")
_PNC_LETTERS = "ZABCDEFGHJKLMNPQRTUVWXY"


def match_keys(person: Person | None, agency: str) -> tuple[str, ...]:
    """The keys of a person that `agency` names, the strongest first; () where nothing is certain.

    The NHS number and the number of the Police National Computer are a person's own anywhere,
    where their check character is right. Name with date of birth comes next. An agency's case
    number may be a whole household's, so it counts within that agency alone, and with the given
    name and the date of birth.
    """
    if person is None:
        return ()
    keys = [key for each in person.identifiers or () if (key := own_number(each))]
    given, family = normalised(person.given_name), normalised(person.family_name)
    if person.date_of_birth is not None and given:
        born = person.date_of_birth.isoformat()
        if family:
            keys.append(f"name:{given}|{family}|{born}")
        keys += (
            f"local_case:{agency}|{number}|{given}|{born}"
            for each in person.identifiers or ()
            if each.type == "local_case" and (number := normalised(each.value))
        )
    return tuple(dict.fromkeys(keys))


def normalised(name: str | None) -> str:
    """A name as it is compared: no accents, capitals, spaces, hyphens or apostrophes."""
    if name is None:
        return ""
    # Folding case can compose and decompose again (İ), hence the forms before and after it.
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    return _JOINTS.sub("", _ACCENTS.sub("", folded))


def own_number(identifier: Identifier) -> str | None:
    """The key of a number that is one person's; None where its form or check is wrong."""
    number = "".join((identifier.value or "").split()).upper()
    match identifier.type:
        case "nhs_number":
            digits = number.replace("-", "")
            return f"nhs_number:{digits}" if _is_nhs_number(digits) else None
        case "pnc":
            return _pnc_key(number)
        case _:
            return None


def canonical(document: Referral) -> bytes:
    """The document as parsed: equal for two documents that say the same, however spelled.

    JSON with sorted keys and moments in UTC; `reading.read_stored` reads it back.
    """
    tree = document.model_dump(exclude_none=True)
    return json.dumps(
        tree, default=_plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()


def changed_identity(before: Referral, after: Referral) -> bool:
    """Whether the person referred has become another, under an old number."""
    return became_another(before.person or Person(), after.person or Person())


def became_another(old: Person, new: Person) -> bool:
    """Whether name and date of birth have both become others.

    Somebody's name may change, and a date may be corrected; both at once are another person. What
    was not known before does not change when it is learnt. What is left out counts as changed only
    beside a contradiction in the other of the two.
    """
    name, born = _name_change(old, new), _change(old.date_of_birth, new.date_of_birth)
    return _Change.NONE not in (name, born) and _Change.OTHER in (name, born)


class _Change(Enum):
    """What became of something known."""

    NONE = "the same, or known for the first time"
    GONE = "left out"
    OTHER = "another"


def _change(before: object | None, after: object | None) -> _Change:
    if not before or before == after:
        return _Change.NONE
    return _Change.OTHER if after else _Change.GONE


def _name_change(before: Person, after: Person) -> _Change:
    parts = {
        _change(normalised(before.given_name), normalised(after.given_name)),
        _change(normalised(before.family_name), normalised(after.family_name)),
    }
    if _Change.OTHER in parts:
        return _Change.OTHER
    nameless = not normalised(after.given_name) and not normalised(after.family_name)
    return _Change.GONE if _Change.GONE in parts and nameless else _Change.NONE


def _is_nhs_number(digits: str) -> bool:
    """Ten digits whose sum, weighted 10 to 1, 11 divides (NHS Data Dictionary)."""
    if not _NHS_NUMBER.fullmatch(digits):
        return False
    return (
        sum(int(digit) * weight for digit, weight in zip(digits, range(10, 0, -1), strict=True))
        % 11
        == 0
    )


def _pnc_key(number: str) -> str | None:
    """Year, serial and a check letter: the remainder by 23 of two-digit year and serial.

    Written 2001/0171310W, 01/171310W or 20010171310W: the two-digit year is common to all.
    """
    written = _PNC.fullmatch(number)
    if written is None:
        return None
    year, serial = written[1], (written[2] or written[3]).zfill(7)
    if _PNC_LETTERS[int(year + serial) % len(_PNC_LETTERS)] != written[4]:
        return None
    return f"pnc:{year}/{serial}{written[4]}"


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value.isoformat())
