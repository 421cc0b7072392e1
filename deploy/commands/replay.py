"""replay: which past decisions would differ under another catalogue."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import typer
from pydantic import ValidationError
from rich.progress import Progress
from rich.table import Column, Table

from deploy.client import Answered, Client, NotRunning
from deploy.commands.catalogue import read_file
from deploy.commands.console import AsJson, cannot, err, give, out, say
from deploy.commands.running import DEFAULT_DATA, Data
from deploy.local.home import Home
from services.triage.policy.library import Catalogue
from services.triage.policy.replaying import TURNS, Difference, Kept, Replay

_FIRST: Final = UUID(int=0)
_IDS: Final = 2**128
_DAY: Final = "%Y-%m-%d"


def replay(
    from_: Annotated[
        datetime, typer.Option("--from", formats=[_DAY], help="First day of the referrals.")
    ],
    to: Annotated[datetime, typer.Option("--to", formats=[_DAY], help="Last day, included.")],
    catalogue: Annotated[Path, typer.Option("--catalogue", help="A catalogue file (YAML).")],
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Decide past referrals again, as if another catalogue had been in force, and compare.

    Reads the running system's decisions as an auditor; every reading is recorded there.
    """
    if to < from_:
        cannot(f"--to {to:{_DAY}} is before --from {from_:{_DAY}}")
    tried = read_file(catalogue)
    done = Replay(tried)
    try:
        with Client(Home(data)) as client:
            for kept in _decisions(client, tried.name, f"{from_:{_DAY}}", f"{to:{_DAY}}"):
                done.compare(kept)
    except (NotRunning, Answered) as error:
        cannot(str(error))
    except ValidationError:
        cannot("the running system keeps facts that this program does not know: use its version")
    done.differences.sort(key=lambda each: (each.made_on, each.referral_id, each.revision))
    told = _told(done, f"{from_:{_DAY}}", f"{to:{_DAY}}")
    if as_json:
        give(told)
    else:
        _show(told, done)


def _decisions(client: Client, catalogue: str, from_: str, to: str) -> Iterator[Kept]:
    """Every decision of a catalogue's name on the referrals of some days, page by page."""
    cursor: str | None = str(_FIRST)
    with Progress(console=err, transient=True) as progress:
        # The ids are evenly spread, so that the last one read tells how much there is to come.
        reading = progress.add_task("replaying", total=_IDS)
        while cursor is not None:
            asked = {"catalogue": catalogue, "from": from_, "to": to, "cursor": cursor}
            page = client.get("/triage/api/decisions", "auditor", **asked)
            yield from (Kept.model_validate(each) for each in page["decisions"])
            cursor = page["next"]
            progress.update(reading, completed=UUID(cursor).int if cursor else _IDS)


def _told(done: Replay, from_: str, to: str) -> dict[str, Any]:
    return {
        "catalogue": {
            "name": done.catalogue.name,
            "in_force_from": done.catalogue.in_force_from.isoformat(),
            "sha256": done.catalogue.sha256,
        },
        "from": from_,
        "to": to,
        "as_if": _as_if(done.catalogue),
        "compared": done.compared,
        "differ": len(done.differences),
        "pathways": [{"pathway": name, **counts} for name, counts in done.by_pathway().items()],
        "measures": done.by_measure(),
        "asks": dict(Counter(fact for each in done.differences for fact in each.asks)),
        "not_recorded": list(done.not_recorded),
        "decisions": [each.as_json() for each in done.differences],
    }


def _as_if(catalogue: Catalogue) -> str:
    first = f"{catalogue.in_force_from:%-d %B %Y}"
    return (
        "as if this catalogue had been in force on the day of every referral; "
        f"dates of its rows and funding as on {first} for a referral made before"
    )


def _show(told: dict[str, Any], done: Replay) -> None:
    name = told["catalogue"]["name"]
    out.print(
        f"{told['compared']} decisions of {name} on referrals of {told['from']} to {told['to']}: "
        f"{told['differ']} would differ\n({told['as_if']})",
        highlight=False,
    )
    if not told["differ"]:
        return
    turns = [turn for turn in TURNS if any(row[turn] for row in told["pathways"])]
    pathways = Table(Column("pathway", no_wrap=True), *(_words(turn) for turn in turns))
    for row in told["pathways"]:
        pathways.add_row(row["pathway"], *(str(row[turn] or "") for turn in turns))
    if turns:
        out.print(pathways)
    for move in told["measures"]:
        was, now = _value(move["was"]), _value(move["would_be"])
        out.print(f"{_words(move['measure'])}: {was} would be {now}: {move['decisions']}")
    for fact, times in told["asks"].items():
        mark = " (not recorded)" if fact in told["not_recorded"] else ""
        out.print(f"now asked for: {fact}{mark}: {times}", markup=False)
    # The id is what `trail` asks for: it stands whole, however narrow the screen.
    table = Table(
        Column("made on", no_wrap=True),
        Column("referral", no_wrap=True, min_width=36),
        Column("what would differ", overflow="fold"),
    )
    for each in done.differences:
        table.add_row(each.made_on.isoformat(), str(each.referral_id), "; ".join(_changes(each)))
    out.print(table)
    for fact in told["not_recorded"]:
        say(f"{fact} is not recorded in any of these decisions: what depends on it shows as asking")


def _changes(each: Difference) -> Iterator[str]:
    for turn, pathways in each.turns.items():
        yield f"{_words(turn)}: {', '.join(pathways)}"
    for name, (was, now) in each.measures.items():
        yield f"{_words(name)}: {_value(was)} would be {_value(now)}"
    if each.asks:
        yield f"asks for {', '.join(each.asks)}"
    if each.no_longer_asks:
        yield f"no longer asks for {', '.join(each.no_longer_asks)}"


def _words(name: str) -> str:
    return name.replace("marac", "MARAC").replace("_", " ")


def _value(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(_words(each) for each in value) or "none"
        case _:
            return _words(str(value)) or "none"
