"""trail: what happened to a referral, checked while it is read."""

from collections.abc import Iterator
from typing import Annotated, Any, Final
from uuid import UUID

import typer
from rich.table import Table

from deploy import keys as key_folder
from deploy.client import Answered, Client, NotRunning
from deploy.commands.console import AsJson, cannot, give, out, say
from deploy.commands.running import DEFAULT_DATA, Data
from deploy.local.home import Home
from services.audit.tlog.witness_policy import Policy, parse_policy
from services.audit.trail.asking import WHYS, Why
from services.audit.verify import Broken, verify_trail
from shared.words import counted

ROUTINE: Final[Why] = "routine_check"


def trail(
    referral: Annotated[str, typer.Argument(help="A referral's id, or AGENCY/REFERENCE.")],
    why: Annotated[str, typer.Option(help=f"Why you look: {', '.join(WHYS)}.")] = ROUTINE,
    reference: Annotated[str, typer.Option(help="The case's number, if there is one.")] = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """The events of a referral, each checked to be in the signed log; exit 1 if one is not."""
    try:
        with Client(Home(data)) as client:
            pages = list(pages_of(client, referral_id(client, referral), why, reference))
            policy = policy_of(client)
    except (NotRunning, Answered) as error:
        cannot(str(error))
    waiting = pages[-1]["unsigned"]
    if not any(page["entries"] for page in pages):
        later = counted(waiting, "entry waits", "entries wait")
        again = f"; {later} for a signature: ask again in two seconds" if waiting else ""
        cannot(f"the trail knows no referral of that id{again}")
    broken = [found for page in pages if isinstance(found := verify_trail(page, policy), Broken)]
    entries = [entry for page in pages for entry in page["entries"]]
    if as_json:
        give({"verified": not broken, "broken": [b.reason for b in broken], "entries": entries})
    else:
        _show(entries)
        origin, size, root, *_ = pages[-1]["checkpoint"].splitlines()
        for each in broken:
            say(f"NOT AS IT WAS WRITTEN: {each.reason} (entry {each.index})")
        if not broken:
            log = counted(int(size), "entry", "entries")
            later = counted(waiting, "later entry waits", "later entries wait")
            out.print(
                f"{counted(len(entries), 'event', 'events, each')} in the log {origin} of {log},"
                f" signed with root {root}; {later} for a signature"
            )
    raise typer.Exit(1 if broken else 0)


def referral_id(client: Client, name: str) -> UUID:
    """The id of what a person typed. A reference is resolved by intake, never put in an address."""
    try:
        return UUID(name)
    except ValueError:
        agency, slash, reference = name.partition("/")
        if not slash:
            cannot("name a referral by its id, or as AGENCY/REFERENCE")
    body = {"agency": agency, "reference": reference}
    return UUID(client.post("/intake/api/references", "auditor", body)["referral_id"])


def pages_of(
    client: Client, referral: UUID, why: str = ROUTINE, reference: str = ""
) -> Iterator[dict[str, Any]]:
    """The trail, page by page. Who looks, and why, is recorded in it."""
    cursor = 0
    asked = {"referral": str(referral), "why": why, "reference": reference}
    while True:
        page = client.get("/audit/api/trail", "auditor", **asked, cursor=str(cursor))
        yield page
        if page["next"] is None:
            return
        cursor = page["next"]


def policy_of(client: Client) -> Policy:
    """Whose signatures a local system's log must bear."""
    return parse_policy(key_folder.load(client.home.keys).log_policy_file.read_text())


def _show(entries: list[dict[str, Any]]) -> None:
    table = Table("entry", "time (UTC)", "what", "said by")
    for entry in entries:
        time = entry["time"][:19].replace("T", " ")
        table.add_row(str(entry["index"]), time, entry["type"], entry["producer"])
    out.print(table)
