"""Which names are forms of one name. All names here are normalised: a to z, or another script."""

from collections.abc import Iterable
from typing import Final

from services.intake.likeness.short_forms import NOW_NAMES, SHORT_FORMS
from services.intake.likeness.spellings import SPELLINGS

# fmt: off
BORNE_BY_SEVERAL: Final = frozenset((
    "mohammed", "abdul", "syed", "shaikh", "abu", "bibi", "begum", "kaur", "singh", "maria", "mary",
    "jean", "jose", "ana", "anna", "noor", "ahmed", "ali", "sri", "kumar", "devi", "van", "thi",
))
# fmt: on
"""Given names that several children of one family bear, before the name that each is called by."""


def _read(table: str) -> dict[str, frozenset[str]]:
    names_of: dict[str, set[str]] = {}
    for line in table.strip().splitlines():
        name, _, forms = line.partition(":")
        for form in (name, *forms.split()):
            names_of.setdefault(form, set()).add(name)
    return {form: frozenset(names) for form, names in names_of.items()}


_SHORT: Final = _read(SHORT_FORMS)
_ONCE_SHORT: Final = _read(NOW_NAMES)
_SPELLED: Final = _read(SPELLINGS)


def spellings(name: str) -> frozenset[str]:
    """The names, in the table's spelling, of which `name` is one; itself where it is of none."""
    return _SPELLED.get(name) or frozenset((name,))


def full_names(name: str) -> frozenset[str]:
    """The full names for which `name` is said, in the table's spelling; never empty."""
    # Harry may be Harriet, and is a name of his own.
    own = frozenset((name,)) if name in _ONCE_SHORT else frozenset()
    return frozenset(
        spelled
        for each in spellings(name) | {name}
        for full in own.union(_SHORT.get(each) or (each,))
        for spelled in spellings(full)
    )


def older_names(names: Iterable[str]) -> frozenset[str]:
    """`names`, and those of which they were forms before they became names of their own."""
    known = frozenset(names)
    return known.union(
        *(spellings(old) for name in known for old in _ONCE_SHORT.get(name, ())),
    )
