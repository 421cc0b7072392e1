"""pymerkle's SQLite tree, one by one and by its own batches, on the same disk."""

import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tests.performance.log.appending import BATCHES
from tests.performance.log.frontier import Frontier

LOCK: Final = Path(__file__).with_name("peers.lock")
PEER: Final = Path(__file__).with_name("peer.py")
SECONDS: Final = 600.0


def measure(python: Path, folder: Path, bodies: Sequence[bytes]) -> dict[str, Any]:
    """Leaves a second in calls of one and of each batch, and what was not right."""
    expected = Frontier()
    expected.add(bodies)
    rates: dict[str, float] = {}
    faults = []
    for batch in (1, *BATCHES):
        told = _run(python, folder, batch, bodies)
        rates[str(batch)] = round(len(bodies) / told["seconds"], 1)
        if (told["size"], told["root"]) != (expected.size, expected.root.hex()):
            faults.append(f"pymerkle in calls of {batch} has another root than its leaves")
    return {"per_s": rates, "faults": faults}


def _run(python: Path, folder: Path, batch: int, bodies: Sequence[bytes]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="sqlite-", dir=folder) as own:
        done = subprocess.run(
            [python, PEER, Path(own) / "tree.db", str(batch)],
            input=b"".join(len(body).to_bytes(4, "big") + body for body in bodies),
            capture_output=True,
            timeout=SECONDS,
            check=True,
        )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
