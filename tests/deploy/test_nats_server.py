"""The local NATS server with the generated configuration."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from nats.aio.client import Client
from nats.errors import Error as NatsError

from deploy import nats_config, streams
from deploy.keys import DEPLOY, make
from deploy.local import child, nats_server
from deploy.local.child import Child, LocalServerError
from tests.servers import Broker, until


class Running:
    """A server of one test, that the test may kill, start again and reconfigure."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keys = make(folder / "keys", ["met-police"])
        self.port, self.monitor_port = child.free_port(), child.free_port()
        self.broker = Broker(f"nats://127.0.0.1:{self.port}", self.keys)
        self.process = self.start(["met-police"])

    def configure(self, agencies: list[str]) -> Path:
        """Write the configuration for these agencies."""
        return nats_config.write(
            self.keys,
            agencies,
            store=str(self.folder / "store"),
            port=self.port,
            monitor_port=self.monitor_port,
        )

    def start(self, agencies: list[str]) -> Child:
        """Start the server on its folder, port and configuration."""
        config = self.configure(agencies)
        log = self.folder / "log"
        return nats_server.start(config, monitor_port=self.monitor_port, log=log)

    def reload(self) -> None:
        """Have the running server take the configuration that was written last."""
        nats_server.reload(self.process, monitor_port=self.monitor_port, log=self.folder / "log")

    async def declare(self, agencies: list[str]) -> None:
        """Declare the streams, and a consumer for each of these agencies."""
        await streams.declare(self.broker.url, self.keys.seed_file(DEPLOY), agencies)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A server of the test's own."""
    server = Running(tmp_path)
    yield server
    nats_server.stop(server.process)


async def test_what_was_acknowledged_survives_a_kill(running: Running) -> None:
    """A submission that the broker acknowledged is there after SIGKILL and a new start."""
    await running.declare(["met-police"])
    async with running.broker.signed_in("met-police") as police:
        await police.client.jetstream().publish("submit.met-police", b"{}")

    running.process.kill()
    running.process.wait()
    running.process = running.start(["met-police"])

    async with running.broker.signed_in(DEPLOY) as deploy:
        info = await deploy.client.jetstream().stream_info("SUBMISSIONS")
    assert info.state.messages == 1


async def test_a_submission_is_encrypted_on_the_disk(running: Running) -> None:
    """No file of the broker holds a document's text: submissions carry identities."""
    await running.declare(["met-police"])
    async with running.broker.signed_in("met-police") as police:
        await police.client.jetstream().publish("submit.met-police", b"Canary Featherstonehaugh")
    nats_server.stop(running.process)

    stored = [p.read_bytes() for p in (running.folder / "store").rglob("*") if p.is_file()]

    assert any(len(content) > 24 for content in stored)
    assert not any(b"Featherstonehaugh" in content for content in stored)


async def test_an_agency_is_added_while_others_work(running: Running) -> None:
    """After a reload a new agency submits; those connected before stay so, on the same line."""
    await running.declare(["met-police"])
    async with (
        running.broker.signed_in("met-police") as police,
        running.broker.signed_in("intake") as intake,
    ):
        heard = await intake.client.jetstream().subscribe(
            "submit.*", queue="intake", stream="SUBMISSIONS", manual_ack=True
        )
        make(running.keys.folder, ["gp-surgery"])
        running.configure(["met-police", "gp-surgery"])
        running.reload()
        await running.declare(["met-police", "gp-surgery"])

        async with running.broker.signed_in("gp-surgery") as surgery:
            await surgery.client.jetstream().publish("submit.gp-surgery", b"from the new one")
            receipts = await surgery.client.subscribe("receipt.gp-surgery")
            await surgery.settle()
            await intake.client.jetstream().publish("receipt.gp-surgery", b"receipt")
            assert (await receipts.next_msg(timeout=5)).data == b"receipt"
        await police.client.jetstream().publish("submit.met-police", b"from the old one")

        assert (await heard.next_msg(timeout=5)).data == b"from the new one"
        assert (await heard.next_msg(timeout=5)).data == b"from the old one"


async def test_an_agency_is_removed_at_once(running: Running) -> None:
    """After a reload without it an agency is cut off and let in no more."""
    async with running.broker.signed_in("met-police") as police:
        running.configure([])
        running.reload()

        async def is_cut_off() -> bool:
            return police.client.is_closed

        await until(is_cut_off)

    with pytest.raises(NatsError, match="Authorization Violation"):
        async with running.broker.signed_in("met-police"):
            pass


async def test_nobody_signs_in_without_a_key(running: Running) -> None:
    """There is no user without a key, and none for the server's own account."""
    client = Client()
    with pytest.raises(NatsError, match="Authorization Violation"):
        await client.connect(running.broker.url, allow_reconnect=False, error_cb=silent)
    await client.close()


async def test_a_faulty_configuration_is_told(running: Running) -> None:
    """A reload that the server refuses is an error here, and it goes on as it was."""
    running.configure(["met-police"]).write_text("listen: {")

    with pytest.raises(LocalServerError, match="keeps its old configuration"):
        nats_server.reload(
            running.process,
            monitor_port=running.monitor_port,
            log=running.folder / "log",
            seconds=0.5,
        )

    async with running.broker.signed_in("met-police") as police:
        assert police.client.is_connected


def test_a_taken_port_is_told(running: Running) -> None:
    """A server that cannot listen says why, and nothing is left running."""
    log = running.folder / "second.log"
    config = running.configure(["met-police"])

    with pytest.raises(LocalServerError, match="address already in use"):
        nats_server.start(config, monitor_port=child.free_port(), log=log, seconds=5)


def test_the_server_itself_finds_no_fault(running: Running) -> None:
    """The server's own check accepts the configuration, unknown fields and all."""
    config = running.configure(["met-police"])

    checked = subprocess.run(
        [nats_server.binary(), "-t", "-c", config], capture_output=True, check=False
    )

    assert checked.returncode == 0, checked.stderr


def test_it_stops_in_good_order(running: Running) -> None:
    """SIGTERM ends the server by itself: no kill is needed."""
    nats_server.stop(running.process)

    assert running.process.returncode != -signal.SIGKILL
    assert "Server Exiting" in (running.folder / "log").read_text()


async def silent(error: Exception) -> None:
    """The refusal is raised as well; the client's own reporting would print it."""
