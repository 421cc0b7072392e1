"""parked: what could not be processed, seen on PARKED and settled by the service that parked it."""

import asyncio
import json
from dataclasses import dataclass
from typing import Annotated, Any

import nats
import typer
from nats.aio.client import Client as Connection
from nats.js.errors import NotFoundError
from rich.table import Column, Table

from deploy import keys as key_folder
from deploy.client import Answered, Client, NotRunning
from deploy.commands.console import AsJson, cannot, give, out, say
from deploy.commands.running import DEFAULT_DATA, Data
from deploy.keys import DEPLOY
from deploy.local.home import Home
from deploy.permissions import inbox_prefix
from shared.subjects import PARKED

parked = typer.Typer(help="What could not be processed.", no_args_is_help=True)


@dataclass(frozen=True)
class Call:
    """One message on PARKED: a service's, or the broker's own advisory."""

    sequence: int
    subject: str
    body: dict[str, Any]

    @property
    def id(self) -> str:
        """The parked message's id; an advisory's is its number on the stream."""
        return str(self.body.get("id") if self.of_service else f"advisory-{self.sequence}")

    @property
    def of_service(self) -> bool:
        """Whether a service parked it, and holds its bytes."""
        return self.subject.startswith("parked.")


@parked.command("list")
def list_parked(data: Data = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """Everything that waits for a person; exit 1 if there is anything."""
    calls = _calls(data)
    if as_json:
        give([{"id": c.id, "subject": c.subject, **c.body} for c in calls])
    else:
        # The id is what the next command asks for: it stands whole, however narrow the screen.
        table = Table(
            Column("id", no_wrap=True, min_width=36),
            "since (UTC)",
            "subject",
            "reason",
            show_lines=True,
        )
        for c in calls:
            b = c.body
            table.add_row(
                c.id,
                b.get("at", b.get("timestamp", ""))[:16].replace("T", " "),
                b.get("subject", c.subject),
                b.get("reason", b.get("type", "")),
            )
        out.print(table if calls else "nothing is parked")
    raise typer.Exit(1 if calls else 0)


@parked.command("show")
def show(parked_id: str, data: Data = DEFAULT_DATA) -> None:
    """One parked message: where it came from, why it is here. Its bytes are not shown."""
    call = _the_call(parked_id, data)
    if not call.of_service:
        give(call.body)
        return
    with _client(data) as client:
        give(_ask(client, "get", call, ""))


@parked.command("replay")
def replay(
    parked_ids: Annotated[list[str] | None, typer.Argument(help="Ids; or --all.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them, oldest first.")] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Process again, now that the cause is mended; exit 1 if one failed again."""
    wanted = [c.id for c in _calls(data) if c.of_service] if everything else parked_ids or []
    if not wanted and not everything:
        cannot("name the ids to replay, or --all")
    failed = 0
    with _client(data) as client:
        for parked_id in wanted:
            call = _the_call(parked_id, data)
            try:
                _ask(client, "post", call, "/replay", {})
            except Answered as error:
                if error.problem.get("type", "").endswith("already-settled"):
                    _clear(call, data)
                    continue
                failed += 1
                say(f"{parked_id}: {error}")
                continue
            _clear(call, data)
            say(f"{parked_id}: replayed; if it was refused again, it is listed under another id")
    raise typer.Exit(1 if failed else 0)


@parked.command("discard")
def discard(
    parked_id: str,
    why: Annotated[str, typer.Option(help="The reason, which is kept.")],
    data: Data = DEFAULT_DATA,
) -> None:
    """Give a parked message up, with a reason."""
    call = _the_call(parked_id, data)
    if call.of_service:
        with _client(data) as client:
            try:
                _ask(client, "post", call, "/discard", {"why": why})
            except Answered as error:
                if not error.problem.get("type", "").endswith("already-settled"):
                    cannot(str(error))
    _clear(call, data)
    say(f"{parked_id}: discarded")


def _client(data: Any) -> Client:
    try:
        return Client(Home(data))
    except NotRunning as error:
        cannot(str(error))


def _ask(client: Client, verb: str, call: Call, action: str, body: Any = None) -> Any:
    path = f"/{call.body['service']}/api/parked/{call.body['id']}{action}"
    if verb == "get":
        return client.get(path, "coordinator")
    return client.post(path, "coordinator", body)


def _the_call(parked_id: str, data: Any) -> Call:
    call = next((each for each in _calls(data) if each.id == parked_id), None)
    if call is None:
        cannot(f"nothing of the id {parked_id} is parked")
    return call


def _calls(data: Any) -> list[Call]:
    return asyncio.run(_read_parked(Home(data)))


def _clear(call: Call, data: Any) -> None:
    asyncio.run(_delete(Home(data), call.sequence))


async def _connect(home: Home) -> Connection:
    running = home.running()
    if not running:
        cannot(f"nothing runs with {home.folder}: start it with ./fingerpost up")
    return await nats.connect(
        f"nats://127.0.0.1:{running['ports']['nats']}",
        nkeys_seed=str(key_folder.load(home.keys).seed_file(DEPLOY)),
        inbox_prefix=inbox_prefix(DEPLOY),
        connect_timeout=5,
    )


async def _read_parked(home: Home) -> list[Call]:
    connection = await _connect(home)
    try:
        stream = connection.jetstream()
        state = (await stream.stream_info(PARKED)).state
        calls = []
        # A stream that never held anything begins and ends at 0, which the broker refuses.
        for sequence in range(max(state.first_seq, 1), state.last_seq + 1):
            try:
                message = await stream.get_msg(PARKED, sequence)
            except NotFoundError:  # settled before
                continue
            calls.append(Call(sequence, str(message.subject), json.loads(message.data or b"{}")))
        return calls
    finally:
        await connection.close()


async def _delete(home: Home, sequence: int) -> None:
    connection = await _connect(home)
    try:
        await connection.jetstream().delete_msg(PARKED, sequence)
    finally:
        await connection.close()
