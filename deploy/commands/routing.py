"""route: a decision with no server. submit: documents sent to a running system."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from deploy.client import Answered, Client, NotRunning
from deploy.commands.console import AsJson, cannot, err, give, out
from deploy.commands.documents import agency_of, read_documents
from deploy.commands.running import DEFAULT_DATA, Data
from deploy.commands.wording import in_words
from deploy.local.home import Home
from services.intake.deriving import derive_facts
from services.intake.reading import UnreadableReferral, read_document
from services.triage.policy.decide import decide
from services.triage.policy.library import UnknownCatalogue, load_library
from services.triage.policy.policy_file import CatalogueRefused
from services.triage.policy.risk import history_of_repeat
from shared.events import Problem
from shared.facts import History
from shared.london import london_day


def route(
    file: Annotated[Path, typer.Argument(help="A referral document, version 1 (JSON).")],
    catalogue: Annotated[str, typer.Option(help="Whose policy: bromley, barnet.")],
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The policy of another day than the referral's."),
    ] = None,
    repeat_of_marac: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The same pair went to MARAC on that day."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Decide a referral, with every reason, without any server; nothing is stored."""
    raw = next(read_documents(file))
    try:
        document = read_document(raw, datetime.now(UTC))
    except UnreadableReferral as error:
        _show_problems(error.problems)
        raise typer.Exit(2) from None
    made_on = london_day(document.made_at)
    history = _history(repeat_of_marac.date() if repeat_of_marac else None, made_on)
    day = on.date() if on else made_on
    try:
        policy = load_library().in_force(catalogue, day)
    except (UnknownCatalogue, CatalogueRefused) as error:
        cannot(str(error))
    decision = decide(derive_facts(document), policy, history, on=day)
    shown = decision.as_route_json()
    if as_json:
        give(shown)
    else:
        out.print(in_words(shown))
    # A decision that was made is a yes, whatever its outcome; no policy in force is none.
    raise typer.Exit(0 if decision.policy.in_force_from else 1)


def submit(
    files: Annotated[list[Path], typer.Argument(help="JSON or JSON Lines.")],
    agency: Annotated[
        str | None, typer.Option(help="Send as this agency; else as each document names.")
    ] = None,
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Send documents over HTTP and show each receipt; exit 1 if one was rejected."""
    try:
        client = Client(Home(data))
    except NotRunning as error:
        cannot(str(error))
    documents = [document for file in files for document in read_documents(file)]
    receipts: list[dict[str, Any]] = []
    with client, Progress(console=err, transient=True) as progress:
        for document in progress.track(documents, description="sending"):
            receipts.append(_send(client, document, agency or agency_of(document)))
    if as_json:
        give(receipts)
    else:
        for receipt in receipts:
            out.print(f"{receipt['reference'] or '(no reference)'}: {receipt['outcome']}")
            for problem in receipt["problems"]:
                out.print(f"    {problem['field']}: {problem['problem']}", markup=False)
    raise typer.Exit(1 if any(r["outcome"] == "rejected" for r in receipts) else 0)


def _send(client: Client, document: bytes, agency: str | None) -> dict[str, Any]:
    if agency is None:
        problem = Problem(field="source.agency", problem="is missing: name one with --agency")
        return _rejected([problem.model_dump()])
    try:
        receipt: dict[str, Any] = client.post("/intake/api/referrals", "sender", document, agency)
    except Answered as error:
        if error.status not in (413, 422):
            cannot(str(error))
        title = Problem(field="document", problem=str(error))
        return _rejected(error.problem.get("problems") or [title.model_dump()])
    return receipt


def _rejected(problems: list[dict[str, str]]) -> dict[str, Any]:
    return {"reference": None, "outcome": "rejected", "referral_id": None, "problems": problems}


def _history(marac_on: date | None, made_on: date) -> History | None:
    if marac_on is None:
        return None
    try:
        return history_of_repeat(marac_on, made_on)
    except ValueError as error:
        cannot(f"--repeat-of-marac: {error}")


def _show_problems(problems: tuple[Problem, ...]) -> None:
    for problem in problems:
        err.print(f"{problem.field}: {problem.problem}", markup=False)
