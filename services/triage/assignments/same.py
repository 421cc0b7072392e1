"""References that were found to be one another's: of two people who are one, or of their pairs."""

from collections.abc import Sequence
from uuid import UUID

Links = Sequence[tuple[UUID, UUID]]


def joined(ref: UUID, links: Links) -> frozenset[UUID]:
    """Everything that is one with `ref`, by any number of links in either direction."""
    found, new = {ref}, {ref}
    while new and links:
        new = {other for link in links if new & {*link} for other in link} - found
        found |= new
    return frozenset(found)
