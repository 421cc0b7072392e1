"""Ours: the real notify with its own PostgreSQL and NATS, given offers over the bus as triage."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx2

from deploy import keys, nats_config
from deploy.keys import OWNER, SUPERUSER
from deploy.local import child, nats_server, postgres_server
from deploy.migrations import migrate
from tests.notify.ground import Notify, notify_on, offer
from tests.notify.publishing import publish
from tests.notify.service import ROOT, environment
from tests.servers import Broker, Database, Postgres
from tests.stubs.govuk_notify import BEARER, KEY
from tests.stubs.govuk_shapes import TEMPLATES
from tests.stubs.sms_gateway import ACCOUNT, SENDER, TOKEN

AT_ONCE: Final = 256
LIMIT_SECONDS: Final = 120.0
AGENCY: Final = "met-police"


@dataclass(frozen=True)
class Servers:
    """A broker and a database server of its own."""

    broker: Broker
    postgres: Postgres


@asynccontextmanager
async def servers(folder: Path) -> AsyncIterator[Servers]:
    """Both, in a folder that keeps nothing; gone afterwards."""
    made = keys.make(folder / "keys", (AGENCY,))
    ports = [child.free_port() for _ in range(3)]
    config = nats_config.write(
        made, (AGENCY,), store=str(folder / "nats"), port=ports[0], monitor_port=ports[1]
    )
    nats = nats_server.start(config, monitor_port=ports[1], log=folder / "nats.log")
    try:
        password = made.password(SUPERUSER)
        postgres = postgres_server.start(
            folder / "postgres", port=ports[2], password=password, log=folder / "postgres.log"
        )
        try:
            yield Servers(
                Broker(f"nats://127.0.0.1:{ports[0]}", made), Postgres(made, "127.0.0.1", ports[2])
            )
        finally:
            postgres_server.stop(postgres)
    finally:
        nats_server.stop(nats)


@asynccontextmanager
async def provider(kind: str, seconds: float, callback_url: str) -> AsyncIterator[str]:
    """A provider's process; its address."""
    command = [sys.executable, "-m", "tests.performance.messages.provider"]
    process = await asyncio.create_subprocess_exec(
        *(*command, kind, str(seconds), callback_url),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(await process.stdout.readline())}"
    finally:
        process.kill()
        await process.wait()


def providers(govuk_url: str, gateway_url: str | None) -> dict[str, str]:
    """Email by GOV.UK Notify, and texts by the gateway if there is one."""
    told = {
        "EMAIL_PROVIDERS": "govuk_notify",
        "GOVUK_NOTIFY_URL": govuk_url,
        "GOVUK_NOTIFY_API_KEY": KEY,
        "GOVUK_NOTIFY_EMAIL_TEMPLATE": str(TEMPLATES["email"]),
        "GOVUK_NOTIFY_CALLBACK_TOKEN": BEARER,
    }
    if gateway_url is not None:
        told |= {
            "SMS_PROVIDERS": "sms_gateway",
            "SMS_GATEWAY_URL": gateway_url,
            "SMS_GATEWAY_ACCOUNT": ACCOUNT,
            "SMS_GATEWAY_TOKEN": TOKEN,
            "SMS_GATEWAY_FROM": SENDER,
        }
    return told


async def burst(
    on: Servers, folder: Path, count: int, *, seconds: float = 0.0, texts: bool = False
) -> Mapping[str, Any]:
    """So many offers, as fast as the broker has them; how it went with each channel's messages.

    `seconds`: what the email's provider takes over each message. `texts`: each offer goes by text
    too, and what is waited for are the texts.
    """
    await on.broker.empty()
    database = await on.postgres.fresh_database()
    await migrate(database.url(OWNER))
    env = environment(on.broker, database, child.free_port())
    url = env["PUBLIC_URL"]
    callback_url = f"{url}/notify/callbacks/govuk-notify"
    async with (
        provider("govuk", seconds, callback_url) as govuk_url,
        provider("gateway", 0, "") as gateway_url,
        _notify_on(database) as notify,
    ):
        told = env | providers(govuk_url, gateway_url if texts else None)
        log = folder / f"notify-{uuid4().hex}.log"
        process = child.spawn([sys.executable, "-m", "services.notify"], log, env=told)
        try:
            ready = partial(_is_ready, f"{url}/notify/health/ready")
            if not await asyncio.to_thread(child.is_ready_within, process, ready, 60):
                raise child.LocalServerError(f"notify did not start: {child.log_since(log, 0)}")
            began = datetime.now(UTC)
            await _offer(on.broker, count, urgent=texts)
            awaited = "sms" if texts else "email"
            return await _figures(notify, began, count, awaited)
        finally:
            await asyncio.to_thread(child.stop, process)


@asynccontextmanager
async def _notify_on(database: Database) -> AsyncIterator[Notify]:
    notify = await notify_on(database)
    try:
        yield notify
    finally:
        await notify.engine.dispose()


async def _offer(broker: Broker, count: int, *, urgent: bool) -> None:
    soon = datetime.now(UTC) + timedelta(hours=2)
    made = [offer(urgent=urgent, acknowledge_by=soon) for _ in range(count)]
    async with broker.signed_in("triage") as triage:
        jetstream = triage.client.jetstream()
        for first in range(0, count, AT_ONCE):
            some = made[first : first + AT_ONCE]
            await asyncio.gather(*(publish(jetstream, each.referral_id, 1, each) for each in some))


async def _figures(notify: Notify, began: datetime, count: int, awaited: str) -> Mapping[str, Any]:
    """Once every awaited message is delivered; LocalServerError if that does not come about."""
    async with asyncio.timeout(LIMIT_SECONDS):
        while True:
            rows: Sequence[Any] = await notify.rows("message")
            done = [row for row in rows if row.channel == awaited and row.state == "delivered"]
            if len(done) >= count:
                break
            await asyncio.sleep(0.2)
    took = (max(row.delivered_at for row in done) - began).total_seconds()
    others = [row for row in rows if row.channel != awaited]
    return {
        "per_second": round(count / took, 1),
        "seconds": round(took, 2),
        "others_delivered": sum(row.state == "delivered" for row in others),
        "others": len(others),
    }


def _is_ready(url: str) -> bool:
    try:
        return httpx2.get(url, timeout=2).status_code == 200
    except httpx2.TransportError:
        return False
