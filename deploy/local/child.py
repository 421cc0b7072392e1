"""What both local servers need: a free port, waiting until ready, stopping for certain."""

import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

Child = subprocess.Popen[bytes]

POLL: Final = 0.02
"""Seconds between two looks at a server that is starting."""


class LocalServerError(Exception):
    """A server cannot be started here; the text holds the reason and the end of its log."""


def free_port() -> int:
    """A port of 127.0.0.1 that is free just now; another process may still take it first.

    It lies below the range from which Linux gives outgoing connections theirs: one of those
    takes a port of that range before a server has started on it.
    """
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def spawn(command: Sequence[str | Path], log: Path, env: Mapping[str, str] | None = None) -> Child:
    """Start a server that writes to `log`, at its end, readable by its owner alone.

    It has a session of its own: Ctrl-C in the terminal reaches whoever started it, who stops the
    servers in their order.
    """
    writes = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return subprocess.Popen(  # noqa: S603 - the command is ours, no shell reads it
            command,
            stdin=subprocess.DEVNULL,
            stdout=writes,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=env,
            start_new_session=True,
        )
    finally:
        os.close(writes)


def is_ready_within(process: Child, ready: Callable[[], bool], seconds: float) -> bool:
    """Whether the server became ready before it ended and before the time was over."""
    until = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < until:
        if ready():
            return process.poll() is None
        time.sleep(POLL)
    return False


def stop(process: Child, by: signal.Signals = signal.SIGTERM, seconds: float = 20.0) -> None:
    """End a server by its signal for an orderly end, and by SIGKILL if it is not gone in time."""
    if process.poll() is None:
        process.send_signal(by)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def log_since(log: Path, offset: int) -> str:
    """What was logged after `offset` bytes, its last 2,000 characters."""
    with log.open("rb") as file:
        file.seek(offset)
        return file.read().decode(errors="replace")[-2000:]


def size(log: Path) -> int:
    """The length of a log in bytes; 0 if it is not there yet."""
    return log.stat().st_size if log.exists() else 0
