"""Whom a coordinator has to ring, since no message reached them, and whose address is wrong."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.triage.assignments.lines import Line
from services.triage.assignments.moments import at
from services.triage.assignments.untold import Untold
from services.triage.directory.entries import Directory, Practitioner
from shared.events import Channel, Purpose

WHAT: Final[Mapping[Purpose, str]] = {
    "offered": "that they are asked to take this",
    "escalated": "that they are asked to take this",
    "place_came_free": "that they are asked to take this",
    "reminder": "that their answer is awaited",
    "first_contact_overdue": "that the first contact is late",
    "withdrawn": "that this has been withdrawn",
    "action_overdue": "that an action of a panel is overdue",
    "information_asked": "that something is missing in a referral of theirs",
    "checkpoint": "the checkpoint of the day",
    "trail_alarm": "that something is wrong with the trail",
    "digest": "to look at the desk",
}
"""What somebody is to be told, by what the message was for."""

_ABOUT: Final[Mapping[Purpose, str]] = {
    "action_overdue": "An action of a panel",
    "information_asked": "A question to an agency",
    "checkpoint": "A message to the auditors",
    "trail_alarm": "A message to the auditors",
    "digest": "The message of the day",
}


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody to ring. `line`: the assignment, where it is about one; `about`: what else."""

    untold: Untold
    line: Line | None
    about: str
    who: Practitioner | None
    name: str
    since: str

    @property
    def first(self) -> str:
        """What to do first."""
        return f"Ring {self.name} and tell them {WHAT[self.untold.purpose]}."


@dataclass(frozen=True, slots=True)
class WrongAddress:
    """A practitioner's address that was refused as it stands: "email", "telephone number"."""

    who: Practitioner
    which: str


def call(untold: Untold, line: Line | None, directory: Directory, now: datetime) -> Call:
    """Who is to be rung; an agency goes by its slug."""
    who = directory.practitioner(untold.practitioner_id) if untold.practitioner_id else None
    name = who.name if who else untold.agency or "whoever it was for"
    about = _ABOUT.get(untold.purpose, "A referral")
    return Call(untold, line, about, who, name, at(untold.at, now))


def wrong_addresses(
    refused: Mapping[str, tuple[Channel, ...]], directory: Directory, catalogue: str | None
) -> Iterator[WrongAddress]:
    """Of those who may be asked for a borough's referrals (`catalogue`), or of everybody."""
    words: Mapping[Channel, str] = {"email": "email address", "sms": "telephone number"}
    for each, channels in refused.items():
        who = directory.practitioner(each)
        if who and (catalogue is None or _works_for(catalogue, each, directory)):
            yield WrongAddress(who, " and ".join(words[channel] for channel in channels))


def _works_for(catalogue: str, practitioner_id: str, directory: Directory) -> bool:
    teams = (each for each in directory.teams if each.catalogue == catalogue)
    if any(practitioner_id in (*each.members, each.contact) for each in teams):
        return True
    return any(each.id == practitioner_id for each in directory.coordinators(catalogue))
