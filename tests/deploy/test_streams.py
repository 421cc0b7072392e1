"""Streams and consumers on the real broker, as `declare` leaves them."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from nats.js.api import RetentionPolicy, StreamConfig
from nats.js.errors import APIError

from deploy import streams
from deploy.keys import DEPLOY, make
from deploy.local import child
from deploy.streams import DAY, StreamsError
from tests.servers import AGENCIES, Broker, until


async def test_declaring_again_changes_nothing(broker: Broker) -> None:
    """A second declaration leaves messages and consumers' places as they are."""
    async with broker.signed_in("intake") as intake, broker.signed_in(DEPLOY) as deploy:
        await intake.client.jetstream().publish("event.referral.received", b"{}")
        jetstream = deploy.client.jetstream()
        before = (await jetstream.stream_info("EVENTS")).config

        await broker.declare()

        after = await jetstream.stream_info("EVENTS")
        assert (after.config, after.state.messages) == (before, 1)
        assert (await jetstream.consumer_info("EVENTS", "triage")).num_pending == 1


async def test_every_stream_keeps_what_it_promises(broker: Broker) -> None:
    """Days kept, retention, and what may be deleted, as the contract has them."""
    async with broker.signed_in(DEPLOY) as deploy:
        jetstream = deploy.client.jetstream()
        configs = [
            (await jetstream.stream_info(name)).config
            for name in ("SUBMISSIONS", "RECEIPTS", "EVENTS", "PARKED")
        ]

    assert [
        (c.retention, (c.max_age or 0) / DAY, c.deny_delete, c.deny_purge) for c in configs
    ] == [
        ("workqueue", 0, False, False),
        ("limits", 30, False, False),
        ("limits", 400, True, True),
        ("limits", 0, False, False),
    ]
    assert {c.storage for c in configs} == {"file"}


async def test_events_are_neither_purged_nor_deleted(broker: Broker) -> None:
    """The stream of events refuses both to whoever may ask for them."""
    async with broker.signed_in("intake") as intake:
        await intake.client.jetstream().publish("event.referral.received", b"{}")

    async with broker.signed_in(DEPLOY) as deploy:
        with pytest.raises(APIError, match="purge not permitted"):
            await deploy.client.jetstream().purge_stream("EVENTS")


async def test_every_consumer_hears_its_own(broker: Broker) -> None:
    """Who is pushed what, in which group, with how many at once; agencies pull."""
    async with broker.signed_in(DEPLOY) as deploy:
        jetstream = deploy.client.jetstream()
        consumers = {
            (stream, consumer.name): consumer.config
            for stream in ("SUBMISSIONS", "RECEIPTS", "EVENTS")
            for consumer in await jetstream.consumers_info(stream)
        }

    pushed = {
        key: (c.deliver_subject, c.deliver_group, c.max_ack_pending)
        for key, c in consumers.items()
        if c.deliver_subject
    }
    assert pushed == {
        ("SUBMISSIONS", "intake"): ("deliver.intake.SUBMISSIONS", "intake", 256),
        ("EVENTS", "intake"): ("deliver.intake.EVENTS", "intake", 256),
        ("EVENTS", "triage"): ("deliver.triage.EVENTS", "triage", 256),
        ("EVENTS", "notify"): ("deliver.notify.EVENTS", "notify", 256),
        ("EVENTS", "audit"): ("deliver.audit.EVENTS", "audit", 256),
    }
    assert consumers.keys() - pushed.keys() == {
        ("RECEIPTS", "receipts-bromley-council"),
        ("RECEIPTS", "receipts-met-police"),
    }
    assert {(c.ack_policy, c.max_deliver) for c in consumers.values()} == {("explicit", -1)}


async def test_a_follower_hears_every_number_of_a_producer(broker: Broker) -> None:
    """What everybody publishes has a number in the producer's sequence: followers are given it."""
    async with broker.signed_in(DEPLOY) as deploy:
        for service in ("intake", "triage", "notify"):
            info = await deploy.client.jetstream().consumer_info("EVENTS", service)
            heard = set(info.config.filter_subjects or [])
            assert {"event.access.recorded", "event.tally.stated"} <= heard


async def test_notify_hears_what_audit_says_of_the_trail(broker: Broker) -> None:
    """Alarms and the day's checkpoint go to the auditors by mail."""
    async with broker.signed_in("audit") as audit, broker.signed_in(DEPLOY) as deploy:
        said = ("trail.alarmed", "checkpoint.stated", "content.destroyed")
        for each in said:
            await audit.client.jetstream().publish(f"event.{each}", b"{}")

        async def are_due() -> bool:
            # The consumer counts a moment after the stream has acknowledged.
            info = await deploy.client.jetstream().consumer_info("EVENTS", "notify")
            return (info.num_pending or 0) + (info.num_ack_pending or 0) == len(said)

        await until(are_due)


async def test_triage_hears_what_became_of_messages(broker: Broker) -> None:
    """All that notify says, so that none of its numbers is missing."""
    async with broker.signed_in("notify") as notify, broker.signed_in(DEPLOY) as deploy:
        said = ("sent", "delivered", "failed", "fell_back", "address_refused", "answered")
        for each in said:
            await notify.client.jetstream().publish(f"event.notification.{each}", b"{}")
        info = await deploy.client.jetstream().consumer_info("EVENTS", "triage")

    assert (info.num_pending or 0) + (info.num_ack_pending or 0) == len(said)


async def test_a_message_given_up_is_seen_in_parked(broker: Broker) -> None:
    """A message that is terminated leaves its advisory where a person looks."""
    async with broker.signed_in("intake") as intake, broker.signed_in("triage") as triage:
        heard = await triage.client.jetstream().subscribe(
            "event.referral.received", queue="triage", stream="EVENTS", manual_ack=True
        )
        await intake.client.jetstream().publish("event.referral.received", b"{}")
        await (await heard.next_msg(timeout=5)).term()
        await triage.settle()

    async with broker.signed_in(DEPLOY) as deploy:
        jetstream = deploy.client.jetstream()

        async def parked() -> bool:
            return (await jetstream.stream_info("PARKED")).state.messages == 1

        await until(parked)
        advisory = json.loads((await jetstream.get_msg("PARKED", 1)).data or b"")
    assert (advisory["stream"], advisory["consumer"], advisory["stream_seq"]) == (
        "EVENTS",
        "triage",
        1,
    )


def events(**differing: Any) -> StreamConfig:
    """A stream of events that differs from the declared one."""
    return StreamConfig(name="EVENTS", **{"subjects": ["event.>"], **differing})


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        (events(max_age=500 * DAY), "max_age"),
        (events(max_age=0), "max_age"),
        (events(subjects=["event.>", "older.>"]), "no stream would hold older.>"),
        (events(retention=RetentionPolicy.INTEREST), "another kind of retention"),
    ],
)
async def test_a_change_that_loses_something_is_refused(
    broker: Broker, standing: StreamConfig, reason: str
) -> None:
    """A declaration that would delete messages leaves the stream as it is and says why."""
    async with broker.signed_in(DEPLOY) as deploy:
        jetstream = deploy.client.jetstream()
        await jetstream.delete_stream("EVENTS")
        before = await jetstream.add_stream(standing)

        with pytest.raises(StreamsError, match=reason):
            await broker.declare()

        assert (await jetstream.stream_info("EVENTS")).config == before.config


async def test_a_change_that_loses_nothing_is_made(broker: Broker) -> None:
    """A stream that keeps less, or hears less, than it should is brought up to date."""
    async with broker.signed_in(DEPLOY) as deploy:
        jetstream = deploy.client.jetstream()
        await jetstream.delete_stream("EVENTS")
        await jetstream.add_stream(name="EVENTS", subjects=["event.>"], max_age=7 * DAY)

        await broker.declare()

        assert (await jetstream.stream_info("EVENTS")).config.max_age == 400 * DAY


async def test_a_refusal_of_the_broker_is_told(broker: Broker) -> None:
    """A user who may not declare is told so, not left with a timeout."""
    with pytest.raises(StreamsError, match="permissions violation"):
        await streams.declare(broker.url, broker.keys.seed_file("audit"), AGENCIES)


async def test_a_broker_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Without a broker it ends soon and says where it looked."""
    keys = make(tmp_path / "keys")
    url = f"nats://127.0.0.1:{child.free_port()}"

    async with asyncio.timeout(30):
        with pytest.raises(StreamsError, match=url):
            await streams.declare(url, keys.seed_file(DEPLOY), [])
