"""How every command speaks: data on standard output, all else on standard error."""

import json
import sys
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

out = Console()
err = Console(stderr=True, highlight=False)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]


def say(text: str) -> None:
    """Tell a person how it goes."""
    err.print(f"fingerpost: {text}", markup=False, soft_wrap=True)


def give(data: Any) -> None:
    """Give a program its answer."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=2) + "\n")


def cannot(reason: str) -> NoReturn:
    """End with 2: it cannot be done."""
    say(reason)
    raise typer.Exit(2)
