"""messages: the words of emails and texts, as people will read them."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.commands.console import AsJson, cannot, give, out
from services.notify import gsm
from services.notify.messages import PURPOSES
from services.notify.preview import TITLES, Previewed, preview
from services.notify.wording_files import WordingRefused, load_wording
from shared.events import Channel, Purpose

messages = typer.Typer(help="The words of emails and texts.", no_args_is_help=True)

EXAMPLE_URL = "https://fingerpost.example.gov.uk"


@messages.callback()
def _group() -> None:
    """The words of emails and texts."""


@messages.command("preview")
def show(
    purpose: Annotated[
        Purpose | None, typer.Argument(help="One purpose alone; all of them if none is named.")
    ] = None,
    channel: Annotated[Channel | None, typer.Option(help="By this channel alone.")] = None,
    wording: Annotated[
        Path | None, typer.Option(help="A folder with words of your own, laid over ours.")
    ] = None,
    public_url: Annotated[
        str, typer.Option(help="Where people reach your system: the beginning of every link.")
    ] = EXAMPLE_URL,
    as_json: AsJson = False,
) -> None:
    """Every message as people read it: exit 0, or 1 with each fault by file and line."""
    try:
        words = load_wording(public_url, wording)
    except WordingRefused as error:
        if as_json:
            give({"sound": False, "faults": [asdict(each) for each in error.faults]})
        for fault in () if as_json else error.faults:
            _line(str(fault))
        raise typer.Exit(1) from None
    shown = list(preview(words, public_url, (purpose,) if purpose else PURPOSES, channel))
    if not shown:
        cannot(f"{purpose} is never told by {channel}")
    if as_json:
        give({"sound": True, "messages": [_told(each) for each in shown]})
        return
    for each in shown:
        for line in _lines(each):
            _line(line)


def _lines(each: Previewed) -> Iterator[str]:
    title, who = TITLES[each.purpose]
    yield f"{each.file.name} ({'your own words' if each.own else 'as it comes'})"
    yield f"{title}. {who}"
    for sample in each.samples:
        counted = (
            f", {sample.length} of {gsm.ONE_PART} characters, "
            + ("one text" if sample.parts == 1 else f"{sample.parts} texts")
            if sample.length is not None
            else ""
        )
        yield f"  {sample.when}{counted}:"
        if sample.subject:
            yield f"    Subject: {sample.subject}"
        yield from (f"    {line}".rstrip() for line in sample.body.rstrip().split("\n"))
    yield ""


def _told(each: Previewed) -> dict[str, Any]:
    return {**asdict(each), "file": str(each.file)}


def _line(text: str) -> None:
    """A line is one line, however narrow the screen."""
    out.print(text, markup=False, highlight=False, soft_wrap=True)
