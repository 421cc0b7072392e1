"""What is done to the log's tables, and what whoever does it does afterwards to hide it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from random import Random
from typing import Any, Final

TABLES: Final = ("entry", "content", "tile_hash", "checkpoint", "cosignature")


class Hiding(Enum):
    """What follows, so that what is served looks as if it had always been so."""

    NOTHING = "nothing"
    HASHES = "leaves and tiles are made anew"
    OWN_KEY = "so are checkpoints, with a key of one's own, and cosignatures"
    KEY_ALONE = "so are checkpoints, with the log's key; cosignatures of others go"
    KEY_KEPT = "the same, and cosignatures stay as they are"
    KEY_MOVED = "the same, and cosignatures are moved to what they do not cover"

    @property
    def has_key(self) -> bool:
        """Whether the log's key is in these hands."""
        return self in (Hiding.KEY_ALONE, Hiding.KEY_KEPT, Hiding.KEY_MOVED)


@dataclass(frozen=True)
class Step:
    """A statement, in PostgreSQL's own terms, and what it is given."""

    sql: str
    given: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Mutation:
    """`kind` and `what` name its row in the table; `columns`: those that it edits, if it does."""

    kind: str
    what: str
    steps: tuple[Step, ...]
    hiding: Hiding = Hiding.NOTHING
    columns: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Its row in the table."""
        if self.hiding is Hiding.OWN_KEY and self.kind != "key swap":
            return f"key swap: with {self.kind}"
        return f"{self.kind}: {self.what}" if self.what else self.kind


Maker = Callable[[Random], Mutation]
Weighted = Sequence[tuple[int, Maker]]


def step(sql: str, *given: Any) -> Step:
    """A step."""
    return Step(sql, given)
