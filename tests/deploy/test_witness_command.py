"""The witness: a server that logs ask, and a follower that looks at a log, on real sockets."""

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path

import httpx2
import pytest
import uvicorn
from typer.testing import CliRunner

from deploy.cli import app
from deploy.commands.witness import Follower
from deploy.local.child import free_port
from deploy.log_address import LogAddress
from deploy.witness_server import witness_app
from services.audit.tlog.checkpoint import cosigned
from services.audit.tlog.notes import Note, SigningKey, VerifierKey, parse_note, parse_signatures
from services.audit.witness import Witness, request
from tests.audit.test_witness import DATA, FORKED, proof
from tests.audit.verify.laid import (
    LOG,
    NOON,
    OTHER_LOG,
    POLICE,
    WITNESSED,
    checkpoint,
    entries,
    lay,
    note,
    policy,
)
from tests.deploy.log_server import Served, serving


@pytest.fixture
def told() -> list[str]:
    """What the witness says to who runs it."""
    return []


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    """A witness of the one log."""
    return Witness(policy(WITNESSED), POLICE, tmp_path / "memory.json")


@pytest.fixture
def url(witness: Witness, told: list[str]) -> Iterator[str]:
    """It listens on a free port."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(
            witness_app(witness, lambda: NOON, told.append), port=port, log_level="warning"
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def add(url: str, old: int, new: int, data: list[bytes] = DATA) -> httpx2.Response:
    """Ask for a cosignature on a log that grew."""
    signed = note(checkpoint(data[:new]), LOG)
    return httpx2.post(f"{url}/add-checkpoint", content=request(old, proof(old, new, data), signed))


def test_a_log_has_its_checkpoints_cosigned(url: str) -> None:
    """The answer is a signature line, good on the checkpoint that was sent."""
    answers = [add(url, old, new) for old, new in [(0, 70), (70, 200)]]

    assert [each.status_code for each in answers] == [200, 200]
    signed = Note(checkpoint(DATA).text, parse_signatures(answers[1].text))
    assert cosigned(signed, [POLICE.verifier]) == {POLICE.verifier: NOON}


def test_who_begins_elsewhere_is_told_where_to_begin(url: str) -> None:
    """409, the size, and the type that the protocol gives it."""
    add(url, 0, 70)

    answer = add(url, 0, 200)

    assert (answer.status_code, answer.text) == (409, "70\n")
    assert answer.headers["content-type"] == "text/x.tlog.size"


def test_each_refusal_has_its_status(url: str, told: list[str]) -> None:
    """And whoever runs the witness is told of a log that forks."""
    add(url, 0, 100)
    fork = add(url, 100, 150, FORKED)
    unknown = note(checkpoint(DATA), SigningKey.generate("x.example", bytes(32)))
    post = [
        httpx2.post(f"{url}/add-checkpoint", content=body).status_code
        for body in (
            b"nonsense",
            b"x" * 2_000_000,
            request(100, [], note(checkpoint(DATA), OTHER_LOG)),
            request(100, [], unknown),
        )
    ]

    assert (fork.status_code, post) == (422, [400, 400, 403, 403])
    assert "NOT COSIGNED (422): 150 entries do not go on from the 100" in told[1]


def test_monitors_read_what_it_cosigned_last(url: str) -> None:
    """By the hash of the log's name; with the log's signature and its own."""
    place = f"{url}/{sha256(LOG.name.encode()).hexdigest()}/checkpoint"
    assert httpx2.get(place).status_code == 404
    add(url, 0, 100)

    read = parse_note(httpx2.get(place).content)

    assert read.text == checkpoint(DATA[:100]).text
    assert [each.name for each in read.signatures] == [LOG.name, POLICE.name]
    assert httpx2.get(f"{url}/nonsense/checkpoint").status_code == 422


def test_a_witness_that_lost_its_memory_cosigns_nothing(
    url: str, tmp_path: Path, told: list[str]
) -> None:
    """500, until a person has looked."""
    add(url, 0, 100)
    (tmp_path / "memory.json").write_bytes(b"")

    assert add(url, 100, 200).status_code == 500
    assert "cannot be read" in told[-1]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Served]:
    """A log of 300 entries, served."""
    with serving(lay(tmp_path / "log", entries(300))) as served:
        yield served


@pytest.fixture
def follower(log: Served, witness: Witness, told: list[str]) -> Iterator[Follower]:
    """It looks at the log."""
    with LogAddress(log.url) as address:
        yield Follower(witness, POLICE.verifier, policy(WITNESSED), address, told.append)


def brought(log: Served, key: VerifierKey) -> list[str]:
    """The checkpoints that a witness brought to the log, its cosignature good on each."""
    notes = [parse_note(each) for each in log.brought]
    return [each.text for each in notes if cosigned(each, [key])]


def test_a_follower_brings_the_log_its_word(log: Served, follower: Follower) -> None:
    """Of the first checkpoint, and of each that goes on from it."""
    for size in (300, 301, 1000):
        lay(log.folder, entries(size))
        follower.look()

    sizes = [checkpoint(entries(size)).text for size in (300, 301, 1000)]
    assert brought(log, POLICE.verifier) == sizes


def test_a_follower_leaves_alone_what_has_its_word(
    log: Served, follower: Follower, told: list[str]
) -> None:
    """Once the log shows its cosignature there is nothing to do."""
    follower.look()
    (log.folder / "checkpoint").write_bytes(log.brought[0])

    follower.look()

    assert len(log.brought) == 1
    assert told[-1].endswith("and it has that")


@pytest.mark.parametrize("shows_its_word", [True, False])
def test_a_follower_says_that_a_log_stands_still(
    log: Served, follower: Follower, told: list[str], shows_its_word: bool
) -> None:
    """After two hours without a new entry, once; a log that grows again is cosigned as before. One
    that hides the witness's signature is no exception."""
    follower.look()
    if shows_its_word:
        (log.folder / "checkpoint").write_bytes(log.brought[0])
    now = follower.clock()
    for hours in (1, 2, 3):
        follower.clock = partial(datetime.__add__, now, timedelta(hours=hours))
        follower.look()
    lay(log.folder, entries(301))
    follower.look()

    assert [each.split()[0] for each in told] == ["cosigned", "cosigned"] + ["STANDS"] * 2 + [
        "cosigned"
    ]
    assert told[2] == told[3]
    assert "it shows 300 entries since" in told[2]


@pytest.mark.parametrize("size", [300, 301, 600])
def test_a_follower_does_not_follow_a_fork(
    size: int, log: Served, follower: Follower, told: list[str]
) -> None:
    """Signed by the log, with tiles that fit: it is not what was cosigned before."""
    follower.look()
    lay(log.folder, [bytes(32), *entries(size)[1:]])

    follower.look()

    assert len(log.brought) == 1
    assert told[-1].startswith("NOT COSIGNED")


def test_a_follower_does_not_follow_back(
    log: Served, follower: Follower, told: list[str], witness: Witness
) -> None:
    """A log that has shrunk is said to have."""
    follower.look()
    lay(log.folder, entries(200))

    follower.look()

    assert "has shrunk: 300 entries were cosigned, it shows 200" in told[-1]
    assert witness.size(LOG.name) == 300


def test_a_follower_believes_no_other_key(log: Served, follower: Follower, told: list[str]) -> None:
    """And fetches no tiles for it."""
    (log.folder / "checkpoint").write_bytes(note(checkpoint(entries(300)), OTHER_LOG))

    follower.look()

    assert told == ["NOT COSIGNED: no known key signed it"]
    assert log.asked == ["checkpoint"]


def test_a_word_that_the_log_did_not_take_is_brought_again(
    log: Served, follower: Follower, told: list[str]
) -> None:
    """The next time, with a new time on it."""
    log.cosignatures_status = 503
    follower.look()
    assert "the log did not take that: 503" in told[-1]
    log.cosignatures_status = 204

    follower.look()

    assert len(brought(log, POLICE.verifier)) == 2
    assert told[-1] == f"cosigned {LOG.name} with 300 entries"


def test_a_witness_that_the_log_does_not_know_is_told_what_to_do(
    log: Served, follower: Follower, told: list[str]
) -> None:
    """The line that the log's policy lacks, with the witness's own key."""
    log.cosignatures_status = 403

    follower.look()

    assert "its policy does not know this witness" in told[-1]
    assert f"`witness NAME {POLICE.verifier}`" in told[-1]


def test_a_memory_that_is_taken_away_is_not_begun_anew(
    url: str, log: Served, follower: Follower, tmp_path: Path, told: list[str]
) -> None:
    """While the witness runs it knows that it had one, by either way of cosigning."""
    follower.look()
    (tmp_path / "memory.json").unlink()

    lay(log.folder, [bytes(32), *entries(300)[1:]])
    follower.look()
    asked = add(url, 0, 100)

    assert told[-2].endswith("memory.json was there, and is gone")
    assert asked.status_code == 500
    assert len(log.brought) == 1
    assert not (tmp_path / "memory.json").exists()


def run(*arguments: object) -> tuple[int, str, str]:
    """One command: its exit, data and messages."""
    ran = CliRunner().invoke(app, [str(each) for each in arguments])
    return ran.exit_code, ran.stdout, ran.stderr


def test_a_key_is_made_once_and_read_by_its_owner_alone(tmp_path: Path) -> None:
    """The public half is printed; a key that is there is kept."""
    file = tmp_path / "witness.key"

    code, printed, _ = run("keys", "witness", "police.example/w", "--key", file)

    assert code == 0
    assert str(SigningKey.parse(file.read_text()).verifier) == printed.strip()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert run("keys", "witness", "police.example/w", "--key", file)[0] == 2
    assert run("keys", "witness", "two words", "--key", tmp_path / "other")[0] == 2


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, "give --listen, --log or both"),
        ({"--listen": "here"}, "here is no HOST:PORT"),
        ({"--log": "nowhere"}, "is no address"),
        ({"--log": "http://127.0.0.1:9", "--key": "policy"}, "is no key"),
        ({"--log": "http://127.0.0.1:9", "--key": "log.key"}, "a witness has its own"),
        ({"--log": "http://127.0.0.1:9", "--policy": "key"}, "is no policy"),
        ({"--log": "http://127.0.0.1:9", "--policy": "nobody"}, "names no log"),
        ({"--log": "http://127.0.0.1:9", "--memory": "key"}, "cannot be read"),
        ({"--log": "http://127.0.0.1:9", "--memory": "away/memory"}, "there is no folder away"),
    ],
)
def test_what_a_witness_cannot_begin_with_is_said(
    changed: dict[str, str], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 2."""
    monkeypatch.chdir(tmp_path)
    Path("policy").write_text(WITNESSED)
    Path("nobody").write_text("quorum none\n")
    Path("key").write_text(POLICE.text)
    Path("log.key").write_text(LOG.text)
    given = {"--policy": "policy", "--key": "key", "--memory": "memory", **changed}

    code, _, said = run("witness", *(word for pair in given.items() for word in pair))

    assert code == 2
    assert reason in said


def test_the_command_listens_and_follows_until_it_is_stopped(log: Served, tmp_path: Path) -> None:
    """As a process of its own, on one memory for both."""
    (tmp_path / "policy").write_text(WITNESSED)
    (tmp_path / "key").write_text(POLICE.text)
    port = free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "deploy", "witness", "--policy", str(tmp_path / "policy")),
            *("--key", str(tmp_path / "key"), "--memory", str(tmp_path / "memory")),
            *("--listen", f"127.0.0.1:{port}", "--log", log.url),
        ],
        stderr=subprocess.PIPE,
        text=True,
    )
    place = f"http://127.0.0.1:{port}/{sha256(LOG.name.encode()).hexdigest()}/checkpoint"
    try:
        until = time.monotonic() + 60
        while not log.brought or not answers(place):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
    finally:
        os.kill(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=30)

    assert process.returncode == 0
    assert brought(log, POLICE.verifier) == [checkpoint(entries(300)).text]
    assert f"cosigned {LOG.name} with 300 entries" in said
    assert "is new" in said


def answers(place: str) -> bool:
    """Whether the witness serves its checkpoint yet."""
    try:
        return httpx2.get(place).status_code == 200
    except httpx2.TransportError:
        return False
