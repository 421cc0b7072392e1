"""A service that dies once at the worst moment: its transaction committed, nothing acknowledged.

    python -m tests.faults.dying SERVICE MARKER [without-inbox-check]

MARKER is a file that says that it has died already. Without the inbox's check every message is
taken for a new one: the harm that the check prevents.
"""

import os
import runpy
import signal
import sys
from typing import Any
from uuid import UUID

from shared.bus import consumer
from shared.bus.consumer import Consumer, Delivery
from shared.events import ReferralReceived
from shared.subjects import event

COMMITS_BEFORE = 3
REFERRED = event(ReferralReceived.TYPE)


def die_after_a_commit(marker: str) -> None:
    """Make the process kill itself after one of the first commits of a referral, once."""
    commit = Consumer._commit
    commits = 0

    async def commit_and_die(self: Consumer, batch: Any) -> None:
        nonlocal commits
        await commit(self, batch)
        # What was told of messages is harmless when it comes twice.
        commits += any(d.received.subject == REFERRED for d, _ in batch)
        if commits == COMMITS_BEFORE and not os.path.exists(marker):
            os.close(os.open(marker, os.O_CREAT))
            os.kill(os.getpid(), signal.SIGKILL)

    Consumer._commit = commit_and_die  # type: ignore[method-assign]  # the fault itself


def take_out_the_check() -> None:
    """Note messages as ever, and take every one for new."""
    note = consumer._note

    async def note_and_forget(connection: Any, due: list[Delivery], now: Any) -> set[UUID]:
        await note(connection, due, now)
        return {delivery.received.message_id for delivery in due}

    consumer._note = note_and_forget


if __name__ == "__main__":
    service, marker_file, *options = sys.argv[1:]
    die_after_a_commit(marker_file)
    if "without-inbox-check" in options:
        take_out_the_check()
    runpy.run_module(f"services.{service}", run_name="__main__")
