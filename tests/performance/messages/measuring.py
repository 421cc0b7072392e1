"""Messages a second, ours beside the floor; and texts a second beside a slow provider of email."""

import asyncio
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

from deploy.local import child
from tests.notify.service import ROOT
from tests.performance.messages import ours

SLOW_SECONDS: Final = 1.0
"""What the slow provider takes over each message: ten a second go to it at most."""


async def run(folder: Path, rounds: int, count: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Every round's figures, their medians, and the ratios made within the rounds."""
    found: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory(prefix="messages-", dir=folder) as own:
        async with ours.servers(Path(own)) as servers:
            for number in range(1, rounds + 1):
                say(f"round {number} of {rounds}")
                found.append(await _round(servers, Path(own), count))
    return {
        "messages": count,
        "slow_seconds": SLOW_SECONDS,
        "medians": {name: round(median(each[name] for each in found), 2) for name in found[0]},
        "ours_by_floor": _ratio(found, "ours_per_s", "floor_per_s"),
        "texts_beside_slow_by_beside_quick": _ratio(
            found, "texts_beside_slow_per_s", "texts_beside_quick_per_s"
        ),
        "rounds": found,
    }


async def _round(servers: ours.Servers, folder: Path, count: int) -> dict[str, float]:
    floor = await _floor(count)
    alone = await ours.burst(servers, folder, count)
    quick = await ours.burst(servers, folder, count // 2, texts=True)
    slow = await ours.burst(servers, folder, count // 2, texts=True, seconds=SLOW_SECONDS)
    return {
        "floor_per_s": floor,
        "ours_per_s": alone["per_second"],
        "texts_beside_quick_per_s": quick["per_second"],
        "texts_beside_slow_per_s": slow["per_second"],
        "emails_delivered_by_then_quick": quick["others_delivered"],
        "emails_delivered_by_then_slow": slow["others_delivered"],
    }


async def _floor(count: int) -> float:
    port = child.free_port()
    async with ours.provider("govuk", 0.0, f"http://127.0.0.1:{port}/") as url:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.performance.messages.floor", url, str(port), str(count)),
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
        )
        said, _ = await process.communicate()
    return round(count / float(said), 1)


def _ratio(found: Sequence[dict[str, float]], one: str, other: str) -> float:
    return round(median(each[one] / each[other] for each in found), 2)
