"""A provider on a bad day, a notify that is killed: everybody is told, once, or somebody knows."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from deploy.keys import OWNER
from deploy.local import child
from deploy.migrations import migrate
from shared.events import AssignmentOffered
from tests.faults.misbehaving import Misbehaving
from tests.faults.telling import (
    Account,
    Killed,
    audit,
    cut_pauses,
    is_at_rest,
    offers,
    say_all,
)
from tests.notify.ground import Notify, give_number, notify_on
from tests.notify.service import environment
from tests.servers import Broker, Postgres, until
from tests.stubs.govuk_notify import BEARER, KEY, listening
from tests.stubs.govuk_shapes import TEMPLATES

ASSIGNMENTS = 2000
KILLS = 8
SETTLED_SECONDS = 180.0
"""A message is held for up to 50 after its sender's death, and tried several times after that."""


@dataclass(frozen=True)
class Scene:
    """All that takes part."""

    broker: Broker
    notify: Notify
    provider: Misbehaving
    process: Killed


@asynccontextmanager
async def scene(
    broker: Broker, postgres: Postgres, folder: Path, module: str
) -> AsyncIterator[Scene]:
    """Notify, started from `module`, with GOV.UK Notify for both channels."""
    database = await postgres.fresh_database()
    await migrate(database.url(OWNER))
    notify = await notify_on(database)
    # What goes to the numbers for smoke tests is kept nowhere.
    await give_number(database, "07700 900123")
    async with listening(Misbehaving()) as provider:
        env = environment(broker, database, child.free_port()) | {
            "EMAIL_PROVIDERS": "govuk_notify",
            "SMS_PROVIDERS": "govuk_notify",
            "GOVUK_NOTIFY_URL": provider.url,
            "GOVUK_NOTIFY_API_KEY": KEY,
            "GOVUK_NOTIFY_EMAIL_TEMPLATE": str(TEMPLATES["email"]),
            "GOVUK_NOTIFY_SMS_TEMPLATE": str(TEMPLATES["sms"]),
            "GOVUK_NOTIFY_CALLBACK_TOKEN": BEARER,
        }
        provider.callback_url = f"{env['PUBLIC_URL']}/notify/callbacks/govuk-notify"
        process = Killed(module, env, folder / "notify.log")
        try:
            yield Scene(broker, notify, provider, process)
        finally:
            await asyncio.to_thread(process.stop)
            await notify.engine.dispose()


async def tell(scene: Scene, made: Sequence[AssignmentOffered], kills: int) -> None:
    """Say the offers; kill notify each time the provider has taken its share of them."""
    await asyncio.to_thread(scene.process.start)
    async with scene.broker.signed_in("triage") as triage:
        saying = asyncio.create_task(say_all(triage.client.jetstream(), made))
        for turn in range(kills):
            share = (turn + 1) * len(made) // (kills + 1)
            await until(partial(has_taken, scene.provider, share), 60)
            # What is held after the last death is what the test waits for.
            scene.provider.hangs_up = turn + 1 < kills // 2
            await scene.process.kill(scene.notify)
            await asyncio.to_thread(scene.process.start)
        await saying


def soon() -> datetime:
    """By when to answer, where nobody is reminded before."""
    return datetime.now(UTC) + timedelta(hours=2)


async def has_taken(provider: Misbehaving, count: int) -> bool:
    """Whether the provider has so many messages."""
    return len(provider.kept) >= count


async def has_taken_one_again(provider: Misbehaving) -> bool:
    """Whether there is a message that the provider has twice."""
    return 2 in provider.taken.values()


async def settled(scene: Scene, made: Sequence[AssignmentOffered]) -> Account:
    """The account once everything is at rest, or when the time is over."""
    with suppress(TimeoutError):
        await until(partial(is_at_rest_soon, scene.notify), SETTLED_SECONDS)
    return await audit(scene.notify, made, scene.provider.taken)


async def is_at_rest_soon(notify: Notify) -> bool:
    """Whether everything is at rest, where the pauses of minutes pass in half of one."""
    await cut_pauses(notify, datetime.now(UTC) + timedelta(seconds=30))
    return await is_at_rest(notify)


@pytest.mark.system
@pytest.mark.timeout(400)
async def test_everybody_is_told_once_or_somebody_knows(
    broker: Broker,
    postgres: Postgres,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """2,000 assignments; the provider fails at a tenth of the messages, drops its answer to a
    twentieth, is slow, reports early and twice; notify is killed eight times amid its work."""
    async with scene(broker, postgres, tmp_path, "services.notify") as on:
        made = offers(ASSIGNMENTS, soon())
        await tell(on, made, KILLS)
        account = await settled(on, made)
    with capsys.disabled():
        print(f"\n{dict(account.ends)}, {account.doubtful} messages in doubt")
        print(f"held at each death: {on.process.held}; the provider: {dict(on.provider.did)}")
    assert account.faults == ()
    # This provider can be asked.
    assert account.doubtful == 0
    assert sum(account.ends.values()) == ASSIGNMENTS
    assert all(on.process.held)
    assert len(on.process.held) == KILLS


@pytest.mark.system
@pytest.mark.timeout(200)
async def test_the_question_is_what_holds(
    broker: Broker, postgres: Postgres, tmp_path: Path
) -> None:
    """Without asking before a message is sent again, some are sent twice, and this is seen."""
    async with scene(broker, postgres, tmp_path, "tests.faults.unasking") as on:
        # A report that comes at once may prevent the harm as well.
        on.provider.callback_url = None
        made = offers(200, soon())
        await tell(on, made, 1)
        await until(partial(has_taken_one_again, on.provider), 60)
        account = await audit(on.notify, made, on.provider.taken)
    assert [fault for fault in account.faults if "taken 2 times" in fault]
