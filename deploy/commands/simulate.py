"""simulate: a quarter of invented referrals through the code that runs, to size teams by."""

import asyncio
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.table import Table

from deploy.commands.console import AsJson, cannot, give, out, say
from deploy.simulation.quarter import simulated
from services.triage.directory.faults import DirectoryRefused
from services.triage.directory.reading import read_directory
from services.triage.policy.wording import place_name


def simulate(
    referrals: Annotated[int, typer.Option(min=1, max=200_000, help="In the quarter.")] = 10_000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same quarter.")] = 1,
    directory: Annotated[
        Path | None, typer.Option(help="A directory (YAML), instead of an invented one.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Three months of two boroughs: who is asked, who waits, who is contacted in time.

    Referrals and answers are invented, and so is the directory if none is given; who is asked, when
    it goes up and who waits is decided by the code that runs. Exit 1 if anybody was over capacity,
    a wall was crossed or a referral was forgotten.
    """
    try:
        staff = read_directory([directory]) if directory else None
    except (OSError, DirectoryRefused) as error:
        cannot(str(error))
    say(f"{referrals} referrals in three months, one after another")
    found = asyncio.run(simulated(referrals, seed, staff))
    if as_json:
        give(found)
    else:
        _show(found)
    raise typer.Exit(0 if found["ok"] else 1)


_COLUMNS: Final = {
    "of": "members",
    "asked": "offered",
    "took": "accepted",
    "passed": "declined",
    "late": "overdue",
    "wait": "waiting",
    "days": "longest_wait_days",
}


def _show(found: dict[str, Any]) -> None:
    for catalogue in sorted({team["catalogue"] for team in found["teams"]}):
        table = Table(place_name(catalogue), box=None, padding=(0, 1, 0, 0))
        for column in (*_COLUMNS, "in time", "cases each"):
            table.add_column(column, justify="right")
        for team in found["teams"]:
            if team["catalogue"] == catalogue:
                table.add_row(team["team"], *_row(team))
        out.print(table, "")
    out.print(
        f"{found['referrals']} referrals, seed {found['seed']}: {found['assignments']} assignments,"
        f" {found['over']} over, {found['held']} held, {found['waiting']} waiting",
        soft_wrap=True,
    )
    fair = found["fairness"]
    out.print(
        f"Cases as a share of the team's mean: least {fair['least']}, median {fair['median']},"
        f" most {fair['most']}, varying by {fair['varies']:.0%}",
        soft_wrap=True,
    )
    for breach in found["breaches"]:
        say(f"NOT KEPT: {breach['what']} ({breach['times']})")
    if found["ok"]:
        out.print("Nobody was over capacity, no wall was crossed, nobody was forgotten.")


def _row(team: dict[str, Any]) -> list[str]:
    each, contacts = team["cases_each"], team["first_contacts"]
    return [
        *(str(team[figure]) for figure in _COLUMNS.values()),
        f"{team['in_time'] / contacts:.0%}" if contacts else "-",
        f"{each['least']}-{each['median']:.0f}-{each['most']}",
    ]
