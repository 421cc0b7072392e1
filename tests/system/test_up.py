"""`up` as an operator knows it: state survives, and what a killed one left is cleared away."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.system.running import EXAMPLES

ROOT = Path(__file__).parents[2]


class Operator:
    """Somebody at a terminal with a data folder."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """One command of the command line."""
        return subprocess.run(
            [sys.executable, "-m", "deploy", *arguments, "--data", str(self.data)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def up(self) -> None:
        """Start in the background."""
        started = self.run("up", "--detach")
        assert started.returncode == 0, started.stderr

    def status(self) -> dict[str, Any]:
        """What runs."""
        found: dict[str, Any] = json.loads(self.run("status", "--json").stdout)
        return found


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    """An operator who leaves nothing running."""
    person = Operator(tmp_path / "data")
    yield person
    person.run("down")


def processes(found: dict[str, Any]) -> dict[str, int]:
    """The process of each part."""
    return {name: part["pid"] for name, part in found["parts"].items()}


@pytest.mark.system
def test_state_survives_a_stop(operator: Operator) -> None:
    """What was sent before a stop has its decision and its trail after the next start."""
    operator.up()
    sent = operator.run("submit", str(EXAMPLES / "01-police-high-risk.json"))
    before = operator.run("trail", "met-police/MP-26-000101", "--json")
    assert (sent.returncode, before.returncode) == (0, 0)
    assert operator.run("down").returncode == 0
    assert operator.status()["running"] is False
    operator.up()
    after = operator.run("trail", "met-police/MP-26-000101", "--json")
    types = [entry["type"] for entry in json.loads(after.stdout)["entries"]]
    assert after.returncode == 0
    assert types[0] == "referral.received.v1"
    again = operator.run("submit", "--json", str(EXAMPLES / "01-police-high-risk.json"))
    assert json.loads(again.stdout)[0]["outcome"] == "already_known"


@pytest.mark.system
def test_a_killed_up_is_cleared_away(operator: Operator) -> None:
    """After SIGKILL of `up` the next one ends what it left, and has the same data."""
    operator.up()
    operator.run("submit", str(EXAMPLES / "01-police-high-risk.json"))
    running = json.loads((operator.data / "running.json").read_text())
    left = [psutil.Process(pid) for pid in processes(operator.status()).values()]
    os.kill(int(running["up"]["pid"]), signal.SIGKILL)
    assert operator.status()["running"] is False
    assert all(process.is_running() for process in left)
    operator.up()
    assert not any(process.is_running() for process in left)
    assert operator.run("trail", "met-police/MP-26-000101").returncode == 0


@pytest.mark.system
def test_one_at_a_time(operator: Operator) -> None:
    """A second `up` with the same data is refused with the reason."""
    operator.up()
    second = operator.run("up")
    assert second.returncode == 2
    assert "already runs" in second.stderr


@pytest.mark.system
def test_parked_to_replayed(operator: Operator, tmp_path: Path) -> None:
    """A document that was refused over NATS is listed, shown, replayed and discarded by its id."""
    operator.up()
    assert operator.run("parked", "list").stdout == "nothing is parked\n"
    found = operator.status()
    faulty = tmp_path / "faulty.json"
    faulty.write_text(json.dumps({"reference": "X-1", "version": 1, "rol": "victim"}))
    subprocess.run(
        [
            sys.executable,
            str(EXAMPLES / "send_over_nats.py"),
            *("--url", f"nats://127.0.0.1:{found['ports']['nats']}"),
            *("--seed", operator.run("keys", "nats", "met-police").stdout.strip()),
            *("--agency", "met-police", str(faulty)),
        ],
        check=True,
        timeout=60,
    )
    listed = operator.run("parked", "list", "--json")
    (first,) = json.loads(listed.stdout)
    shown = operator.run("parked", "show", first["id"])
    replayed = operator.run("parked", "replay", first["id"])
    (again,) = json.loads(operator.run("parked", "list", "--json").stdout)
    discarded = operator.run("parked", "discard", again["id"], "--why", "a test")
    assert listed.returncode == 1
    assert "role: is missing" in json.loads(shown.stdout)["reason"]
    assert (replayed.returncode, discarded.returncode) == (0, 0)
    assert again["id"] != first["id"]
    assert operator.run("parked", "list").returncode == 0
