"""Looking at pages of assignments and tapping on them, as somebody."""

import html
import re
from typing import Any
from uuid import UUID, uuid4

import httpx2

from services.triage.assignments.reaching import Reaching
from shared.events import NotificationFellBack
from shared.sign_in import Role
from tests.triage.assignments.ground import Place

WORK = "/triage/assignments"
YOUNG_PERSON = "idsva_young_person"


def words(answer: httpx2.Response) -> str:
    """What a page says, as one line."""
    body = answer.text.partition("<main")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


async def page(place: Place, path: str, who: str, *roles: Role) -> httpx2.Response:
    """A page as somebody sees it."""
    async with place.browser(who, *roles) as browser:
        return await browser.get(path)


async def tap(
    place: Place, one: Any, act: str, who: str, *roles: Role, **form: str
) -> httpx2.Response:
    """A form of an assignment, sent."""
    async with place.browser(who, *roles) as browser:
        return await browser.post(f"{WORK}/{one.id}/{act}", data=form)


async def offered(place: Place) -> Any:
    """A young person's case, offered to an IDSVA."""
    return (await place.assignments(await place.hear("02")))[YOUNG_PERSON]


async def accepted(place: Place) -> Any:
    """The same, accepted."""
    one = await offered(place)
    await tap(place, one, "accept", one.holder)
    return one


async def fell_back(place: Place, **said: Any) -> UUID:
    """Notify could not tell somebody; the message's id."""
    event = NotificationFellBack.model_validate(
        {"notification_id": uuid4(), "channel": "sms", "to": "coordinators_screen"} | said
    )
    async with place.unit.work(uuid4()) as work:
        await Reaching(place.library, place).on_notification_fell_back(event, work)
    return event.notification_id


async def not_told(place: Place, one: Any) -> UUID:
    """The same of an offer, to its holder."""
    return await fell_back(
        place, assignment_id=one.id, offer=one.offer, practitioner_id=one.holder, purpose="offered"
    )
