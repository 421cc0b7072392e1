"""directory: teams, practitioners and who is on call: checked, loaded, shown."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from deploy.client import Answered, Client, NotRunning
from deploy.commands.console import AsJson, cannot, give, out, say
from deploy.commands.running import DEFAULT_DATA, Data
from deploy.local.home import Home
from services.triage.directory.cells import day_names, when
from services.triage.directory.entries import Directory, Practitioner
from services.triage.directory.faults import DirectoryRefused, Fault
from services.triage.directory.reading import read_directory, read_whole
from services.triage.directory.spreadsheet import write_tables

directory = typer.Typer(
    help="Who takes referrals: teams, practitioners, leave, and who is on call.",
    no_args_is_help=True,
)

_PATH = "/triage/api/directory"
Files = Annotated[
    list[Path],
    typer.Argument(
        exists=True,
        dir_okay=False,
        readable=True,
        help="One YAML file, or the tables as CSV: practitioners, teams, duty, rota.",
    ),
]


@directory.command("check")
def check(files: Files, as_json: AsJson = False) -> None:
    """Whether a directory would load: exit 0, or 1 with every fault by file, line and field."""
    try:
        read = read_directory(files)
    except DirectoryRefused as error:
        _show_faults(error.faults, as_json=as_json)
        raise typer.Exit(1) from None
    if as_json:
        give({"sound": True, "faults": [], "directory": _as_json(read)})
    else:
        _line(f"sound; {_in_numbers(read)}")


@directory.command("load")
def load(
    files: Files,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")
    ] = False,
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Make the running system's directory what the files say; what they leave out is removed."""
    try:
        wanted = read_directory(files)
    except DirectoryRefused as error:
        for fault in error.faults:
            say(str(fault))
        cannot("nothing was changed")
    query = {"dry_run": "true"} if dry_run else {}
    try:
        with Client(Home(data)) as client:
            answer = client.put(_PATH, "coordinator", _as_json(wanted), **query)
    except NotRunning as error:
        cannot(str(error))
    except Answered as error:
        for problem in error.problem.get("problems", ()):
            say(f"{problem['field']}: {problem['problem']}")
        cannot(f"{error} Nothing was changed.")
    if as_json:
        give(answer)
        return
    for change in answer["changes"]:
        _line(change["words"])
    if not answer["changes"]:
        _line(f"nothing differs; version {answer['version']}")
    elif dry_run:
        say(f"a dry run: nothing was changed; version {answer['version']} stays")
    else:
        say(f"loaded: version {answer['version']}")


@directory.command("show")
def show(
    csv: Annotated[
        Path | None, typer.Option(help="Write it into this folder, as tables for a spreadsheet.")
    ] = None,
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """The running system's directory. It names people: that it was read is recorded."""
    try:
        with Client(Home(data)) as client:
            answer = client.get(_PATH, "coordinator")
    except (NotRunning, Answered) as error:
        cannot(str(error))
    if csv is not None:
        _write(read_whole(answer["directory"]), csv)
    if as_json:
        give(answer)
    elif csv is None:
        _show(read_whole(answer["directory"]), answer["version"])
        for who, channels in answer["refused"].items():
            _line(f"{who}: refused, {' and '.join(channels)}: correct the address")


def _show_faults(faults: Sequence[Fault], *, as_json: bool) -> None:
    if as_json:
        told = [asdict(fault.place) | {"problem": fault.problem} for fault in faults]
        give({"sound": False, "faults": told})
        return
    for fault in faults:
        _line(str(fault))


def _as_json(wanted: Directory) -> dict[str, Any]:
    return wanted.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _write(kept: Directory, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in write_tables(kept, folder):
            say(f"written: {path}")
    except OSError as error:
        cannot(f"{folder}: {error.strerror}")


def _in_numbers(read: Directory) -> str:
    catalogues = ", ".join(duty.catalogue for duty in read.duty)
    people, teams = len(read.practitioners), len(read.teams)
    return f"{people} practitioners, {teams} teams, coordinators for {catalogues}"


def _show(kept: Directory, version: int) -> None:
    _line(f"version {version}: {_in_numbers(kept)}")
    people = Table("practitioner", "name", "works", "speaks", "leave", "stand-in")
    for each in kept.practitioners:
        people.add_row(
            each.id,
            each.name,
            _works(each),
            ", ".join(each.languages),
            ", ".join(f"{leave.first} to {leave.last}" for leave in each.leave),
            each.stand_in or "",
        )
    out.print(people)
    teams = Table("catalogue", "team", "members", "lead", "contact")
    for team in kept.teams:
        members = ", ".join(team.members)
        teams.add_row(team.catalogue, team.team, members, team.lead or "", team.contact or "")
    out.print(teams)
    duty = Table("catalogue", "coordinators", "on call", "who")
    for one in kept.duty:
        duty.add_row(one.catalogue, ", ".join(one.coordinators), "", "")
        for turn in one.rota:
            duty.add_row("", "", when(turn), turn.who)
    out.print(duty)


def _works(one: Practitioner) -> str:
    return day_names(one.hours) or "on no day"


def _line(text: str) -> None:
    """A line is one line, however narrow the screen."""
    out.print(text, markup=False, highlight=False, soft_wrap=True)
