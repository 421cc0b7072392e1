"""What triage does when notify says that somebody could not be told, or answered by a text."""

from dataclasses import dataclass
from typing import Final

import structlog

from services.triage.assignments import untold
from services.triage.assignments.assigning import Assigning
from services.triage.assignments.casework import Casework, Workplace
from services.triage.assignments.going_up import asked_next, unreached
from services.triage.assignments.life import ASKED, Assignment
from shared.bus.work import Work
from shared.events import AnsweredByText, NotificationFellBack, Purpose
from shared.sign_in import Caller

log = structlog.get_logger()

ASKING: Final[frozenset[Purpose]] = frozenset(
    {"offered", "escalated", "place_came_free", "reminder"}
)
"""Messages to whoever is asked for an answer."""


@dataclass(frozen=True)
class Reaching(Workplace):
    """Each method is part of one transaction, and takes the one lock on all assignments first."""

    async def on_notification_fell_back(self, event: NotificationFellBack, work: Work) -> None:
        """Where no channel is left, an offer goes up at once, as if its clock had fired; where that
        is not possible a coordinator is to tell them. Nothing where it no longer matters."""
        if event.to in ("email", "sms"):
            return
        casework = await self.casework(work)
        one = None
        if event.assignment_id is not None:
            one = await casework.book.assignment(event.assignment_id)
            if one is None or not _matters(event, one):
                return
            if event.to == "stand_in" and event.purpose in ASKING and await _gone_up(one, casework):
                return
        await untold.keep(work.connection, event, one.steps if one else 0, work.now)

    async def on_notification_answered(self, event: AnsweredByText, work: Work) -> None:
        """Who is asked takes it. Whose it no longer is changes nothing: the page tells them where
        it went."""
        casework = await self.casework(work)
        one = await casework.book.assignment(event.assignment_id)
        who = event.practitioner_id
        if one is None or one.holder != who or one.state not in ASKED:
            log.info("answer.not_theirs", assignment_id=str(event.assignment_id))
            return
        assigning = Assigning(self.library, self.directories, self.book_on)
        await assigning.accept(one.id, Caller(who, ("practitioner",), None), work)


def _matters(event: NotificationFellBack, one: Assignment) -> bool:
    """Whether what was to be told still is so."""
    if event.purpose in ASKING:
        asked = one.state in ASKED and one.holder == event.practitioner_id
        return asked and one.offer == event.offer
    return event.purpose != "first_contact_overdue" or one.awaited == "first_contact"


async def _gone_up(one: Assignment, casework: Casework) -> bool:
    referral = await casework.book.referral(one.referral_id)
    assert referral is not None  # noqa: S101 - it was kept with its first assignment
    case = await casework.case(referral, one, also=asked_next(one, casework.directory))
    change = unreached(one, case)
    if change is None:
        return False
    casework.did(change)
    await casework.keep()
    return True
