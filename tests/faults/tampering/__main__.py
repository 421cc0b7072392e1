"""python -m tests.faults.tampering: every mutation, the window, and docs/tampering.md."""

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from deploy.keys import SUPERUSER, make
from deploy.local import child, postgres_server
from tests.faults.tampering import table, trial, window
from tests.servers import AGENCIES, Postgres

ALL: Final = 11_000
"""So many that ten thousand are left once those are taken out that change nothing."""
WINDOW_SECONDS: Final = 30.0


async def run(postgres: Postgres, folder: Path, count: int) -> dict[str, Any]:
    """The figures of `count` mutations and of two windows."""
    began = time.monotonic()
    tried = await trial.run(postgres, count)
    for verdict in tried.verdicts:
        if verdict.missed:
            print("MISSED", verdict)
    print(f"{count} mutations in {time.monotonic() - began:.0f} s")
    windows = {}
    for name, asked in (("is asked by the log", True), ("looks at the log", False)):
        place = folder / str(asked)
        place.mkdir()
        measured = await window.measure(postgres, place, WINDOW_SECONDS, asked=asked)
        windows[name] = measured.figures()
    return table.kept(tried, windows, f"{platform.machine()} with {os.cpu_count()} cores")


def main() -> int:
    """Exit 1 if something was missed that had to be found."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=ALL)
    count = arguments.parse_args().count
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        keys, port = make(folder / "keys", AGENCIES), child.free_port()
        process = postgres_server.start(
            folder / "data", port=port, password=keys.password(SUPERUSER), log=folder / "log"
        )
        try:
            figures = asyncio.run(run(Postgres(keys, "127.0.0.1", port), folder, count))
        finally:
            postgres_server.stop(process)
    print(table.page(figures))
    if count == ALL:
        table.FIGURES.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
        table.PAGE.write_text(table.page(figures))
    return 1 if figures["missed"] else 0


if __name__ == "__main__":
    sys.exit(main())
