"""The directory commands, as a borough's officer and a program use them."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from typer.testing import CliRunner, Result

from deploy.cli import app
from deploy.local.home import Home, identity
from deploy.local.system import DIRECTORY
from tests.servers import Postgres
from tests.triage.directory.tables import YAML, in_csv, in_yaml
from tests.triage.service import started


def run(*arguments: str | Path) -> Result:
    """One command of the command line."""
    return CliRunner().invoke(app, ["directory", *map(str, arguments)])


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def data(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The data folder of a system of which triage alone runs."""
    folder = tmp_path_factory.mktemp("data")
    async with started(postgres, folder) as triage:
        home = Home(folder)
        home.keys.symlink_to(triage.keys.folder)
        home.record({"up": identity(os.getpid()), "ready": True, "url": triage.url})
        yield f"--data={folder}"


def shown(data: str) -> Any:
    """The directory as it is kept, for a program."""
    ran = run("show", data, "--json")
    assert ran.exit_code == 0, ran.stderr
    return json.loads(ran.stdout)


def test_a_sound_directory(tmp_path: Path) -> None:
    """Exit 0, in numbers for a person, and alike for YAML and tables."""
    for files in (in_yaml(tmp_path), in_csv(tmp_path)):
        ran = run("check", *files)
        assert (ran.exit_code, ran.stdout) == (
            0,
            "sound; 3 practitioners, 2 teams, coordinators for bromley\n",
        )


def test_a_sound_directory_as_the_api_takes_it(data: str, tmp_path: Path) -> None:
    """What `check` gives a program is what may be put, where no command reaches."""
    checked = json.loads(run("check", *in_csv(tmp_path), "--json").stdout)
    run("load", *in_yaml(tmp_path), data)

    assert checked["sound"]
    assert checked["directory"] == shown(data)["directory"]


def test_a_directory_with_faults(tmp_path: Path) -> None:
    """Exit 1, and every fault with file, line and column, for people and for programs."""
    files = in_csv(tmp_path, {"duty": "catalogue,coordinators\nbromley,p-gone\n"})

    ran, told = run("check", *files), run("check", *files, "--json")

    said = "p-gone is no practitioner of this directory"
    assert ran.exit_code == told.exit_code == 1
    assert ran.stdout == f"{files[2]}: line 2: coordinators: {said}\n"
    assert json.loads(told.stdout) == {
        "sound": False,
        "faults": [
            {"field": "coordinators", "file": str(files[2]), "line": 2, "problem": said},
        ],
    }


def test_a_file_that_is_not_there() -> None:
    """It cannot be done: exit 2, and the reason on standard error."""
    ran = run("check", "nowhere.yaml")

    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "nowhere.yaml" in ran.stderr


def test_a_dry_run_and_the_load_say_the_same(data: str, tmp_path: Path) -> None:
    """What would change, changes; only then, and by then nothing is left to change."""
    run("load", *in_yaml(tmp_path), data)
    before = shown(data)
    files = in_yaml(tmp_path, YAML.replace("max_caseload: 25", "max_caseload: 20"))

    would = run("load", *files, data, "--dry-run")
    assert shown(data) == before
    does = run("load", *files, data)

    assert (would.exit_code, does.exit_code) == (0, 0)
    assert would.stdout == does.stdout == "p-anna: max_caseload change\n"
    assert "nothing was changed" in would.stderr
    assert shown(data)["version"] == before["version"] + 1
    assert run("load", *files, data).stdout.startswith("nothing differs")


def test_a_program_reads_what_changed(data: str, tmp_path: Path) -> None:
    """The API's answer as it is."""
    run("load", *in_yaml(tmp_path), data)
    files = in_yaml(tmp_path, YAML.replace("name: Cora Nunn", "name: Cora Keld"))

    told = json.loads(run("load", *files, data, "--json").stdout)

    assert [each["words"] for each in told["changes"]] == ["p-cora: name change"]


def test_nothing_is_loaded_of_what_is_wrong(data: str, tmp_path: Path) -> None:
    """Exit 2, every fault on standard error."""
    before = shown(data)
    files = in_yaml(tmp_path, YAML.replace("lead: p-anna", "lead: p-gone"))

    ran = run("load", *files, data)

    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "teams.bromley/idsva.lead: p-gone is no practitioner" in ran.stderr
    assert shown(data) == before


def test_what_is_shown_as_tables_may_be_loaded(data: str, tmp_path: Path) -> None:
    """The directory of this machine, to a spreadsheet and back: nothing differs."""
    run("load", DIRECTORY, data)

    ran = run("show", data, "--csv", tmp_path / "tables")

    files = sorted((tmp_path / "tables").glob("*.csv"))
    assert (ran.exit_code, ran.stdout, len(files)) == (0, "", 4)
    assert run("load", *files, data, "--dry-run").stdout.startswith("nothing differs")


def test_it_is_shown_to_a_person(data: str, tmp_path: Path) -> None:
    """Who works when, who is in which team, and who is on call."""
    run("load", *in_yaml(tmp_path), data)

    ran = run("show", data)

    assert ran.exit_code == 0
    for word in ("3 practitioners", "p-anna", "idsva", "bromley"):
        assert word in ran.stdout


def test_without_a_system_nothing_is_shown(tmp_path: Path) -> None:
    """Exit 2, and how to start one."""
    ran = run("show", "--data", tmp_path)

    assert ran.exit_code == 2
    assert "./fingerpost up" in ran.stderr
