"""By what two who may be the same person find each other, without reading everybody.

A blocking key is a text that two records of one person mostly share, although something in them
differs: given name as it sounds with the date of birth, both names with the month of birth, and so
on. The vault keeps them as keyed fingerprints. Several kinds of key overlap, so that whatever
one thing is wrong, another key still finds the person.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Final, NamedTuple

from services.intake.likeness.forms import full_names, older_names, spellings
from services.intake.likeness.record import Name, Record, core, whole
from services.intake.likeness.sounds import sound

MOST_KEYS: Final = 40
"""So many keys of a person are kept, and twice as many are looked for: a document may hold
hundreds of names. An ordinary person has nine."""
_MOST_FORMS: Final = 3
_MOST_PARTS: Final = 2


class Blocks(NamedTuple):
    """`kept` is stored for a person; `sought` finds those who may be they."""

    kept: tuple[str, ...]
    sought: tuple[str, ...]


class _Heard(NamedTuple):
    """How a name sounds: its given names in their full form, since Bob and Robert sound unlike, and
    its family name whole and in its parts."""

    given: tuple[str, ...]
    family: tuple[str, ...]

    @property
    def both(self) -> Iterator[str]:
        return (f"{family}|{given}" for family in self.family for given in self.given)


def blocks(record: Record) -> Blocks:
    """The keys of a record; none for whoever is not named."""
    if not record.names:
        return Blocks((), ())
    straight = [_heard(name) for name in record.names]
    turned = [_heard(name.swapped) for name in record.names]
    own = [*_of_the_person(record, straight), *_by_day(straight, record.born)]
    kept = [*own, *_by_year_or_place(record, straight, "day" if record.born else "age")]
    # Two birth dates that are known meet by the day or not at all.
    met_with = ("age",) if record.born else ("age", "day")
    sought = [
        *own,
        *_by_day(turned, record.born),
        *_by_day(straight, _swapped(record.born)),
        *(key for known in met_with for key in _by_year_or_place(record, straight, known)),
        *(key for known in met_with for key in _by_year_or_place(record, turned, known)),
    ]
    return Blocks(_few(kept, MOST_KEYS), _few(sought, 2 * MOST_KEYS))


def _few(keys: Iterable[str], most: int) -> tuple[str, ...]:
    return tuple(islice(dict.fromkeys(keys), most))


def _of_the_person(record: Record, names: Sequence[_Heard]) -> Iterator[str]:
    if record.phone:
        yield f"phone|{record.phone}"
    if record.email:
        yield f"email|{record.email}"
    yield from (f"case|{case}" for case in sorted(record.cases))
    if record.postcode:
        yield from (f"home|{record.postcode}|{given}" for name in names for given in name.given)


def _by_day(names: Sequence[_Heard], born: date | None) -> Iterator[str]:
    """One name with the whole date; both with any two of day, month and year, since the third may
    be wrong."""
    if born is None:
        return
    for name in names:
        yield from (f"given|{each}|{born}" for each in name.given)
        yield from (f"family|{each}|{born}" for each in name.family)
        for both in name.both:
            yield f"both|{both}|{born:%Y-%m}"
            yield f"both|{both}|{born:%Y--%d}"
            yield f"both|{both}|{born:%m-%d}"


def _by_year_or_place(record: Record, names: Sequence[_Heard], known: str) -> Iterator[str]:
    """Both names with the year of birth, or the district. `known`: what of the people who have
    such a key, their day of birth or at most an age."""
    for both in (both for name in names for both in name.both):
        if record.years:
            years = range(record.years.first, record.years.last + 1)
            yield from (f"{known}|{both}|{year}" for year in years)
        if record.district:
            yield f"{known}|{both}|{record.district}"


def _heard(name: Name) -> _Heard:
    forms = [
        form
        for given in name.given[:_MOST_PARTS]
        for form in sorted(older_names(full_names(given)))[:_MOST_FORMS]
    ]
    parts = core(name.family)
    families = [whole(parts), *(parts[:_MOST_PARTS] if len(parts) > 1 else ())] if parts else []
    return _Heard(
        tuple(dict.fromkeys(sound(form) for form in forms)),
        tuple(dict.fromkeys(sound(min(spellings(each))) for each in families)),
    )


def _swapped(born: date | None) -> date | None:
    """Day and month exchanged, where the calendar has such a day and it is another."""
    if born is None or born.day > 12 or born.day == born.month:
        return None
    return born.replace(month=born.day, day=born.month)
