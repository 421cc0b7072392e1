"""What a check came to, in words for whoever asked for it."""

from dataclasses import dataclass, field
from typing import Literal

from services.audit.tlog.checkpoint import Checkpoint

Check = Literal["signature", "cosignatures", "tree", "memory", "events"]


class CannotCheck(Exception):
    """There is nothing to check, or nothing to check it with; the reason says what is missing."""


class DoesNotHold(Exception):
    """What is claimed is not so; the reason in words."""


@dataclass(frozen=True)
class Problem:
    """Something that does not hold; `index` is the entry at fault, if it is one's."""

    check: Check
    said: str
    index: int | None = None


@dataclass
class Report:
    """Sentences: what was checked and holds, what nothing here could show, and what is wrong.

    `checkpoint` is the one that was checked, once its signature was found good.
    """

    checkpoint: Checkpoint | None = None
    checked: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Nothing that was checked is wrong."""
        return not self.problems

    def found(self, check: Check, said: str, index: int | None = None) -> None:
        """Add a problem."""
        self.problems.append(Problem(check, said, index))
