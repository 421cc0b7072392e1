"""up, down, status: the whole system on this machine."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from deploy import keys as key_folder
from deploy.commands.console import AsJson, cannot, err, give, out, say
from deploy.local import home as homes
from deploy.local.child import LocalServerError
from deploy.local.home import Home
from deploy.local.system import AlreadyRunning, System, detach, status
from deploy.local.system import down as stop_running
from deploy.tokens import mint

Data = Annotated[
    Path, typer.Option("--data", help="The folder of everything that the system keeps.")
]
DEFAULT_DATA = Home.default().folder
DETACHED_SECONDS = 120.0


def up(
    data: Data = DEFAULT_DATA,
    detached: Annotated[
        bool, typer.Option("--detach", help="Go on in the background; stop it with `down`.")
    ] = False,
) -> None:
    """Start everything here: NATS, PostgreSQL, the four services, an inbox to look into."""
    home = homes.make(data)
    if detached:
        _up_detached(home)
        return
    system = System(home, say)
    try:
        system.start()
    except (AlreadyRunning, LocalServerError, key_folder.KeysError) as error:
        cannot(str(error))
    _show_where(home)
    say("running; stop it with Ctrl-C")
    try:
        system.watch()
    finally:
        say("stopping")
        system.stop()


def _up_detached(home: Home) -> None:
    if status(home)["running"]:
        cannot(f"Fingerpost already runs with {home.folder}")
    process = detach(home, [])
    until = time.monotonic() + DETACHED_SECONDS
    with err.status("starting Fingerpost in the background"):
        while not status(home)["ready"]:
            if process.poll() is not None or time.monotonic() > until:
                cannot(f"it did not start; see {home.logs / 'up.log'}")
            time.sleep(0.1)
    _show_where(home)
    say("running in the background; stop it with ./fingerpost down")


def _show_where(home: Home) -> None:
    """Where everything is, and a way in for a person with a browser."""
    found = status(home)
    keys = key_folder.load(home.keys)
    token = mint(keys.token_signing_file, "coordinator-1", ("coordinator",))
    places = {
        "messages to practitioners": f"{found['url']}/notify/inbox",
        "referrals over HTTP": f"POST {found['url']}/intake/api/referrals",
        "referrals over NATS": f"nats://127.0.0.1:{found['ports']['nats']}",
        "the document's JSON Schema": f"{found['url']}/intake/schemas/referral-v1.json",
        "keys": str(home.keys),
        "logs": str(home.logs),
    }
    err.print()
    for name, place in places.items():
        err.print(f"  {name:<28}{place}", soft_wrap=True, markup=False)
    err.print("\nTo look at the messages, open this once in a browser (good for 12 hours):")
    link = f"{found['url']}/notify/sign-in?next=/notify/inbox#{token}"
    err.print(link, soft_wrap=True, markup=False)
    err.print()


def down(data: Data = DEFAULT_DATA) -> None:
    """Stop the system that runs in the background or in another terminal."""
    if not stop_running(Home(data)):
        say("nothing runs")
        raise typer.Exit(1)
    say("stopped")


def show_status(data: Data = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """What runs: each part's state, addresses, ports, process ids."""
    found = status(Home(data))
    if as_json:
        give(found)
    else:
        table = Table("part", "state", "process", "port")
        for name, part in found["parts"].items():
            table.add_row(name, part["state"], str(part["pid"]), str(part["port"] or ""))
        out.print(f"{'running' if found['running'] else 'not running'}  {found['url'] or ''}")
        if found["parts"]:
            out.print(table)
    raise typer.Exit(0 if found["ready"] else 1)
