"""test: what guards main, in the order of how soon it fails."""

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
