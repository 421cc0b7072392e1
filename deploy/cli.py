"""`fingerpost`: one program, a command for each thing that a person or a program asks of it."""

import typer

from deploy.commands.bench import bench
from deploy.commands.catalogue import catalogue
from deploy.commands.demo import demo
from deploy.commands.directory import directory
from deploy.commands.erase import erase
from deploy.commands.messages import messages
from deploy.commands.mirror import mirror
from deploy.commands.operations import keys, migrate, streams
from deploy.commands.parked import parked
from deploy.commands.replay import replay
from deploy.commands.routing import route, submit
from deploy.commands.running import down, show_status, up
from deploy.commands.simulate import simulate
from deploy.commands.testing import mutate, run_tests
from deploy.commands.trail import trail
from deploy.commands.verify import verify
from deploy.commands.witness import witness

app = typer.Typer(
    name="fingerpost",
    help="Referral routing: every referral to the right door, with its reasons.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("up")(up)
app.command("down")(down)
app.command("status")(show_status)
app.command("demo")(demo)
app.command("submit")(submit)
app.command("route")(route)
app.command("replay")(replay)
app.command("simulate")(simulate)
app.command("trail")(trail)
app.command("erase")(erase)
app.command("verify")(verify)
app.command("mirror")(mirror)
app.command("witness")(witness)
app.add_typer(catalogue, name="catalogue")
app.add_typer(directory, name="directory")
app.add_typer(messages, name="messages")
app.command("migrate")(migrate)
app.command("streams")(streams)
app.add_typer(keys, name="keys")
app.add_typer(bench, name="bench")
app.add_typer(parked, name="parked")
app.command("mutate")(mutate)
app.command("test", context_settings={"ignore_unknown_options": True})(run_tests)
