"""bench: how fast, beside others, in one run. Needs a whole checkout; images carry no benchmark."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Annotated, Any

import typer
from rich.table import Table

from deploy.commands.console import AsJson, cannot, give, out, say
from deploy.commands.running import DEFAULT_DATA, Data
from deploy.local import home as homes
from deploy.local.child import LocalServerError

bench = typer.Typer(help="Measure, each time beside its peers.", no_args_is_help=True)


@bench.callback()
def _bench() -> None:
    """Measure, each time beside its peers."""


@bench.command("way")
def way(
    rounds: Annotated[int, typer.Option(min=1, max=10)] = 3,
    n: Annotated[int, typer.Option(min=1, max=20_000, help="Referrals of the burst.")] = 2000,
    seconds: Annotated[
        float, typer.Option(min=1, max=300, help="Of the open loop, at 50 a second.")
    ] = 20.0,
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """A referral's whole way: ours, a bare floor, and Celery with RabbitMQ, in turn.

    Exit 1 if a referral was lost, or anything done twice; 2 if it cannot be measured.
    """
    try:
        # Only here: the image has this command line, and no tests.
        from tests.performance import environment
        from tests.performance.way import measuring, theirs
        from tests.performance.way import rounds as turns
    except ModuleNotFoundError:
        cannot("the benchmark is part of the checkout, not of what is installed")
    home = homes.make(data)
    plan = measuring.Plan(n, seconds)
    try:
        theirs.rabbitmq()
        python = environment.python_of_peers(home.folder / ".bench-way", theirs.LOCK)
        found = _until_told_to_stop(turns.run(home.folder, python, plan, rounds, say))
    except LocalServerError as error:
        cannot(str(error))
    if as_json:
        give(found)
    else:
        _show(found, turns.FIGURES)
    if not found["ok"]:
        say("NOT RIGHT: see `faults`; these figures mean nothing")
    raise typer.Exit(0 if found["ok"] else 1)


@bench.command("engine")
def engine(
    rounds: Annotated[int, typer.Option(min=1, max=10)] = 3,
    n: Annotated[int, typer.Option(min=1, max=20_000, help="Referrals, all different.")] = 1000,
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Decisions a second, every criterion explained: ours, zen-engine (traced) and CEL, in turn.

    Exit 1 if an engine finds otherwise than ours where no fact is missing; 2 if it cannot be
    measured.
    """
    try:
        from tests.performance import environment
        from tests.performance.engine import measuring
    except ModuleNotFoundError:
        cannot("the benchmark is part of the checkout, not of what is installed")
    home = homes.make(data)
    try:
        python = environment.python_of_peers(home.folder / ".bench-engine", measuring.LOCK)
    except LocalServerError as error:
        cannot(str(error))
    found = measuring.run(python, rounds, n, say)
    if as_json:
        give(found)
    else:
        _show_engines(found)
    same = all(counts["differ"] == 0 for counts in found["blind"].values())
    raise typer.Exit(0 if same else 1)


@bench.command("messages")
def messages(
    rounds: Annotated[int, typer.Option(min=1, max=10)] = 2,
    n: Annotated[int, typer.Option(min=10, max=20_000, help="Messages of a burst.")] = 400,
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Messages a second until they are delivered: ours, and a bare loop with the same client.

    And texts a second while the provider of email is quick, and while it is slow. Exit 2 if it
    cannot be measured.
    """
    try:
        from tests.performance.messages import measuring
    except ModuleNotFoundError:
        cannot("the benchmark is part of the checkout, not of what is installed")
    home = homes.make(data)
    try:
        found = _until_told_to_stop(measuring.run(home.folder, rounds, n, say))
    except (LocalServerError, TimeoutError) as error:
        cannot(f"not every message was delivered: {error}")
    if as_json:
        give(found)
    else:
        _show_messages(found)


@bench.command("signing")
def signing(
    seconds: Annotated[float, typer.Option(min=1, max=300)] = 30.0,
    a_second: Annotated[float, typer.Option(min=1, max=500, help="Events a second.")] = 50.0,
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """How long an event waits until a signed checkpoint covers it, with and without witnesses.

    Exit 1 if 99 of 100 are not covered within 2 seconds; 2 if it cannot be measured.
    """
    try:
        from tests.performance.signing import measuring
    except ModuleNotFoundError:
        cannot("the benchmark is part of the checkout, not of what is installed")
    home = homes.make(data)
    try:
        found = _until_told_to_stop(measuring.run(home.folder, seconds, a_second, say))
    except (LocalServerError, TimeoutError) as error:
        cannot(f"not every event was covered: {error}")
    if as_json:
        give(found)
    else:
        _show_signing(found)
    raise typer.Exit(0 if found["ok"] else 1)


def _show_signing(found: dict[str, Any]) -> None:
    table = Table("seconds until signed", "half", "99 of 100", "the longest", "events")
    for name, case in found["cases"].items():
        waits = (f"{case[key]:.2f}" for key in ("p50_s", "p99_s", "max_s"))
        table.add_row(name.replace("_", " "), *waits, str(case["events"]))
    out.print(table)


@bench.command("log")
def log(
    rounds: Annotated[int, typer.Option(min=1, max=10, help="Of appending.")] = 3,
    n: Annotated[
        int, typer.Option(min=500, max=100_000, help="Events of a round, at either batch size.")
    ] = 5000,
    largest: Annotated[
        int, typer.Option(min=10_000, max=10_000_000, help="Entries of the largest log asked.")
    ] = 1_000_000,
    asks: Annotated[int, typer.Option(min=1, max=1000, help="Of each kind and size.")] = 100,
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Appends, trail queries and proofs: beside a plain insert, pymerkle, and a smaller log.

    Exit 1 if a root, an answer or a proof was wrong; 2 if it cannot be measured.
    """
    try:
        from tests.performance import environment
        from tests.performance.log import measuring, peers
    except ModuleNotFoundError:
        cannot("the benchmark is part of the checkout, not of what is installed")
    home = homes.make(data)
    plan = measuring.Plan(rounds, n, measuring.sizes_to(largest), asks, proofs=2 * asks)
    try:
        python = environment.python_of_peers(home.folder / ".bench-log", peers.LOCK)
        found = _until_told_to_stop(measuring.run(home.folder, python, plan, say))
    except LocalServerError as error:
        cannot(str(error))
    if as_json:
        give(found)
    else:
        _show_log(found)
    for fault in found["faults"][:5]:
        say(f"NOT RIGHT: {fault}")
    raise typer.Exit(0 if found["ok"] else 1)


def _show_log(found: dict[str, Any]) -> None:
    appends = Table("appends a second, at batch", *found["appends"])
    for name, title in (
        ("ours_per_s", "ours"),
        ("plain_per_s", "a plain insert of the same rows"),
        ("pymerkle_one_by_one_per_s", "pymerkle on SQLite, one by one"),
        ("pymerkle_batches_per_s", "pymerkle on SQLite, its batches"),
        ("ours_by_plain", "ours by the plain insert"),
        ("ours_by_one_by_one", "ours by pymerkle one by one"),
        ("ours_by_batches", "ours by pymerkle's batches"),
    ):
        appends.add_row(title, *(_shown(each[name]) for each in found["appends"].values()))
    out.print(appends)
    sizes = found["settings"]["sizes"]
    asked = Table("ms, median / p99, of a trail by", *(f"{n:,}" for n in sizes), "last by first")
    for kind, ratio in found["trail_largest_by_smallest"].items():
        ms = [found["trail_ms"][str(size)][kind] for size in sizes]
        shown = (f"{_shown(each['median'])} / {_shown(each['p99'])}" for each in ms)
        asked.add_row(kind, *shown, _shown(ratio))
    out.print(asked)
    proofs = Table("proofs a second", *(f"{n:,}" for n in sizes))
    for name in ("inclusion", "consistency"):
        per_s = [found["proofs_per_s"][str(size)][f"{name}_per_s"] for size in sizes]
        proofs.add_row(name, *map(_shown, per_s))
    out.print(proofs)
    for each in found["wanted"]:
        if not each["met"]:
            limit = each.get("at_least", each.get("at_most"))
            out.print(f"not as wanted: {each['what']}: {each['found']}, wanted {limit}")


def _show_messages(found: dict[str, Any]) -> None:
    middle = found["medians"]
    table = Table("until delivered", "a second", "by")
    table.add_row("the official client in a bare loop", _shown(middle["floor_per_s"]), "")
    table.add_row("ours", _shown(middle["ours_per_s"]), f"{found['ours_by_floor']:.2f} floor")
    table.add_row("texts, email quick", _shown(middle["texts_beside_quick_per_s"]), "")
    table.add_row(
        f"texts, email {found['slow_seconds']:.0f} s a message",
        _shown(middle["texts_beside_slow_per_s"]),
        f"{found['texts_beside_slow_by_beside_quick']:.2f} beside quick",
    )
    out.print(table)
    out.print(f"medians of {len(found['rounds'])} rounds of {found['messages']} messages")


def _show_engines(found: dict[str, Any]) -> None:
    table = Table("engine", "decisions a second", "ours is", "a no where a fact is missing")
    for name, rate in found["decisions_per_second"].items():
        blind = found["blind"].get(name)
        times = f"{found['ratios'][name]:.2f} times" if blind else ""
        table.add_row(name, f"{rate:,}", times, f"{blind['no_for_unknown']:,}" if blind else "0")
    out.print(table)
    out.print(
        f"medians of {len(found['rounds'])} rounds: {found['referrals']:,} referrals, "
        f"{found['pathways']} pathways, {found['criteria']} criteria"
    )


def _until_told_to_stop(work: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    """Run to the end; SIGINT and SIGTERM end what was started, and then this."""

    async def heed() -> dict[str, Any]:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
        return await task

    try:
        return asyncio.run(heed())
    except asyncio.CancelledError:
        cannot("stopped before the end; nothing is left running")


def _show(found: dict[str, Any], figures: dict[str, str]) -> None:
    """Medians side by side, with how many times theirs ours is."""
    from tests.performance.way.arithmetic import at

    kinds = list(found["medians"])
    titles = {kind: found["rounds"][0][kind]["title"] for kind in kinds}
    table = Table("median of rounds", *titles.values(), *found["ratios"], show_lines=False)
    for path, name in figures.items():
        values = [at(found["medians"][kind], path) for kind in kinds]
        ratios = [ratios[path] for ratios in found["ratios"].values()]
        table.add_row(name, *map(_shown, values), *map(_shown, ratios))
    out.print(table)
    out.print(found["not_the_same_work"])
    for number, each in enumerate(found["rounds"], 1):
        facts = {kind: each[kind].get("burst", {}).get("machine", {}) for kind in kinds}
        out.print(f"round {number}, the machine in each burst: {facts}", highlight=False)


def _shown(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
