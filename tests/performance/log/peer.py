"""pymerkle's SQLite tree, in an environment of its own: appends leaves and tells how long it took.

    python peer.py DATABASE BATCH      one by one if BATCH is 1, otherwise by its own batches

The leaves come on standard input, each as four bytes of its length and itself; one JSON object
goes to standard output. It imports nothing of the project.
"""

import json
import sys
import time
from pathlib import Path
from typing import BinaryIO


def main() -> None:
    """Every call is a transaction of its own, on the disk when it returns: SQLite's default."""
    from pymerkle import SqliteTree

    leaves, batch = read(sys.stdin.buffer), int(sys.argv[2])
    tree = SqliteTree(str(Path(sys.argv[1])))
    began = time.perf_counter()
    if batch == 1:
        for leaf in leaves:
            tree.append_entry(leaf)
    else:
        for first in range(0, len(leaves), batch):
            tree.append_entries(leaves[first : first + batch])
    took = time.perf_counter() - began
    told = {"seconds": took, "size": tree.get_size(), "root": tree.get_root().hex()}
    json.dump(told, sys.stdout)


def read(stream: BinaryIO) -> list[bytes]:
    """All leaves."""
    leaves = []
    while length := stream.read(4):
        leaves.append(stream.read(int.from_bytes(length, "big")))
    return leaves


if __name__ == "__main__":
    main()
