"""migrate, streams, keys: what operators and deployments need."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer
from asyncpg import PostgresError
from sqlalchemy.exc import SQLAlchemyError

from deploy import keys as key_folder
from deploy import streams as declared
from deploy.commands.console import cannot, say
from deploy.commands.running import DEFAULT_DATA, Data
from deploy.local.home import Home
from deploy.migrations import migrate as apply_migrations
from deploy.tokens import mint
from shared.bus.errors import describe
from shared.registry import Registry
from shared.sign_in import ROLES

keys = typer.Typer(help="Credentials of senders, and the log's keys.", no_args_is_help=True)


def migrate(
    database_url: Annotated[
        str, typer.Option(envvar="DATABASE_URL", help="As the owner of the tables.")
    ],
) -> None:
    """Bring every service's schema to its newest form."""
    try:
        asyncio.run(apply_migrations(database_url))
    except (OSError, SQLAlchemyError, PostgresError) as error:
        cannot(f"the database cannot be brought up to date: {describe(error)}")
    say("the schemas are up to date")


def streams(
    nats_url: Annotated[str, typer.Option(envvar="NATS_URL")],
    seed_file: Annotated[Path, typer.Option(envvar="NATS_SEED_FILE")],
    agencies_file: Annotated[Path, typer.Option(envvar="AGENCIES_FILE")],
    replicas: Annotated[int, typer.Option(envvar="STREAM_REPLICAS")] = 1,
) -> None:
    """Declare the broker's streams and consumers; harmless where they are there."""
    agencies = Registry.load(agencies_file).slugs
    try:
        names = asyncio.run(declared.declare(nats_url, seed_file, agencies, replicas))
    except declared.StreamsError as error:
        cannot(str(error))
    say(f"declared {', '.join(names)}")


@keys.command("nats")
def nats_key(agency: str, data: Data = DEFAULT_DATA) -> None:
    """The path of an agency's nkey seed, with which it publishes over NATS."""
    _refuse_in_production()
    keys_here = _keys(data)
    seed = keys_here.agency_seed_file(agency)
    if not seed.exists():
        cannot(f"{agency} has no seed here; registered: {', '.join(keys_here.agencies)}")
    typer.echo(str(seed))


@keys.command("token")
def token(
    subject: Annotated[str, typer.Argument(help="An agency, or a person with --role.")],
    role: Annotated[str, typer.Option(help=", ".join(ROLES))] = "sender",
    data: Data = DEFAULT_DATA,
) -> None:
    """A signed token of the development issuer, good for twelve hours."""
    _refuse_in_production()
    known = next((each for each in ROLES if each == role), None)
    if known is None:
        cannot(f"there is no role {role!r}: {', '.join(ROLES)}")
    signing = _keys(data).token_signing_file
    agency = subject if role == "sender" else None
    typer.echo(mint(signing, subject, (known,), agency=agency))


@keys.command("log")
def log_key(
    name: Annotated[str, typer.Argument(help="The log's name, as in LOG_ORIGIN.")],
    folder: Annotated[
        Path, typer.Option("--keys", envvar="KEYS_FOLDER", help="The folder of keys.")
    ] = DEFAULT_DATA / "keys",
) -> None:
    """A new key that signs the audit log; prints the public half, for whoever checks the log."""
    try:
        public = key_folder.add_log_key(folder, name)
    except key_folder.KeysError as error:
        cannot(str(error))
    typer.echo(public)


@keys.command("witness")
def witness_key(
    name: Annotated[str, typer.Argument(help="The witness's name, such as witness.example/w1.")],
    file: Annotated[Path, typer.Option("--key", help="Where the key is to be.")] = Path(
        "witness.key"
    ),
) -> None:
    """A new key of a witness; prints the public half, for the policies of those who trust it."""
    try:
        public = key_folder.make_witness_key(file, name)
    except key_folder.KeysError as error:
        cannot(str(error))
    typer.echo(public)


def _keys(data: Path) -> key_folder.Keys:
    try:
        return key_folder.load(Home(data).keys)
    except (key_folder.KeysError, FileNotFoundError):
        cannot(f"{data} holds no keys yet: start the system once with ./fingerpost up")


def _refuse_in_production() -> None:
    if os.environ.get("FINGERPOST_ENVIRONMENT") == "production":
        cannot("this is the development issuer; in production your identity provider signs tokens")
