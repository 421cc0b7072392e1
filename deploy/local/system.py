"""The whole system on one machine: starts every part in order, watches, restarts, stops.

State is in the data folder. What a killed `up` left running is found by process id and start time,
and ended before anything is started anew.
"""

import asyncio
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import httpx2
import psutil

from deploy import keys as key_folder
from deploy import nats_config, streams
from deploy.keys import DEPLOY, Keys
from deploy.local import child, nats_server, postgres_server
from deploy.local.child import Child, LocalServerError
from deploy.local.home import ROOT, Home, identity, is_alive
from deploy.migrations import migrate
from deploy.postgres import roles
from shared.registry import Registry
from shared.subjects import SERVICES, Service

AGENCIES = ROOT / "deploy" / "local" / "agencies.yaml"
DIRECTORY = ROOT / "deploy" / "local" / "directory.yaml"
READY_SECONDS = 30.0
LOOK_SECONDS = 0.2
# A part that dies again and again is started more and more slowly, and never given up.
RESTART_PAUSES = (0.0, 0.5, 1.0, 2.0, 5.0)
CALM_SECONDS = 60.0

Say = Callable[[str], None]


class AlreadyRunning(Exception):
    """Another `up` has this data folder."""


@dataclass
class Part:
    """One process of the system, and how to start it again."""

    name: str
    start: Callable[[], Child]
    process: Child | None = None
    restarts: int = 0
    started_at: float = 0.0
    start_again_at: float = 0.0


@dataclass
class System:
    """One system on this machine. `extra_environment` reaches every service (tests use it)."""

    home: Home
    say: Say
    extra_environment: dict[str, str] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    keys: Keys = field(init=False)
    parts: list[Part] = field(default_factory=list)
    _lock: IO[str] | None = None
    _stopping: bool = False

    @property
    def url(self) -> str:
        """Where everything is reached from outside."""
        return f"http://127.0.0.1:{self.ports['http']}"

    def start(self) -> None:
        """Start every part, each when what it stands on answers.

        Raises AlreadyRunning, or LocalServerError with the reason; then nothing is left running.
        """
        self._take_lock()
        try:
            self._end_what_was_left()
            agencies = Registry.load(AGENCIES).slugs
            self.keys = key_folder.make(self.home.keys, agencies)
            self.ports = self.home.ports()
            self.parts = self._parts(agencies)
            servers, services = self.parts[:2], self.parts[2:]
            for part in servers:
                self.say(f"starting {part.name}")
                self._start(part)
            self.say("preparing the database and the streams")
            asyncio.run(self._prepare(agencies))
            self.say("starting intake, triage, notify, audit")
            for part in services:
                self._start(part)
            self._wait_until_ready()
            self._record(ready=True)
        except BaseException:
            self.stop()
            raise

    def watch(self) -> None:
        """Restart what dies, until a signal (SIGINT, SIGTERM) asks to stop."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        while not self._stopping:
            self.look_after()
            time.sleep(LOOK_SECONDS)

    def look_after(self) -> None:
        """Start again, once, whatever is not running."""
        for part in self.parts:
            if part.process is None or part.process.poll() is None:
                continue
            now = time.monotonic()
            if part.start_again_at == 0.0:
                if now - part.started_at > CALM_SECONDS:
                    part.restarts = 0
                pause = RESTART_PAUSES[min(part.restarts, len(RESTART_PAUSES) - 1)]
                self.say(f"{part.name} died (exit {part.process.returncode}); starting it again")
                part.start_again_at = now + pause
                part.restarts += 1
            if now >= part.start_again_at:
                try:
                    self._start(part)
                except LocalServerError as error:
                    self.say(str(error))
                    part.start_again_at = now + RESTART_PAUSES[-1]

    def stop(self) -> None:
        """End the services, then the servers under them; each is given time to end in order."""
        for part in reversed(self.parts):
            if part.process is not None:
                by = signal.SIGINT if part.name == "postgres" else signal.SIGTERM
                child.stop(part.process, by)
                part.process = None
        if self._lock is not None:
            self.home.forget()
            self._lock.close()
            self._lock = None

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._stopping = True

    def _take_lock(self) -> None:
        lock = self.home.lock.open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise AlreadyRunning(f"Fingerpost already runs with {self.home.folder}") from None
        self._lock = lock

    def _end_what_was_left(self) -> None:
        left = _left_by(self.home.running())
        for name in left:
            self.say(f"ending {name}, left by an earlier run")
        _end(left.values())
        # Nothing of it is true any more, above all not that it is ready.
        self.home.forget()

    def _parts(self, agencies: tuple[str, ...]) -> list[Part]:
        config = nats_config.write(
            self.keys,
            agencies,
            store=str(self.home.broker),
            port=self.ports["nats"],
            monitor_port=self.ports["nats_monitor"],
        )
        return [
            Part(
                "nats",
                lambda: nats_server.start(
                    config,
                    monitor_port=self.ports["nats_monitor"],
                    log=self.home.logs / "nats.log",
                ),
            ),
            Part(
                "postgres",
                lambda: postgres_server.start(
                    self.home.database,
                    port=self.ports["postgres"],
                    password=self.keys.password(key_folder.SUPERUSER),
                    log=self.home.logs / "postgres.log",
                ),
            ),
            *(Part(service, self._service(service)) for service in SERVICES),
            Part(
                "http", self._program("http", ["-m", "deploy.local.proxy"], self._proxy_settings())
            ),
        ]

    def _service(self, service: Service) -> Callable[[], Child]:
        return self._program(service, ["-m", f"services.{service}"], self.environment(service))

    def _program(
        self, name: str, arguments: list[str], environment: dict[str, str]
    ) -> Callable[[], Child]:
        inherited = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "TZ")}

        def start() -> Child:
            return child.spawn(
                [sys.executable, *arguments],
                self.home.logs / f"{name}.log",
                env={**inherited, "PYTHONPATH": str(ROOT), **environment, **self.extra_environment},
            )

        return start

    def environment(self, service: Service) -> dict[str, str]:
        """What one service is told: the same names as everywhere else."""
        return {
            "NATS_URL": f"nats://127.0.0.1:{self.ports['nats']}",
            "NATS_SEED_FILE": str(self.keys.seed_file(service)),
            "DATABASE_URL": roles.url(self.keys, service, "127.0.0.1", self.ports["postgres"]),
            "TOKEN_KEYS_FILE": str(self.keys.token_keys_file),
            "PORT": str(self.ports[service]),
            **self._own_environment(service),
        }

    def _own_environment(self, service: Service) -> dict[str, str]:
        match service:
            case "intake":
                return {
                    "VAULT_KEY_FILE": str(self.keys.vault_key_file),
                    "AGENCIES_FILE": str(AGENCIES),
                    "TRIAGE_URL": f"http://127.0.0.1:{self.ports['triage']}",
                    "PUBLIC_URL": self.url,
                }
            case "triage":
                return {"DIRECTORY_FILE": str(DIRECTORY), "PUBLIC_URL": self.url}
            case "notify":
                return {
                    "PUBLIC_URL": self.url,
                    "AGENCIES_FILE": str(AGENCIES),
                    "EMAIL_PROVIDERS": "local_inbox",
                    "SMS_PROVIDERS": "local_inbox",
                }
            case "audit":
                return {
                    "LOG_ORIGIN": key_folder.LOCAL_LOG,
                    "LOG_KEY_FILES": json.dumps([str(f) for f in self.keys.log_key_files]),
                    "LOG_MEMORY_FILE": str(self.keys.log_memory_file),
                    "WITNESS_POLICY_FILE": str(self.keys.log_policy_file),
                }

    def _proxy_settings(self) -> dict[str, str]:
        return {
            "PORT": str(self.ports["http"]),
            **{f"{s.upper()}_URL": f"http://127.0.0.1:{self.ports[s]}" for s in SERVICES},
        }

    async def _prepare(self, agencies: tuple[str, ...]) -> None:
        """Roles, schemas and streams; harmless where they are there."""
        port = self.ports["postgres"]
        await roles.declare(self.keys, "127.0.0.1", port)
        await migrate(roles.url(self.keys, key_folder.OWNER, "127.0.0.1", port))
        await streams.declare(
            f"nats://127.0.0.1:{self.ports['nats']}", self.keys.seed_file(DEPLOY), agencies
        )

    def _start(self, part: Part) -> None:
        part.process = part.start()
        part.started_at = time.monotonic()
        part.start_again_at = 0.0
        self._record(ready=self.home.running().get("ready", False))

    def _record(self, *, ready: bool) -> None:
        self.home.record(
            {
                "ready": ready,
                "url": self.url,
                "ports": self.ports,
                "keys": str(self.home.keys),
                "up": identity(os.getpid()),
                "processes": {
                    part.name: identity(part.process.pid)
                    for part in self.parts
                    if part.process is not None and part.process.poll() is None
                },
            }
        )

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + READY_SECONDS
        waiting: list[str] = list(SERVICES)
        with httpx2.Client(timeout=2) as client:
            while waiting:
                name = waiting[0]
                if _is_ready(client, f"{self.url}/{name}/health/ready"):
                    waiting.pop(0)
                    continue
                self.look_after()
                if time.monotonic() > until:
                    raise LocalServerError(
                        f"{name} is not ready after {READY_SECONDS:.0f} seconds:\n"
                        + _end_of(self.home.logs / f"{name}.log")
                    )
                time.sleep(0.1)


def _is_ready(client: httpx2.Client, url: str) -> bool:
    try:
        return client.get(url).status_code == 200
    except httpx2.HTTPError:
        return False


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:] if log.exists() else ""


def status(home: Home) -> dict[str, Any]:
    """Each part's state, with addresses, ports, process ids and the folder of keys."""
    recorded = home.running()
    up = bool(recorded) and is_alive(recorded["up"])
    processes = recorded.get("processes", {})
    return {
        "running": up,
        "ready": up and recorded["ready"],
        "url": recorded.get("url") if up else None,
        "data": str(home.folder),
        "keys": str(home.keys),
        "parts": {
            name: {
                "state": "running" if is_alive(process) else "stopped",
                "pid": int(process["pid"]),
                "port": recorded["ports"].get(name),
            }
            for name, process in processes.items()
        },
        "ports": recorded.get("ports", {}),
    }


def down(home: Home, seconds: float = 60.0) -> bool:
    """Ask a running `up` to stop and wait, or end what a killed one left; False if nothing runs."""
    recorded = home.running()
    if not recorded:
        return False
    if is_alive(recorded["up"]):
        up = psutil.Process(int(recorded["up"]["pid"]))
        up.terminate()
        up.wait(seconds)
        return True
    left = _left_by(recorded)
    _end(left.values())
    home.forget()
    return bool(left)


def _left_by(recorded: dict[str, Any]) -> dict[str, psutil.Process]:
    """The parts of an earlier run that still live, by name."""
    processes = recorded.get("processes", {})
    return {
        name: psutil.Process(int(process["pid"]))
        for name, process in processes.items()
        if is_alive(process)
    }


def _end(processes: Iterable[psutil.Process]) -> None:
    processes = list(processes)
    for process in processes:
        process.terminate()
    for process in psutil.wait_procs(processes, timeout=5)[1]:
        process.kill()
    psutil.wait_procs(processes, timeout=5)


def detach(home: Home, arguments: list[str]) -> subprocess.Popen[bytes]:
    """Start `up` on its own, which goes on when this terminal is closed."""
    return child.spawn(
        [sys.executable, "-m", "deploy", "up", "--data", str(home.folder), *arguments],
        home.logs / "up.log",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
