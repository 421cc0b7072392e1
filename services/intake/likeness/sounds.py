"""How a name sounds, roughly: so that slips of spelling fall together, and little else does."""

from typing import Final

_LONGEST: Final = 6

# Consonants that are heard, misheard and typed for each other, by the place where they are made.
_GROUPS: Final = {
    letter: group
    for letters, group in (
        ("bfpv", "p"),
        ("cgjkqsxz", "k"),
        ("dt", "t"),
        ("l", "l"),
        ("mn", "m"),
        ("r", "r"),
    )
    for letter in letters
}

_BEGINNINGS: Final = (("kn", "n"), ("gn", "n"), ("wr", "r"), ("ps", "s"), ("dj", "j"), ("pf", "f"))


def sound(name: str) -> str:
    """The consonants of a name by group, its beginning marked; `name` is spelled in a to z.

    `Stephen` and `Steven` are one sound, and so are `Catherine` and `Kathryn`. A name in letters
    of another script stays as it is.
    """
    if not name.isascii() or not name:
        return name
    for written, heard in _BEGINNINGS:
        if name.startswith(written):
            name = heard + name[len(written) :]
            break
    heard_so_far = _GROUPS.get(name[0], "a")
    before = heard_so_far
    for letter in name[1:]:
        group = _GROUPS.get(letter, "")
        if group and group != before:
            heard_so_far += group
        # A vowel between two consonants of one group makes them two; h and w do not.
        if group or letter not in "hw":
            before = group
    return heard_so_far[:_LONGEST]
