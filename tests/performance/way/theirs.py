"""The peers: the same servers, with their own workers and their own, lighter, workload."""

import asyncio
import hashlib
import shutil
import socket
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import asyncpg
import psutil

from deploy.keys import SUPERUSER
from deploy.local import child, nats_server, postgres_server
from deploy.local.child import Child, LocalServerError
from tests.performance.way.peers.statements import SCHEMA
from tests.performance.way.ways import (
    Part,
    Phase,
    Process,
    Report,
    environment,
    number_of,
    to_its_end,
)

LOCK = Path(__file__).with_name("peers.lock")
PASSWORD = "of-this-measurement-alone"
# Beyond what `up` sets, in the peers' favour: no checkpoint falls into a phase.
IN_THEIR_FAVOUR = {"max_wal_size": "4GB", "checkpoint_timeout": "30min", "jit": "off"}
ON = ("fsync", "synchronous_commit", "full_page_writes")
PEERS = "tests.performance.way.peers"
SETTLE_SECONDS = 2.0


@dataclass
class Peer:
    """A peer with a PostgreSQL of its own. `python` is that of the peers' virtual environment."""

    folder: Path
    python: Path
    name: str = ""
    title: str = ""
    _running: list[tuple[str, Part, Child]] = field(default_factory=list)
    _told: dict[str, str] = field(default_factory=dict)
    _database: asyncpg.Connection = field(init=False)

    async def start(self) -> None:
        """PostgreSQL, the broker, the workers."""
        self._sends.mkdir(parents=True)
        await self._start_database()
        self._told["WAY_SENDS"] = str(self._sends)
        await to_its_end(self._start_broker)
        self._start_workers()
        # They have no sign that they are ready; the warm-up would hide a late one anyway.
        await asyncio.sleep(SETTLE_SECONDS)

    async def stop(self) -> None:
        """The workers, then the broker, then PostgreSQL."""
        if hasattr(self, "_database"):
            await self._database.close()
        for _, part, process in reversed(self._running):
            await to_its_end(partial(_end, part, process))

    def processes(self) -> Sequence[Process]:
        """All that runs of it."""
        return [Process(name, part, process.pid) for name, part, process in self._running]

    def sender(self) -> tuple[Sequence[str], Mapping[str, str]]:
        """Its own client."""
        return [str(self.python), "-m", self._module, "submit"], environment(**self._told)

    async def checkpoint(self) -> None:
        """PostgreSQL begins afresh."""
        await self._database.execute("CHECKPOINT")

    async def log_size(self) -> int:
        """Entries of the hash chain."""
        return int(await self._database.fetchval("SELECT seq FROM audit_head"))

    async def faults(self, phase: Phase, report: Report) -> list[str]:
        """Counts against what the generator must yield, and the provider's own record."""
        assert report.expected is not None
        due = report.expected
        wanted = {
            "SELECT count(*) FROM referral WHERE id LIKE $1": due["referrals"],
            "SELECT count(*) FROM decision WHERE referral_id LIKE $1": due["referrals"],
            "SELECT count(*) FROM assignment WHERE referral_id LIKE $1": due["assignments"],
            "SELECT count(*) FROM notification WHERE referral_id LIKE $1"
            " AND status = 'sent' AND sends = 1": due["assignments"],
            "SELECT count(*) FROM audit WHERE referral_id LIKE $1": due["events"],
        }
        found = []
        for query, count in wanted.items():
            there = await self._database.fetchval(query, f"{phase.name}-%")
            if there != count:
                found.append(f"{query}: {there} instead of {count}")
        sent = Counter(one for one, _ in self._sent() if one.startswith(f"{phase.name}-"))
        if len(sent) != due["assignments"] or any(times > 1 for times in sent.values()):
            found.append(f"the provider was given {sum(sent.values())} of {due['assignments']}")
        return found

    async def final_faults(self) -> list[str]:
        """Nobody died, and the chain is recomputed from its first row."""
        found = [f"{name} has died" for name, _, process in self._running if process.poll()]
        rows = await self._database.fetch(
            "SELECT seq, event_id, payload, hash FROM audit ORDER BY seq"
        )
        head = bytes(32)
        for number, row in enumerate(rows, 1):
            entry = row["event_id"].encode() + b"\0" + row["payload"].encode()
            head = hashlib.sha256(head + entry).digest()
            if row["seq"] != number or row["hash"] != head:
                return [*found, "the chain is broken"]
        last = await self._database.fetchrow("SELECT seq, hash FROM audit_head")
        if (last["seq"], last["hash"]) != (len(rows), head):
            found.append("the chain does not end at its head")
        return found

    async def reached_ns(self, phase: Phase) -> Mapping[int, int]:
        """When the provider was given the last notification of each."""
        found: dict[int, int] = {}
        for notification, at in self._sent():
            reference = notification.rsplit(":", 1)[0]
            if reference.startswith(f"{phase.name}-"):
                number = number_of(reference)
                found[number] = max(at, found.get(number, 0))
        return found

    @property
    def _module(self) -> str:
        raise NotImplementedError

    def _start_broker(self) -> None:
        raise NotImplementedError

    def _start_workers(self) -> None:
        raise NotImplementedError

    @property
    def _sends(self) -> Path:
        return self.folder / "sends"

    def _sent(self) -> list[tuple[str, int]]:
        lines = (line for file in self._sends.iterdir() for line in file.read_text().splitlines())
        return [(one, int(at)) for one, at in map(str.split, lines)]

    def _spawn(self, name: str, part: Part, command: Sequence[str], **more: str) -> None:
        told = environment(**self._told, **more)
        process = child.spawn(command, self.folder / f"{name}.log", env=told)
        self._running.append((name, part, process))

    async def _start_database(self) -> None:
        port = child.free_port()

        def start() -> None:
            folder = self.folder / "postgres"
            log = self.folder / "postgres.log"
            process = postgres_server.start(folder, port=port, password=PASSWORD, log=log)
            self._running.append(("postgres", "postgres", process))

        await to_its_end(start)
        self._told["WAY_DATABASE"] = (
            f"postgresql://{SUPERUSER}:{PASSWORD}@127.0.0.1:{port}/postgres"
        )
        self._database = await asyncpg.connect(self._told["WAY_DATABASE"])
        for name, value in IN_THEIR_FAVOUR.items():
            await self._database.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        await self._database.execute("SELECT pg_reload_conf()")
        await self._database.execute(SCHEMA)
        for name in ON:
            if await self._database.fetchval(f"SHOW {name}") != "on":
                raise LocalServerError(f"PostgreSQL runs without {name}")


@dataclass
class Floor(Peer):
    """Bare nats-py and asyncpg."""

    name: str = "floor"
    title: str = "floor: bare nats-py + asyncpg"

    @property
    def _module(self) -> str:
        return f"{PEERS}.floor"

    def _start_broker(self) -> None:
        port, monitor_port = child.free_port(), child.free_port()
        config = self.folder / "nats.conf"
        config.write_text(
            f'listen: "127.0.0.1:{port}"\nhttp: "127.0.0.1:{monitor_port}"\n'
            f'jetstream {{ store_dir: "{self.folder}/jetstream", sync_interval: always }}\n'
            "max_payload: 8MB\n"
        )
        process = nats_server.start(config, monitor_port=monitor_port, log=self.folder / "nats.log")
        self._running.append(("nats", "broker", process))
        self._told["WAY_BROKER"] = f"nats://127.0.0.1:{port}"
        declaring = child.spawn(
            [str(self.python), "-m", self._module, "declare"],
            self.folder / "declare.log",
            env=environment(**self._told),
        )
        if declaring.wait(30) != 0:
            raise LocalServerError(_end_of(self.folder / "declare.log"))

    def _start_workers(self) -> None:
        for hop in ("intake", "triage", "notify", "audit"):
            self._spawn(hop, "services", [str(self.python), "-m", self._module, hop])


@dataclass
class Celery(Peer):
    """Celery with four prefork children, on a RabbitMQ of its own."""

    name: str = "celery"
    title: str = "Celery + RabbitMQ"

    @property
    def _module(self) -> str:
        return f"{PEERS}.celery_rabbitmq"

    def _start_broker(self) -> None:
        port, inside, mapper = child.free_port(), child.free_port(), child.free_port()
        folder = self.folder / "rabbitmq"
        folder.mkdir()
        (folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.local = 127.0.0.1:{port}\nlog.file = false\nlog.console = true\n"
            "log.console.level = warning\ndisk_free_limit.absolute = 100MB\n"
        )
        (folder / "plugins").write_text("[].\n")
        told = {
            "HOME": str(folder),
            "ERL_CRASH_DUMP": str(folder / "crash.dump"),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(mapper),
            "RABBITMQ_NODENAME": f"way{port}@localhost",
            "RABBITMQ_DIST_PORT": str(inside),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(port),
            # Busy-waiting schedulers would burn the cores that everything shares.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none"
            " -kernel inet_dist_use_interface {127,0,0,1}",
        }
        server, epmd = rabbitmq()
        self._spawn("epmd", "broker", [epmd, "-address", "127.0.0.1", "-port", str(mapper)], **told)
        self._spawn("rabbitmq", "broker", [server], **told)
        process = self._running[-1][2]
        if not child.is_ready_within(process, lambda: _listens(port), 90):
            raise LocalServerError(_end_of(self.folder / "rabbitmq.log"))
        self._told["WAY_BROKER"] = f"amqp://guest:guest@127.0.0.1:{port}//"

    def _start_workers(self) -> None:
        command = [str(self.python), "-m", "celery", "-A", self._module, "worker"]
        options = ["--pool", "prefork", "-c", "4", "--without-gossip", "--without-mingle"]
        quiet = ["--without-heartbeat", "-l", "warning", "-n", "way@localhost"]
        self._spawn("celery", "services", [*command, *options, *quiet])


def rabbitmq() -> tuple[str, str]:
    """RabbitMQ's server and Erlang's port mapper; LocalServerError in words if one is missing."""
    # Debian's command in the path starts it as another user; the one beside the code does not.
    debian = "/usr/lib/rabbitmq/bin/rabbitmq-server"
    server = shutil.which(debian) or shutil.which("rabbitmq-server")
    epmd = shutil.which("epmd")
    if server is None or epmd is None:
        raise LocalServerError(
            "RabbitMQ is not installed here, and the benchmark measures beside it: on Debian,"
            " apt-get install --no-install-recommends rabbitmq-server (its service need not run)"
        )
    return server, epmd


def _end(part: Part, process: Child) -> None:
    """End a process in its way, and whatever it has left behind."""
    try:
        left = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        left = []
    end = postgres_server.stop if part == "postgres" else child.stop
    end(process)
    for each in psutil.wait_procs(left, timeout=5)[1]:
        each.kill()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]
