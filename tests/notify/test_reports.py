"""What arrives, what does not, and what follows: on real tables, by hand and in any order."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from deploy.keys import OWNER
from services.notify.messages import Outgoing
from services.notify.providers import AddressRefused, Fate, PermanentFailure
from services.notify.undelivered import open_undelivered
from shared.bus.consumer import Consumer, Received
from shared.events import ReferralInformationRequested
from shared.subjects import event, parked
from tests.notify.ground import NOON, Notify, Remembering, gone_up, heard, offer, settled
from tests.servers import Database

BEN = "p-nophone"  # is told by email alone
SENT, DELIVERED = event("notification.sent"), event("notification.delivered")
FAILED, FELL_BACK = event("notification.failed"), event("notification.fell_back")
REFUSED = event("notification.address_refused")


def reporting() -> Remembering:
    """A provider that reports what becomes of what it took."""
    return Remembering(reports_delivery=True)


async def told(notify: Notify) -> list[tuple[str, dict[str, Any]]]:
    """Each event, in the order of their numbers: its type, and what it says."""
    events = [json.loads(row.body) for row in await notify.rows("outbox")]
    ordered = sorted((e for e in events if "sequence" in e), key=lambda e: e["sequence"])
    return [(e["type"].split(".")[1], e["data"]) for e in ordered]


async def message(notify: Notify, channel: str = "email") -> Any:
    """The message by that channel."""
    return next(row for row in await notify.rows("message") if row.channel == channel)


async def test_a_delivery_is_told_once(notify: Notify) -> None:
    """However often it is reported."""
    await notify.hear(heard(offer(practitioner_id=BEN)))
    await notify.send(reporting())
    row = await message(notify)
    for _ in range(3):
        await notify.report(row, "delivered")
    assert await notify.states() == {"email": "delivered"}
    assert await notify.told() == [DELIVERED, SENT]
    assert (await message(notify)).delivered_at == notify.clock()


async def test_a_report_may_come_before_the_answer(notify: Notify) -> None:
    """It tells that the message was sent, too; the answer that comes then adds nothing."""

    class Hasty(Remembering):
        async def send(self, outgoing: Outgoing) -> None:
            await super().send(outgoing)
            await notify.report(await message(notify), "delivered")

    await notify.hear(heard(offer(practitioner_id=BEN)))
    await notify.send(Hasty(reports_delivery=True))
    assert await notify.states() == {"email": "delivered"}
    assert [type_ for type_, _ in await told(notify)] == ["sent", "delivered"]


@pytest.mark.parametrize("order", [("delivered", "undeliverable"), ("undeliverable", "delivered")])
async def test_what_arrived_has_arrived(notify: Notify, order: tuple[Fate, Fate]) -> None:
    """Reports that contradict each other end in the better of them, in either order."""
    await notify.hear(heard(offer(practitioner_id=BEN)))
    await notify.send(reporting())
    row = await message(notify)
    for fate in order:
        await notify.report(row, fate)
    assert await notify.states() == {"email": "delivered"}


async def test_what_was_recorded_by_the_dead_is_applied(notify: Notify) -> None:
    """A process that stored a report and died before applying it loses nothing."""
    provider = reporting()
    await notify.hear(heard(offer(practitioner_id=BEN)))
    await notify.send(provider)
    async with notify.engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO delivery_report (sent_as, says, provider, heard_at)"
                " SELECT sent_as, 'delivered', 'remembering', :now FROM message"
            ),
            {"now": notify.clock()},
        )
    notify.clock.advance(timedelta(seconds=10))
    await notify.watch(provider)
    assert await notify.states() == {"email": "delivered"}


async def test_routine_falls_back_from_email_to_text_to_the_stand_in(notify: Notify) -> None:
    """Each after an hour without a report; each step is told, and none twice."""
    provider = reporting()
    asked = offer(acknowledge_by=NOON + timedelta(hours=3))
    await notify.hear(heard(asked))
    for _ in range(5):
        await notify.send(provider)
        notify.clock.advance(timedelta(minutes=60))
        await notify.watch(provider)
        await notify.watch(provider)
    steps = [(data["channel"], data["to"]) for type_, data in await told(notify) if "to" in data]
    assert steps == [("email", "sms"), ("sms", "stand_in")]
    assert [letter.channel for letter in provider.letters] == ["email", "sms"]
    assert await notify.states() == {"email": "sent", "sms": "sent"}
    assert all(
        data["offer"] == 1 and data["assignment_id"] == str(asked.assignment_id)
        for type_, data in await told(notify)
        if type_ == "fell_back"
    )


async def test_urgent_falls_back_once_both_channels_are_late(notify: Notify) -> None:
    """After five minutes, together: there is no other channel."""
    provider = reporting()
    await notify.hear(heard(offer(urgent=True)))
    await notify.send(provider)
    notify.clock.advance(timedelta(minutes=4, seconds=59))
    await notify.watch(provider)
    assert FELL_BACK not in await notify.told()
    notify.clock.advance(timedelta(seconds=1))
    await notify.watch(provider)
    await notify.watch(provider)
    assert [d["to"] for t, d in await told(notify) if t == "fell_back"] == ["stand_in"]


async def test_one_channel_that_arrived_is_enough(notify: Notify) -> None:
    """Nobody is troubled because an email came late when the text was there."""
    provider = reporting()
    await notify.hear(heard(offer(urgent=True)))
    await notify.send(provider)
    await notify.report(await message(notify, "sms"), "delivered")
    notify.clock.advance(timedelta(days=1))
    await notify.watch(provider)
    assert await notify.told() == [DELIVERED, SENT, SENT]
    await notify.report(await message(notify), "undeliverable")
    assert FELL_BACK not in await notify.told()


async def test_two_processes_fall_back_once(notify: Notify) -> None:
    """Whoever looks second finds it done."""
    provider = reporting()
    await notify.hear(*(heard(offer(practitioner_id=BEN)) for _ in range(10)))
    await notify.send(provider)
    notify.clock.advance(timedelta(hours=1))
    here, there = notify.watching(provider), notify.watching(provider)
    await here.give_up_waiting()
    await there.give_up_waiting()
    assert (await notify.told()).count(FELL_BACK) == 10


async def test_a_late_report_is_recorded_and_changes_nothing_else(notify: Notify) -> None:
    """The text that was sent instead goes its way; the email is delivered after all."""
    provider = reporting()
    await notify.hear(heard(offer()))
    await notify.send(provider)
    notify.clock.advance(timedelta(hours=1))
    await notify.watch(provider)
    await notify.report(await message(notify), "delivered")
    assert await notify.states() == {"email": "delivered", "sms": "queued"}
    assert (await notify.told()).count(FELL_BACK) == 1


async def test_an_answer_ends_the_waiting(notify: Notify) -> None:
    """Who has accepted needs no second message, whatever became of the first."""
    provider = reporting()
    asked = offer()
    await notify.hear(heard(asked))
    await notify.send(provider)
    await notify.hear(heard(settled(asked)[0], sequence=2))
    notify.clock.advance(timedelta(hours=2))
    await notify.watch(provider)
    await notify.report(await message(notify), "undeliverable")
    assert await notify.told() == [SENT]
    assert await notify.states() == {"email": "dropped"}


async def test_above_a_coordinator_there_is_the_screen(notify: Notify) -> None:
    """Who was asked as the coordinator and cannot be told has nobody above."""
    asked = offer(practitioner_id=BEN)
    up = gone_up(asked, BEN, "acknowledgement").model_copy(update={"level": "coordinator"})
    await notify.hear(heard(up), heard(asked, sequence=2))
    await notify.send(Remembering(failures=[PermanentFailure("refused")]))
    assert [d["to"] for t, d in await told(notify) if t == "fell_back"] == ["coordinators_screen"]


async def test_a_failure_with_another_channel_left_troubles_no_person(notify: Notify) -> None:
    """It is told, and the text goes out; nothing waits to be decided."""
    provider = Remembering(failures=[PermanentFailure("refused")])
    await notify.hear(heard(offer()))
    await notify.send(provider)
    await notify.send(provider)
    assert await notify.states() == {"email": "failed", "sms": "sent"}
    assert await notify.told() == [FAILED, FELL_BACK, SENT]


async def test_a_refused_address_is_told_without_it(notify: Notify) -> None:
    """By whom and by which channel; a report tells it as the call does, once."""
    provider = Remembering(failures=[AddressRefused("no such address")], reports_delivery=True)
    await notify.hear(heard(offer(practitioner_id=BEN)), heard(offer(practitioner_id=BEN)))
    await notify.send(provider)
    [row] = [row for row in await notify.rows("message") if row.state == "sent"]
    await notify.report(row, "refused_address")
    await notify.report(row, "refused_address")
    refused = [r for r in await notify.rows("outbox") if r.subject == REFUSED]
    assert [json.loads(row.body)["data"] for row in refused] == [
        {"practitioner_id": BEN, "channel": "email"}
    ] * 2
    assert [json.loads(row.body)["sequence"] for row in refused] == [1, 2]


async def test_a_refused_address_is_not_used(notify: Notify, notify_database: Database) -> None:
    """As long as the directory shows it as refused, the other channel is the only one."""
    owner = await notify_database.connect(OWNER)
    await owner.execute(
        "INSERT INTO triage.refused_address (practitioner_id, channel, sha256, at)"
        " VALUES ('p-k4wz7m', 'email', sha256('ada@team.example'), now())"
    )
    await owner.close()
    await notify.hear(heard(offer(urgent=True)))
    assert await notify.states() == {"sms": "queued"}


async def test_without_a_call_the_provider_is_asked(notify: Notify) -> None:
    """A minute after it was sent, then ever less often, until it says how it ended."""

    class Silent(Remembering):
        fate: Fate = "taken"
        asked: int = 0

        async def find(self, message_id: UUID) -> Fate | None:
            self.asked += 1
            return self.fate if await super().find(message_id) == "taken" else "absent"

    provider = Silent(reports_delivery=True)
    await notify.hear(heard(offer(practitioner_id=BEN)))
    await notify.send(provider)
    await notify.watch(provider)
    assert provider.asked == 0
    for _ in range(3):
        notify.clock.advance(timedelta(minutes=1))
        await notify.watch(provider)
    assert provider.asked == 2
    provider.fate = "delivered"
    notify.clock.advance(timedelta(minutes=1))
    await notify.watch(provider)
    assert await notify.states() == {"email": "delivered"}
    notify.clock.advance(timedelta(days=1))
    await notify.watch(provider)
    assert provider.asked == 3


async def test_sent_again_it_has_another_reference(notify: Notify) -> None:
    """What is said of the first is not taken for what became of the second."""
    provider = reporting()
    await notify.hear(heard(offer(practitioner_id=BEN)))
    await notify.send(provider)
    first = await message(notify)
    await notify.report(first, "undeliverable")
    [row] = await notify.rows("parked")
    replayed = open_undelivered(Received(row.message_id, row.stream, row.subject, row.body))
    async with notify.unit.transaction() as transaction:
        await Consumer(notify.unit, open_undelivered).handle(transaction, [replayed])
    await notify.send(provider)
    assert len({letter.message_id for letter in provider.letters}) == 2
    await notify.report(first, "delivered")
    assert await notify.states() == {"email": "sent"}
    assert await notify.told() == [FAILED, FELL_BACK, SENT, SENT, parked("notify")]


async def test_a_withdrawal_is_told_to_who_had_been_told(notify: Notify) -> None:
    """By the preferred channel, once; who was never told hears nothing."""
    provider = Remembering()
    known, unknown = offer(urgent=True), offer(urgent=True)
    await notify.hear(heard(known))
    await notify.send(provider)
    await notify.hear(heard(unknown))
    await notify.hear(*(heard(settled(each)[5], sequence=2) for each in (known, unknown)))
    await notify.send(provider)
    made = [row for row in await notify.rows("message") if row.purpose == "withdrawn"]
    assert [(row.assignment_id, row.channel, row.state) for row in made] == [
        (known.assignment_id, "email", "sent")
    ]


async def test_an_agency_is_asked_by_its_mailbox(notify: Notify) -> None:
    """Where it has one; the event names it, and nobody else."""
    provider = Remembering()
    asked = offer()
    for number, agency in enumerate(("acme-school", "no-mailbox"), 1):
        wanted = ReferralInformationRequested(
            referral_id=asked.referral_id, revision=number, agency=agency, asks=("risk.score",)
        )
        await notify.hear(heard(wanted, sequence=number))
    await notify.send(provider)
    [(_, said)] = await told(notify)
    assert [letter.recipient for letter in provider.letters] == ["office@school.example"]
    assert (said["agency"], said["purpose"]) == ("acme-school", "information_asked")
    assert "practitioner_id" not in said
