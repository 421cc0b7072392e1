"""demo: sample referrals from their senders to practitioners' phones and the auditor's trail.

The police publish over NATS through `examples/send_over_nats.py`, a client that knows nothing of
this code; the others use HTTP with their own agency's token. Everything shown comes back out of the
running system.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.panel import Panel
from rich.progress import Progress

from deploy import keys as key_folder
from deploy.client import Answered, Client
from deploy.commands.console import AsJson, cannot, err, give, out, say
from deploy.commands.trail import pages_of
from deploy.commands.wording import summary
from deploy.local import home as homes
from deploy.local.child import LocalServerError
from deploy.local.home import ROOT
from deploy.local.system import DIRECTORY, System
from services.audit.verify import Verified, verify_trail
from shared.directory import Directory

EXAMPLES = ROOT / "examples"
SENDS_OVER_NATS = "met-police"
FOLLOW_SECONDS = 45.0


def demo(
    data: Annotated[
        Path | None, typer.Option("--data", help="Keep what the demo leaves in this folder.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start everything, send the sample referrals, follow each to its end, and stop."""
    with tempfile.TemporaryDirectory(prefix="fingerpost-demo-") as passing:
        system = System(homes.make(data or Path(passing)), say)
        try:
            system.start()
        except LocalServerError as error:
            cannot(str(error))
        try:
            stories = _run(system)
        finally:
            say("stopping")
            system.stop()
    if as_json:
        give(stories)
    else:
        _show(stories)
    raise typer.Exit(0 if all(story["verified"] for story in stories) else 1)


def _run(system: System) -> list[dict[str, Any]]:
    files = sorted(EXAMPLES.glob("*.json"))
    documents = {file: json.loads(file.read_text())["document"] for file in files}
    by_police = [f for f in files if documents[f]["source"]["agency"] == SENDS_OVER_NATS]
    receipts = _send_over_nats(system, by_police)
    with Client(system.home) as client, Progress(console=err, transient=True) as progress:
        for file in progress.track(files, description="sending"):
            if file not in by_police:
                agency = documents[file]["source"]["agency"]
                body = json.dumps(documents[file]).encode()
                receipt = client.post("/intake/api/referrals", "sender", body, agency)
                receipts[receipt["reference"]] = receipt
        directory = Directory.load(DIRECTORY)
        until = time.monotonic() + FOLLOW_SECONDS
        return [
            _follow(client, directory, documents[file], receipts, until)
            for file in progress.track(files, description="following")
        ]


def _send_over_nats(system: System, files: Iterable[Path]) -> dict[str, dict[str, Any]]:
    seed = key_folder.load(system.home.keys).agency_seed_file(SENDS_OVER_NATS)
    command = [
        sys.executable,
        str(EXAMPLES / "send_over_nats.py"),
        *("--url", f"nats://127.0.0.1:{system.ports['nats']}", "--seed", str(seed)),
        *("--agency", SENDS_OVER_NATS, *map(str, files)),
    ]
    sent = subprocess.run(  # noqa: S603 - our own example, no shell
        command, capture_output=True, text=True, timeout=60, check=False, env={}
    )
    if sent.returncode != 0:
        cannot(f"sending over NATS failed:\n{sent.stderr[-2000:]}")
    receipts = [json.loads(line)["receipt"] for line in sent.stdout.splitlines()]
    return {receipt["reference"]: receipt for receipt in receipts}


def _follow(
    client: Client,
    directory: Directory,
    document: dict[str, Any],
    receipts: dict[str, dict[str, Any]],
    until: float,
) -> dict[str, Any]:
    """One referral's story, once nothing more is to come."""
    referral = UUID(receipts[document["reference"]]["referral_id"])
    while True:
        found = _look(client, referral)
        if found is not None or time.monotonic() > until:
            break
        time.sleep(0.1)
    if found is None:
        cannot(f"{document['reference']} did not come through in {FOLLOW_SECONDS:.0f} seconds")
    decided, messages, pages = found
    names = {p.id: p.name for p in directory.practitioners}
    checks = [verify_trail(page) for page in pages]
    return {
        "reference": document["reference"],
        "sent_by": document["source"]["agency"],
        "sent_over": "NATS" if document["source"]["agency"] == SENDS_OVER_NATS else "HTTP",
        "referral_id": str(referral),
        "decision": decided["decision"],
        "assignments": [
            {**each, "practitioner": names.get(each["practitioner_id"], "")}
            for each in decided["assignments"]
        ],
        "messages": messages,
        "trail": [entry["type"] for page in pages for entry in page["entries"]],
        "verified": all(isinstance(check, Verified) for check in checks),
    }


def _look(
    client: Client, referral: UUID
) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]] | None:
    """Decision, messages and trail; None while something is still on its way."""
    try:
        decided = client.get(f"/triage/api/referrals/{referral}/decision", "coordinator")
    except Answered as error:
        if error.status == 404:
            return None
        raise
    assignments = [each["assignment_id"] for each in decided["assignments"]]
    messages = [
        message
        for assignment in assignments
        for message in client.get("/notify/api/inbox", "coordinator", assignment=assignment)
    ]
    if len(messages) < 2 * len(assignments):
        return None
    pages = list(pages_of(client, referral))
    sent = [e for page in pages for e in page["entries"] if e["type"] == "notification.sent.v1"]
    return (decided, messages, pages) if len(sent) >= len(messages) else None


def _show(stories: list[dict[str, Any]]) -> None:
    for story in stories:
        out.print(Panel("\n".join(_lines(story)), title=story["reference"], title_align="left"))
    messages = sum(len(story["messages"]) for story in stories)
    verified = sum(story["verified"] for story in stories)
    out.print(
        f"{len(stories)} referrals, {messages} messages, {verified} trails checked entry by entry."
        "\nNext: ./fingerpost up"
    )


def _lines(story: dict[str, Any]) -> Iterable[str]:
    yield f"from {story['sent_by']} over {story['sent_over']}"
    yield f"decision   {summary(story['decision'])}"
    for each in story["assignments"]:
        by = each["acknowledge_by"][:16].replace("T", " ")
        yield f"asked      {each['practitioner']} for {each['pathway']}, to answer by {by} UTC"
    texts = [message for message in story["messages"] if message["channel"] == "sms"]
    emails = len(story["messages"]) - len(texts)
    yield f"messages   {emails} emails, {len(texts)} texts; the first text:"
    yield from (f'           "{text["body"]}"' for text in texts[:1])
    check = "every entry verified" if story["verified"] else "NOT AS IT WAS WRITTEN"
    yield f"trail      {len(story['trail'])} events, {check}"
