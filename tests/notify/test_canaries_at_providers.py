"""With GOV.UK Notify on a bad day: what it says of addresses goes into no log, event or URL."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.notify.ground import Notify, give_number, offer
from tests.notify.publishing import publish
from tests.notify.service import started
from tests.servers import Broker, Postgres
from tests.stubs.govuk_notify import BEARER, KEY, Answer, StubNotify, refusal, stub_notify
from tests.stubs.govuk_shapes import TEMPLATES

CANARIES = ("Ada", "Lark", "Canary", "canary", "900002", "900123", "@team.example")
REFUSED_FOR_GOOD = "07700 900002"
"""Of the numbers to which a test key's messages fail."""

QUOTES = "Canary: ada@team.example (07700 900002) is not wanted here"
BAD_DAY = (
    refusal(500, "Exception", QUOTES),
    refusal(429, "RateLimitError", QUOTES),
    Answer(hangs_up=True, before=("sending",), after=("delivered", "permanent-failure")),
    refusal(400, "ValidationError", f"email_address {QUOTES}"),
    refusal(403, "AuthError", QUOTES),
    refusal(400, "BadRequestError", QUOTES),
)


async def test_what_a_provider_quotes_is_kept_nowhere(
    broker: Broker, postgres: Postgres, tmp_path: Path
) -> None:
    """Refusals and receipts that hold an address, and a call without an answer: tables, events,
    log, and the paths of requests have none of it; and the words sent have no name, no number."""
    soon = datetime.now(UTC) + timedelta(hours=1)
    made = [offer(urgent=True, pathway="canary_pathway", acknowledge_by=soon) for _ in BAD_DAY]
    async with stub_notify() as stub:
        settings = {
            "EMAIL_PROVIDERS": "govuk_notify",
            "SMS_PROVIDERS": "govuk_notify",
            "GOVUK_NOTIFY_URL": stub.url,
            "GOVUK_NOTIFY_API_KEY": KEY,
            "GOVUK_NOTIFY_EMAIL_TEMPLATE": str(TEMPLATES["email"]),
            "GOVUK_NOTIFY_SMS_TEMPLATE": str(TEMPLATES["sms"]),
            "GOVUK_NOTIFY_CALLBACK_TOKEN": BEARER,
        }
        async with (
            started(broker, postgres, tmp_path, **settings) as service,
            service.emptied() as notify,
        ):
            await give_number(service.database, REFUSED_FOR_GOOD)
            stub.callback_url = f"{service.url}/notify/callbacks/govuk-notify"
            stub.answers = list(BAD_DAY)
            async with broker.signed_in("triage") as triage:
                for each in made:
                    await publish(triage.client.jetstream(), each.referral_id, 1, each)
            await all_is_settled(notify, stub)
            tables = ("message", "outbox", "inbox", "delivery_report", "parked")
            rows = [repr(row) for table in tables for row in await notify.rows(table)]
            subjects = {row.subject for row in await notify.rows("outbox")}
        paths = [stub.called.get_nowait() for _ in range(stub.called.qsize())]
        words = [kept.subject + kept.body for kept in stub.kept.values()]
    written = "\n".join([*rows, *paths, *words, service.log.read_text()])
    assert [canary for canary in CANARIES if canary in written] == []
    assert BEARER not in written
    assert KEY not in written
    # What the canaries went through has happened.
    assert {"event.notification.address_refused", "event.notification.delivered"} <= subjects
    assert stub.answers == []


async def all_is_settled(notify: Notify, stub: StubNotify) -> None:
    """Wait until every message has come to its end; those without a report are given one."""
    async with asyncio.timeout(60):
        while True:
            rows = await notify.rows("message")
            if rows and not {row.state for row in rows} & {"queued", "sending", "sent"}:
                break
            for kept in list(stub.kept.values()):
                if any(str(r.sent_as) == kept.reference and r.state == "sent" for r in rows):
                    await stub.report(kept, kept.status)
            await asyncio.sleep(0.1)
        while any(row.published_at is None for row in await notify.rows("outbox")):
            await asyncio.sleep(0.05)
