"""A log of a size, and what is known of it without asking it: its root, and every answer."""

import asyncio
import random
import re
from array import array
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.audit.log import log
from services.audit.log.key_memory import Memory
from services.audit.log.log import SALT_BYTES, leaf_data
from services.audit.log.signer import Signer
from services.audit.tlog.merkle import HASH_BYTES
from services.audit.tlog.notes import SigningKey
from tests.performance.log.frontier import Frontier
from tests.performance.log.lives import BEGUN, SEED, Told, tell

MOST_AT_ONCE: Final = 5000
SPAN: Final = timedelta(days=1)
WORDS: Final = frozenset(
    ("routed", "visible", "unable", "conflict", "room", "amended", "borough", "family", "consent")
)
"""Words of reasons, which no other word of a reason shares its stem with; and cases' numbers."""

Key = tuple[str, UUID | str | int]
"""By what something is found: `("referral", its id)`, `("day", days since the beginning)`..."""


@dataclass
class Known:
    """What the log must answer with."""

    frontier: Frontier = field(default_factory=Frontier)
    found: "defaultdict[Key, array[int]]" = field(
        default_factory=lambda: defaultdict(lambda: array("q"))
    )
    roots: dict[int, bytes] = field(default_factory=dict)
    """Of the log as it was after each append, by its size."""
    _leaves: bytearray = field(default_factory=bytearray)

    def add(self, told: list[Told], leaves: list[bytes]) -> None:
        """The log's next entries."""
        for index, each in enumerate(told, self.frontier.size):
            for key in _keys(each):
                self.found[key].append(index)
        self._leaves += b"".join(leaves)
        self.frontier.add(leaves)
        self.roots[self.frontier.size] = self.frontier.root

    def leaf(self, index: int) -> bytes:
        """A leaf's data."""
        return bytes(self._leaves[index * HASH_BYTES : (index + 1) * HASH_BYTES])


async def grow(engine: AsyncEngine, size: int) -> Known:
    """Append so many entries as the service does, only more of them at once."""
    known = Known()
    batches = _batches(tell(), size)
    batch = next(batches, None)
    while batch is not None:
        # The next are thought of while the server works.
        _, following = await asyncio.gather(
            _append(engine, known, batch), asyncio.to_thread(next, batches, None)
        )
        batch = following
    return known


@dataclass(frozen=True)
class _Batch:
    told: list[Told]
    salts: list[bytes]
    leaves: list[bytes]


def _batches(events: Iterator[Told], size: int) -> Iterator[_Batch]:
    chance = random.Random(SEED)  # noqa: S311 - salts whose leaves are known here too
    at_once = min(MOST_AT_ONCE, size // 20)
    for first in range(0, size, at_once):
        told = list(islice(events, min(at_once, size - first)))
        salts = [chance.randbytes(SALT_BYTES) for _ in told]
        leaves = [leaf_data(salt, t.heard.body) for salt, t in zip(salts, told, strict=True)]
        yield _Batch(told, salts, leaves)


async def _append(engine: AsyncEngine, known: Known, batch: _Batch) -> None:
    async with engine.begin() as connection:
        heard = [told.heard for told in batch.told]
        await log.append(connection, heard, iter(batch.salts).__next__)
    known.add(batch.told, batch.leaves)


async def sign(engine: AsyncEngine, folder: Path, name: str) -> None:
    """Sign the log as it stands: what is shown is under a checkpoint."""

    async def refused(reason: str) -> None:
        raise AssertionError(reason)

    key = SigningKey.generate(name, random.Random(SEED).randbytes(32))  # noqa: S311 - signs this alone
    memory = Memory(folder / f"{name}.memory", name)
    await Signer(engine, name, (key,), memory, signed=lambda: None, refused=refused).step()


def _keys(told: Told) -> Iterator[Key]:
    heard = told.heard
    yield "referral", heard.referral
    yield "person", told.person
    yield "type", heard.type
    yield "day", (heard.time - BEGUN) // SPAN
    if heard.agency is not None:
        yield "agency", heard.agency
    for name in heard.found_by.names:
        yield "practitioner", name
    for word in set(re.findall(r"DHR\S+|[a-z]+", heard.found_by.reason)):
        if word in WORDS or word.startswith("DHR"):
            yield "text", word
