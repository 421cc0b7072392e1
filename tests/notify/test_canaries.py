"""Over the real broker: an offer reaches its practitioner, and nobody's name reaches anything."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from tests.notify.ground import Notify, late_action, late_contact, offer, withdrawal
from tests.notify.publishing import publish
from tests.notify.service import started
from tests.servers import Broker, Postgres

CANARIES = ("Ada", "Lark", "Canary", "canary", "07700", "@team.example")


async def test_no_name_reaches_a_table_an_event_or_a_log(
    broker: Broker, postgres: Postgres, tmp_path: Path
) -> None:
    """Offers and reminders that are sent, withdrawn, undeliverable and unreadable: what notify
    writes of them holds no name, no address, no number, no pathway, no panel and no reason."""
    # So soon that there is no reminder to wait for.
    soon = datetime.now(UTC) + timedelta(hours=1)
    good, nobodys = (
        offer(urgent=True, pathway="canary_pathway"),
        offer(practitioner_id="p-nobody", acknowledge_by=soon),
    )
    withdrawn = withdrawal(good).model_copy(update={"reason": "Canary Smith has moved"})
    action = late_action()
    unreadable = offer().model_dump(mode="json") | {"given_name": "Canary"}
    async with started(broker, postgres, tmp_path) as service, service.emptied() as notify:
        async with broker.signed_in("triage") as triage:
            jetstream = triage.client.jetstream()
            await publish(jetstream, good.referral_id, 1, good)
            await service.letters(2)
            await publish(jetstream, good.referral_id, 2, late_contact(good))
            await publish(jetstream, action.referral_id, 1, action)
            letters = await service.letters(6)
            await publish(jetstream, good.referral_id, 3, withdrawn)
            await publish(jetstream, nobodys.referral_id, 1, nobodys)
            await publish(jetstream, uuid4(), 1, offer(), unreadable)
        await all_is_told(notify, parked=2)
        tables = [
            *(await notify.rows("message")),
            *(await notify.rows("outbox")),
            *(await notify.rows("inbox")),
            *((row.subject, row.reason) for row in await notify.rows("parked")),
        ]
        said = [letter["subject"] + letter["body"] for letter in letters]
        written = "\n".join([*map(repr, tables), *said, service.log.read_text()])
    assert [canary for canary in CANARIES if canary in written] == []
    assert {letter["recipient"] for letter in letters} == {"ada@team.example", "07700 900111"}
    assert not any(str(good.referral_id) in words for words in said)


async def all_is_told(notify: Notify, *, parked: int) -> None:
    """Wait until so much is parked, and the outbox is empty."""
    async with asyncio.timeout(30):
        while (
            len(await notify.rows("parked")) < parked
            or any(row.published_at is None for row in await notify.rows("outbox"))
            or {row.state for row in await notify.rows("message")} & {"queued", "sending"}
        ):
            await asyncio.sleep(0.05)
