"""Audit as processes over one database and one broker, those outside of it, and an account."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

import asyncpg
import httpx2

from deploy.keys import LOCAL_LOG, OWNER, SUPERUSER
from deploy.local import child
from deploy.local.child import Child
from deploy.migrations import migrate
from services.audit.log.key_memory import Memory
from services.audit.tlog.checkpoint import Checkpoint, parse_checkpoint
from services.audit.tlog.merkle import leaf_hash, root
from services.audit.tlog.notes import SigningKey, parse_note, verified
from tests.audit.witnessing import OtherParty, other_party, policy_of
from tests.faults.outside import Observer, Teller
from tests.servers import Broker, Database, Postgres, until

ROOT: Final = Path(__file__).resolve().parents[2]
READY_SECONDS: Final = 60.0


@dataclass
class Audit:
    """One replica of the service, on a port of its own."""

    database: Database
    broker: Broker
    policy: Path
    memory: Path
    log: Path
    port: int = field(default_factory=child.free_port)
    process: Child | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, *arguments: str) -> None:
        """Start it as a module with arguments, as `services.audit` without any."""
        command = [sys.executable, "-m", *(arguments or ("services.audit",))]
        self.process = child.spawn(command, self.log, env=self._environment())

    async def is_ready(self) -> bool:
        """Whether it answers and hears."""
        try:
            async with httpx2.AsyncClient(timeout=2) as client:
                return (await client.get(f"{self.url}/audit/health/ready")).status_code == 200
        except httpx2.TransportError:
            return False

    async def ready(self) -> None:
        """Wait until it is."""
        await until(self.is_ready, READY_SECONDS)

    async def dies(self, seconds: float) -> int:
        """The exit code once it is dead; TimeoutError if it lives on."""
        assert self.process is not None
        process = self.process

        async def is_dead() -> bool:
            return process.poll() is not None

        await until(is_dead, seconds)
        assert process.returncode is not None
        return process.returncode

    def kill(self) -> None:
        """At once, whatever it is at."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """As an operator does."""
        if self.process is not None:
            child.stop(self.process)

    def remembered(self) -> Checkpoint | None:
        """What its keys' memory says."""
        return Memory(self.memory, LOCAL_LOG).read()

    def _environment(self) -> dict[str, str]:
        keys = self.database.keys
        return {
            "PYTHONPATH": str(ROOT),
            "NATS_URL": self.broker.url,
            "NATS_SEED_FILE": str(keys.seed_file("audit")),
            "DATABASE_URL": self.database.url("audit"),
            "TOKEN_KEYS_FILE": str(keys.token_keys_file),
            "PORT": str(self.port),
            "LOG_ORIGIN": LOCAL_LOG,
            "LOG_KEY_FILES": json.dumps([str(keys.log_key_file)]),
            "LOG_MEMORY_FILE": str(self.memory),
            "WITNESS_POLICY_FILE": str(self.policy),
        }


@dataclass
class Scene:
    """All that takes part. `notes`: what was found in memories, beside what others saw."""

    audits: Sequence[Audit]
    teller: Teller
    observer: Observer
    witness: OtherParty
    notes: set[bytes] = field(default_factory=set)

    async def rows(self, query: str) -> list[asyncpg.Record]:
        """What the database holds, seen by its superuser."""
        connection = await self.audits[0].database.connect(SUPERUSER)
        try:
            return list(await connection.fetch(query))
        finally:
            await connection.close()

    async def signed(self) -> Checkpoint | None:
        """The newest checkpoint of the table."""
        rows = await self.rows(
            "SELECT size, root FROM audit.checkpoint ORDER BY number DESC LIMIT 1"
        )
        return Checkpoint(LOCAL_LOG, rows[0]["size"], rows[0]["root"]) if rows else None

    async def is_cosigned(self) -> bool:
        """Whether the witness has cosigned anything."""
        return bool(await self.rows("SELECT FROM audit.cosignature LIMIT 1"))

    async def has_entries(self, count: int) -> bool:
        """Whether the log has so many."""
        return bool(await self.rows(f"SELECT FROM audit.entry WHERE leaf_index = {count - 1}"))

    async def all_is_signed(self) -> bool:
        """Whether every event that the broker took is in the newest checkpoint, and the witness
        has cosigned it."""
        heard = await self.rows(
            "SELECT count(*) AS n, max(leaf_index) + 1 AS size FROM audit.entry"
        )
        told = set(self.teller.acknowledged)
        logged = {row["event_id"] for row in await self.rows("SELECT event_id FROM audit.entry")}
        signed = await self.signed()
        if signed is None or told - logged or signed.size != heard[0]["size"]:
            return False
        cosigned = await self.rows(
            f"SELECT count(*) AS n FROM audit.cosignature WHERE size = {signed.size}"
        )
        return bool(cosigned[0]["n"] == 1)


@asynccontextmanager
async def scene(
    broker: Broker, postgres: Postgres, folder: Path, memories: Sequence[str] = ("memory",)
) -> AsyncIterator[Scene]:
    """A replica for each of the names of `memories`, none of them started; a witness, somebody
    who tells events, and somebody who looks all the while."""
    database = await postgres.fresh_database()
    await migrate(database.url(OWNER))
    policy = folder / "policy"
    key = SigningKey.parse(database.keys.log_key_file.read_text())
    audits = [
        Audit(database, broker, policy, folder / name, folder / f"audit-{number}.log")
        for number, name in enumerate(memories)
    ]
    async with AsyncExitStack() as stack:
        triage = await stack.enter_async_context(broker.signed_in("triage"))
        witness = await stack.enter_async_context(other_party(folder, log=key))
        policy.write_text(policy_of({witness.name: witness.url}, witness.name, key))
        made = Scene(
            audits,
            Teller(triage.client.jetstream()),
            Observer(tuple(audit.url for audit in audits)),
            witness,
        )
        at_work = [asyncio.create_task(made.observer.look())]
        try:
            yield made
        finally:
            for task in at_work:
                task.cancel()
            await asyncio.gather(*at_work, return_exceptions=True)
            for audit in audits:
                await asyncio.to_thread(audit.stop)


@dataclass(frozen=True)
class Account:
    """What the log has against what was promised and shown. `faults` in words."""

    faults: tuple[str, ...]
    entries: int
    checkpoints: int


async def account(scene: Scene) -> Account:
    """Hold the log to every acknowledgement, and to every checkpoint that ever left the keys."""
    rows = await scene.rows(
        "SELECT leaf_index, event_id, leaf, salt, body FROM audit.entry"
        " LEFT JOIN audit.content USING (leaf_index) ORDER BY leaf_index"
    )
    stored = await scene.rows("SELECT note FROM audit.checkpoint")
    notes = scene.notes.union(
        scene.observer.seen,
        (body.partition(b"\n\n")[2] for body in scene.witness.asked),
        (row["note"] for row in stored),
    )
    times = Counter(row["event_id"] for row in rows)
    faults = [
        f"{one} was acknowledged and is lost"
        for one in scene.teller.acknowledged
        if one not in times
    ]
    faults += [f"{one} is there {n} times" for one, n in times.items() if n > 1]
    if [row["leaf_index"] for row in rows] != list(range(len(rows))):
        faults.append("the indexes have gaps")
    faults += [
        f"entry {row['leaf_index']} has another leaf"
        for row in rows
        if row["leaf"] != sha256(row["salt"] + row["body"]).digest()
    ]
    faults += [
        f"parked: {row['reason']}" for row in await scene.rows("SELECT reason FROM audit.parked")
    ]
    key = SigningKey.parse(scene.audits[0].database.keys.log_key_file.read_text()).verifier
    trees = set()
    for note in map(parse_note, notes):
        assert verified(note, [key])
        trees.add(parse_checkpoint(note.text))
    faults += contradicted(trees, [leaf_hash(row["leaf"]) for row in rows])
    return Account(tuple(faults), len(rows), len(trees))


def contradicted(trees: Iterable[Checkpoint], leaves: Sequence[bytes]) -> list[str]:
    """The checkpoints that are no beginning of this log: all that are, are consistent with each
    other."""
    return [
        f"the checkpoint of {tree.size} entries is of another log"
        for tree in trees
        if tree.size > len(leaves) or root(leaves[: tree.size]) != tree.root
    ]


async def complains(audit: Audit) -> bool:
    """Whether there is any complaint."""
    return bool(complaints(audit))


def complaints(audit: Audit) -> list[str]:
    """What it logged of checkpoints that it would not sign, and of parts that broke."""
    return [
        line
        for line in audit.log.read_text().splitlines()
        if any(word in line for word in ("checkpoint.refused", "service.broken", "Traceback"))
    ]
