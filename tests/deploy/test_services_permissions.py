"""What each service may say and hear on the real broker.

The tables are written by hand from the contract: a slip in the code's own table shows here.
"""

import pytest

from tests.servers import Broker

SERVICES = ("intake", "triage", "notify", "audit")

MAY_PUBLISH = {
    "intake": {
        "event.referral.received",
        "event.referral.amended",
        "event.referral.rejected",
        "event.person.erased",
        "event.access.recorded",
        "event.tally.stated",
        "parked.intake",
        "receipt.met-police",
        "receipt.bromley-council",
        "$JS.ACK.SUBMISSIONS.intake.1.1.1.1.0",
        "$JS.ACK.EVENTS.intake.1.1.1.1.0",
        "$JS.API.CONSUMER.INFO.SUBMISSIONS.intake",
        "$JS.API.CONSUMER.INFO.EVENTS.intake",
    },
    "triage": {
        "event.referral.triaged",
        "event.assignment.offered",
        "event.assignment.withdrawn",
        "event.referral.overridden",
        "event.access.recorded",
        "event.tally.stated",
        "parked.triage",
        "$JS.ACK.EVENTS.triage.1.1.1.1.0",
        "$JS.API.CONSUMER.INFO.EVENTS.triage",
    },
    "notify": {
        "event.notification.sent",
        "event.notification.delivered",
        "event.notification.failed",
        "event.notification.fell_back",
        "event.notification.address_refused",
        "event.notification.answered",
        "event.access.recorded",
        "event.tally.stated",
        "parked.notify",
        "$JS.ACK.EVENTS.notify.1.1.1.1.0",
        "$JS.API.CONSUMER.INFO.EVENTS.notify",
    },
    "audit": {
        "event.trail.alarmed",
        "event.checkpoint.stated",
        "event.content.destroyed",
        "event.access.recorded",
        "event.tally.stated",
        "parked.audit",
        "$JS.ACK.EVENTS.audit.1.1.1.1.0",
        "$JS.API.CONSUMER.INFO.EVENTS.audit",
    },
}

FOR_NO_SERVICE = {
    "submit.met-police",
    "event.referral.invented",
    "event.referral",
    "deliver.audit.EVENTS",
    "_INBOX_intake.somebody.1",
    "$JS.API.INFO",
    "$JS.API.STREAM.CREATE.MINE",
    "$JS.API.STREAM.UPDATE.EVENTS",
    "$JS.API.STREAM.DELETE.EVENTS",
    "$JS.API.STREAM.PURGE.PARKED",
    "$JS.API.STREAM.INFO.EVENTS",
    "$JS.API.STREAM.NAMES",
    "$JS.API.STREAM.MSG.GET.SUBMISSIONS",
    "$JS.API.STREAM.MSG.GET.RECEIPTS",
    "$JS.API.STREAM.MSG.GET.EVENTS",
    "$JS.API.STREAM.MSG.DELETE.EVENTS",
    "$JS.API.STREAM.MSG.DELETE.PARKED",
    "$JS.API.DIRECT.GET.EVENTS",
    "$JS.API.CONSUMER.CREATE.EVENTS",
    "$JS.API.CONSUMER.DURABLE.CREATE.EVENTS.mine",
    "$JS.API.CONSUMER.DELETE.EVENTS.audit",
    "$JS.API.CONSUMER.PAUSE.EVENTS.audit",
    "$JS.API.CONSUMER.MSG.NEXT.RECEIPTS.receipts-met-police",
    "$JS.ACK.RECEIPTS.receipts-met-police.1.1.1.1.0",
    "$SYS.REQ.SERVER.PING",
}

MAY_SUBSCRIBE = {
    "intake": {
        ("deliver.intake.SUBMISSIONS", "intake"),
        ("deliver.intake.EVENTS", "intake"),
        ("_INBOX_intake.mine.*", ""),
    },
    "triage": {("deliver.triage.EVENTS", "triage"), ("_INBOX_triage.mine.*", "")},
    "notify": {("deliver.notify.EVENTS", "notify"), ("_INBOX_notify.mine.*", "")},
    "audit": {("deliver.audit.EVENTS", "audit"), ("_INBOX_audit.mine.*", "")},
}

TO_BE_HEARD_BY_NO_SERVICE = {
    (">", ""),
    ("event.>", ""),
    ("event.referral.received", ""),
    ("submit.>", ""),
    ("submit.met-police", ""),
    ("receipt.met-police", ""),
    ("parked.>", ""),
    ("_INBOX.>", ""),
    ("$JS.EVENT.ADVISORY.>", ""),
    ("$SYS.>", ""),
    # Outside the consumer's group a copy could be listened in to.
    ("deliver.intake.SUBMISSIONS", ""),
    ("deliver.intake.SUBMISSIONS", "others"),
    ("deliver.audit.EVENTS", ""),
}


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_publishes_its_own_subjects_alone(broker: Broker, service: str) -> None:
    """Of all the subjects there are, exactly its own are taken from a service."""
    everything = set().union(FOR_NO_SERVICE, *MAY_PUBLISH.values())

    async with broker.signed_in(service) as signed_in:
        for subject in everything:
            await signed_in.client.publish(subject, b"")
        await signed_in.settle()

    assert set(signed_in.refusals) == {
        f'nats: permissions violation for publish to "{subject.lower()}"'
        for subject in everything - MAY_PUBLISH[service]
    }


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_hears_its_own_deliveries_alone(broker: Broker, service: str) -> None:
    """A service hears its consumers' deliveries, in its group, and its own inbox."""
    everything = set().union(TO_BE_HEARD_BY_NO_SERVICE, *MAY_SUBSCRIBE.values())

    async with broker.signed_in(service) as signed_in:
        for subject, group in everything:
            await signed_in.client.subscribe(subject, queue=group)
        await signed_in.settle()

    assert set(signed_in.refusals) == {
        f'nats: permissions violation for subscription to "{subject.lower()}"'
        + (f' using queue "{group}"' if group else "")
        for subject, group in everything - MAY_SUBSCRIBE[service]
    }


async def test_a_service_binds_to_its_consumer_with_what_it_may(broker: Broker) -> None:
    """A client library's own way of subscribing needs no right more than the table gives."""
    async with broker.signed_in("intake") as intake, broker.signed_in("triage") as triage:
        heard = await triage.client.jetstream().subscribe(
            "event.referral.received", queue="triage", stream="EVENTS", manual_ack=True
        )
        await intake.client.jetstream().publish("event.referral.received", b"one")

        message = await heard.next_msg(timeout=5)
        await message.ack_sync()

    assert message.data == b"one"
    assert [*intake.refusals, *triage.refusals] == []


async def test_operations_read_no_submission(broker: Broker) -> None:
    """Who declares the streams is given no document, since documents hold identities."""
    async with broker.signed_in("deploy") as deploy:
        for subject in (
            "$JS.API.STREAM.MSG.GET.SUBMISSIONS",
            "$JS.API.DIRECT.GET.SUBMISSIONS",
            "$JS.API.CONSUMER.MSG.NEXT.SUBMISSIONS.intake",
            "event.referral.triaged",
            "submit.met-police",
        ):
            await deploy.client.publish(subject, b"")
        await deploy.client.subscribe("deliver.intake.SUBMISSIONS", queue="intake")
        await deploy.client.subscribe("submit.>")
        await deploy.settle()

    assert len(deploy.refusals) == 7
