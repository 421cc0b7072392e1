"""An honest log, with what its keys, its witness and an auditor remember of it."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path
from random import Random
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util import greenlet_spawn

from deploy.keys import LOCAL_LOG, OWNER
from deploy.migrations import migrate
from services.audit.handlers import Handlers
from services.audit.log import checkpoints
from services.audit.log.key_memory import Memory as KeyMemory
from services.audit.log.signer import Signer
from services.audit.log.tile_routes import public_router
from services.audit.tlog.notes import Algorithm, SigningKey
from services.audit.tlog.witness_policy import Policy, parse_policy
from services.audit.verify import Memory, check_log
from services.audit.whole.completeness import digest
from services.audit.witness import Cosigned, Witness, request
from shared.bus.consumer import Consumer, Received
from shared.bus.work import UnitOfWork
from shared.events import (
    AccessRecorded,
    AssignmentWithdrawn,
    EventData,
    TallyStated,
    envelope,
    subject_of_service,
)
from shared.subjects import EVENTS, Service, event
from tests.faults.tampering.serving import Served
from tests.servers import Database, Postgres

COSIGNED: Final = 420
REMEMBERED: Final = 520
SIGNED: Final = 600
LOGGED: Final = 610
SIZES: Final = (100, 256, 300, COSIGNED, REMEMBERED, SIGNED, LOGGED)
"""The log grows so; each but the last was signed."""

HOUR: Final = timedelta(hours=1)
BEGAN: Final = datetime(2026, 11, 3, 9, tzinfo=UTC)
COSIGNED_AT: Final = BEGAN + timedelta(days=1)
TOLD_OF_ONE: Final[tuple[Service, ...]] = ("triage", "intake", "triage", "triage", "intake")
"""Who tells, one after another, of each referral; but for the tallies, the log has nothing else."""

KEY: Final = SigningKey.generate(LOCAL_LOG, b"the log's own key, in this test!")
WITNESS: Final = SigningKey.generate(
    "witness.example", b"the key of the witness, out here", Algorithm.COSIGNATURE
)
FORGED: Final = SigningKey.generate(LOCAL_LOG, b"the key of whoever tampers here!")
FORGED_WITNESS: Final = SigningKey.generate(
    "witness.example", b"what is to pass for the witness!", Algorithm.COSIGNATURE
)

UNWITNESSED: Final = parse_policy(f"log {KEY.verifier}\nquorum none\n")
WITNESSED: Final = parse_policy(
    f"log {KEY.verifier}\nwitness police {WITNESS.verifier}\nquorum police\n"
)


@dataclass(frozen=True)
class Honest:
    """What the parties outside the database have. `notes`: each signed checkpoint, by its size."""

    database: Database
    folder: Path
    notes: dict[int, bytes]
    leaves: tuple[bytes, ...]
    referrals: tuple[UUID, ...]

    @property
    def key_memory(self) -> Path:
        """What the keys' host remembers: the checkpoint of SIGNED."""
        return self.folder / "keys"

    @property
    def witness_memory(self) -> Path:
        """What the witness remembers: the checkpoint of COSIGNED."""
        return self.folder / "witness"

    @property
    def auditors_memory(self) -> Path:
        """What `verify` remembers: the checkpoint of REMEMBERED."""
        return self.folder / "auditor"


def folder_in_memory() -> Path:
    """A folder that syncs at once: ten thousand times the disk would be waited for."""
    ram = Path("/dev/shm")  # noqa: S108 - a folder of our own in it
    return Path(tempfile.mkdtemp(dir=ram if ram.is_dir() else None))


async def build(postgres: Postgres) -> Honest:
    """Make the log as the service does, sign, cosign and verify it; whoever asks removes `folder`
    by `forget`."""
    database = await postgres.fresh_database()
    await migrate(database.url(OWNER))
    honest = Honest(database, folder_in_memory(), {}, (), ())
    engine = create_async_engine(database.url("audit"))
    unit = UnitOfWork(engine, "audit", committed=lambda: None)
    try:
        told = list(events())
        before = 0
        for size in SIZES:
            await hear(unit, told[before:size], before)
            before = size
            if size < LOGGED:
                honest.notes[size] = await _sign(engine, honest)
            if size == COSIGNED:
                await _cosign(engine, honest)
            if size == REMEMBERED:
                await _remember(engine, honest)
    finally:
        await engine.dispose()
    leaves = (sha256(salt_of(index) + each.body).digest() for index, each in enumerate(told))
    subjects = {UUID(int=number) for number in range(1, 1 + LOGGED // len(TOLD_OF_ONE))}
    return Honest(
        database, honest.folder, honest.notes, tuple(leaves), tuple(sorted(subjects, key=int))
    )


def forget(honest: Honest) -> None:
    """Remove what the parties remember."""
    shutil.rmtree(honest.folder)


async def hear(unit: UnitOfWork, messages: list[Received], first: int) -> None:
    """Take messages as the service does, with known salts."""
    indexes = count(first)
    consumer = Consumer(unit, Handlers(lambda: salt_of(next(indexes))).open_event)
    async with unit.transaction() as transaction:
        await consumer.handle(transaction, [consumer.open(message) for message in messages])


def salt_of(index: int) -> bytes:
    """The salt of an entry; it is the same in every run."""
    return sha256(f"salt {index}".encode()).digest()


def events() -> Iterator[Received]:
    """LOGGED events, the same in every run: five of each referral, not one behind the other, and at
    the end of each hour what each service says it told."""
    sequences: dict[tuple[Service, UUID], int] = {}
    hours: dict[datetime, dict[Service, list[UUID]]] = {}
    made = 0

    def said(data: EventData, producer: Service, subject: UUID, at: datetime) -> Received:
        nonlocal made
        made += 1
        number = sequences[producer, subject] = sequences.get((producer, subject), 0) + 1
        hour = at.replace(minute=0, second=0, microsecond=0)
        told = hours.setdefault(hour, {"triage": [], "intake": []})
        one = told_event(data, producer, subject, at, number, made)
        told[producer].append(one.message_id)
        return one

    moment = BEGAN
    for group in range(0, LOGGED, 20):
        for place, producer in enumerate(TOLD_OF_ONE):
            for referral in range(4):
                if made % 100 == 98:
                    hour = moment.replace(minute=0, second=0, microsecond=0)
                    for service, ids in hours[hour].items():
                        at = hour + HOUR + timedelta(minutes=5)
                        tally = TallyStated(
                            producer=service,
                            since=hour,
                            until=hour + HOUR,
                            events=len(ids),
                            digest=digest(ids),
                        )
                        yield said(tally, service, subject_of_service(service), at)
                        if made == LOGGED:
                            return
                    moment = hour + HOUR + timedelta(minutes=6)
                subject = UUID(int=1 + group // 5 + referral)
                moment += timedelta(seconds=7)
                yield said(_about(subject, producer, place), producer, subject, moment)
                if made == LOGGED:
                    return


def _about(subject: UUID, producer: Service, place: int) -> EventData:
    if producer == "intake":
        return AccessRecorded(
            reader=f"officer-{subject.int % 7}",
            roles=("auditor",),
            what="referral",
            why="inspection",
        )
    return AssignmentWithdrawn(
        assignment_id=UUID(int=subject.int * 100 + place),
        referral_id=subject,
        pathway="refuge",
        practitioner_id=f"idsva-{subject.int % 5}",
        reason="the referral was amended",
    )


def told_event(
    data: EventData, producer: Service, subject: UUID, at: datetime, number: int, seed: int
) -> Received:
    """A message on EVENTS whose id follows from `seed`."""
    sealed = envelope(
        data,
        event_id=UUID(int=Random(seed).getrandbits(128), version=4),  # noqa: S311 - a test's
        producer=producer,
        subject=subject,
        time=at,
        sequence=number,
    )
    body = sealed.model_dump_json(exclude_none=True).encode()
    return Received(sealed.id, EVENTS, event(data.TYPE), body)


def signer(engine: AsyncEngine, memory: Path) -> Signer:
    """The borough's own signer; it tells nobody."""

    async def refused(reason: str) -> None:
        """Nothing: whoever asks it to sign hears the reason."""

    return Signer(
        engine,
        LOCAL_LOG,
        (KEY,),
        KeyMemory(memory, LOCAL_LOG),
        signed=lambda: None,
        refused=refused,
    )


def files_of(engine: AsyncEngine, policy: Policy = WITNESSED) -> Served:
    """What the log shows to everybody."""
    return Served(public_router(engine, policy))


async def _sign(engine: AsyncEngine, honest: Honest) -> bytes:
    assert await signer(engine, honest.key_memory).sign()
    async with engine.connect() as connection:
        signed = await checkpoints.latest(connection)
    assert signed is not None
    return signed.note


async def _cosign(engine: AsyncEngine, honest: Honest) -> None:
    witness = Witness(WITNESSED, WITNESS, honest.witness_memory)
    outcome = witness.add_checkpoint(request(0, (), honest.notes[COSIGNED]), COSIGNED_AT)
    assert isinstance(outcome, Cosigned)
    async with engine.begin() as connection:
        await checkpoints.add_cosignatures(connection, outcome.checkpoint, [outcome.signature])


async def _remember(engine: AsyncEngine, honest: Honest) -> None:
    report = await greenlet_spawn(
        check_log, files_of(engine), UNWITNESSED, Memory(honest.auditors_memory)
    )
    assert report.holds, report.problems
