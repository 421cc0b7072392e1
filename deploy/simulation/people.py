"""How invented practitioners answer: most accept in time, some pass on, some stay silent.

Each thing is done while she is at work: in her hours, or on call.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from deploy.simulation.referrals import pick
from services.triage.directory.availability import first_working_moment
from services.triage.directory.entries import Directory, Practitioner
from services.triage.directory.rota import on_call
from shared.events import ContactBy, Declined, Outcome

_A_MONTH: Final = timedelta(days=31)
_AT_ONCE: Final = timedelta(minutes=10)
_AN_ANSWER: Final = timedelta(hours=3)
_A_CONTACT: Final = timedelta(days=1)
"""How long people take on average where there is time enough."""
_FORGOTTEN: Final = timedelta(days=8)

_ANSWERS: Final = {"accept": 86, "decline": 8, "nothing": 6}
_DECLINES: Final[dict[Declined, float]] = {
    "no_room": 40,
    "away": 20,
    "not_for_this_service": 20,
    "conflict_of_interest": 10,
    "other": 10,
}
_CONTACTS: Final[dict[ContactBy, float]] = {"call": 70, "text": 10, "visit": 10, "letter": 10}
_REACHED: Final = 0.55
_FORGETS: Final = 0.04
_MINDS: Final = 0.3
_GIVES_UP: Final = 0.6
_HANDS_ON: Final = 0.02
_OUTCOMES: Final[dict[Outcome, float]] = {
    "engaged": 70,
    "declined_by_person": 15,
    "not_eligible": 5,
    "moved": 5,
    "other": 5,
}


@dataclass(frozen=True)
class Answer:
    """What somebody says to an offer, and when."""

    at: datetime
    declines: Declined | None = None


@dataclass(frozen=True)
class Attempt:
    """A try to reach a person."""

    at: datetime
    how: ContactBy
    reached: bool


@dataclass(frozen=True)
class People:
    """Everybody of a directory, with their habits."""

    random: Random
    directory: Directory

    def answer(self, who: str, by: datetime, now: datetime) -> Answer | None:
        """To an offer that came at `now`, and is to be answered `by` then; None: none."""
        kind = pick(self.random, _ANSWERS)
        at = self._at_work(who, now + self._about(_in_time(_AN_ANSWER, by, now)))
        if kind == "nothing" or at is None:
            return None
        return Answer(at, pick(self.random, _DECLINES) if kind == "decline" else None)

    def attempt(self, who: str, by: datetime, now: datetime) -> Attempt | None:
        """The next try after `now`, the first being due `by` then; None: she is gone for long."""
        forgets = self.random.random() < _FORGETS
        mean = _FORGOTTEN if forgets else _in_time(_A_CONTACT, by, now)
        at = self._at_work(who, now + self._about(mean))
        reached = self.random.random() < _REACHED
        return Attempt(at, pick(self.random, _CONTACTS), reached) if at else None

    def minds(self) -> bool:
        """Whether a reminder makes her try again."""
        return self.random.random() < _MINDS

    def gives_up(self) -> bool:
        """Whether she gives up after a try in vain, if she may."""
        return self.random.random() < _GIVES_UP

    def hands_on(self) -> bool:
        """Whether she asks a colleague to take over once she has accepted."""
        return self.random.random() < _HANDS_ON

    def end(self, who: str, now: datetime) -> tuple[datetime, Outcome] | None:
        """When the work with somebody who was reached ends, and how."""
        outcome: Outcome = pick(self.random, _OUTCOMES)
        lasts = timedelta(days=30) if outcome == "engaged" else timedelta(days=5)
        at = self._at_work(who, now + self._about(lasts))
        return (at, outcome) if at else None

    def colleague(self, who: str) -> str | None:
        """Somebody else of one of her teams."""
        others = sorted(self.directory.colleagues(who) - {who})
        return self.random.choice(others) if others else None

    def _about(self, mean: timedelta) -> timedelta:
        return mean * self.random.expovariate(1)

    def _at_work(self, who: str, since: datetime) -> datetime | None:
        p = self.directory.practitioner(who)
        if p is None:
            return None
        if self._is_on_call(p, since):
            return since
        return first_working_moment(p, since, since + _A_MONTH)

    def _is_on_call(self, p: Practitioner, at: datetime) -> bool:
        catalogues = [each.catalogue for each in self.directory.duty if p.id in each.coordinators]
        return any(on_call(self.directory, name, at) == p for name in catalogues)


def _in_time(usual: timedelta, by: datetime, now: datetime) -> timedelta:
    """How long somebody takes on average for what is due: what is overdue, she does at once."""
    return min(usual, max((by - now) / 4, _AT_ONCE))
