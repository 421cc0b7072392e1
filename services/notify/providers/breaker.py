"""When to leave a provider alone: a circuit breaker.

closed -> open after so many failures, one after another, to take anything -> one try after a pause
-> closed if that succeeds, open for another pause if not.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

FAILURES: Final = 5
"""One after another. Fewer would open it for two unlucky calls in a row at a provider that loses a
tenth of them, which happens every hundred calls; five in a row, every hundred thousand."""


@dataclass
class Breaker:
    """One provider's. It is told of every call that says something about the provider.

    The refusal of one message does not: whoever refuses one may take the next, or refuse all.
    `pause`: at least as long as a call may take, so that there is one try at a time.
    """

    pause: timedelta
    failures: int = 0
    open_since: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether nothing is to be sent now."""
        return self.open_since is not None and now < self.open_since + self.pause

    def admits(self, now: datetime) -> bool:
        """Whether one message may be sent now. After the pause the first who asks may, and
        everybody else waits for what comes of it, or for another pause."""
        if self.is_open(now):
            return False
        if self.open_since is not None:
            self.open_since = now
        return True

    def took_one(self) -> bool:
        """A message was taken. Whether that closed it."""
        was_open = self.open_since is not None
        self.failures, self.open_since = 0, None
        return was_open

    def failed(self, now: datetime) -> bool:
        """A message was not taken, or nobody can say whether. Whether that opened it."""
        self.failures += 1
        if self.failures < FAILURES:
            return False
        was_closed = self.open_since is None
        self.open_since = now
        return was_closed
