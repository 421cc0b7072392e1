"""What an agency may do on the real broker, with a plain client and its seed alone."""

import json

import pytest
from nats.js.errors import APIError

from tests.servers import Broker, until

OWN = "met-police"
OTHER = "bromley-council"

NOT_TO_PUBLISH = [
    "submit.bromley-council",
    "submit.met-police.more",
    "submit",
    "receipt.met-police",
    "receipt.bromley-council",
    "event.referral.triaged",
    "event.access.recorded",
    "parked.intake",
    "deliver.intake.SUBMISSIONS",
    "_INBOX_intake.somebody.1",
    "$JS.API.INFO",
    "$JS.API.STREAM.CREATE.MINE",
    "$JS.API.STREAM.INFO.SUBMISSIONS",
    "$JS.API.STREAM.PURGE.SUBMISSIONS",
    "$JS.API.STREAM.MSG.GET.SUBMISSIONS",
    "$JS.API.STREAM.MSG.GET.RECEIPTS",
    "$JS.API.DIRECT.GET.RECEIPTS",
    "$JS.API.CONSUMER.CREATE.RECEIPTS",
    "$JS.API.CONSUMER.DURABLE.CREATE.RECEIPTS.mine",
    "$JS.API.CONSUMER.INFO.RECEIPTS.receipts-met-police",
    "$JS.API.CONSUMER.DELETE.RECEIPTS.receipts-met-police",
    "$JS.API.CONSUMER.MSG.NEXT.RECEIPTS.receipts-bromley-council",
    "$JS.API.CONSUMER.MSG.NEXT.SUBMISSIONS.intake",
    "$JS.ACK.RECEIPTS.receipts-bromley-council.1.1.1.1.0",
    "$JS.ACK.SUBMISSIONS.intake.1.1.1.1.0",
    "$SYS.REQ.SERVER.PING",
]

NOT_TO_HEAR = [
    ">",
    "submit.>",
    "submit.met-police",
    "receipt.>",
    "receipt.bromley-council",
    "event.>",
    "parked.>",
    "deliver.>",
    "_INBOX_intake.>",
    "$JS.>",
    "$SYS.>",
]


async def test_an_agency_submits_and_is_acknowledged(broker: Broker) -> None:
    """A plain client's publish has the broker's acknowledgement across the accounts."""
    async with broker.signed_in(OWN) as police:
        acknowledged = await police.client.jetstream().publish(f"submit.{OWN}", b"{}")

    assert (acknowledged.stream, acknowledged.seq) == ("SUBMISSIONS", 1)


async def test_an_agency_hears_its_receipts_live(broker: Broker) -> None:
    """A plain subscription brings the receipts of that agency and of no other."""
    async with broker.signed_in(OWN) as police, broker.signed_in("intake") as intake:
        heard = await police.client.subscribe(f"receipt.{OWN}")
        await police.settle()

        await intake.client.jetstream().publish(f"receipt.{OTHER}", b"theirs")
        await intake.client.jetstream().publish(f"receipt.{OWN}", b"ours")

        assert (await heard.next_msg(timeout=5)).data == b"ours"


async def test_receipts_wait_for_an_agency_that_was_away(broker: Broker) -> None:
    """What came meanwhile is fetched later, once; what is not acknowledged stays due."""
    async with broker.signed_in("intake") as intake:
        for receipt in (b"one", b"two"):
            await intake.client.jetstream().publish(f"receipt.{OWN}", receipt)
        await intake.client.jetstream().publish(f"receipt.{OTHER}", b"theirs")

    async with broker.signed_in(OWN) as police:
        receipts = await police.client.jetstream().pull_subscribe_bind(
            durable="receipts-met-police", stream="RECEIPTS"
        )
        first = await receipts.fetch(10, timeout=5)
        await first[0].ack_sync()
        await first[1].nak()
        second = await receipts.fetch(10, timeout=5)

    assert [message.data for message in first] == [b"one", b"two"]
    assert [message.data for message in second] == [b"two"]


async def test_a_receipt_reaches_an_agency_that_waits_for_it(broker: Broker) -> None:
    """A request for the next receipt stays open across the accounts until one comes."""
    async with broker.signed_in(OWN) as police, broker.signed_in("intake") as intake:
        answers = await police.client.subscribe("_INBOX.waiting")
        await police.client.publish(
            "$JS.API.CONSUMER.MSG.NEXT.RECEIPTS.receipts-met-police",
            json.dumps({"batch": 2, "expires": 20_000_000_000}).encode(),
            reply="_INBOX.waiting",
        )
        await police.settle()

        await intake.client.jetstream().publish(f"receipt.{OWN}", b"late")
        await intake.client.jetstream().publish(f"receipt.{OWN}", b"later")

        assert (await answers.next_msg(timeout=5)).data == b"late"
        assert (await answers.next_msg(timeout=5)).data == b"later"


async def test_an_agency_publishes_nothing_else(broker: Broker) -> None:
    """Others' submissions, receipts, events and the broker's interface are all refused."""
    async with broker.signed_in(OWN) as police:
        for subject in NOT_TO_PUBLISH:
            await police.client.publish(subject, b"{}")
        await police.settle()

    assert police.refusals == [
        f'nats: permissions violation for publish to "{subject.lower()}"'
        for subject in NOT_TO_PUBLISH
    ]


async def test_an_agency_hears_nothing_else(broker: Broker) -> None:
    """Others' receipts, submissions, events and inboxes are all refused."""
    async with broker.signed_in(OWN) as police:
        for subject in NOT_TO_HEAR:
            await police.client.subscribe(subject)
        await police.settle()

    assert police.refusals == [
        f'nats: permissions violation for subscription to "{subject.lower()}"'
        for subject in NOT_TO_HEAR
    ]


async def test_a_document_far_over_its_limit_is_refused_at_once(broker: Broker) -> None:
    """A little over is for intake to answer; far over is refused in the acknowledgement."""
    async with broker.signed_in(OWN) as police:
        jetstream = police.client.jetstream()
        await jetstream.publish(f"submit.{OWN}", b"x" * 65 * 1024)

        with pytest.raises(APIError, match="exceeds maximum"):
            await jetstream.publish(f"submit.{OWN}", b"x" * 200 * 1024)


async def test_agencies_do_not_share_message_ids(broker: Broker) -> None:
    """One agency's message id does not swallow another's document a moment later.

    The broker compares ids for 100 ms; other agencies' documents pass well inside the two
    minutes that it would take by itself.
    """
    async with broker.signed_in(OWN) as police, broker.signed_in(OTHER) as council:
        await police.client.jetstream().publish(
            f"submit.{OWN}", b"ours", headers={"Nats-Msg-Id": "1"}
        )

        async def accepted() -> bool:
            acknowledged = await council.client.jetstream().publish(
                f"submit.{OTHER}", b"theirs", headers={"Nats-Msg-Id": "1"}
            )
            return not acknowledged.duplicate

        await until(accepted, seconds=5)
