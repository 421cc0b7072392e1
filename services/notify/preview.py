"""The messages as people will read them, filled in with examples, before any is sent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from services.notify import gsm
from services.notify.examples import examples
from services.notify.messages import PURPOSES, channels_of
from services.notify.wording_files import SHIPPED, FileWording
from shared.events import Channel, Purpose
from shared.pages import Pages
from shared.sign_in import Caller, Doorkeeper

TITLES: Final[dict[Purpose, tuple[str, str]]] = {
    "offered": ("Somebody is asked", "To a practitioner who is asked to take something on."),
    "escalated": ("It went up", "To the next person, when nobody answered in time."),
    "place_came_free": ("A place came free", "To a practitioner, for what was on a waiting list."),
    "reminder": ("Still not answered", "To whoever was asked, when half of the time is over."),
    "first_contact_overdue": (
        "First contact is late",
        "To whoever should see to a first contact that was not made in time.",
    ),
    "withdrawn": ("No longer theirs", "To whoever had been told of it before."),
    "action_overdue": ("An action is late", "To whoever should see to a panel's action."),
    "information_asked": ("Something is missing", "To the mailbox of the agency that sent it."),
    "digest": ("The day's digest", "To each coordinator, at eight every morning."),
    "checkpoint": ("The day's checkpoint", "To the auditors, once a day: to be kept."),
    "trail_alarm": ("Something is wrong with the trail", "To the auditors, once for each thing."),
}
"""What each is, and who gets it and when."""


@dataclass(frozen=True)
class Sample:
    """One message as it is read. `when`: in which case it reads so; `length` and `parts`: of a
    text, in the network's characters."""

    when: str
    subject: str
    body: str
    length: int | None
    parts: int | None


@dataclass(frozen=True)
class Previewed:
    """One file's message. `own`: the words are the partnership's, not ours."""

    purpose: Purpose
    channel: Channel
    file: Path
    own: bool
    samples: Sequence[Sample]


def preview(
    wording: FileWording,
    public_url: str,
    purposes: Sequence[Purpose] = PURPOSES,
    channel: Channel | None = None,
) -> Iterator[Previewed]:
    """The messages of these purposes, by one channel or by all."""
    for purpose in purposes:
        for each in channels_of(purpose):
            if channel in (None, each):
                file = wording.words[purpose, each].path
                samples = tuple(_samples(wording, public_url, purpose, each))
                yield Previewed(purpose, each, file, file.parent != SHIPPED, samples)


def _samples(
    wording: FileWording, public_url: str, purpose: Purpose, channel: Channel
) -> Iterator[Sample]:
    for when, values in examples(purpose, public_url):
        subject, body = wording.render(purpose, channel, values)
        is_text = channel == "sms"
        yield Sample(
            when,
            subject,
            body,
            gsm.length(body) if is_text else None,
            gsm.parts(body) if is_text else None,
        )


def preview_router(
    pages: Pages, doorkeeper: Doorkeeper, wording: FileWording, public_url: str
) -> APIRouter:
    """`/notify/messages`, for coordinators: the words that this system sends."""
    router = APIRouter(prefix="/notify", include_in_schema=False)
    shown = [
        (purpose, *TITLES[purpose], tuple(preview(wording, public_url, (purpose,))))
        for purpose in PURPOSES
    ]

    @router.get("/messages")
    async def messages(
        _caller: Annotated[Caller, Depends(doorkeeper.require("coordinator"))],
    ) -> HTMLResponse:
        return pages.show("messages.html", purposes=shown, longest=gsm.ONE_PART)

    return router
