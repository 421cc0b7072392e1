"""erase: a person is destroyed in intake, and what the log has of them after that."""

from typing import Annotated, get_args
from uuid import UUID

import typer

from deploy.client import Answered, Client, NotRunning
from deploy.commands.console import AsJson, cannot, give, out, say
from deploy.commands.running import DEFAULT_DATA, Data
from deploy.local.home import Home
from shared.events import ErasedBecause

CODES = ", ".join(get_args(ErasedBecause))


def erase(
    person_ref: Annotated[UUID, typer.Argument(help="A person's reference, as the trail has it.")],
    because: Annotated[str, typer.Option(help=f"Why: {CODES}.")],
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Erase a person: it cannot be undone. Exit 1 while a case of theirs is open."""
    if because not in get_args(ErasedBecause):
        cannot(f"{because!r} is no reason: {CODES}")
    path = f"/intake/api/people/{person_ref}/erase"
    try:
        with Client(Home(data)) as client:
            erased = client.post(path, "information_governance", {"because": because})
    except Answered as refused:
        if refused.status != 409:
            cannot(str(refused))
        say(str(refused))
        raise typer.Exit(1) from None
    except NotRunning as error:
        cannot(str(error))
    if as_json:
        give(erased)
        return
    out.print(f"erased, with {erased['referrals']} referrals; the log follows within minutes")
    if erased["unread"]:
        say(
            f"{erased['unread']} parked documents could not be read by anybody: look whether they"
            " name the person, and discard them (fingerpost parked list)"
        )
