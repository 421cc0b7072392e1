"""What auditors ask of logs of several sizes, through the same functions as `GET /audit/api/trail`.

The same kinds of questions are asked of each size in turn, one after the other. Every answer is
held against what is known of the log: which entries, each with its proof under the root.
"""

import random
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncEngine

from services.audit.formats import Asked, Trail
from services.audit.tlog.merkle import inclusion_holds
from services.audit.trail.looking import PAGE, View
from tests.performance.log.growing import SPAN, Key, Known
from tests.performance.log.lives import BEGUN, SEED
from tests.performance.way.arithmetic import percentile

KINDS: Final = (
    "referral",
    "person",
    "agency",
    "practitioner",
    "type",
    "time",
    "text",
    "several",
    "seldom",
)
OFTEN: Final = 20
"""So many pairs of a practitioner and a type are asked for that meet most often."""
SELDOM: Final = 5
"""And those that meet in so many entries at most."""
WARM: Final = 3


@dataclass(frozen=True)
class Grown:
    """A log that can be asked."""

    engine: AsyncEngine
    known: Known

    @property
    def size(self) -> int:
        """In entries."""
        return self.known.frontier.size


@dataclass(frozen=True)
class Question:
    """`expected`: the indexes of all entries that meet it."""

    asked: Asked
    cursor: int
    expected: Sequence[int]


async def measure(logs: Sequence[Grown], asks: int) -> dict[str, Any]:
    """Of each size and kind the median and the p99 in milliseconds, and what was not right."""
    drawn = {grown.size: _Drawing(grown.known) for grown in logs}
    took: defaultdict[tuple[int, str], list[float]] = defaultdict(list)
    faults: list[str] = []
    for number in range(WARM + asks):
        for kind in KINDS:
            for grown in logs:
                question = drawn[grown.size].question(kind)
                began = time.perf_counter()
                view = await View.of(grown.engine, question.asked)
                trail = await view.trail(question.cursor)
                if number >= WARM:
                    took[grown.size, kind].append((time.perf_counter() - began) * 1000)
                if not answers(trail, question, grown.known):
                    faults.append(f"of {grown.size:,} entries, by {kind}: not what is there")
    ms = {
        str(grown.size): {kind: _figures(took[grown.size, kind]) for kind in KINDS}
        for grown in logs
    }
    return {"ms": ms, "faults": faults}


def answers(trail: Trail, question: Question, known: Known) -> bool:
    """Whether a page has every entry up to where the next begins, no other, and each is proved."""
    size, root = known.frontier.size, known.frontier.root
    horizon = size if trail.next is None else trail.next
    first, last = (bisect_left(question.expected, at) for at in (question.cursor, horizon))
    proved = all(
        inclusion_holds(entry.index, size, entry.leaf_hash, entry.inclusion, root)
        for entry in trail.entries
    )
    shown = [entry.index for entry in trail.entries]
    return proved and len(shown) <= PAGE and shown == list(question.expected[first:last])


class _Drawing:
    """Draws questions from all that a log can be asked, evenly over the log."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._chance = random.Random(SEED)  # noqa: S311 - questions, no secret
        keys: defaultdict[str, list[Any]] = defaultdict(list)
        for kind, value in known.found:
            keys[kind].append(value)
        self._keys: Mapping[str, Sequence[Any]] = keys
        type_of = {index: type_ for type_ in keys["type"] for index in self._found("type", type_)}
        meet = Counter(
            (practitioner, type_of[index])
            for practitioner in keys["practitioner"]
            for index in self._found("practitioner", practitioner)
        )
        self._often = [pair for pair, _ in meet.most_common(OFTEN)]
        pairs = product(keys["practitioner"], keys["type"])
        self._seldom = [pair for pair in pairs if meet[pair] <= SELDOM]

    def question(self, kind: str) -> Question:
        """From the log's beginning, or from somewhere in it as a later page is."""
        cursor = self._chance.choice((0, self._chance.randrange(self._known.frontier.size)))
        match kind:
            case "time":
                day = self._chance.choice(self._keys["day"])
                since = BEGUN + day * SPAN
                asked = Asked(since=since, until=since + SPAN)
                return Question(asked, 0, self._found("day", day))
            case "several":
                return self._both(self._often)
            case "seldom":
                return self._both(self._seldom)
            case _:
                value = self._one(kind)
                if kind in ("referral", "person"):
                    cursor = 0
                asked = _ASKED[kind](value)
                return Question(asked, cursor, self._found(kind, value))

    def _both(self, pairs: Sequence[tuple[str, str]]) -> Question:
        """A practitioner and a type at once. Those that meet often fill a page in a small log too:
        a page of fifty is not to be compared with a page of three."""
        practitioner, type_ = self._chance.choice(pairs)
        both = set(self._found("practitioner", practitioner)) & set(self._found("type", type_))
        return Question(Asked(practitioner=practitioner, type=type_), 0, sorted(both))

    def _one(self, kind: str) -> Any:
        return self._chance.choice(self._keys[kind])

    def _found(self, *key: Any) -> Sequence[int]:
        of: Key = (key[0], key[1])
        return self._known.found[of]


_ASKED: Final[Mapping[str, Callable[[Any], Asked]]] = {
    "referral": lambda value: Asked(referral=value),
    "person": lambda value: Asked(person_ref=value),
    "agency": lambda value: Asked(agency=value),
    "practitioner": lambda value: Asked(practitioner=value),
    "type": lambda value: Asked(type=value),
    "text": lambda value: Asked(text=value),
}


def _figures(took: Sequence[float]) -> dict[str, float]:
    ordered = sorted(took)
    return {
        "median": round(percentile(ordered, 0.50), 2),
        "p99": round(percentile(ordered, 0.99), 2),
    }
