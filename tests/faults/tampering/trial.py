"""Makes so many mutations, lets everybody look at each, and counts who found what."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Final

from tests.faults.tampering import bundles, copies, histories, honest
from tests.faults.tampering.attacked import Attacked, attacked
from tests.faults.tampering.finding import Verdict, judge, judge_bundle, judge_copy
from tests.faults.tampering.mutation import Mutation
from tests.servers import Postgres

SEED: Final = 6962
LANES: Final = 3
"""So many copies of the database: while one waits for PostgreSQL, another checks."""
OF_COPIES: Final = 0.1
OF_BUNDLES: Final = 0.1


@dataclass
class Trial:
    """`impossible`: mutations that PostgreSQL refuses even without a guard."""

    verdicts: list[Verdict] = field(default_factory=list)
    impossible: int = 0


async def run(postgres: Postgres, count: int, seed: int = SEED) -> Trial:
    """Try `count` mutations: of tables, of copies and of bundles."""
    trial = Trial()
    of = await honest.build(postgres)
    in_copies, in_bundles = int(count * OF_COPIES), int(count * OF_BUNDLES)
    try:
        async with AsyncExitStack() as stack:
            lanes = [await stack.enter_async_context(attacked(of, lane)) for lane in range(LANES)]
            left = iter(histories.generate(seed, count - in_copies - in_bundles))
            async with asyncio.TaskGroup() as group:
                for lane in lanes:
                    group.create_task(_tables(lane, left, trial))
            there = await copies.copied(lanes[0])
            for copy in copies.generate(seed, in_copies, there, of):
                trial.verdicts.append(judge_copy(lanes[0], copy))
            home = await bundles.taken(lanes[0])
            for bundle, archive in bundles.generate(seed, in_bundles, home, of):
                trial.verdicts.append(judge_bundle(lanes[0], bundle, archive))
    finally:
        honest.forget(of)
    return trial


async def _tables(lane: Attacked, left: Iterator[Mutation], trial: Trial) -> None:
    for mutation in left:
        verdict = await judge(lane, mutation)
        if verdict is None:
            trial.impossible += 1
        else:
            trial.verdicts.append(verdict)
