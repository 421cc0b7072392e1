"""verify: the audit log, a copy of it or a bundle, checked without trusting whoever runs it."""

from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.commands.console import AsJson, cannot, give, out
from deploy.commands.running import DEFAULT_DATA, Data
from deploy.keys import Keys
from deploy.local.home import Home
from deploy.log_address import LogAddress
from services.audit.tlog.witness_policy import MalformedPolicy, Policy, parse_policy
from services.audit.verify import (
    CannotCheck,
    Folder,
    Memory,
    Report,
    check_bundle,
    check_log,
)

ASK = (
    "there is no policy to check with: ask the borough's information-governance lead for the"
    " policy file of the log (its public key, its witnesses, how many of them must agree), compare"
    " its keys with what the witnesses themselves tell you, and name it with --policy. What the"
    " log itself hands out is not taken: a forged log hands out a forged key"
)


def verify(
    what: Annotated[str, typer.Argument(help="URL of a log (…/audit), FOLDER or BUNDLE.")],
    policy: Annotated[
        Path | None, typer.Option(help="Whom to trust: c2sp.org/tlog-policy.")
    ] = None,
    memory: Annotated[
        Path | None, typer.Option(help="The folder that remembers each log's last checkpoint.")
    ] = None,
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Check a log from outside; exit 0: it holds, 1: it does not, 2: it cannot be checked."""
    try:
        trusted = read_policy(policy or _local_policy(data))
        report = check(what, trusted, Memory(memory or data / "remembered"))
    except CannotCheck as error:
        cannot(str(error))
    if as_json:
        give(as_answer(report))
    else:
        _show(what, report)
    raise typer.Exit(0 if report.holds else 1)


def check(what: str, policy: Policy, memory: Memory) -> Report:
    """The report of an address, a folder or a bundle; CannotCheck."""
    if "://" in what:
        with LogAddress(what) as address:
            return check_log(address, policy, memory)
    path = Path(what)
    if path.is_dir():
        return check_log(Folder(path), policy, memory)
    if path.is_file():
        return check_bundle(path, policy, memory)
    raise CannotCheck(f"there is no {what}: name a log's address, a folder or a bundle")


def read_policy(file: Path) -> Policy:
    """The policy of a file; CannotCheck with the line at fault."""
    try:
        return parse_policy(file.read_text(encoding="utf-8"))
    except MalformedPolicy as error:
        raise CannotCheck(f"{file} is no policy: {error}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise CannotCheck(f"{file} cannot be read") from error


def as_answer(report: Report) -> dict[str, Any]:
    """The report for a program."""
    checkpoint = report.checkpoint
    return {
        "holds": report.holds,
        "checkpoint": checkpoint
        and {
            "origin": checkpoint.origin,
            "size": checkpoint.size,
            "root": checkpoint.root.hex(),
        },
        "checked": report.checked,
        "not_checked": report.unchecked,
        "problems": [
            {"check": each.check, "said": each.said, "index": each.index}
            for each in report.problems
        ],
    }


def _local_policy(data: Path) -> Path:
    file = Keys(Home(data).keys).log_policy_file
    if not file.is_file():
        raise CannotCheck(ASK)
    return file


def _show(what: str, report: Report) -> None:
    verdict = "holds, as far as it was checked" if report.holds else "DOES NOT HOLD"
    _print(f"{what} {verdict}.")
    parts = {
        "Wrong": [each.said for each in report.problems],
        "Checked": report.checked,
        "Not checked": report.unchecked,
    }
    for title, sentences in parts.items():
        if sentences:
            _print(f"\n{title}:")
            for sentence in sentences:
                _print(f"- {sentence}")


def _print(line: str) -> None:
    out.print(line, markup=False, highlight=False, soft_wrap=True)
