"""Proofs a second: that one leaf is in the log, and that the log goes on from what it was."""

import random
import time
from collections.abc import Sequence
from typing import Any

from services.audit.log import log
from services.audit.tlog.merkle import consistency_holds, inclusion_holds, leaf_hash
from tests.performance.log.asking import Grown
from tests.performance.log.lives import SEED


async def measure(logs: Sequence[Grown], proofs: int) -> dict[str, Any]:
    """Of each size, one proof at a time, as one is asked for; and what was not right."""
    rates: dict[str, dict[str, float]] = {}
    faults: list[str] = []
    for grown in logs:
        size, known = grown.size, grown.known
        root = known.frontier.root
        chance = random.Random(SEED)  # noqa: S311 - which proofs, no secret
        indexes = [chance.randrange(size) for _ in range(proofs)]
        sizes = chance.choices(list(known.roots), k=proofs)
        async with grown.engine.connect() as connection:
            began = time.perf_counter()
            proved = [await log.prove(connection, [index], size) for index in indexes]
            included = time.perf_counter() - began
            began = time.perf_counter()
            consistent = [await log.prove_consistency(connection, old, size) for old in sizes]
            extended = time.perf_counter() - began
        rates[str(size)] = {
            "inclusion_per_s": round(proofs / included, 1),
            "consistency_per_s": round(proofs / extended, 1),
        }
        if not all(
            inclusion_holds(index, size, leaf_hash(known.leaf(index)), each.proofs[0], root)
            for index, each in zip(indexes, proved, strict=True)
        ):
            faults.append(f"of {size:,} entries, a proof of inclusion does not hold")
        if not all(
            consistency_holds(old, size, known.roots[old], root, each)
            for old, each in zip(sizes, consistent, strict=True)
        ):
            faults.append(f"of {size:,} entries, a proof of consistency does not hold")
    return {"per_s": rates, "faults": faults}
