"""test: what guards main, in the order of how soon it fails."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.console import say
from deploy.local.home import ROOT


def run_tests(
    pytest_arguments: Annotated[
        list[str] | None, typer.Argument(help="Given to pytest; then pytest alone runs.")
    ] = None,
) -> None:
    """Check style, types and walls, then run every test on real servers."""
    python = Path(sys.executable)
    checks: list[tuple[str, list[str]]] = [
        ("style", ["ruff", "check", "."]),
        ("form", ["ruff", "format", "--check", "."]),
        ("types", ["mypy"]),
        ("walls", ["lint-imports"]),
    ]
    for name, command in [] if pytest_arguments else checks:
        say(f"checking {name}")
        _run([str(python.with_name(command[0])), *command[1:]])
    say("running the tests")
    _run([str(python), "-m", "pytest", *(pytest_arguments or [])])


def _run(command: list[str]) -> None:
    """End with 1 where the command does not succeed."""
    if subprocess.call(command, cwd=ROOT) != 0:  # noqa: S603 - our own command, no shell
        raise typer.Exit(1)


def mutate() -> None:
    """Change each line of what decides, one at a time, and see whether a test notices.

    Outside CI, a few minutes. Exit 1 if fewer than nine in ten changes were noticed; `mutants/`
    then holds what survived: mutmut results, mutmut show NAME.
    """
    mutmut = str(Path(sys.executable).with_name("mutmut"))
    shutil.rmtree(ROOT / "mutants", ignore_errors=True)
    _run([mutmut, "run"])
    told = subprocess.run(  # noqa: S603 - our own command, no shell
        [mutmut, "results", "--all", "true"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    outcomes = [line.rsplit(": ", 1)[1] for line in told.stdout.splitlines() if ": " in line]
    killed = sum(outcome in ("killed", "timeout") for outcome in outcomes)
    say(f"{killed} of {len(outcomes)} changes were noticed")
    raise typer.Exit(0 if outcomes and killed >= 0.9 * len(outcomes) else 1)
