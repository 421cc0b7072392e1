"""Text messages as the telephone network counts them (3GPP TS 23.038)."""

from typing import Final

ONE_PART: Final = 160
"""Characters of one text message; a longer one is cut into parts, which may arrive apart."""
PART_OF_SEVERAL: Final = 153
"""Of each part of a longer one: the rest says where it belongs."""

_ALPHABET: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = frozenset("^{}\\[~]|€\f")
"""Of the alphabet's second table: each counts as two."""


def strangers(text: str) -> tuple[str, ...]:
    """The characters of a text that the alphabet has not, each once: one of them makes the whole
    message more than twice as long."""
    return tuple(dict.fromkeys(each for each in text if each not in _ALPHABET | _EXTENDED))


def length(text: str) -> int:
    """Characters that a text takes; ValueError for one outside the alphabet."""
    if strangers(text):
        raise ValueError("the text has a character that the GSM alphabet has not")
    return len(text) + sum(character in _EXTENDED for character in text)


def parts(text: str) -> int:
    """Into how many messages a text is cut."""
    taken = length(text)
    return 1 if taken <= ONE_PART else -(-taken // PART_OF_SEVERAL)
