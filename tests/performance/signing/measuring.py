"""From the broker's acknowledgement of an event to the first signed checkpoint that covers it.

The checkpoint counts when somebody outside has it over HTTP, who looks fifty times a second.
"""

import asyncio
import tempfile
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from deploy.keys import OWNER, SUPERUSER
from deploy.local import child
from deploy.migrations import migrate
from services.audit.tlog.checkpoint import parse_checkpoint
from services.audit.tlog.notes import SigningKey, parse_note
from tests.audit.witnessing import other_party, policy_of
from tests.faults.audits import Audit
from tests.faults.outside import Observer, Teller
from tests.performance.messages.ours import Servers, servers
from tests.performance.way.arithmetic import percentile
from tests.servers import Database, until

PROMISED_SECONDS: Final = 2.0
"""Of 99 of 100 entries."""
SLOW_SECONDS: Final = 5.0
"""What a slow witness takes over each answer."""

CASES: Final[Mapping[str, tuple[str, ...]]] = {
    "no_witness": (),
    "three_witnesses": ("quick", "slow", "dead"),
}


async def run(
    folder: Path, seconds: float, a_second: float, say: Callable[[str], None]
) -> dict[str, Any]:
    """Of each case the percentiles in seconds, and whether the promise was kept in all of them."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="signing-", dir=folder) as own:
        async with servers(Path(own)) as on:
            for name, witnesses in CASES.items():
                say(f"{name.replace('_', ' ')}: {seconds:.0f} s, {a_second:.0f} events a second")
                place = Path(own) / name
                place.mkdir()
                found[name] = await _case(on, place, witnesses, seconds, a_second)
    kept = all(case["p99_s"] <= PROMISED_SECONDS for case in found.values())
    return {"promised_p99_s": PROMISED_SECONDS, "ok": kept, "cases": found}


async def _case(
    on: Servers, folder: Path, witnesses: tuple[str, ...], seconds: float, a_second: float
) -> dict[str, Any]:
    await on.broker.empty()
    database = await on.postgres.fresh_database()
    await migrate(database.url(OWNER))
    policy = folder / "policy"
    async with AsyncExitStack() as stack:
        triage = await stack.enter_async_context(on.broker.signed_in("triage"))
        policy.write_text(await stack.enter_async_context(_policy(database, folder, witnesses)))
        audit = Audit(database, on.broker, policy, folder / "memory", folder / "audit.log")
        stack.callback(audit.stop)
        audit.start()
        await audit.ready()
        teller, observer = Teller(triage.client.jetstream()), Observer((audit.url,))
        looking = asyncio.create_task(observer.look())
        telling = asyncio.create_task(teller.tell(a_second))
        await asyncio.wait([telling], timeout=seconds)
        telling.cancel()
        indexes: dict[UUID, int] = {}

        async def all_are_covered() -> bool:
            indexes.update(await _indexes(database))
            sizes = _first_seen(observer)
            # Audit hears itself, too: its own entries come and go on coming.
            return bool(sizes) and all(
                indexes.get(one, sizes[-1][0]) < sizes[-1][0] for one in teller.acknowledged
            )

        await until(all_are_covered, 30)
        looking.cancel()
        waits = _waits(teller, observer, indexes)
        return {
            "events": len(waits),
            "checkpoints": len(observer.seen),
            "p50_s": round(percentile(waits, 0.50), 3),
            "p99_s": round(percentile(waits, 0.99), 3),
            "max_s": round(waits[-1], 3),
            "cosigned": await _cosigned(database),
        }


@asynccontextmanager
async def _policy(
    database: Database, folder: Path, witnesses: tuple[str, ...]
) -> AsyncIterator[str]:
    """With the witnesses that there are, listening."""
    key = SigningKey.parse(database.keys.log_key_file.read_text())
    if not witnesses:
        yield f"log {key.verifier}\nquorum none\n"
        return
    async with AsyncExitStack() as stack:
        urls = {}
        for name in witnesses:
            if name == "dead":
                urls[name] = f"http://127.0.0.1:{child.free_port()}"
                continue
            party = await stack.enter_async_context(other_party(folder, name, key))
            party.takes = SLOW_SECONDS if name == "slow" else 0.0
            urls[name] = party.url
        yield policy_of(urls, witnesses[0], key)


async def _indexes(database: Database) -> dict[UUID, int]:
    """Where each event stands in the log."""
    connection = await database.connect(SUPERUSER)
    try:
        rows = await connection.fetch("SELECT event_id, leaf_index FROM audit.entry")
        return {row["event_id"]: row["leaf_index"] for row in rows}
    finally:
        await connection.close()


async def _cosigned(database: Database) -> dict[str, int]:
    """How many checkpoints each witness cosigned."""
    connection = await database.connect(SUPERUSER)
    try:
        rows = await connection.fetch(
            "SELECT name, count(*) AS n FROM audit.cosignature GROUP BY 1"
        )
        return {row["name"]: row["n"] for row in rows}
    finally:
        await connection.close()


def _first_seen(observer: Observer) -> list[tuple[int, float]]:
    """Sizes, ascending, and when the first checkpoint of each was seen."""
    first: dict[int, float] = {}
    for note, moment in observer.seen.items():
        first.setdefault(parse_checkpoint(parse_note(note).text).size, moment)
    return sorted(first.items())


def _waits(teller: Teller, observer: Observer, indexes: Mapping[UUID, int]) -> list[float]:
    """Seconds, ascending, of each event. One that is covered before its acknowledgement is heard
    did not wait."""
    seen = _first_seen(observer)
    sizes = [size for size, _ in seen]
    return sorted(
        max(0.0, seen[bisect_right(sizes, indexes[one])][1] - acknowledged)
        for one, acknowledged in teller.acknowledged.items()
    )
