"""verify and mirror, as an auditor and a program use them, on real servers and files."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from deploy.cli import app
from tests.audit.verify.laid import (
    ALONE,
    LOG,
    MAYOR,
    OTHER_LOG,
    POLICE,
    WITNESSED,
    checkpoint,
    entries,
    lay,
    note,
)
from tests.audit.verify.packed import Parts, packed
from tests.deploy.log_server import Served, serving

SIZE = 700


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Served]:
    """A log of 700 entries, served."""
    with serving(lay(tmp_path / "log", entries(SIZE), LOG, POLICE, MAYOR)) as served:
        yield served


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """A policy that asks for both witnesses."""
    file = tmp_path / "policy"
    file.write_text(WITNESSED)
    return file


def run(*arguments: object) -> Result:
    """One command of the command line."""
    return CliRunner().invoke(app, [str(each) for each in arguments])


def verify(what: object, policy: Path, *more: object) -> Result:
    """`verify`, with its memory beside the policy."""
    return run("verify", what, "--policy", policy, "--memory", policy.parent / "memory", *more)


def answer(ran: Result) -> Any:
    """What a program reads."""
    return json.loads(ran.stdout)


def test_a_log_at_an_address_holds(log: Served, policy: Path) -> None:
    """Exit 0, and in words what was checked, and what was not."""
    ran = verify(log.url, policy)

    assert ran.exit_code == 0, ran.output
    assert ran.stdout.startswith(f"{log.url} holds, as far as it was checked.\n")
    assert "All 700 entries were hashed anew" in ran.stdout
    assert "The witnesses that the policy asks for stand by 700 entries" in ran.stdout
    assert "Not checked:" in ran.stdout


def test_a_program_reads_the_same_as_json(log: Served, policy: Path) -> None:
    """The checkpoint, and each sentence."""
    report = answer(verify(log.url, policy, "--json"))

    assert report["holds"]
    assert report["problems"] == []
    assert report["checkpoint"] == {
        "origin": LOG.name,
        "size": SIZE,
        "root": checkpoint(entries(SIZE)).root.hex(),
    }
    assert report["checked"]
    assert report["not_checked"]


def test_a_copy_holds_and_is_brought_up_to_date(log: Served, policy: Path, tmp_path: Path) -> None:
    """Only what is new is fetched, and parts that are no longer needed go."""
    copy = tmp_path / "copy"
    first = answer(run("mirror", log.url, copy, "--json"))
    assert verify(copy, policy).exit_code == 0
    lay(log.folder, entries(1100), LOG, POLICE, MAYOR)
    log.asked.clear()

    second = answer(run("mirror", log.url, copy, "--json"))

    # 700: three tiles of leaves, three of entries, one above. 1,100: two full ones and a part of
    # each are new, and the part above.
    assert (first, second) == ({"entries": 700, "fetched": 7}, {"entries": 1100, "fetched": 7})
    assert "tile/0/000" not in log.asked
    assert sorted(str(part.relative_to(copy)) for part in copy.glob("**/*.p/*")) == [
        "tile/0/004.p/76",
        "tile/1/000.p/4",
        "tile/entries/004.p/76",
    ]
    assert verify(copy, policy).exit_code == 0


def test_a_copy_that_is_up_to_date_fetches_nothing(log: Served, tmp_path: Path) -> None:
    """But the checkpoint, which may have more cosignatures."""
    run("mirror", log.url, tmp_path / "copy")
    log.asked.clear()

    assert answer(run("mirror", log.url, tmp_path / "copy", "--json"))["fetched"] == 0
    assert log.asked == ["witnessed", "checkpoint"]


def test_a_copy_that_was_broken_off_goes_on(log: Served, policy: Path, tmp_path: Path) -> None:
    """The checkpoint comes last: until then the folder shows what it showed before."""
    missing = log.folder / "tile" / "1" / "000.p" / "2"
    content = missing.read_bytes()
    missing.unlink()
    ran = run("mirror", log.url, tmp_path / "copy")
    assert ran.exit_code == 1
    assert "tile/1/000.p/2 is missing" in ran.stderr
    assert not (tmp_path / "copy" / "checkpoint").exists()
    missing.write_bytes(content)

    assert run("mirror", log.url, tmp_path / "copy").exit_code == 0
    assert verify(tmp_path / "copy", policy).exit_code == 0


def test_a_server_that_falters_is_asked_again(
    log: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few times, and then no more."""
    monkeypatch.setattr("deploy.log_address.PAUSES", (0.0, 0.0, 0.0))
    log.failures = 3
    assert run("mirror", log.url, tmp_path / "copy").exit_code == 0

    log.failures = 4
    ran = run("mirror", log.url, tmp_path / "other")

    assert ran.exit_code == 2
    assert "answers 503" in ran.stderr


@pytest.mark.parametrize(
    ("size", "key", "reason"),
    [
        (600, LOG, "the log has shrunk: 700 entries are copied, and it shows 600"),
        (700, LOG, "two different histories of 700 entries"),
    ],
)
def test_a_copy_is_not_overwritten_with_another_history(
    size: int, key: object, reason: str, log: Served, tmp_path: Path
) -> None:
    """Exit 1, and the copy stays what it was."""
    copy = tmp_path / "copy"
    run("mirror", log.url, copy)
    before = (copy / "checkpoint").read_bytes()
    other = [bytes(32), *entries(size)[1:]]
    (log.folder / "checkpoint").write_bytes(note(checkpoint(other), LOG))

    ran = run("mirror", log.url, copy)

    assert ran.exit_code == 1
    assert reason in ran.stderr
    assert (copy / "checkpoint").read_bytes() == before


def test_a_bundle_holds(tmp_path: Path, policy: Path) -> None:
    """From its file alone."""
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(packed(Parts(keys=(LOG, POLICE, MAYOR)).files()))

    ran = verify(bundle, policy)

    assert ran.exit_code == 0, ran.output
    assert "4 events are shown as their bytes say" in ran.stdout


def test_a_log_that_was_rewritten_does_not_hold(log: Served, policy: Path) -> None:
    """Exit 1, and what is wrong comes first."""
    verify(log.url, policy)
    lay(log.folder, [bytes(32), *entries(SIZE)], LOG, POLICE, MAYOR)

    ran = verify(log.url, policy)

    assert ran.exit_code == 1
    verdict, _, wrong = ran.stdout.partition("\n\n")
    assert verdict == f"{log.url} DOES NOT HOLD."
    assert wrong.startswith("Wrong:\n- The first 700 entries are not those")
    assert answer(verify(log.url, policy, "--json"))["problems"][0]["check"] == "memory"


def test_a_key_of_somebody_else_does_not_hold(log: Served, policy: Path) -> None:
    """Whatever else is right."""
    (log.folder / "checkpoint").write_bytes(note(checkpoint(entries(SIZE)), OTHER_LOG))

    ran = verify(log.url, policy)

    assert ran.exit_code == 1
    assert "the log's key was changed" in ran.stdout


def test_the_local_systems_policy_is_taken_where_there_is_one(log: Served, tmp_path: Path) -> None:
    """And what is remembered lies beside its data."""
    data = tmp_path / "data"
    (data / "keys" / "log").mkdir(parents=True)
    (data / "keys" / "log" / "policy").write_text(ALONE)

    assert run("verify", log.url, "--data", data).exit_code == 0
    assert len(list((data / "remembered").iterdir())) == 1


def test_without_a_policy_nothing_is_checked_and_it_is_said_whom_to_ask(
    log: Served, tmp_path: Path
) -> None:
    """Exit 2. What the log hands out is not taken, though it hands it out."""
    (log.folder / "policy").write_text(WITNESSED)

    ran = run("verify", log.url, "--data", tmp_path / "nothing")

    assert ran.exit_code == 2
    assert "ask the borough's information-governance lead" in ran.stderr
    assert log.asked == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [("log\n", "line 1: this is no complete line"), ("quorum none\n", "names no log's key")],
)
def test_a_policy_that_is_none_is_said_to_be(
    text: str, reason: str, log: Served, tmp_path: Path
) -> None:
    """Exit 2, with the line."""
    policy = tmp_path / "mine"
    policy.write_text(text)

    ran = verify(log.url, policy)

    assert ran.exit_code == 2
    assert reason in ran.stderr


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("nowhere", "there is no nowhere"),
        ("ftp://127.0.0.1/audit", "begins with https:// or http://"),
        ("http://127.0.0.1:9/audit", "cannot be reached"),
    ],
)
def test_what_is_not_there_cannot_be_checked(
    what: str, reason: str, policy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 2: that is another answer than no."""
    monkeypatch.setattr("deploy.log_address.PAUSES", ())

    ran = verify(what, policy)

    assert ran.exit_code == 2
    assert reason in ran.stderr


def test_a_folder_without_a_checkpoint_cannot_be_checked(policy: Path, tmp_path: Path) -> None:
    """Exit 2."""
    (tmp_path / "empty").mkdir()

    assert verify(tmp_path / "empty", policy).exit_code == 2
