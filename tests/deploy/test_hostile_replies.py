"""A sender names the reply subject of what it publishes: the broker must not write there.

The acknowledgement of a submission, a fetched receipt and a message trace are all written where
the sender says. In an account of its own that is its own account; in a shared one it is any
stream, as the last test shows on a broker made for it.
"""

import json
from pathlib import Path

import nats
import pytest
from nats.js import JetStreamContext

from deploy.keys import make
from deploy.local import child, nats_server
from tests.servers import Broker, SignedIn, until

NEXT_RECEIPT = "$JS.API.CONSUMER.MSG.NEXT.RECEIPTS.receipts-met-police"
TARGETS = ["event.referral.triaged", "submit.bromley-council", "receipt.bromley-council"]


async def held(jetstream: JetStreamContext, stream: str) -> dict[str, int]:
    """How many messages a stream holds, by subject."""
    info = await jetstream.stream_info(stream, subjects_filter=">")
    return info.state.subjects or {}


async def assert_only(broker: Broker, police: SignedIn, submitted: int, receipts: int) -> None:
    """The streams hold the agency's own submissions and receipts and nothing beside them.

    An acknowledged message on each stream comes first: what was written before it is seen.
    """
    async with broker.signed_in("triage") as triage, broker.signed_in("deploy") as deploy:
        await police.client.jetstream().publish("submit.met-police", b"{}")
        await triage.client.jetstream().publish("event.assignment.offered", b"{}")
        jetstream = deploy.client.jetstream()

        assert await held(jetstream, "EVENTS") == {"event.assignment.offered": 1}
        assert await held(jetstream, "SUBMISSIONS") == {"submit.met-police": submitted + 1}
        assert await held(jetstream, "RECEIPTS") == {"receipt.met-police": receipts}


@pytest.mark.parametrize("target", TARGETS)
async def test_an_acknowledgement_is_stored_nowhere(broker: Broker, target: str) -> None:
    """The acknowledgement of a submission stays in the sender's account, whatever its reply."""
    async with broker.signed_in("intake") as intake:
        await intake.client.jetstream().publish("receipt.met-police", b"{}")
    async with broker.signed_in("met-police") as police:
        await police.client.publish("submit.met-police", b"{}", reply=target)
        await police.settle()

        await assert_only(broker, police, submitted=1, receipts=1)


@pytest.mark.parametrize("target", TARGETS)
async def test_a_fetched_receipt_is_stored_nowhere(broker: Broker, target: str) -> None:
    """A receipt that is asked for comes to the asker's account, whatever its reply."""
    async with broker.signed_in("intake") as intake:
        for receipt in (b"one", b"two"):
            await intake.client.jetstream().publish("receipt.met-police", receipt)
    async with broker.signed_in("met-police") as police:
        await police.client.publish(NEXT_RECEIPT, b'{"batch": 1}', reply=target)
        await police.settle()

        # In the sender's account nobody listens there: it was given to nobody and is still due.
        receipts = await police.client.jetstream().pull_subscribe_bind(
            durable="receipts-met-police", stream="RECEIPTS"
        )
        assert [m.data for m in await receipts.fetch(1, timeout=5)] == [b"one"]
        await assert_only(broker, police, submitted=0, receipts=2)


@pytest.mark.parametrize("target", TARGETS)
async def test_an_acknowledgement_that_asks_for_more_is_stored_nowhere(
    broker: Broker, target: str
) -> None:
    """`+NXT` acknowledges and fetches the next in one: it too comes to the asker's account."""
    async with broker.signed_in("intake") as intake:
        for receipt in (b"one", b"two"):
            await intake.client.jetstream().publish("receipt.met-police", receipt)
    async with broker.signed_in("met-police") as police:
        receipts = await police.client.jetstream().pull_subscribe_bind(
            durable="receipts-met-police", stream="RECEIPTS"
        )
        (first,) = await receipts.fetch(1, timeout=5)
        await police.client.publish(first.reply, b'+NXT {"batch": 1}', reply=target)
        await police.settle()

        assert [m.data for m in await receipts.fetch(1, timeout=5)] == [b"two"]
        await assert_only(broker, police, submitted=0, receipts=2)


@pytest.mark.parametrize("target", TARGETS)
async def test_a_message_trace_is_stored_nowhere(broker: Broker, target: str) -> None:
    """The trace of a message, which its header may ask for, is not written for a sender."""
    async with broker.signed_in("intake") as intake:
        await intake.client.jetstream().publish("receipt.met-police", b"{}")
    async with broker.signed_in("met-police") as police:
        await police.client.publish("submit.met-police", b"{}", headers={"Nats-Trace-Dest": target})
        await police.settle()

        assert police.refusals == [f'nats: permissions violation for publish to "{target}"']
        await assert_only(broker, police, submitted=0, receipts=1)


async def test_in_one_shared_account_the_reply_would_be_stored(tmp_path: Path) -> None:
    """Without accounts a sender has its acknowledgement stored as an event: permissions on what
    it publishes do not help, so the tests above can fail."""
    keys = make(tmp_path / "keys", ["met-police"])
    port, monitor_port = child.free_port(), child.free_port()
    users = [
        {"nkey": keys.public_nkey(keys.seed_file("deploy"))},
        {
            "nkey": keys.public_nkey(keys.agency_seed_file("met-police")),
            "permissions": {"publish": ["submit.met-police"], "subscribe": ["_INBOX.>"]},
        },
    ]
    config = tmp_path / "shared.conf"
    config.write_text(
        f"listen: 127.0.0.1:{port}\nhttp: 127.0.0.1:{monitor_port}\n"
        f"jetstream {{ store_dir: {json.dumps(str(tmp_path))} }}\n"
        f"authorization {{ users: {json.dumps(users)} }}\n"
    )
    process = nats_server.start(config, monitor_port=monitor_port, log=tmp_path / "log")
    try:
        url = f"nats://127.0.0.1:{port}"
        deploy = await nats.connect(url, nkeys_seed=str(keys.seed_file("deploy")))
        police = await nats.connect(url, nkeys_seed=str(keys.agency_seed_file("met-police")))
        jetstream = deploy.jetstream()
        await jetstream.add_stream(name="SUBMISSIONS", subjects=["submit.>"])
        await jetstream.add_stream(name="EVENTS", subjects=["event.>"])

        await police.publish("submit.met-police", b"{}", reply="event.referral.triaged")

        async def stored() -> bool:
            return await held(jetstream, "EVENTS") == {"event.referral.triaged": 1}

        await until(stored)
        await police.close()
        await deploy.close()
    finally:
        nats_server.stop(process)
