"""By what two who may be the same person find each other, without reading everybody.

A blocking key is a text that two records of one person mostly share, although something in them
differs: family name as it sounds with the year of birth, given name with the date of birth, and
so on. The vault keeps them as keyed fingerprints. Several kinds of key overlap, so that whatever
one thing is wrong, another key still finds the person.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Final, NamedTuple

from services.intake.likeness.forms import full_names, older_names, spellings
from services.intake.likeness.record import Name, Record, core, whole
from services.intake.likeness.sounds import sound

MOST_KEYS: Final = 40
"""So many keys of a person are kept, and twice as many are looked for: a document may hold
hundreds of names. An ordinary person has seven."""
_MOST_FORMS: Final = 3
_MOST_PARTS: Final = 2


class Blocks(NamedTuple):
    """`kept` is stored for a person; `sought` finds those who may be they. Sorted."""

    kept: tuple[str, ...]
    sought: tuple[str, ...]


def blocks(record: Record) -> Blocks:
    """The keys of a record; none for whoever is not named."""
    if not record.names:
        return Blocks((), ())
    kept = tuple(islice(dict.fromkeys(_keys(record, record.born, record.names)), MOST_KEYS))
    turned = [name.swapped for name in record.names]
    wider = (*_keys(record, record.born, turned), *_by_date(_swapped(record.born), record.names))
    sought = tuple(islice(dict.fromkeys((*kept, *wider)), 2 * MOST_KEYS))
    return Blocks(tuple(sorted(kept)), tuple(sorted(sought)))


def _keys(record: Record, born: date | None, names: Sequence[Name]) -> Iterator[str]:
    if record.phone:
        yield f"phone|{record.phone}"
    if record.email:
        yield f"email|{record.email}"
    yield from (f"case|{case}" for case in sorted(record.cases))
    yield from _by_date(born, names)
    for name in names:
        given, family = _given_sounds(name), _family_sounds(name)
        initials = dict.fromkeys(each[:1] for each in given)
        if record.postcode:
            yield from (f"home|{record.postcode}|{initial}" for initial in initials)
        for heard in family:
            if record.years:
                years = range(record.years.first, record.years.last + 1)
                yield from (f"year|{heard}|{year}|{i}" for year in years for i in initials)
            if record.district:
                yield from (f"place|{heard}|{each}|{record.district}" for each in given)


def _by_date(born: date | None, names: Sequence[Name]) -> Iterator[str]:
    if born is None:
        return
    for name in names:
        given, family = _given_sounds(name), _family_sounds(name)
        yield from (f"given|{each}|{born}" for each in given)
        yield from (f"family|{each}|{born}" for each in family)
        # A digit of the year may be wrong.
        yield from (f"day|{f}|{g}|{born:%m-%d}" for f in family for g in given)


def _given_sounds(name: Name) -> list[str]:
    """How the given names sound, each in its full form, since Bob and Robert sound unlike."""
    found: dict[str, None] = {}
    for given in name.given[:_MOST_PARTS]:
        forms = sorted(older_names(full_names(given)))[:_MOST_FORMS]
        found.update(dict.fromkeys(sound(form) for form in forms))
    return list(found)


def _family_sounds(name: Name) -> list[str]:
    parts = core(name.family)
    if not parts:
        return []
    heard = [whole(parts), *(parts[:_MOST_PARTS] if len(parts) > 1 else ())]
    return list(dict.fromkeys(sound(min(spellings(each))) for each in heard))


def _swapped(born: date | None) -> date | None:
    """Day and month exchanged, where the calendar has such a day and it is another."""
    if born is None or born.day > 12 or born.day == born.month:
        return None
    return born.replace(month=born.day, day=born.month)
