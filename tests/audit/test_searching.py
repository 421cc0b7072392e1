"""A search finds what a plain look at every entry finds, page by page, whatever is combined."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from services.audit.formats import Asked
from services.audit.log import log
from services.audit.log.store import Heard
from services.audit.trail import searching
from services.audit.trail.finding import FoundBy
from services.audit.trail.searching import NoWords, Search
from shared.bus.work import UnitOfWork

ENTRIES = 1500
START = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
LATE = 1200
"""The index of an entry whose event happened on the first day, and came in long after."""


def heard(index: int, chance: random.Random) -> Heard:
    """An event of one of a few kinds, referrals, people, agencies and reasons."""
    kind = chance.choice(["assignment.offered.v1"] * 6 + ["referral.received.v1"] * 2 + ["x.y.v1"])
    names = chance.sample(["idsva-1", "idsva-2", "coordinator-1"], chance.choice([0, 1, 1, 2]))
    reason = chance.choice(
        ["", "", "nobody has room", "conflicts of interest", "room and conflict"]
    )
    happened = START if index == LATE else START + index * DAY / 50
    return Heard(
        event_id=UUID(int=chance.getrandbits(128)),
        type=kind,
        producer="triage",
        referral=UUID(int=chance.randrange(12)),
        time=happened,
        body=b"{}",
        sequence=1,
        agency=chance.choice(["met-police", "nhs-trust", None, None]),
        found_by=FoundBy(names=tuple(names), reason=reason),
    )


@dataclass(frozen=True)
class Searched:
    """A log, and what went into it."""

    connection: AsyncConnection
    entries: list[Heard]

    async def found(self, below: int, limit: int, **asked: Any) -> list[int]:
        """The indexes of all pages."""
        search = await Search.prepare(self.connection, Asked(**asked), below)
        indexes: list[int] = []
        following: int | None = 0
        while following is not None:
            page = await search.page(self.connection, following, limit)
            assert len(page.entries) <= limit
            assert page.next is None or page.next > following
            indexes += [entry.index for entry in page.entries]
            following = page.next
        return indexes

    def expected(self, below: int, **asked: Any) -> list[int]:
        """The same by looking at every entry."""
        return [i for i, each in enumerate(self.entries[:below]) if _meets(each, **asked)]


def _meets(each: Heard, **asked: Any) -> bool:
    reason = each.found_by.reason
    said = {
        "rooms": "room" in reason,
        "conflict": "conflict" in reason,
        "conflict room": reason == "room and conflict",
    }
    checks: dict[str, Callable[[Any], bool]] = {
        "referral": lambda value: each.referral == value,
        "type": lambda value: each.type == value,
        "agency": lambda value: each.agency == value,
        "practitioner": lambda value: value in each.found_by.names,
        "since": lambda value: each.time >= value,
        "until": lambda value: each.time < value,
        "text": lambda value: said[value],
    }
    return all(checks[name](value) for name, value in asked.items())


@pytest.fixture
async def searched(
    unit: UnitOfWork, connection: AsyncConnection, monkeypatch: pytest.MonkeyPatch
) -> Searched:
    """A log of some tiles, and a search that looks at few entries at a time."""
    monkeypatch.setattr(searching, "WINDOW", 40)
    chance = random.Random(11)  # noqa: S311 - the same log each time
    entries = [heard(index, chance) for index in range(ENTRIES)]
    for at in range(0, ENTRIES, 170):
        async with unit.engine.begin() as writing:
            await log.append(writing, entries[at : at + 170])
    return Searched(connection, entries)


async def test_every_combination_finds_what_is_there(searched: Searched) -> None:
    """Of a hundred questions each finds, in the log's order and once, all that meets it."""
    chance = random.Random(5)  # noqa: S311 - the same questions each time
    choices: dict[str, list[Any]] = {
        "referral": [UUID(int=3), UUID(int=99)],
        "type": ["assignment.offered.v1", "x.y.v1", "never.told.v1"],
        "agency": ["met-police", "nhs-trust"],
        "practitioner": ["idsva-1", "coordinator-1"],
        "since": [START, START + 8 * DAY, START + 29 * DAY],
        "until": [START + DAY, START + 9 * DAY, START + 40 * DAY],
        "text": ["rooms", "conflict", "conflict room"],
    }
    for _ in range(100):
        names = chance.sample(sorted(choices), chance.choice([0, 1, 1, 2, 2, 3]))
        asked = {name: chance.choice(choices[name]) for name in names}
        below = chance.choice([ENTRIES, 1024, 700])
        limit = chance.choice([7, 30])

        found = await searched.found(below, limit, **asked)

        assert found == searched.expected(below, **asked), asked


async def test_what_came_in_late_is_found_by_its_own_time(searched: Searched) -> None:
    """Its event happened on the first day; everything else of that day came in with the day."""
    found = await searched.found(ENTRIES, 30, until=START + DAY / 2)

    assert found == [*range(25), LATE]


async def test_nothing_beyond_the_checkpoint_is_found(searched: Searched) -> None:
    """A search under a tree of no entries finds none."""
    assert await searched.found(0, 30) == []
    assert await searched.found(0, 30, since=START) == []


async def test_words_that_every_text_has_find_nothing(searched: Searched) -> None:
    """They are refused, rather than taken for no question at all."""
    with pytest.raises(NoWords):
        await searched.found(ENTRIES, 30, text="the of and")
