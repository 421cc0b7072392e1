"""What a sender may know of its referral, in words and in codes.

The codes are the outcomes of the receipts that told it. No pathway stands here, unless the policy
lets the sender know the service; no practitioner, no risk, no outcome, and nothing of a document.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime

from services.intake.progress import Progress
from shared.facts import Frozen

Code = Literal["received", "decided", "information_requested", "taken_up", "closed"]


class Step(Frozen):
    """One thing that happened. `revision`: of which revision; `service`: who took it up."""

    code: Code
    in_words: str
    at: AwareDatetime
    revision: int | None = None
    service: str | None = None


class Status(Frozen):
    """How far a referral is. `asks`: the fields that its newest revision lacks."""

    referral_id: UUID
    reference: str
    status: Code
    in_words: str
    asks: tuple[str, ...]
    steps: tuple[Step, ...]


def status_of(
    referral_id: UUID, reference: str, revisions: Sequence[datetime], progress: Progress
) -> Status:
    """The status of a referral whose revisions came at these times, the first one first."""
    newest = len(revisions)
    steps = [_received(number, at) for number, at in enumerate(revisions, start=1)]
    asks = progress.asks if progress.asked_revision == newest else ()
    if progress.decided_at is not None:
        words = "It is decided what happens with it."
        steps.append(_step("decided", words, progress.decided_at, progress.decided_revision))
    if progress.asked_at is not None and asks:
        words = "Something is missing. Please answer what is asked."
        steps.append(_step("information_requested", words, progress.asked_at, newest))
    for each in progress.taken_up:
        words = f"{each.service[0].upper()}{each.service[1:]} has taken it up."
        steps.append(Step(code="taken_up", in_words=words, at=each.at, service=each.service))
    if progress.closed_at is not None:
        steps.append(_step("closed", "The work on it has ended.", progress.closed_at))
    now = _stands(progress, newest, asked=bool(asks))
    return Status(
        referral_id=referral_id,
        reference=reference,
        status=now,
        in_words=next(step.in_words for step in reversed(steps) if step.code == now),
        asks=asks,
        steps=tuple(sorted(steps, key=lambda step: step.at)),
    )


def _stands(progress: Progress, newest: int, *, asked: bool) -> Code:
    """The furthest that was reached; of a revision that is not decided yet, that it came."""
    if progress.closed_at is not None:
        return "closed"
    if progress.taken_up:
        return "taken_up"
    if asked:
        return "information_requested"
    return "decided" if progress.decided_revision == newest else "received"


def _received(number: int, at: datetime) -> Step:
    words = "We have your referral." if number == 1 else "We have what you changed or added."
    return _step("received", words, at, number)


def _step(code: Code, words: str, at: datetime, revision: int | None = None) -> Step:
    return Step(code=code, in_words=words, at=at, revision=revision)
