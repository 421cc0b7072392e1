"""The data folder of a system on one machine: where everything lies, and what runs."""

import json
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

from deploy.local.child import free_port

ROOT: Final = Path(__file__).resolve().parents[2]
PORTS: Final = ("http", "nats", "nats_monitor", "postgres", "intake", "triage", "notify", "audit")
PREFERRED: Final = {"http": 8080}


@dataclass(frozen=True)
class Home:
    """One system's data folder."""

    folder: Path

    @classmethod
    def default(cls) -> "Home":
        """Beside the code, so that two checkouts are two systems."""
        return cls(ROOT / ".fingerpost")

    @property
    def keys(self) -> Path:
        """The generated keys."""
        return self.folder / "keys"

    @property
    def logs(self) -> Path:
        """One log a process."""
        return self.folder / "logs"

    @property
    def broker(self) -> Path:
        """JetStream's files."""
        return self.folder / "jetstream"

    @property
    def database(self) -> Path:
        """PostgreSQL's cluster."""
        return self.folder / "postgres"

    @property
    def lock(self) -> Path:
        """Held by the `up` that runs."""
        return self.folder / "lock"

    @property
    def _running(self) -> Path:
        return self.folder / "running.json"

    def ports(self) -> dict[str, int]:
        """The ports of before where they are free, others where they are not."""
        file = self.folder / "ports.json"
        wanted = {**PREFERRED, **(json.loads(file.read_text()) if file.exists() else {})}
        ports: dict[str, int] = {}
        for name in PORTS:
            port = wanted.get(name)
            if port is None or not _is_free(port) or port in ports.values():
                port = free_port()
            ports[name] = port
        write_whole(file, ports)
        return ports

    def running(self) -> dict[str, Any]:
        """What the last `up` recorded: its processes, ports and whether it is ready."""
        try:
            recorded: dict[str, Any] = json.loads(self._running.read_text())
        except FileNotFoundError:
            return {}
        return recorded

    def record(self, running: dict[str, Any]) -> None:
        """Say what runs, before anything depends on it."""
        write_whole(self._running, running)

    def forget(self) -> None:
        """Nothing runs any more."""
        self._running.unlink(missing_ok=True)


def write_whole(path: Path, content: dict[str, Any]) -> None:
    """Write JSON so that a reader finds the old file or the new one, never half of one."""
    draft = path.with_name(path.name + ".draft")
    draft.write_text(json.dumps(content, indent=2) + "\n")
    draft.replace(path)


def identity(pid: int) -> dict[str, float]:
    """A process by its id and the moment it began: ids are given again, such pairs are not."""
    return {"pid": pid, "started": psutil.Process(pid).create_time()}


def is_alive(process: dict[str, float]) -> bool:
    """Whether the very process that was recorded still runs."""
    try:
        found = psutil.Process(int(process["pid"]))
        return found.create_time() == process["started"] and found.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def make(folder: Path) -> Home:
    """The data folder, closed to others."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chmod(folder, 0o700)
    home = Home(folder.resolve())
    home.logs.mkdir(exist_ok=True)
    return home
