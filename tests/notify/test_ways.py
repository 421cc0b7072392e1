"""What a composed message gives its reader to act by."""

import re
from datetime import timedelta

from services.notify import gsm
from services.notify.addressing import Addressing
from services.notify.messages import Outgoing
from shared.events import AssignmentOffered, Channel
from tests.notify.ground import PUBLIC_URL, Notify, offer
from tests.notify.ways import offer_message


async def composed(
    notify: Notify, asked: AssignmentOffered, channel: Channel = "sms", *, by_text: bool = False
) -> Outgoing:
    """The message of an offer in words."""
    addressing = Addressing(notify.engine, PUBLIC_URL, notify.clock, by_text=by_text)
    return await addressing.compose(offer_message(asked, channel, notify))


async def test_a_message_names_no_assignment(notify: Notify) -> None:
    """Its link has a code of its own, another in every message."""
    asked = offer()
    bodies = [(await composed(notify, asked, channel)).body for channel in ("sms", "email")]
    links = [re.findall(rf"{PUBLIC_URL}/notify/l/([a-z0-9]{{13}})\b", body) for body in bodies]
    assert [len(found) for found in links] == [1, 1]
    assert links[0] != links[1]
    assert not any(str(asked.assignment_id) in body for body in bodies)
    assert len(await notify.rows("link")) >= 2


async def test_no_answer_by_text_where_none_is_allowed(notify: Notify) -> None:
    """As it is unless a partnership says otherwise."""
    assert "YES" not in (await composed(notify, offer())).body


async def test_an_offer_may_carry_a_code(notify: Notify) -> None:
    """In the text alone, which is still one text; an email asks for no reply."""
    asked = offer(urgent=True, acknowledge_by=notify.clock() + timedelta(days=5))
    text = await composed(notify, asked, by_text=True)
    email = await composed(notify, asked, "email", by_text=True)
    assert re.search(r" or text YES [2-9A-Z]{4}$", text.body)
    assert gsm.parts(text.body) == 1
    assert "YES" not in email.body
