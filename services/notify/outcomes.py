"""What providers make of a message, when it is handed to them and afterwards.

Reasons are for people; they hold no address and nothing that was said.
"""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Taken:
    """A provider has it. `arrives_in`: how long it may take to report that it arrived; None if it
    never reports."""

    provider: str | None = None
    arrives_in: timedelta | None = None


@dataclass(frozen=True)
class NotTaken:
    """The provider was asked, and does not know it."""


@dataclass(frozen=True)
class TryLater:
    """The provider does not have it, and may take it another time."""

    reason: str


@dataclass(frozen=True)
class Undeliverable:
    """The provider does not have it, and never will take it as it is. `address_refused`: nor
    anything else to that address."""

    reason: str
    address_refused: bool = False


@dataclass(frozen=True)
class Unknowable:
    """It may have it, and cannot be asked."""

    reason: str
    provider: str | None = None


@dataclass(frozen=True)
class Arrived:
    """The provider had it, and it arrived."""

    provider: str | None = None


@dataclass(frozen=True)
class DidNotArrive:
    """The provider had it, and could not deliver it. `address_refused`: nothing else would reach
    that address either."""

    reason: str
    provider: str | None = None
    address_refused: bool = False


Outcome = Taken | NotTaken | TryLater | Undeliverable | Unknowable
"""What came of one call."""
Report = Arrived | DidNotArrive
"""What is told afterwards."""
