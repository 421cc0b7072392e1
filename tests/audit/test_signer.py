"""The signer on a real PostgreSQL: what it signs, and what it never signs."""

import asyncio
import re
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from deploy.keys import LOCAL_LOG, OWNER
from services.audit.log import checkpoints, log, store
from services.audit.log.key_memory import Memory, MemoryBroken, MemoryMoved
from services.audit.log.signer import DoesNotExtend, UnusableKey, read_keys
from services.audit.tlog.checkpoint import Checkpoint
from services.audit.tlog.merkle import consistency_holds
from services.audit.tlog.notes import Note, NoteRefused, SigningKey, parse_note, sign, verified
from shared.bus.work import UnitOfWork
from tests.audit.heard import some, take
from tests.audit.service import audit_app
from tests.audit.signing import NEW, OLD, Told, by_force, latest, put_back, signer
from tests.servers import Database


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    """The memory of the keys' host."""
    return tmp_path / "checkpoint"


async def test_what_was_added_is_signed(
    unit: UnitOfWork, connection: AsyncConnection, memory: Path
) -> None:
    """The checkpoint has the log's size and root, and its key's signature over them."""
    await take(unit, some(300))

    assert await signer(unit.engine, memory).sign()

    checkpoint, note = await latest(connection)
    tree = await log.tree(connection)
    assert checkpoint == Checkpoint(LOCAL_LOG, 300, tree.root)
    assert note.text == checkpoint.text
    assert verified(note, [OLD.verifier]) == (OLD.verifier,)
    assert parse_note(memory.read_bytes()) == note


async def test_nothing_new_is_not_signed_again(
    unit: UnitOfWork, connection: AsyncConnection, memory: Path
) -> None:
    """While the log rests there is one checkpoint, an empty log's too."""
    ours = signer(unit.engine, memory)

    assert [await ours.sign(), await ours.sign()] == [True, False]

    assert (await latest(connection))[0].size == 0


async def test_each_checkpoint_goes_on_from_the_last(
    unit: UnitOfWork, connection: AsyncConnection, memory: Path
) -> None:
    """Between any two neighbours there is a consistency proof; a restart changes nothing."""
    for count in (1, 2, 250, 7):
        await take(unit, some(count))
        assert await signer(unit.engine, memory).sign()

    rows = (
        await connection.execute(text("SELECT size, root FROM checkpoint ORDER BY number"))
    ).all()
    assert [row.size for row in rows] == [1, 3, 253, 260]
    for old, new in pairwise(rows):
        proof = await log.prove_consistency(connection, old.size, new.size)
        assert consistency_holds(old.size, new.size, old.root, new.root, proof)


async def test_a_database_that_was_put_back_is_not_signed(
    log_database: Database, unit: UnitOfWork, connection: AsyncConnection, memory: Path
) -> None:
    """Neither while it is shorter than what was signed, nor when it has grown past it again."""
    ours = signer(unit.engine, memory)
    await take(unit, some(10))
    await ours.sign()

    await put_back(log_database, 5)
    with pytest.raises(DoesNotExtend, match="10 entries were signed, and the log has fewer"):
        await ours.sign()
    await take(unit, some(20))
    with pytest.raises(DoesNotExtend, match="first 10 entries are not those"):
        await ours.sign()

    assert await checkpoints.latest(connection) is None


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit.entry SET leaf = sha256('another') WHERE leaf_index = 256",
        "UPDATE audit.tile_hash SET hash = sha256('another')",
        "DELETE FROM audit.entry WHERE leaf_index = 257",
        "DELETE FROM audit.tile_hash",
    ],
)
@pytest.mark.parametrize("forgotten", [False, True])
async def test_changed_rows_are_not_signed(
    log_database: Database, unit: UnitOfWork, memory: Path, change: str, *, forgotten: bool
) -> None:
    """What was signed is compared with the log by the memory, and by the last row without it."""
    ours = signer(unit.engine, memory)
    await take(unit, some(259))
    await ours.sign()

    await by_force(log_database, change)
    if forgotten:
        memory.unlink()
    await take(unit, some(3))

    with pytest.raises(DoesNotExtend):
        await ours.sign()


async def test_rows_that_agree_with_each_other_are_not_signed_either(
    log_database: Database, unit: UnitOfWork, connection: AsyncConnection, memory: Path
) -> None:
    """A log that was written anew, its checkpoint's row with it, is not what the keys remember."""
    ours = signer(unit.engine, memory)
    await take(unit, some(10))
    await ours.sign()
    await by_force(log_database, "UPDATE audit.entry SET leaf = sha256('another')")
    root = (await log.tree(connection)).root
    await by_force(log_database, f"UPDATE audit.checkpoint SET root = '\\x{root.hex()}'")

    with pytest.raises(DoesNotExtend, match="first 10 entries are not those"):
        await ours.sign()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "cannot be read"),
        (b"another.example/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n", "is of "),
    ],
)
async def test_a_memory_that_says_something_else_stops_it(
    unit: UnitOfWork, memory: Path, content: bytes, reason: str
) -> None:
    """An empty file is no fresh beginning, and another log's memory is not ours."""
    memory.write_bytes(content + b"\xe2\x80\x94 another.example/log AAAAAAAA\n" * bool(content))

    with pytest.raises(MemoryBroken, match=reason):
        await signer(unit.engine, memory).sign()


async def test_a_larger_memory_of_another_database_stops_it(
    unit: UnitOfWork, memory: Path, tmp_path: Path
) -> None:
    """Keys that signed more, or another root of the same size, do not sign this log."""
    await take(unit, some(3))
    other = Checkpoint(LOCAL_LOG, 3, b"r" * 32)
    Memory(memory, LOCAL_LOG).write(Note(other.text, (sign(other.text, OLD),)).encode(), None)

    with pytest.raises(DoesNotExtend, match="first 3 entries are not those"):
        await signer(unit.engine, memory).sign()


async def test_a_host_that_remembers_nothing_goes_on_from_its_own_signature(
    unit: UnitOfWork, connection: AsyncConnection, tmp_path: Path
) -> None:
    """A second host with the same keys begins its memory; one with other keys signs nothing."""
    await take(unit, some(3))
    await signer(unit.engine, tmp_path / "first").sign()
    await take(unit, some(3))

    with pytest.raises(DoesNotExtend, match="of other keys"):
        await signer(unit.engine, tmp_path / "stranger", NEW).sign()
    assert await signer(unit.engine, tmp_path / "second").sign()

    assert (await latest(connection))[0].size == 6
    assert Memory(tmp_path / "second", LOCAL_LOG).read() == (await latest(connection))[0]


async def test_what_was_remembered_and_not_stored_is_signed_again(
    log_database: Database, unit: UnitOfWork, connection: AsyncConnection, memory: Path
) -> None:
    """The memory is written before the row; when the row fails, the next try goes on from there."""
    ours = signer(unit.engine, memory)
    await take(unit, some(3))
    owner = await log_database.connect(OWNER)
    await owner.execute("REVOKE INSERT (note) ON audit.checkpoint FROM audit")
    with pytest.raises(Exception, match="permission denied"):
        await ours.sign()
    remembered = Memory(memory, LOCAL_LOG).read()
    await owner.execute("GRANT INSERT (note) ON audit.checkpoint TO audit")
    await owner.close()

    assert await signer(unit.engine, memory).sign()

    assert remembered == (await latest(connection))[0]


async def test_two_processes_sign_one_at_a_time(
    log_database: Database, unit: UnitOfWork, connection: AsyncConnection, tmp_path: Path
) -> None:
    """While one signs the other does not wait, and together they make one growing row of trees."""
    other_engine = create_async_engine(log_database.url("audit"))
    both = [signer(unit.engine, tmp_path / "one"), signer(other_engine, tmp_path / "two")]
    try:
        for _ in range(10):
            await take(unit, some(3))
            await asyncio.gather(*(each.step() for each in both))
        async with unit.engine.begin() as holding:
            assert await checkpoints.take_turn(holding)
            await take(unit, some(1))
            assert [await each.sign() for each in both] == [False, False]
        assert any([await each.sign() for each in both])
    finally:
        await other_engine.dispose()

    sizes = (
        await connection.execute(text("SELECT size FROM checkpoint ORDER BY number"))
    ).scalars()
    assert list(sizes) == [*range(3, 31, 3), 31]


async def test_a_process_that_was_held_up_does_not_turn_the_memory_back(memory: Path) -> None:
    """What another process remembered meanwhile is never written over."""
    remembered = Memory(memory, LOCAL_LOG)
    trees = [Checkpoint(LOCAL_LOG, size, bytes([size]) * 32) for size in (5, 4)]
    notes = [Note(tree.text, (sign(tree.text, OLD),)).encode() for tree in trees]
    remembered.write(notes[0], None)

    for after in (None, trees[1]):
        with pytest.raises(MemoryMoved):
            remembered.write(notes[1], after)

    assert remembered.read() == trees[0]


async def test_while_keys_are_changed_either_is_enough(
    unit: UnitOfWork, connection: AsyncConnection, memory: Path
) -> None:
    """Both keys sign for a while, and who knows one of them accepts; the log rests meanwhile."""
    await take(unit, some(3))
    accepted = []
    for keys in ((OLD,), (OLD, NEW), (NEW,)):
        await signer(unit.engine, memory, *keys).step()
        _, note = await latest(connection)
        accepted.append([_accepts(note, OLD), _accepts(note, NEW)])
    await take(unit, some(1))
    await signer(unit.engine, memory, NEW).step()
    _, note = await latest(connection)

    assert accepted == [[True, False], [True, True], [True, True]]
    assert (_accepts(note, OLD), _accepts(note, NEW)) == (False, True)


def _accepts(note: Note, key: SigningKey) -> bool:
    try:
        return bool(verified(note, [key.verifier]))
    except NoteRefused:
        return False


async def test_a_refusal_is_told_once_and_signing_goes_on_when_it_is_mended(
    unit: UnitOfWork, connection: AsyncConnection, memory: Path
) -> None:
    """The alarm is not repeated twice a second; with the right memory all is well again."""
    told = Told()
    ours = signer(unit.engine, memory, told=told)
    await take(unit, some(3))
    await ours.step()
    kept = memory.read_bytes()
    memory.write_bytes(b"")
    await ours.step()
    await ours.step()
    memory.write_bytes(kept)
    await take(unit, some(1))
    await ours.step()

    assert (told.signed, len(told.refused)) == (2, 1)
    assert (await latest(connection))[0].size == await store.size(connection) == 4


def test_a_key_is_read_if_it_is_the_logs_and_closed_to_others(tmp_path: Path) -> None:
    """A key of another name, one that lies open, one that is none, and the same one twice."""
    files = [tmp_path / name for name in ("ours", "others", "open", "none")]
    other = SigningKey.generate("another.example/log", b"3" * 32)
    for file, content in zip(files, (OLD.text, other.text, OLD.text, "no key"), strict=True):
        file.write_text(content + "\n")
        file.chmod(0o600)
    files[2].chmod(0o644)

    assert read_keys(files[:1], LOCAL_LOG) == (OLD,)
    for refused in ([files[1]], [files[2]], [files[3]], [tmp_path / "nothing"], [files[0]] * 2):
        with pytest.raises(UnusableKey) as told:
            read_keys(refused, LOCAL_LOG)
        assert OLD.text[-40:] not in str(told.value)


@pytest.mark.parametrize("named", [[], [NEW], [OLD]])
def test_a_policy_that_does_not_name_the_logs_own_keys_is_refused(
    named: list[SigningKey], log_database: Database, tmp_path: Path
) -> None:
    """Audit does not start, and says which line is missing."""
    policy = tmp_path / "policy"
    policy.write_text("".join(f"log {key.verifier}\n" for key in named) + "quorum none\n")
    own = SigningKey.parse(log_database.keys.log_key_file.read_text())

    with pytest.raises(
        UnusableKey, match=re.escape(f"no line for a key of this log: log {own.verifier}")
    ):
        audit_app(log_database, witness_policy_file=policy)
