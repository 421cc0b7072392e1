"""Our whole way: the system as `up` runs it, sent to over NATS by its agencies."""

import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx2

from deploy.keys import SUPERUSER
from deploy.local import home as homes
from deploy.local.system import System
from deploy.postgres import roles
from services.audit.tlog import merkle
from services.audit.tlog.checkpoint import parse_checkpoint
from services.audit.tlog.notes import parse_note
from services.intake.store import IntakeStore
from services.intake.vault import Vault
from shared.subjects import SERVICES
from tests.performance.way import ample
from tests.performance.way.checking import Books, faults
from tests.performance.way.documents import bromley_examples, document, reference
from tests.performance.way.ways import (
    Part,
    Phase,
    Process,
    Report,
    environment,
    number_of,
    to_its_end,
)

CLOCK_STEP_NS = 2_000_000
"""The database's moments are of the wall clock; a step of it while they are taken is a fault."""

SIGNED_SECONDS = 5.0


def _wall_ahead_ns() -> int:
    return time.time_ns() - time.monotonic_ns()


@dataclass
class Ours:
    """The system in a folder; it keeps nothing but what it measures."""

    folder: Path
    name: str = "ours"
    title: str = "Fingerpost, its whole way"
    _said: list[str] = field(default_factory=list)
    _system: System = field(init=False)
    _database: asyncpg.Connection = field(init=False)
    _wall_ahead: int = field(default_factory=_wall_ahead_ns)

    async def start(self) -> None:
        """As `up` does, without anybody to start again what dies: a death spoils the figures."""
        home = homes.make(self.folder / "data")
        self._system = System(home, self._said.append, ample.write(self.folder))
        await to_its_end(self._system.start)
        port = self._system.ports["postgres"]
        url = roles.url(self._system.keys, SUPERUSER, "127.0.0.1", port)
        self._database = await asyncpg.connect(url.replace("+asyncpg", "", 1))

    async def stop(self) -> None:
        """Everything ends in its order."""
        if hasattr(self, "_database"):
            await self._database.close()
        await to_its_end(self._system.stop)

    def processes(self) -> Sequence[Process]:
        """The two servers, the four services and the proxy, which has nothing to do here."""
        parts: dict[str, Part] = {"nats": "broker", "postgres": "postgres"}
        return [
            Process(part.name, parts.get(part.name, "services"), part.process.pid)
            for part in self._system.parts
            if part.process is not None
        ]

    def sender(self) -> tuple[Sequence[str], Mapping[str, str]]:
        """A plain client, which has the agencies' seeds and nothing of ours."""
        told = environment(
            WAY_BROKER=f"nats://127.0.0.1:{self._system.ports['nats']}",
            WAY_SEEDS=str(self._system.keys.agency_seed_file("any").parent),
        )
        return [sys.executable, "-m", "tests.performance.way.send", "submit"], told

    async def checkpoint(self) -> None:
        """PostgreSQL begins afresh."""
        await self._database.execute("CHECKPOINT")

    async def log_size(self) -> int:
        """Leaves of the transparency log."""
        return int(
            await self._database.fetchval(
                "SELECT coalesce(max(leaf_index) + 1, 0) FROM audit.entry"
            )
        )

    async def faults(self, phase: Phase, report: Report) -> list[str]:  # noqa: ARG002 - as the peers'
        """Referral by referral, as the sender was promised."""
        referrals = await self._referrals(phase)
        mine = list(referrals.values())
        rows = await self._database.fetch(
            "SELECT id, referral_id, urgent FROM triage.assignment WHERE referral_id = ANY($1)",
            mine,
        )
        assignments = {row["id"]: row["referral_id"] for row in rows}
        books = Books(
            referrals=referrals,
            decisions=await self._column(
                "SELECT referral_id FROM triage.decision WHERE referral_id = ANY($1)", mine
            ),
            assignments=assignments,
            urgent={row["id"] for row in rows if row["urgent"]},
            asked_back=await self._column(
                "SELECT referral_id FROM notify.message"
                " WHERE purpose = 'information_asked' AND referral_id = ANY($1)",
                mine,
            ),
            sent=await self._column(
                "SELECT assignment_id FROM notify.message"
                " WHERE state = 'sent' AND assignment_id = ANY($1)",
                list(assignments),
            ),
            taken=await self._column(
                "SELECT assignment_id FROM notify.local_inbox i"
                " JOIN notify.message m ON m.id = i.message_id WHERE assignment_id = ANY($1)",
                list(assignments),
            ),
            trail=[
                (row["referral"], row["type"])
                for row in await self._database.fetch(
                    "SELECT referral, type FROM audit.entry WHERE referral = ANY($1)", mine
                )
            ],
        )
        return faults(self._promised(phase), books)

    async def final_faults(self) -> list[str]:
        """Nothing parked, nobody died, no event twice, every leaf recomputed up to the root."""
        found = [f"{p.name} has died" for p in self._system.parts if p.process and p.process.poll()]
        for service in SERVICES:
            for row in await self._database.fetch(f"SELECT reason FROM {service}.parked"):
                found.append(f"parked at {service}: {row['reason']}")
        rows = await self._database.fetch(
            "SELECT leaf_index, event_id, leaf, salt, body"
            " FROM audit.entry JOIN audit.content USING (leaf_index, logged_at) ORDER BY leaf_index"
        )
        if [row["leaf_index"] for row in rows] != list(range(await self.log_size())):
            found.append("the log has gaps")
        if len({row["event_id"] for row in rows}) != len(rows):
            found.append("an event is in the log twice")
        if any(sha256(row["salt"] + row["body"]).digest() != row["leaf"] for row in rows):
            found.append("a leaf is not the hash of its event")
        root = merkle.root([merkle.leaf_hash(row["leaf"]) for row in rows])
        if await asyncio.to_thread(self._signed_root, len(rows)) != root:
            found.append("the root that the log signed is not that of its leaves")
        if abs(_wall_ahead_ns() - self._wall_ahead) > CLOCK_STEP_NS:
            found.append("the machine's clock was set during the measurement")
        return found

    async def reached_ns(self, phase: Phase) -> Mapping[int, int]:
        """The moment after the provider committed a message, at which notify stores its answer."""
        references = {referral: ref for ref, referral in (await self._referrals(phase)).items()}
        rows = await self._database.fetch(
            "SELECT referral_id, max(changed_at) AS at FROM notify.message"
            " WHERE state = 'sent' AND referral_id = ANY($1) GROUP BY referral_id",
            list(references),
        )
        ahead = _wall_ahead_ns()
        return {
            number_of(references[row["referral_id"]]): _unix_ns(row["at"]) - ahead for row in rows
        }

    def _promised(self, phase: Phase) -> list[str]:
        return [reference(phase.name, number) for number in range(phase.count)]

    async def _referrals(self, phase: Phase) -> dict[str, UUID]:
        """The ids of a phase's referrals that intake has, by the sender's reference."""
        store = IntakeStore(Vault.from_file(self._system.keys.vault_key_file))
        examples = bromley_examples()
        sent = [document(examples, phase.name, number) for number in range(phase.count)]
        keys = {store.reference_key(each.agency, each.reference): each.reference for each in sent}
        rows = await self._database.fetch(
            "SELECT id, reference_key FROM intake.referral WHERE reference_key = ANY($1)",
            list(keys),
        )
        return {keys[row["reference_key"]]: row["id"] for row in rows}

    async def _column(self, query: str, wanted: list[UUID]) -> list[Any]:
        return [row[0] for row in await self._database.fetch(query, wanted)]

    def _signed_root(self, size: int) -> bytes | None:
        """Of the checkpoint that covers so many entries; None if it is not there in time."""
        until = time.monotonic() + SIGNED_SECONDS
        while time.monotonic() < until:
            answer = httpx2.get(f"{self._system.url}/audit/checkpoint")
            signed = parse_checkpoint(parse_note(answer.content).text)
            if signed.size == size:
                return signed.root
            time.sleep(0.1)
        return None


def _unix_ns(moment: datetime) -> int:
    return round(moment.timestamp() * 1e6) * 1000
