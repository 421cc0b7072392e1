"""catalogue: the policies in words, a candidate checked, and what differs between two."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter
from rich.table import Table

from deploy.commands.console import AsJson, cannot, give, out, say
from services.triage.policy.explain import (
    Change,
    PathwayInWords,
    RuleInWords,
    assumptions,
    differences,
    glossary,
    pathways_in_words,
)
from services.triage.policy.library import (
    SHIPPED,
    Catalogue,
    Library,
    NoneInForce,
    UnknownCatalogue,
    load_library,
    read_catalogue,
)
from services.triage.policy.policy_file import CatalogueRefused, Fault, read_policy
from shared.london import london_day

catalogue = typer.Typer(
    help="The policies: which pathways, by which rules, from which sources.", no_args_is_help=True
)


@catalogue.command("list")
def show_list(as_json: AsJson = False) -> None:
    """The catalogues that ship: names, dates, pathways, and which is in force today."""
    today = london_day(datetime.now(UTC))
    rows = list(_versions(today))
    if as_json:
        give(rows)
        return
    table = Table("name", "in force from", "until", "pathways", "sha256", "today")
    for row in rows:
        table.add_row(
            row["name"],
            row["in_force_from"],
            row["until"] or "",
            str(row["pathways"]),
            row["sha256"][:12],
            "in force" if row["in_force_today"] else "",
        )
    out.print(table)


@catalogue.command("show")
def show(
    name: Annotated[str, typer.Argument(help="Whose policy: bromley, barnet.")],
    pathway: Annotated[str | None, typer.Argument(help="One pathway alone.")] = None,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The policy of another day.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Every pathway's rules in words, with source, and what is assumed marked."""
    shown = _in_force(name, on.date() if on else london_day(datetime.now(UTC)))
    rows = pathways_in_words(shown.policy)
    if pathway is not None:
        rows = tuple(row for row in rows if row.id == pathway)
        if not rows:
            cannot(f"{_title(shown)} has no pathway {pathway}")
    if as_json:
        give(_told(shown, rows))
        return
    _line(f"{shown.policy.title}\n{_title(shown)}, sha256 {shown.sha256}")
    for row in rows:
        _line("\n" + "\n".join(_pathway(row)))
    if pathway is None:
        _line("\nCriteria that pathways share:")
        for criterion, text in glossary(shown.policy).items():
            _line(f"  {criterion}: {text}")
        _line("\nAssumed besides, to be confirmed:")
        for part, note in assumptions(shown.policy):
            _line(f"  {part}: {note}")
        _line("\nDocuments:")
        for short, document in shown.policy.documents.items():
            _line(f"  {short}: {document}")


@catalogue.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="A catalogue file (YAML).")], as_json: AsJson = False
) -> None:
    """Whether a catalogue would load: exit 0, or 1 with every fault and its line."""
    content = _content(file)
    read: Catalogue | None = None
    faults: tuple[Fault, ...] = ()
    try:
        read = read_catalogue(content, str(file))
        faults = tuple(_clashes(read, content, file))
    except CatalogueRefused as error:
        faults = error.faults
    if as_json:
        give({"file": str(file), "sound": not faults, "faults": [asdict(each) for each in faults]})
    for fault in () if as_json else faults:
        _line(f"{file}:{fault.line}: {fault.reason}")
    if read and not faults and not as_json:
        _line(f"{file}: sound; {_title(read)}, {len(read.policy.pathways)} pathways")
    raise typer.Exit(1 if faults else 0)


@catalogue.command("diff")
def diff(
    old: Annotated[str, typer.Argument(help="A file, or NAME@DATE: the policy of that day.")],
    new: Annotated[str, typer.Argument(help="A file, or NAME@DATE.")],
    as_json: AsJson = False,
) -> None:
    """What changes from one version to another, pathway by pathway, criterion by criterion."""
    before, after = _version(old), _version(new)
    changes = differences(before.policy, after.policy)
    if as_json:
        give(
            {
                "old": _identity(before),
                "new": _identity(after),
                "changes": [asdict(change) for change in changes],
            }
        )
        return
    _line(f"from {_title(before)}, to {_title(after)}")
    for change in changes:
        _line("\n" + "\n".join(_change(change)))
    if not changes:
        _line("\nNo pathway, no criterion and no other part differs.")


def read_file(path: Path) -> Catalogue:
    """The catalogue in a file; ends with 2 where it does not load, every fault told."""
    try:
        return read_catalogue(_content(path), str(path))
    except CatalogueRefused as error:
        for fault in error.faults:
            say(f"{path}:{fault.line}: {fault.reason}")
        cannot(f"{path} is no catalogue that loads")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        cannot(f"{path}: {error.strerror}")


def _shipped() -> Library:
    try:
        return load_library()
    except CatalogueRefused as error:
        cannot(str(error))


def _in_force(name: str, day: date) -> Catalogue:
    try:
        found = _shipped().in_force(name, day)
    except UnknownCatalogue as error:
        cannot(str(error))
    if isinstance(found, NoneInForce):
        cannot(
            f"{name} has no policy in force on {day}; the first begins on "
            f"{found.first.in_force_from}"
        )
    return found


def _version(named: str) -> Catalogue:
    name, at, day = named.rpartition("@")
    if not at or Path(named).exists():
        return read_file(Path(named))
    try:
        return _in_force(name, date.fromisoformat(day))
    except ValueError:
        cannot(f"{named}: write NAME@YYYY-MM-DD, or name a file")


def _versions(today: date) -> Iterator[dict[str, Any]]:
    library = _shipped()
    for name in library.names:
        versions = library.versions(name)
        for each, next_ in zip(versions, (*versions[1:], None), strict=True):
            until = next_.in_force_from - timedelta(days=1) if next_ else None
            yield {
                **_identity(each),
                "title": each.policy.title,
                "until": until.isoformat() if until else None,
                "pathways": len(each.policy.pathways),
                "in_force_today": each.in_force_from <= today and (not until or today <= until),
            }


def _clashes(read: Catalogue, content: bytes, file: Path) -> Iterator[Fault]:
    """Other versions of the name that begin on the same day; a copy elsewhere is no other."""
    for path in sorted(SHIPPED.glob("*.yaml")):
        if path.samefile(file):
            continue
        other = read_file(path)
        beside = file.resolve().parent == SHIPPED or other.sha256 != read.sha256
        if beside and (other.name, other.in_force_from) == (read.name, read.in_force_from):
            yield Fault(
                read_policy(content, str(file)).line_of(("in_force_from",)),
                f"{path.name} is also the {read.name} catalogue in force from "
                f"{read.in_force_from}: give this one a day of its own",
            )


def _identity(one: Catalogue) -> dict[str, Any]:
    return {
        "name": one.name,
        "in_force_from": one.in_force_from.isoformat(),
        "sha256": one.sha256,
    }


def _title(one: Catalogue) -> str:
    return f"{one.name} in force from {one.in_force_from:%-d %B %Y}"


def _told(shown: Catalogue, rows: tuple[PathwayInWords, ...]) -> dict[str, Any]:
    pathways = TypeAdapter(tuple[PathwayInWords, ...]).dump_python(rows, mode="json")
    return {
        **_identity(shown),
        "title": shown.policy.title,
        "documents": shown.policy.documents,
        "assumptions": [{"part": part, "note": note} for part, note in assumptions(shown.policy)],
        "criteria": glossary(shown.policy),
        "pathways": [{"from": row.pop("from_"), **row} for row in pathways],
    }


def _pathway(row: PathwayInWords) -> Iterator[str]:
    place = f", {row.place} of {row.group}" if row.group else ""
    dates = "".join(
        f"; {word} {day:%-d %B %Y}"
        for word, day in (("from", row.from_), ("funded until", row.funded_until))
        if day
    )
    yield f"{row.id}: {row.programme}"
    yield f"  {row.kind}{place}; taken by {row.team}{dates}; source {row.source}"
    for rule in row.rules:
        yield from _rule(rule, "  - ", row.source)
    for block in row.blocks:
        yield from _rule(block, "  x ", row.source)
    yield from (f"  assumed: {note}" for note in row.assumed)


def _rule(rule: RuleInWords, mark: str, source_of_row: str) -> Iterator[str]:
    yield mark + rule.text + (f"  [{rule.source}]" if rule.source != source_of_row else "")
    yield from (f"      assumed: {note}" for note in rule.assumed)


def _change(change: Change) -> Iterator[str]:
    yield f"{change.what}: {change.turn}"
    if change.bears_on:
        yield f"  bears on {', '.join(change.bears_on)}"
    yield from (f"  - {line}" for line in (*change.gone, *change.grounds_gone))
    yield from (f"  + {line}" for line in (*change.new, *change.grounds_new))


def _line(text: str) -> None:
    """A line is one line, however narrow the screen: the terminal breaks it, `grep` finds it."""
    out.print(text, markup=False, highlight=False, soft_wrap=True)
