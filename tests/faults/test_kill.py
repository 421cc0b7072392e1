"""Kill any process at any time: what was acknowledged is decided, told and in the trail once."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable

import pytest

from deploy.local.child import Child
from deploy.local.system import System
from shared.subjects import Service
from tests.faults.answers import Practitioners, faults
from tests.faults.ledger import CONSUMERS, Sender, settle
from tests.system.running import Running, running

REFERRALS = 500
ANSWERED = 60
PROOF_SECONDS = 30.0


async def kill_service(whole: Running, service: str) -> int:
    """Freeze a service amid its work, see deliveries at it unanswered, and kill it."""
    stream = next(stream for stream, name in CONSUMERS if name == service)
    async with whole.operations() as client:
        consumers = client.jetstream()
        before = (await consumers.consumer_info(stream, service)).ack_floor
        async with asyncio.timeout(PROOF_SECONDS):
            # It has begun on this round's work,
            while (await consumers.consumer_info(stream, service)).ack_floor == before:
                await asyncio.sleep(0.005)
            process = whole.process(service)
            process.send_signal(signal.SIGSTOP)
            # and deliveries lie with it that it can no longer answer.
            while not (held := (await consumers.consumer_info(stream, service)).num_ack_pending):
                await asyncio.sleep(0.005)
        process.kill()
    return held or 0


async def kill_broker(whole: Running, sender: Sender) -> int:
    """Freeze the broker while publishes are unanswered, and kill it."""
    process = whole.process("nats")
    process.send_signal(signal.SIGSTOP)
    held = sender.unanswered
    process.kill()
    return held


async def kill_database(whole: Running) -> int:
    """Freeze a service's backend within a transaction, and kill it with the postmaster."""
    async with asyncio.timeout(PROOF_SECONDS):
        while True:
            for row in await whole.rows(
                "SELECT pid FROM pg_stat_activity WHERE xact_start IS NOT NULL"
                " AND usename IN ('intake', 'triage', 'notify', 'audit')"
            ):
                os.kill(row["pid"], signal.SIGSTOP)
                held = await whole.rows(
                    "SELECT pid FROM pg_stat_activity"
                    f" WHERE xact_start IS NOT NULL AND pid = {row['pid']}"
                )
                if held:
                    whole.process("postgres").kill()
                    os.kill(row["pid"], signal.SIGKILL)
                    return len(held)
                os.kill(row["pid"], signal.SIGCONT)


@pytest.mark.system
@pytest.mark.timeout(400)
async def test_kill_each_of_the_six() -> None:
    """500 referrals, each process killed with work at it: every promise is kept exactly once."""
    async with running() as whole:
        sender = Sender(whole)
        await sender.start()
        kills: list[Callable[[], Awaitable[int]]] = [
            lambda: kill_service(whole, "intake"),
            lambda: kill_service(whole, "triage"),
            lambda: kill_service(whole, "notify"),
            lambda: kill_service(whole, "audit"),
            lambda: kill_broker(whole, sender),
            lambda: kill_database(whole),
        ]
        share = REFERRALS // len(kills) + 1
        in_flight = []
        for turn, kill in enumerate(kills):
            sender.send(range(turn * share, min((turn + 1) * share, REFERRALS)))
            await asyncio.sleep(0)  # the sends have begun
            in_flight.append(await kill())
        await sender.finish()
        account = await settle(whole, sender)
    assert account.faults == ()
    assert (len(sender.acknowledged), account.decided) == (REFERRALS, REFERRALS)
    assert all(in_flight)
    deaths = [line for line in whole.said if "died" in line]
    assert len(deaths) == len(kills)


async def kill_among_answers(whole: Running, practitioners: Practitioners, after: int) -> int:
    """Freeze triage once so many answers are confirmed, with others under way, and kill it."""
    async with asyncio.timeout(PROOF_SECONDS):
        while len(practitioners.confirmed) < after:
            await asyncio.sleep(0.005)
    process = whole.process("triage")
    process.send_signal(signal.SIGSTOP)
    held = len(practitioners.under_way)
    process.kill()
    return held


@pytest.mark.system
@pytest.mark.timeout(300)
async def test_every_answer_that_was_confirmed_stands() -> None:
    """Triage killed twice amid accepts and declines: what was told with a 200 is so, and once."""
    async with running() as whole:
        sender = Sender(whole)
        await sender.start()
        sender.send(range(1, ANSWERED + 1))
        await sender.finish()
        asked = await settle(whole, sender)
        practitioners = Practitioners(whole)
        await practitioners.begin()
        in_flight = [await kill_among_answers(whole, practitioners, after) for after in (10, 40)]
        await practitioners.finish()
        account = await settle(whole, sender)
        wrong = await faults(whole, practitioners)
    assert (asked.faults, account.faults) == ((), ())
    assert wrong == []
    assert all(in_flight)
    assert {given.answer for given in practitioners.confirmed} == {"accept", "decline"}


class DyingTriage(System):
    """Triage dies once between its commit and its acknowledgement."""

    options: tuple[str, ...] = ()

    def _service(self, service: Service) -> Callable[[], Child]:
        if service != "triage":
            return super()._service(service)
        marker = str(self.home.folder / "triage-has-died")
        arguments = ["-m", "tests.faults.dying", service, marker, *self.options]
        # A wrong second decision is refused by the database: be quick to park it.
        environment = {**self.environment(service), "RETRY_PAUSES": "[0.1]"}
        return self._program(service, arguments, environment)


class DyingTriageWithoutCheck(DyingTriage):
    """And its inbox is not asked whether a message came before."""

    options = ("without-inbox-check",)


@pytest.mark.system
@pytest.mark.timeout(200)
@pytest.mark.parametrize(("kind", "holds"), [(DyingTriage, True), (DyingTriageWithoutCheck, False)])
async def test_the_inbox_check_is_what_holds(kind: type[System], holds: bool) -> None:
    """Killed between commit and acknowledgement: right with the inbox's check, wrong without."""
    async with running(kind) as whole:
        sender = Sender(whole)
        await sender.start()
        sender.send(range(1, 30))
        await sender.finish()
        account = await settle(whole, sender, seconds=60 if holds else 30)
    assert (account.faults == ()) is holds, account.faults
    assert any("triage died" in line for line in whole.said)
