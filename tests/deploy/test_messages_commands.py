"""`fingerpost messages preview`, as a communications officer and a program use it."""

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from deploy.cli import app


def run(*arguments: str) -> Result:
    """One command of the command line."""
    return CliRunner().invoke(app, ["messages", "preview", *arguments])


def test_every_message_is_shown_without_a_server() -> None:
    """With its subject or its length, nothing beside it on standard error."""
    ran = run()
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.stdout.count(".txt (as it comes)") == 18
    assert "Subject: Fingerpost: something is waiting for you (urgent)" in ran.stdout
    assert " of 160 characters, one text:" in ran.stdout


def test_one_message_by_one_channel() -> None:
    """Of a partnership's own folder, for its own address."""
    ran = run("offered", "--channel", "sms", "--public-url", "https://fp.bromley.example")
    assert ran.stdout.startswith("offered.sms.txt (as it comes)\n")
    assert "Please answer tomorrow, by 17:00. https://fp.bromley.example/" in ran.stdout
    assert "email" not in ran.stdout


def test_a_folder_lies_over_ours(tmp_path: Path) -> None:
    """The file that is there is one's own, the others are as they come."""
    (tmp_path / "offered.sms.txt").write_text("Bromley: answer {{ by }} {{ link }}\n")
    told = json.loads(run("offered", "--wording", str(tmp_path), "--json").stdout)
    email, text = told["messages"]
    assert (told["sound"], email["own"], text["own"]) == (True, False, True)
    assert text["samples"][0]["body"].startswith("Bromley: answer tomorrow, by 17:00 https://")
    assert text["samples"][0]["length"] == len(text["samples"][0]["body"])


def test_what_would_be_refused_is_told_with_file_and_line(tmp_path: Path) -> None:
    """Exit 1, every fault at once; for a program too."""
    file = tmp_path / "offered.sms.txt"
    file.write_text("{{ by }} {{ link }}\nfor a victim\n")
    (tmp_path / "oferred.sms.txt").touch()
    ran, program = run("--wording", str(tmp_path)), run("--wording", str(tmp_path), "--json")
    assert (ran.exit_code, program.exit_code) == (1, 1)
    assert f"{file}:2: “victim” tells who sees it what the message is about" in ran.stdout
    assert "is offered.sms.txt meant?" in ran.stdout
    told = json.loads(program.stdout)
    assert told["sound"] is False
    assert [fault["line"] for fault in told["faults"]] == [1, 2]


def test_what_does_not_exist_cannot_be_shown() -> None:
    """Exit 2: a purpose that there is not, a text that is never sent."""
    assert run("ofered").exit_code == 2
    ran = run("digest", "--channel", "sms")
    assert ran.exit_code == 2
    assert "digest is never told by sms" in ran.stderr
