"""`fingerpost`: one program, a command for each thing that a person or a program asks of it."""

import typer

from deploy.commands import demo, operations, parked, routing, running, testing, trail

app = typer.Typer(
    name="fingerpost",
    help="Referral routing: every referral to the right door, with its reasons.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("up")(running.up)
app.command("down")(running.down)
app.command("status")(running.show_status)
app.command("demo")(demo.demo)
app.command("submit")(routing.submit)
app.command("route")(routing.route)
app.command("trail")(trail.trail)
app.command("migrate")(operations.migrate)
app.command("streams")(operations.streams)
app.add_typer(operations.keys, name="keys")
app.add_typer(parked.parked, name="parked")
app.command("test", context_settings={"ignore_unknown_options": True})(testing.run_tests)
