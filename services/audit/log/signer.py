"""Signs the log as it grows, and never anything that does not go on from what was signed before.

What was signed before is remembered twice: by the table, which whoever has the database's password
can put back to an older state; and by a file on the host that holds the keys, which he cannot. A
tree is signed only if both are its beginning. The file is written first: after a crash in between
the same tree, or a larger one, is signed once more, and nothing else can be.
"""

import asyncio
import os
import stat
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.audit.log import checkpoints, log, store
from services.audit.log.checkpoints import Signed
from services.audit.log.key_memory import Memory, MemoryBroken
from services.audit.tlog.checkpoint import Checkpoint
from services.audit.tlog.merkle import consistency_holds
from services.audit.tlog.notes import (
    MalformedKey,
    Note,
    NoteRefused,
    SigningKey,
    VerifierKey,
    parse_note,
    sign,
    verified,
)
from services.audit.tlog.witness_policy import Policy
from shared.bus.errors import describe
from shared.words import counted

logger = structlog.get_logger()

PAUSE_SECONDS: Final = 0.5
"""So long an entry waits for its signature at most, and as long as signing takes."""


class UnusableKey(Exception):
    """A file of a signing key cannot be used; the text says which and why, and holds no key."""


class DoesNotExtend(Exception):
    """The log is not a continuation of what was signed; the reason in words."""


def read_keys(files: Sequence[Path], origin: str) -> tuple[SigningKey, ...]:
    """The log's keys, which bear its name; UnusableKey. Several while one replaces another."""
    keys = tuple(map(_read_key, files))
    for file, key in zip(files, keys, strict=True):
        if key.name != origin:
            raise UnusableKey(f"{file}: the key is of {key.name}, and the log is {origin}")
    if not keys or len({key.seed for key in keys}) < len(keys):
        raise UnusableKey("the log has one key or more, each named once")
    return keys


def check_named(keys: Sequence[SigningKey], policy: Policy, file: Path) -> None:
    """UnusableKey if the service's own policy lacks the `log` line of a key that it signs with:
    bundles carry that policy, and whoever compared it would take the log for another's."""
    for key in keys:
        if key.verifier not in policy.log_keys(key.name):
            raise UnusableKey(f"{file} has no line for a key of this log: log {key.verifier}")


@dataclass
class Signer:
    """Signs for one log. `signed` is called after each new checkpoint; `refused` is told, once,
    why nothing is signed any more."""

    engine: AsyncEngine
    origin: str
    keys: tuple[SigningKey, ...]
    memory: Memory
    signed: Callable[[], None]
    refused: Callable[[str], Awaitable[None]]
    _reason: str | None = field(default=None, init=False)

    async def run(self) -> None:
        """Every half second, for ever."""
        while True:
            try:
                await self.step()
            except Exception as error:  # a database that is away comes back
                logger.warning("signing.failed", error=describe(error))
            await asyncio.sleep(PAUSE_SECONDS)

    async def step(self) -> None:
        """Sign what is new; say so if it must not be signed."""
        try:
            was_new = await self.sign()
        except (DoesNotExtend, MemoryBroken) as error:
            if self._reason != str(error):
                logger.error("checkpoint.refused", reason=str(error))
                await self.refused(str(error))
            self._reason = str(error)
            return
        self._reason = None
        if was_new:
            self.signed()

    async def sign(self) -> bool:
        """Whether there was something new, and it was signed, and another process was not at it.

        DoesNotExtend, MemoryBroken: then nothing was signed. MemoryMoved: what was, is nowhere.
        """
        async with self.engine.begin() as connection:
            if not await checkpoints.take_turn(connection):
                return False
            last = await checkpoints.latest_of(connection, self.origin)
            remembered = await asyncio.to_thread(self.memory.read)
            before = self._before(last, remembered)
            tree = await _tree_after(connection, before, await store.size(connection))
            checkpoint = Checkpoint(self.origin, tree.size, tree.root)
            if all(each == checkpoint for each in before) and self._is_complete(last, remembered):
                return False
            note = self._note(checkpoint)
            await asyncio.to_thread(self.memory.write, note, remembered)
            return await checkpoints.add(connection, checkpoint, note)

    def _before(self, last: Signed | None, remembered: Checkpoint | None) -> list[Checkpoint]:
        """What the next tree must go on from. Keys on a host that remembers nothing go on from
        what they signed themselves, if only on another host."""
        if last is None:
            return [] if remembered is None else [remembered]
        if remembered is not None:
            return [last.checkpoint, remembered]
        if not self._signers(last):
            raise DoesNotExtend("nothing is remembered, and the last checkpoint is of other keys")
        logger.warning("memory.begun", size=last.checkpoint.size)
        return [last.checkpoint]

    def _is_complete(self, last: Signed | None, remembered: Checkpoint | None) -> bool:
        """Whether nothing is missing: row, memory and, while keys are changed, a signature."""
        if last is None or remembered is None:
            return False
        return len(self._signers(last)) == len(self.keys)

    def _note(self, checkpoint: Checkpoint) -> bytes:
        signatures = tuple(sign(checkpoint.text, key) for key in self.keys)
        return Note(checkpoint.text, signatures).encode()

    def _signers(self, signed: Signed) -> frozenset[VerifierKey]:
        """Which of the keys here signed it."""
        try:
            return frozenset(verified(parse_note(signed.note), [k.verifier for k in self.keys]))
        except NoteRefused:
            return frozenset()


async def _tree_after(
    connection: AsyncConnection, before: Sequence[Checkpoint], size: int
) -> log.Tree:
    """The log at `size`, which goes on from each of the trees before; DoesNotExtend."""
    try:
        tree = (await log.prove(connection, (), size)).tree
        for each in before:
            if each.size > size:
                # Not how many: each alarm is an entry, and another reason is another alarm.
                signed = counted(each.size, "entry was", "entries were")
                raise DoesNotExtend(f"{signed} signed, and the log has fewer")
            proof = await log.prove_consistency(connection, each.size, size)
            if not consistency_holds(each.size, size, each.root, tree.root, proof):
                first = f"{each.size} entries are not those that were"
                if each.size == 1:
                    first = "entry is not the one that was"
                raise DoesNotExtend(f"the first {first} signed")
    except IndexError as error:
        raise DoesNotExtend("hashes of the log are missing") from error
    return tree


def _read_key(file: Path) -> SigningKey:
    try:
        with file.open("rb") as opened:
            _refuse_open_to_others(file, os.fstat(opened.fileno()))
            return SigningKey.parse(opened.read().decode("ascii", errors="replace"))
    except OSError as error:
        raise UnusableKey(f"{file}: cannot be read: {error.strerror}") from error
    except MalformedKey as error:
        raise UnusableKey(f"{file}: {error}") from error


def _refuse_open_to_others(file: Path, status: os.stat_result) -> None:
    """0600 at most; 0640 where root owns it, as an orchestrator mounts a secret for a group."""
    allowed = 0o640 if status.st_uid == 0 and os.geteuid() != 0 else 0o600
    mode = stat.S_IMODE(status.st_mode)
    if mode & ~allowed:
        raise UnusableKey(f"{file}: mode {mode:04o} is too open; it may be {allowed:04o}")
