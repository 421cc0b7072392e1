"""The local PostgreSQL: who it runs as, who is let in, and what a kill leaves."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from deploy.keys import SUPERUSER, make
from deploy.local import child, postgres_server
from deploy.local.child import Child, LocalServerError


class Running:
    """A server of one test, that the test may kill and start again."""

    def __init__(self, folder: Path) -> None:
        self.keys = make(folder / "keys")
        self.data = folder / "data"
        self.log = folder / "log"
        self.port = child.free_port()
        self.process = self.start()

    def start(self) -> Child:
        """Start the server on its folder and port."""
        return postgres_server.start(
            self.data, port=self.port, password=self.keys.password(SUPERUSER), log=self.log
        )

    async def connect(self) -> asyncpg.Connection:
        """A connection as the superuser."""
        return await asyncpg.connect(
            host="127.0.0.1",
            port=self.port,
            user=SUPERUSER,
            password=self.keys.password(SUPERUSER),
            database="postgres",
        )


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A server of the test's own."""
    server = Running(tmp_path)
    yield server
    postgres_server.stop(server.process)


def test_it_does_not_run_as_root(running: Running) -> None:
    """Every process of the server has an ordinary user's id, and no way back."""
    postmaster = psutil.Process(running.process.pid)

    for process in [postmaster, *postmaster.children()]:
        assert 0 not in process.uids()
        assert "NoNewPrivs:\t1" in Path(f"/proc/{process.pid}/status").read_text() or os.geteuid()


def test_folders_that_others_made_keep_their_modes(tmp_path: Path) -> None:
    """A parent that nobody else may enter stays so, and the server starts below it."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    before = {p: p.stat().st_mode for p in [closed, *closed.parents]}

    server = Running(closed)
    postgres_server.stop(server.process)

    assert {p: p.stat().st_mode for p in before} == before
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700


async def test_a_kill_is_survived(running: Running) -> None:
    """What was committed is there after SIGKILL; old backends do not keep it from starting."""
    connection = await running.connect()
    await connection.execute("CREATE TABLE kept AS SELECT 1 AS answer")

    running.process.kill()
    running.process.wait()
    connection.terminate()
    running.process = running.start()

    connection = await running.connect()
    assert await connection.fetchval("SELECT answer FROM kept") == 1
    await connection.close()


def test_no_rule_trusts_and_no_socket_is_open(running: Running) -> None:
    """Every line of who may sign in asks for SCRAM, and loopback is the one way in."""
    rules = [
        line.split()
        for line in (running.data / "pg_hba.conf").read_text().splitlines()
        if line.strip() and not line.startswith("#")
    ]
    listening = {
        connection.laddr.ip
        for connection in psutil.Process(running.process.pid).net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }

    assert {rule[-1] for rule in rules} == {"scram-sha-256"}
    assert listening == {"127.0.0.1"}
    assert psutil.Process(running.process.pid).net_connections(kind="unix") == []


async def test_an_error_is_logged_without_its_row(running: Running) -> None:
    """A row that is refused is not written to the log: rows hold identities."""
    connection = await running.connect()
    await connection.execute("CREATE TABLE person (name text PRIMARY KEY)")
    await connection.execute("INSERT INTO person VALUES ($1)", "Featherstonehaugh")
    with pytest.raises(asyncpg.UniqueViolationError):
        await connection.execute("INSERT INTO person VALUES ('Featherstonehaugh')")
    await connection.close()

    logged = running.log.read_text()
    assert "duplicate key value" in logged
    assert "Featherstonehaugh" not in logged


def test_a_taken_port_is_told(running: Running, tmp_path: Path) -> None:
    """A server that cannot listen says why, and nothing is left running."""
    with pytest.raises(LocalServerError, match="Address already in use"):
        postgres_server.start(
            tmp_path / "second",
            port=running.port,
            password=running.keys.password(SUPERUSER),
            log=tmp_path / "second.log",
        )


def test_half_a_cluster_is_made_anew(tmp_path: Path) -> None:
    """What a making that was killed left behind does not stand in the way."""
    (tmp_path / "data.draft").mkdir()
    (tmp_path / "data.draft" / "PG_VERSION").write_text("18")
    (tmp_path / "data.password").write_text("an older one")

    server = Running(tmp_path)
    postgres_server.stop(server.process)

    assert server.process.returncode == 0
    assert not (tmp_path / "data.password").exists()
