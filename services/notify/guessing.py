"""Who gives codes that do not fit is heard no more for a while."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass
class Guesses:
    """Codes that did not fit, by who gave them: after `most` within `time` none of theirs counts.

    Each process counts what it sees, and forgets it when it ends: several of them, or one that is
    often started anew, only make the bound so many times as wide.
    """

    most: int
    time: timedelta
    _at: dict[str, list[datetime]] = field(default_factory=dict)

    def too_many(self, who: str, now: datetime) -> bool:
        """Whether a code of theirs is not even looked at."""
        return len(self._lately(who, now)) >= self.most

    def missed(self, who: str, now: datetime) -> None:
        """A code of theirs did not fit."""
        self._at = {each: at for each in self._at if (at := self._lately(each, now))}
        self._at.setdefault(who, []).append(now)

    def _lately(self, who: str, now: datetime) -> list[datetime]:
        return [at for at in self._at.get(who, ()) if at > now - self.time]
