"""How one recipient may be reached: by which channels, and when not."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from shared.events import Channel
from shared.london import LONDON


@dataclass(frozen=True)
class Quiet:
    """Hours at which somebody wants to hear nothing routine, by London's clock.

    `until` before `since` is the next day's; the two are never the same.
    """

    since: time
    until: time

    def end(self, moment: datetime) -> datetime:
        """The end of the quiet hours around `moment`; `moment` itself where it lies outside."""
        local = moment.astimezone(LONDON)
        now = local.time()
        over_midnight = self.until < self.since
        if over_midnight and now >= self.since:
            day = local.date() + timedelta(days=1)
        elif now < self.until and (over_midnight or now >= self.since):
            day = local.date()
        else:
            return moment
        return datetime.combine(day, self.until, LONDON).astimezone(moment.tzinfo)


@dataclass(frozen=True)
class Reach:
    """The channels that a recipient has, the preferred first; at least one.

    A channel whose address a provider refused is not among them. Where nothing else is left email
    stands there all the same: its message fails with the reason, and somebody hears of it.
    """

    channels: tuple[Channel, ...] = ("email",)
    quiet: Quiet | None = None

    def at_first(self, *, urgent: bool) -> tuple[Channel, ...]:
        """By which channels somebody is told: urgent by all at once, else by the preferred."""
        return self.channels if urgent else self.channels[:1]

    def from_when(self, moment: datetime, *, urgent: bool) -> datetime:
        """When a message of that moment may be sent: urgent at once, whatever the hour."""
        return moment if urgent or self.quiet is None else self.quiet.end(moment)


BY_EMAIL: Final = Reach()
"""Nothing but email, at any hour: an agency's mailbox, and what no text message could hold."""
