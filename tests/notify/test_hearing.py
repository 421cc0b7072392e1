"""What an offer and its withdrawal bring about."""

from tests.notify.ground import Notify, Remembering, heard, offer, withdrawal


async def test_an_offer_is_told_once_by_each_channel(notify: Notify) -> None:
    """One email and one text an assignment, however often the offer is delivered."""
    event = heard(offer())
    await notify.hear(event)
    await notify.hear(event)
    assert await notify.states() == {"email": "queued", "sms": "queued"}
    assert len(await notify.rows("message")) == 2


async def test_the_same_offer_under_another_event_adds_nothing(notify: Notify) -> None:
    """The ids follow from the assignment, not from the event that told of it."""
    event = offer()
    provider = Remembering()
    await notify.hear(heard(event))
    await notify.send(provider)
    await notify.hear(heard(event, sequence=2))
    await notify.send(provider)
    assert len(provider.letters) == 2


async def test_who_has_no_number_is_told_by_email_alone(notify: Notify) -> None:
    """A missing telephone is no failure."""
    await notify.hear(heard(offer(practitioner_id="p-nophone")))
    assert await notify.states() == {"email": "queued"}


async def test_what_is_withdrawn_before_it_left_never_leaves(notify: Notify) -> None:
    """Queued messages of a withdrawn assignment are dropped, and nothing is told of them."""
    event = offer()
    provider = Remembering()
    await notify.hear(heard(event), heard(withdrawal(event), sequence=2))
    await notify.send(provider)
    assert await notify.states() == {"email": "dropped", "sms": "dropped"}
    assert provider.letters == []
    assert await notify.told() == []


async def test_a_withdrawal_drops_only_its_own_assignment(notify: Notify) -> None:
    """Another assignment's messages go out."""
    withdrawn, standing = offer(), offer()
    provider = Remembering()
    await notify.hear(heard(withdrawn), heard(standing))
    await notify.hear(heard(withdrawal(withdrawn), sequence=2))
    await notify.send(provider)
    assert all(str(standing.assignment_id) in letter.body for letter in provider.letters)
    assert len(provider.letters) == 2
